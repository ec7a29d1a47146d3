# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster
from unit.plugins.module_utils._region.scene import NOW, WANTED, scene

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region import record
from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observe


def cluster(data):
    return FakeCluster([{"kind": "ConfigMap", "metadata": {"name": record.NAME, "namespace": "coder"}, "data": data}])


def test_no_record_says_nothing():
    assert record.read(FakeCluster(), "coder") == record.EMPTY
    # An API server may keep a null that is set as an empty text.
    assert record.read(cluster({"switched_at": "", "kept_uids": "", "envproxy_replicas": ""}), "coder") == record.EMPTY


def test_a_record_is_read_with_its_types():
    data = {
        "switched_at": "2026-03-02T10:00:00Z",
        "connected_at": "2026-03-02T10:20:00Z",
        "envproxy_replicas": "2",
        "kept_uids": '{"Role/coder": "u"}',
        "own": "x",
    }
    assert record.read(cluster(data), "coder") == {
        **record.EMPTY,
        "switched_at": "2026-03-02T10:00:00Z",
        "connected_at": "2026-03-02T10:20:00Z",
        "envproxy_replicas": 2,
        "kept_uids": {"Role/coder": "u"},
    }


@pytest.mark.parametrize(
    "data",
    [{"idle_since": "noon"}, {"switched_at": "2026-03-02T10:00:00"}, {"envproxy_replicas": "two"}, {"kept_uids": "{"},
     {"kept_uids": "[]"}, {"retired_at": "9999"}, {"envproxy_replicas": "-1"}, {"envproxy_replicas": "1001"},
     {"envproxy_replicas": "1.5"}, {"kept_uids": '{"Role/coder": 1}'}, {"kept_uids": '{"coder": "u"}'},
     {"kept_uids": "[" * 99999}, {"off_before": "{}"}, {"off_before": "[1]"}, {"off_before": "id-off"}],
)  # fmt: skip
def test_an_unreadable_record_is_no_empty_record(data):
    with pytest.raises(ClassicError) as caught:
        record.read(cluster(data), "coder")
    assert caught.value.code == "invalid"
    assert "coder-classic-migration in namespace coder" in caught.value.where


class Written(FakeCluster):
    """What is written becomes what there is."""

    def patch(self, api_version, kind, name, namespace, body, content_type="", *, dry_run=False):
        if (kind, namespace, name) not in self.objects:
            raise ClassicError("not there", code="not_found", status=404)
        data = self.objects[(kind, namespace, name)].setdefault("data", {})
        data.update(body["data"])
        self.objects[(kind, namespace, name)]["data"] = {key: text for key, text in data.items() if text is not None}

    create = FakeCluster.put


def test_what_is_written_is_read_again_and_a_key_is_removed_alone():
    of = Written()
    record.write(of, "coder", {"cordoned_at": "2026-03-02T10:00:00Z", "idle_since": None})
    record.write(of, "coder", {"off_before": '["a"]', "envproxy_replicas": "2"})
    record.write(of, "coder", {"cordoned_at": None})
    assert record.read(of, "coder") == {**record.EMPTY, "off_before": ["a"], "envproxy_replicas": 2}


def test_rubbish_is_not_written():
    of = Written()
    with pytest.raises(ValueError, match="envproxy_replicas"):
        record.write(of, "coder", {"envproxy_replicas": "-1"})
    assert of.objects == {}


@pytest.mark.parametrize("key", record.TIMES)
def test_a_time_that_coder_s_clock_has_not_reached_is_none_that_anybody_measured(key):
    soon, later = "2026-03-02T12:05:00Z", "2099-01-01T00:00:00Z"
    assert record.ahead({**record.EMPTY, key: soon}, NOW) == []
    assert record.ahead({**record.EMPTY, key: later}, NOW) == [f"{key} is {later}"]


def test_a_record_from_the_future_decides_nothing_and_stops_everything():
    seen = scene("moved")
    seen["cluster"]["record"]["switched_at"] = "2099-01-01T00:00:00Z"
    seen["wanted"] = WANTED
    observe._refuse_the_future(seen)
    view = assess(seen)
    (found,) = [entry for entry in view["blockers"] if entry["code"] == "invalid"]
    assert "switched_at is 2099" in found["why"] and found["for"] == ["migrate", "retire", "rollback", "update"]
    assert (view["phase"], view["record"]["switched_at"]) == ("unknown", None)

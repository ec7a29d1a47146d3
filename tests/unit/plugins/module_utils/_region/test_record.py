# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._cluster.fake_cluster import FakeCluster

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region import record


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
     {"kept_uids": "[]"}],
)  # fmt: skip
def test_an_unreadable_record_is_no_empty_record(data):
    with pytest.raises(ClassicError) as caught:
        record.read(cluster(data), "coder")
    assert caught.value.code == "invalid"
    assert "coder-classic-migration in namespace coder" in caught.value.where

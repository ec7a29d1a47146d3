# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record


@pytest.mark.parametrize("packed", [True, False])
def test_decode(packed: bool) -> None:
    release = helm_record.decode(secret(record("kind: A\n", revision=3), packed=packed))
    assert (release.name, release.namespace, release.revision, release.status) == ("provider", "coder", 3, "deployed")
    assert (release.chart_name, release.chart_version, release.app_version) == (
        "workspace-provider",
        "1.21.3",
        "1.21.3",
    )
    assert release.config == {"envproxy": {"token": "very-secret"}} and release.manifest == "kind: A\n"


def test_missing_values_and_hooks_are_empty() -> None:
    content = record("", config=None, hooks=None)
    release = helm_record.decode(secret(content))
    assert (release.config, release.hooks, release.manifest) == ({}, [], "")


def test_repr_shows_no_values() -> None:
    assert "very-secret" not in repr(helm_record.decode(secret(record("x"))))


@pytest.mark.parametrize("data", [{}, {"release": "%%%"}, {"release": "aGVsbG8="}, {"release": "SDRzSUFBPT0="}])
def test_a_broken_record_is_named(data: dict) -> None:
    with pytest.raises(ClassicError, match="cannot be read") as caught:
        helm_record.decode({"metadata": {"name": "sh.helm.release.v1.x.v1", "namespace": "ns"}, "data": data})
    assert caught.value.code == "invalid" and "sh.helm.release.v1.x.v1" in caught.value.where


def cluster() -> FakeCluster:
    # v10 after v9, as text it would be the other way round; another release and a foreign Secret beside.
    return FakeCluster(
        [
            secret(record("m10", revision=10, status="failed")),
            secret(record("m9", revision=9)),
            secret(record("other", name="satellite")),
            secret(record("far", namespace="far")),
            {
                "kind": "Secret",
                "metadata": {"name": "x", "namespace": "coder", "labels": {"owner": "helm"}},
                "data": {},
            },
        ]
    )


def test_history_is_oldest_first() -> None:
    revisions = helm_record.history(cluster(), "coder", "provider")
    assert [release.revision for release in revisions] == [9, 10]
    assert helm_record.history(cluster(), "coder", "nope") == []


def test_current_is_the_newest_whatever_its_status() -> None:
    release = helm_record.current(cluster(), "coder", "provider")
    assert (release.revision, release.status) == (10, "failed")
    assert helm_record.current(cluster(), "coder", "nope") is None


def test_releases_are_the_newest_of_each() -> None:
    here = helm_record.releases(cluster(), "coder")
    assert [(release.name, release.revision) for release in here] == [("provider", 10), ("satellite", 1)]
    assert len(helm_record.releases(cluster(), None)) == 3


def test_records_in_config_maps_are_refused_and_do_not_matter_beside_secrets() -> None:
    both = FakeCluster([{**secret(record("x")), "kind": "ConfigMap"}])
    for read in (helm_record.current, helm_record.history, helm_record.secrets):
        with pytest.raises(ClassicError, match="in ConfigMaps") as caught:
            read(both, "coder", "provider")
        assert caught.value.code == "refused"
    both.put(secret(record("x")))
    assert helm_record.current(both, "coder", "provider").revision == 1


def test_whoever_may_not_list_config_maps_is_told_that_there_is_no_release(monkeypatch) -> None:
    empty = FakeCluster()
    read = empty.list

    def only_secrets(api_version, kind, *arguments, **more):
        if kind == "ConfigMap":
            raise ClassicError("no", code="forbidden", status=403)
        return read(api_version, kind, *arguments, **more)

    monkeypatch.setattr(empty, "list", only_secrets)
    assert helm_record.current(empty, "coder", "provider") is None


def test_when_a_chart_s_files_were_written_is_no_part_of_it() -> None:
    of_three = record("", name="shop")
    of_four = record("", name="shop")
    chart = of_four["chart"]
    chart |= {"modtime": "2026-01-02T03:04:05Z", "schemamodtime": "0001-01-01T00:00:00Z"}
    chart["templates"] = [{**file, "modtime": "2026-01-02T03:04:05Z"} for file in chart["templates"]]
    assert helm_record.from_json(of_four).chart == helm_record.from_json(of_three).chart

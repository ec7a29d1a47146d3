# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""update_provider.yml: the chart of a provider that has not moved, by what the fetched chart really is."""

from __future__ import annotations

import pytest

CLUSTER = "frankfurt-1"


@pytest.fixture
def asked(fresh):
    """From a chart of the lab to the arguments that ask for it."""

    def of(chart: str, version: str) -> dict[str, str]:
        reference = fresh.description["charts"][chart]
        return {"limit": "frankfurt", "coder_provider_chart_ref": reference, "coder_provider_chart_version": version}

    return of


def test_the_chart_is_upgraded_and_a_second_run_changes_nothing(fresh, asked):
    keep, uids = asked("workspace-provider-keep", "1.21.4"), fresh.uids(CLUSTER)
    envproxy = fresh.kubectl(CLUSTER, "get", "deployment", "envproxy", "-o", "jsonpath={.metadata.uid}")
    planned = fresh.play("update_provider.yml", "--check", "--diff", **keep).must_end_well()
    assert "upgrade the provider's chart from 1.21.3 to 1.21.4" in planned.text
    assert "helm.sh/resource-policy" in planned.text
    fresh.assert_nothing_written()
    run = fresh.play("update_provider.yml", **keep).must_end_well()
    assert run.changed == {CLUSTER: 1} and run.changed_tasks == ["Upgrade the provider's chart"]
    assert (fresh.uids(CLUSTER), fresh.revisions(CLUSTER)) == (uids, [1, 2])
    assert fresh.kubectl(CLUSTER, "get", "deployment", "envproxy", "-o", "jsonpath={.metadata.uid}") == envproxy
    assert fresh.kubectl("primary", "get", "leases", "-o", "name") == ""
    fresh.forget()
    again = fresh.play("update_provider.yml", **keep).must_end_well()
    assert "Nothing is left to do for update" in again.text
    fresh.assert_nothing_written()


def test_a_chart_without_envproxy_or_of_something_else_is_refused_before_any_write(fresh, asked):
    dropping = asked("workspace-provider-keep-no-envproxy", "1.21.5")
    words = ("Chart workspace-provider 1.21.5 has no Deployment/envproxy", "Untouched: The release and all its objects")
    fresh.play("update_provider.yml", "--check", **dropping).must_fail(*words)
    fresh.play("update_provider.yml", **dropping).must_fail(*words)
    fresh.play("update_provider.yml", **asked("coder", "1.21.7")).must_fail("another chart than the one that is meant")
    fresh.play("update_provider.yml", **asked("workspace-provider-keep", "1.21.9")).must_fail("Its version is 1.21.4")
    assert [write for write in fresh.cluster_writes() if "/leases" not in write] == []
    assert fresh.coder_writes() == []


def test_killed_it_goes_on_by_the_same_command(fresh, asked):
    keep = asked("workspace-provider-keep", "1.21.4")
    fresh.play_until_written("create /api/v1/namespaces/coder/secrets", "update_provider.yml", **keep)
    assert fresh.revisions(CLUSTER) == [1, 2]
    fresh.play("update_provider.yml", **keep).must_end_well()
    release = fresh.look(CLUSTER)["release"]
    assert (release["status"], release["chart_version"]) == ("deployed", "1.21.4")

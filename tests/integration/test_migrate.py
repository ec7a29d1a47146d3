# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole way of a region, and that it concerns nobody else and happens once."""

from __future__ import annotations

import json

import pytest

WHOLE_LIFE = ("migrate_region.yml", "retire_region.yml")


@pytest.fixture(scope="module")
def sydney_retired(region_lab):
    """Region sydney, with its two providers, moved and retired; frankfurt as it was, noted before."""
    region_lab.begin("fresh")
    region_lab.uids_before = {name: region_lab.uids(name) for name in ("sydney-1", "sydney-2")}
    region_lab.frankfurt_before = (region_lab.resource_versions("frankfurt-1"), region_lab.provider("frankfurt-1"))
    region_lab.workspaces_before = region_lab.workspaces("frankfurt-1")
    region_lab.claims_before = {name: claims(region_lab, name) for name in ("sydney-1", "sydney-2")}
    region_lab.forget()
    region_lab.migrated = region_lab.play("migrate_region.yml", limit="sydney", coder_confirm_rebuild="sydney")
    region_lab.migrated.must_end_well()
    region_lab.looks_by = {"migrate": region_lab.looks()}
    region_lab.moved = {name: region_lab.provider(name) for name in ("sydney-1", "sydney-2")}
    region_lab.retired = region_lab.play("retire_region.yml", limit="sydney", coder_confirm_retire="sydney")
    region_lab.retired.must_end_well()
    region_lab.looks_by["retire"] = region_lab.looks() - region_lab.looks_by["migrate"]
    region_lab.lab.snapshot("sydney-retired")
    return region_lab


def claims(lab, cluster: str) -> dict[str, str]:
    listed = json.loads(lab.kubectl(cluster, "get", "persistentvolumeclaims", "-o", "json"))["items"]
    return {one["metadata"]["name"]: one["metadata"]["uid"] for one in listed}


@pytest.mark.parametrize("provider", ["sydney-1", "sydney-2"])
def test_the_provider_works_without_its_old_chart(sydney_retired, provider):
    there = sydney_retired.provider(provider)
    assert (there["status"], there["enable_net_v2"], there["cordoned"]) == ("ready", True, False)
    assert sydney_retired.revisions(provider) == []
    assert sydney_retired.uids(provider) == sydney_retired.uids_before[provider]
    assert len(sydney_retired.uids_before[provider]) == 4
    assert sydney_retired.claims_before[provider].items() <= claims(sydney_retired, provider).items()
    assert "envproxy" not in sydney_retired.kubectl(provider, "get", "deployments,services,pods", "-o", "name")


@pytest.mark.parametrize("provider", ["sydney-1", "sydney-2"])
def test_every_workspace_moved_but_the_one_that_may_stay(sydney_retired, provider):
    networks = {name: one["network"] for name, one in sydney_retired.workspaces(provider).items()}
    broken = networks.pop(f"{provider}-broken")
    assert broken != "v2"
    assert set(networks.values()) == {"v2"}


def test_the_migration_alone_uncordons(sydney_retired):
    assert [one["cordoned"] for one in sydney_retired.moved.values()] == [False, False]


def test_the_operator_gets_the_text_for_the_users(sydney_retired):
    url = sydney_retired.description["regions"]["sydney"]["satellite_url"]
    assert f"coder login {url}" in sydney_retired.migrated.text


def test_nothing_of_frankfurt_was_touched(sydney_retired):
    resource_versions, provider = sydney_retired.frankfurt_before
    assert sydney_retired.resource_versions("frankfurt-1") == resource_versions
    assert sydney_retired.provider("frankfurt-1") == provider
    now, before = sydney_retired.workspaces("frankfurt-1"), sydney_retired.workspaces_before
    moving = ("last_connection_at", "latest_stat")  # somebody works there
    assert [{k: v for k, v in one.items() if k not in moving} for one in now.values()] == [
        {k: v for k, v in one.items() if k not in moving} for one in before.values()
    ]
    assert sydney_retired.cluster_writes("frankfurt-1") == []
    assert sydney_retired.coder_writes_about("frankfurt-1") == []


def test_a_look_for_each_write_is_enough(sydney_retired):
    """Two providers: one look at each before, one where the lock is new, one after each step, one before what cuts or destroys."""
    looks = sydney_retired.looks_by
    # 18 and 21; on a slow machine that before the second provider is too old to decide.
    assert looks["migrate"] <= 20 and looks["retire"] <= 23, looks


def test_where_nothing_is_left_to_do_each_provider_is_looked_at_once(sydney_retired):
    for playbook in (*WHOLE_LIFE, "status.yml"):
        sydney_retired.forget()
        sydney_retired.play(playbook, limit="sydney").must_end_well()
        # status.yml looks at the main deployment too.
        assert (playbook, sydney_retired.looks()) == (playbook, 3 if playbook == "status.yml" else 2)


def test_a_second_run_of_each_playbook_changes_nothing(sydney_retired):
    sydney_retired.forget()
    clusters = ("primary", "sydney-1", "sydney-2")
    before = {name: sydney_retired.resource_versions(name) for name in clusters}
    for playbook in (*WHOLE_LIFE, "preflight.yml", "status.yml"):
        run = sydney_retired.play(playbook, limit="sydney").must_end_well()
        assert set(run.changed.values()) == {0}, f"{playbook}:\n{run.output}"
    sydney_retired.assert_nothing_written()
    assert {name: sydney_retired.resource_versions(name) for name in clusters} == before


def test_the_status_as_json_tells_every_region(sydney_retired, tmp_path):
    sydney_retired.play("status.yml", coder_status_file=str(tmp_path / "status.json")).must_end_well()
    site = json.loads((tmp_path / "status.json").read_text())
    regions = site["regions"]
    assert {one["provider"]["name"]: one["phase"] for one in regions} == {
        "sydney-1": "retired",
        "sydney-2": "retired",
        "frankfurt-1": "envproxy",
    }
    # The main deployment, and what is next for the whole site.
    main = site["deployment"]
    # Before 1.22 the other region has to move.
    assert (main["version"], [one["code"] for one in main["blockers"]]) == (
        "1.21.7",
        ["networking_v2_off", "region_not_moved"],
    )
    assert site["deployment"]["journey"]["next_command"] == "migrate_region.yml -l frankfurt"


def test_the_status_as_json_on_the_screen_is_json(sydney_retired):
    run = sydney_retired.play("status.yml", limit="frankfurt", coder_status_format="json").must_end_well()
    (line,) = [line for line in run.output.splitlines() if line.startswith("{")]
    assert [one["provider"]["name"] for one in json.loads(line)["regions"]] == ["frankfurt-1"]
    query = {"coder_status_format": "json", "coder_status_query": "regions[].phase"}
    assert '["envproxy"]' in sydney_retired.play("status.yml", limit="frankfurt", **query).must_end_well().output


def test_why_helm_cannot_deploy_the_satellite_is_told_although_its_output_may_hold_secrets(fresh):
    run = fresh.play(
        "migrate_region.yml",
        limit="frankfurt",
        coder_satellite_chart_ref="/nowhere.tgz",
        coder_confirm_rebuild="frankfurt",
    )
    run.must_fail("/nowhere.tgz 1.21.7 cannot be had: there is no such file", "Untouched: Nothing was changed", "Next")
    assert fresh.phase("frankfurt-1") == "envproxy"

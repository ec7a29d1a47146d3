# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The whole way of a site, from 1.20 to 1.22.3 with its regions: nothing but the command that status.yml names, one after the other."""

from __future__ import annotations

import json
import shutil
import time
from typing import Any

import pytest
import requests
from database_site import Database
from main_site import CLUSTER, NAME, Site, statuses, with_builtin
from region_lab import RegionLab
from sampling import sampled

from lab import primaries

QUERY = {"coder_status_format": "json", "coder_status_query": "deployment.journey.next_command"}


@pytest.fixture(scope="module")
def site(region_lab, tmp_path_factory):
    region_lab.begin("fresh")
    # Of another test's deployment, which has the same names.
    shutil.rmtree(region_lab.state / "backups" / "database", ignore_errors=True)
    site = Site(region_lab, tmp_path_factory.mktemp("site"))
    with_builtin(region_lab, tmp_path_factory.mktemp("coder"))
    return site


def demand_way_back(site: Site, workspaces: set[str]) -> None:
    """From the last stop, too: with the snapshot that its update took, and nothing else is touched."""
    folder = site.lab.state / "backups" / "database"
    dump = max(folder.glob("coder-1.21.7-*.dump"), key=lambda path: path.stat().st_mtime)
    asked = {"coder_restore_snapshot": dump, "coder_confirm_restore": "coder"}
    site.lab.play("restore_database.yml", **asked).must_end_well()
    assert site.version() == "1.21.7" and Database(site.lab).schema() == (121, False)
    providers = ("sydney-1", "sydney-2", "frankfurt-1", NAME)
    assert {name for provider in providers for name in site.lab.workspaces(provider)} == workspaces


def next_command(site: Site) -> str | None:
    run = site.lab.play("status.yml", **QUERY).must_end_well()
    return json.loads(run.output.strip().splitlines()[-1])


def moment(site: Site) -> tuple[str, bool, str]:
    """(when, whether Coder answers its users, the load balancer's address)."""
    url, authority = site.lab.description["coder"]["url"] + "/api", site.lab.description["ca_path"]
    try:
        answers = requests.get(url, verify=authority, timeout=5).status_code == 200
    except requests.RequestException:
        answers = False
    return time.strftime("%H:%M:%S"), answers, site.entry()


def test_the_way_is_walked_by_the_commands_that_status_names(site, capsys):
    lab, walked = site.lab, []
    workspaces = {
        name for provider in ("sydney-1", "sydney-2", "frankfurt-1", NAME) for name in lab.workspaces(provider)
    }
    volumes = volumes_of(lab)
    with sampled(lambda: moment(site), every=0.5) as seen:
        while (command := next_command(site)) is not None:
            assert [command] != walked[-1:] and len(walked) < 14, f"{command} is named again after {walked}"
            walked.append(command)
            playbook, *options = command.split()
            lab.play(playbook, *options, **site.for_command(command)).must_end_well()
    assert walked == [
        "update_coder.yml -e coder_version=1.21.7",
        "switch_builtin_provider.yml",
        "update_coder.yml -e coder_service_next=true",
        "migrate_region.yml -l sydney",
        "retire_region.yml -l sydney",
        "migrate_region.yml -l frankfurt",
        "retire_region.yml -l frankfurt",
        "update_coder.yml -e coder_version=1.22.3",
        # Their satellites follow it.
        "migrate_region.yml -l sydney",
        "migrate_region.yml -l frankfurt",
    ]
    assert lab.coder("GET", "/api").headers["coder-version"] == "1.22.3"
    # Each hop that migrates had its way back: the database as it was before, restored and compared.
    assert saved(lab) == {("1.20.0", "restored"), ("1.21.7", "restored")}
    assert "[satellites_behind]" not in lab.play("status.yml").must_end_well().output
    # Its address never changed, and whoever had a workspace and a volume has it.
    assert len({address for _moment, _answers, address in seen if address}) == 1
    left = {name for provider in ("sydney-1", "sydney-2", "frankfurt-1", NAME) for name in lab.workspaces(provider)}
    assert left == workspaces and volumes <= volumes_of(lab)
    demand_way_back(site, workspaces)
    with capsys.disabled():
        gaps = [moment for moment, answers, _address in seen if not answers]
        print(f"\nCoder did not answer in {len(gaps)} of {len(seen)} samples: {', '.join(gaps) or 'never'}")


@pytest.fixture(params=[primaries.CUSTOM, primaries.UPGRADED])
def elsewhere(region_lab, request, tmp_path):
    """The same way from another beginning, on a lab of its own."""
    state = region_lab.state.with_name(region_lab.state.name.replace("lab-test", f"lab-test-{request.param}"))
    lab = RegionLab.up(state, "1.21", ("sydney",), request.param)
    try:
        yield Site(lab, tmp_path / "site", found=True)
    finally:
        lab.down()


def test_from_another_beginning_to_the_first_region(elsewhere):
    site, walked = elsewhere, []
    is_custom = site.metadata("ingress", "site-coder") is not None
    while not (command := next_command(site)).startswith("migrate_region"):
        assert command not in walked, f"{command} is named again after {walked}"
        walked.append(command)
        playbook, *options = command.split()
        given = site.for_command(command)
        if is_custom and "service_next" in command:
            # What the site alone can decide: whether its own routes may be changed.
            site.lab.play(playbook, *options, **given).must_fail("-e coder_rewrite_routes=true")
            given["coder_rewrite_routes"] = "true"
        site.lab.play(playbook, *options, **given).must_end_well()
    to_1_21 = ["update_coder.yml -e coder_version=1.21.7"] if is_custom else []
    assert walked == [*to_1_21, "switch_builtin_provider.yml", "update_coder.yml -e coder_service_next=true"]
    assert (command, site.version()) == ("migrate_region.yml -l sydney", "1.21.7")
    assert saved(site.lab) == ({("1.20.0", "restored")} if is_custom else set())
    assert statuses(site.lab) == {f"{NAME}-live": "ON", f"{NAME}-idle": "ON", f"{NAME}-off": "OFF"}
    if is_custom:
        assert set(site.routes("site-coder")) == {"coderd:80"}
    else:
        assert site.ingress() is None


def saved(lab: Any) -> set[tuple[str, str]]:
    """(version of Coder, how it was proved) of each snapshot of the database."""
    described = [json.loads(path.read_text()) for path in (lab.state / "backups" / "database").glob("*.json")]
    return {(one["of"]["version"], one["verified"]) for one in described}


def volumes_of(lab: Any) -> set[tuple[str, str, str]]:
    """(cluster, claim, UID) of each."""
    found = set()
    for cluster in (CLUSTER, "sydney-1", "sydney-2", "frankfurt-1"):
        claims = json.loads(lab.kubectl(cluster, "get", "persistentvolumeclaims", "-A", "-o", "json"))["items"]
        found |= {(cluster, one["metadata"]["name"], one["metadata"]["uid"]) for one in claims}
    return found

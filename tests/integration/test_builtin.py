# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The built-in provider to Networking v2 and back, as an operator does it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from main_site import NAME, statuses, with_builtin

CONSENT = {"coder_confirm_rebuild": "coder_primary"}


@pytest.fixture
def main(region_lab, tmp_path):
    """The lab, with a built-in provider that has workspaces on and off."""
    region_lab.begin("fresh")
    return with_builtin(region_lab, tmp_path)


@pytest.fixture
def old_layout(region_lab, tmp_path):
    """The same with a main deployment of 1.21 whose envproxy still serves."""
    region_lab.begin("fresh")
    region_lab.helm("primary", "uninstall", "coder", "--wait")
    region_lab.lab.control("POST", "/database/reset")
    url = region_lab.description["coder"]["url"]
    (tmp_path / "values.yaml").write_text(json.dumps({"cemanager": {"accessURL": url}}))
    for chart in ("coder-1.20.0", "coder"):
        archive = region_lab.description["charts"][chart]
        if chart == "coder":
            # Bare helm would lose it on the way, and with it the entry of all users.
            region_lab.kubectl("primary", "annotate", "ingress", "web-ingress", "helm.sh/resource-policy=keep")
        region_lab.helm(
            "primary", "upgrade", "--install", "coder", archive, "--values", f"{tmp_path}/values.yaml", "--wait"
        )
    return with_builtin(region_lab, tmp_path)


def play(lab: Any, *options: str, playbook: str = "switch_builtin_provider.yml", **variables: Any) -> Any:
    return lab.operator.play(playbook, *options, **variables)


def test_nobody_is_cut_without_consent(main):
    play(main).must_fail("main-live", "-e coder_confirm_rebuild=coder_primary", "Untouched")
    assert main.coder_writes() == [] and not main.provider(NAME)["enable_net_v2"]
    assert [one for one in main.cluster_writes() if "leases" not in one] == []


def test_there_and_back(main):
    before, net_v2 = main.workspaces(NAME), "enable_net_v2"
    play(main, "--check", **CONSENT).must_end_well()
    main.assert_nothing_written()
    run = play(main, **CONSENT).must_end_well()
    assert run.changed == {"localhost": 4}, run.output
    after = main.workspaces(NAME)
    assert main.provider(NAME)[net_v2] and not main.provider(NAME)["cordoned"]
    assert all(after[name]["last_built_at"] > before[name]["last_built_at"] for name in before)
    assert statuses(main) == {"main-live": "ON", "main-idle": "ON", "main-off": "OFF"}
    main.forget()
    assert play(main, **CONSENT).must_end_well().changed == {"localhost": 0}
    main.assert_nothing_written()


def test_and_back_as_long_as_envproxy_serves(old_layout):
    play(old_layout, **CONSENT).must_end_well()
    switched = old_layout.workspaces(NAME)
    play(old_layout, playbook="rollback_builtin_provider.yml").must_fail(
        "main-live", "coder_confirm_rebuild=coder_primary"
    )
    play(old_layout, playbook="rollback_builtin_provider.yml", **CONSENT).must_end_well()
    back = old_layout.workspaces(NAME)
    assert not old_layout.provider(NAME)["enable_net_v2"] and not old_layout.provider(NAME)["cordoned"]
    assert all(back[name]["last_built_at"] > switched[name]["last_built_at"] for name in switched)
    again = play(old_layout, playbook="rollback_builtin_provider.yml", **CONSENT).must_end_well()
    assert again.changed == {"localhost": 0}


def test_without_envproxy_there_is_no_way_back(main):
    play(main, **CONSENT).must_end_well()
    main.forget()
    play(main, playbook="rollback_builtin_provider.yml", **CONSENT).must_fail("envproxy", "it does not serve")
    assert main.provider(NAME)["enable_net_v2"] and not main.provider(NAME)["cordoned"]


@pytest.mark.parametrize("written", ["/cordon", "PATCH /api/private/resource-pools", "configmaps"])
def test_killed_it_goes_on_and_is_uncordoned(main, written):
    assert main.operator.play_while(
        lambda: not any(written in one for one in [*main.coder_writes(), *main.cluster_writes()]),
        "switch_builtin_provider.yml",
        **CONSENT,
    )
    play(main, **CONSENT).must_end_well()
    provider = main.provider(NAME)
    assert provider["enable_net_v2"] and not provider["cordoned"]
    assert statuses(main) == {"main-live": "ON", "main-idle": "ON", "main-off": "OFF"}
    assert play(main, **CONSENT).must_end_well().changed == {"localhost": 0}

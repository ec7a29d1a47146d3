# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The commands that are left, at each point of the whole way."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._deployment import looks

from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.journey import journey
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import report

UPDATE, NEXT, BUILTIN = "update_coder.yml", "update_coder.yml -e coder_service_next=true", "switch_builtin_provider.yml"
NEW, ON, OFF = "1.21 service_next", looks.on_net_v2(), looks.none


def rows(**phases):
    return [{"region": name.rstrip("_"), "phase": phase} for name, phase in phases.items()]


def migrate(region):
    return f"migrate_region.yml -l {region}"


def retire(region):
    return f"retire_region.yml -l {region}"


CASES = [
    # stage, change, regions, remaining
    (
        "1.20",
        OFF,
        rows(sydney="envproxy", perth="envproxy"),
        [UPDATE, BUILTIN, NEXT, migrate("sydney"), retire("sydney"), migrate("perth"), retire("perth"), UPDATE],
    ),
    ("1.21 old layout", OFF, rows(sydney="envproxy"), [BUILTIN, NEXT, migrate("sydney"), retire("sydney"), UPDATE]),
    ("1.21 custom ingress", ON, [], [NEXT, UPDATE]),
    (NEW, OFF, rows(sydney="envproxy"), [BUILTIN, migrate("sydney"), retire("sydney"), UPDATE]),
    (NEW, ON, rows(sydney="envproxy"), [migrate("sydney"), retire("sydney"), UPDATE]),
    (NEW, ON, rows(sydney="switched"), [migrate("sydney"), retire("sydney"), UPDATE]),
    (NEW, ON, rows(sydney="moved", perth="registered"), [retire("sydney"), migrate("perth"), retire("perth"), UPDATE]),
    (NEW, ON, rows(sydney="idle"), [retire("sydney"), UPDATE]),
    (NEW, ON, rows(sydney="retired"), [UPDATE]),
    (NEW, ON, rows(sydney="unknown", perth="retired"), ["status.yml -l sydney", UPDATE]),
    (NEW, ON, rows(sydney="somewhere"), ["status.yml -l sydney", UPDATE]),
    # Two providers of one region: the earliest counts, and what is not known most.
    (NEW, ON, [*rows(sydney="retired"), *rows(sydney="envproxy")], [migrate("sydney"), retire("sydney"), UPDATE]),
    (NEW, ON, [*rows(sydney="unknown"), *rows(sydney="envproxy")], ["status.yml -l sydney", UPDATE]),
    (NEW, OFF, None, [BUILTIN, "status.yml", UPDATE]),
    (NEW, ON, None, [UPDATE]),
    (NEW, looks.of_coder(providers=None), None, [BUILTIN, UPDATE]),
    (NEW, looks.both(ON, looks.of_cluster(services=None)), [], [NEXT, UPDATE]),
    (
        NEW,
        looks.of_coder(version="1.21.4"),
        rows(sydney="envproxy"),
        [UPDATE, BUILTIN, migrate("sydney"), retire("sydney"), UPDATE],
    ),
    ("1.22", OFF, rows(sydney="retired"), []),
    ("1.22", OFF, None, []),
    # Updated before its regions were moved.
    ("1.22", OFF, rows(sydney="switched"), [migrate("sydney"), retire("sydney")]),
    # A version not to be stayed at comes first.
    ("1.22", looks.of_coder(version="1.22.1"), rows(sydney="moved"), [UPDATE, retire("sydney")]),
    ("1.22", looks.of_coder(version="1.23.0"), rows(sydney="moved"), []),
    ("1.22", looks.of_coder(version=None), rows(sydney="moved"), []),
]


@pytest.mark.parametrize(("stage", "change", "regions", "remaining"), CASES)
def test_what_is_left(stage, change, regions, remaining) -> None:
    seen = looks.look(stage)
    change(seen)
    way = journey(report.describe(seen), regions)
    commands = [leg["command"] for leg in way["remaining"]]
    assert [command.partition(" -e coder_version=")[0] for command in commands] == remaining
    assert way["next_command"] == (commands[0] if commands else None)
    # An update names its version: the newest one is never meant.
    assert all(" -e coder_" in command for command in commands if command.startswith(UPDATE))
    assert way["reason"] and all(leg["reason"] for leg in way["remaining"])


@pytest.mark.parametrize(
    ("phase", "version", "remaining"),
    [
        ("retired", "1.21.7", [migrate("sydney")]),
        ("moved", "1.21.7", [migrate("sydney"), retire("sydney")]),
        ("retired", "1.22.3", []),
        ("retired", None, []),
        # It comes with the migration.
        ("registered", "1.21.7", [migrate("sydney"), retire("sydney")]),
    ],
)
def test_a_satellite_that_lags_behind_follows_the_main_deployment(phase, version, remaining) -> None:
    regions = [{"region": "sydney", "phase": phase, "satellite": "syd", "satellite_version": version}]
    seen = looks.look("1.22", regions=regions)
    looks.of_coder(satellites=[{"name": "syd", "fingerprint": "f"}])(seen)
    way = assess(seen)["journey"]
    assert [leg["command"] for leg in way["remaining"]] == remaining
    if remaining and phase in ("retired", "moved"):
        assert way["reason"] == "brings the satellite syd from 1.21.7 to 1.22.3"


@pytest.mark.parametrize(
    ("stage", "change", "regions", "sentence"),
    [
        ("1.20", OFF, None, "Run update_coder.yml -e coder_version=1.21.7: it updates the main deployment from 1.20.3 to 1.21.7."),
        (
            "1.20",
            looks.of_release(status="failed"),
            None,
            "Resolve release_not_deployed first, then run update_coder.yml -e coder_version=1.21.7: it updates the main deployment from 1.20.3 to 1.21.7.",
        ),
        # The gate of 1.22 is what the next commands are for: it is not in their way.
        (NEW, OFF, [], "Run switch_builtin_provider.yml: it switches the built-in provider built-in to Networking v2 and rebuilds its workspaces."),
        (NEW, ON, rows(sydney="moved"), "Run retire_region.yml -l sydney: it takes the old chart of sydney away (it is in phase moved)."),
        ("1.22", OFF, rows(sydney="retired"), "Nothing is left: Coder is at 1.22.3, and every region that was looked at is retired."),
        ("1.22", looks.of_coder(version="1.24.0"), None, "Resolve unsupported_version, versions_disagree: Coder is beyond 1.22, which is out of scope."),
    ],
)  # fmt: skip
def test_the_sentence(stage, change, regions, sentence) -> None:
    given = None if regions is None else [{**row, "satellite": None, "satellite_version": None} for row in regions]
    seen = looks.look(stage, regions=given)
    change(seen)
    assert assess(seen)["next_step"] == sentence


@pytest.mark.parametrize(
    ("stage", "version", "path", "target"),
    [
        ("1.20", None, ["1.21.7", "1.22.3"], "1.21.7"),
        ("1.20", "1.21.4", ["1.21.4"], "1.21.4"),
        (NEW, None, ["1.22.3"], "1.22.3"),
        (NEW, "1.20.3", [], "1.20.3"),
        (NEW, "latest", [], "latest"),
        ("1.22", None, [], None),
    ],
)
def test_the_path_from_here(stage, version, path, target) -> None:
    found = assess(looks.look(stage, version=version))
    assert (found["path"], found["target"]) == (path, target)


def test_the_ranges_of_kubernetes() -> None:
    of = assess(looks.look("1.20"))["kubernetes"]
    assert of["running"] == {"supported": "1.19 to 1.21", "fits": "in"}
    assert of["target"] == {"supported": "1.19 to 1.22", "fits": "in"}
    assert assess(looks.look("1.22"))["kubernetes"]["target"] is None

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The version path: its data, what follows from it, each refusal, and that the documentation says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path
from ansible_collections.coder.classic.plugins.module_utils._coder.version_target import judge_target
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

DOCUMENT = Path(__file__).resolve().parents[5] / "docs" / "versions.md"


def test_the_data_agree_with_what_the_versions_can_do() -> None:
    assert tuple(version_path.KUBERNETES) == version_path.MINORS
    assert tuple(version_path.STOPS) == version_path.MINORS[1:]
    for minor, stop in version_path.STOPS.items():
        assert version_path.minor(stop) == minor and stop not in version_path.NEVER
        assert version_path.satellite_fixes(stop) == "good"


def test_the_documentation_says_what_the_data_say() -> None:
    rows = [line for line in DOCUMENT.read_text().splitlines() if line.startswith("| ")]
    for version, why in version_path.NEVER.items():
        assert f"| {version} | {why} |" in rows
    for gate in version_path.GATES:
        assert f"| {gate.demand} | {gate.why} |" in rows
    for minor, of in version_path.KUBERNETES.items():
        stop = version_path.STOPS.get(minor)
        assert (
            f"| {minor} | {f'**{stop}**' if stop else 'where it is'} | {version_path.range_text(of)} | {of.caveat} |"
            in rows
        )
    named = {row.split(" | ")[0].removeprefix("| ") for row in rows}
    assert {name for name in named if version_path.exact(name)} == set(version_path.NEVER)


@pytest.mark.parametrize(
    ("running", "target", "expected"),
    [
        ("1.20.3", "1.22.3", ["1.21.7", "1.22.3"]),
        ("1.20.3", "1.21.7", ["1.21.7"]),
        ("1.20.3", "1.21.4", ["1.21.4"]),
        ("1.20.0", "1.20.3", ["1.20.3"]),
        ("1.21.4", "1.21.7", ["1.21.7"]),
        ("1.21.4", "1.22.3", ["1.21.7", "1.22.3"]),
        ("1.21.7", "1.22.3", ["1.22.3"]),
        ("1.21.7+build", "1.22.3", ["1.22.3"]),
        ("1.22.1", "1.22.3", ["1.22.3"]),
        ("1.22.3", "1.22.3", []),
        ("1.22.3", "1.21.7", []),
    ],
)
def test_hops(running, target, expected) -> None:
    assert version_path.hops(running, target) == expected


@pytest.mark.parametrize(
    ("running", "stop", "place"),
    [
        ("1.19.5", None, -1),
        ("1.20.0", "1.21.7", 0),
        ("1.21.0", "1.21.7", 1),
        ("1.21.7", "1.22.3", 1),
        ("1.21.9", "1.22.3", 1),
        ("1.22.0", "1.22.3", 2),
        ("1.22.3", None, 2),
        ("1.22.9", None, 2),
        ("1.23.0", None, 3),
        ("2.0.0", None, 3),
    ],
)
def test_next_stop(running, stop, place) -> None:
    assert version_path.next_stop(running) == stop
    assert version_path.place(running) == place


@pytest.mark.parametrize("of", [version_path.next_stop, version_path.place, version_path.minor])
def test_an_unknown_version_is_an_error(of) -> None:
    with pytest.raises(ClassicError) as caught:
        of("latest")
    assert caught.value.code == "unsupported_version"


@pytest.mark.parametrize(
    ("server", "version", "fits"),
    [
        ("v1.18.20", "1.20.3", "too_old"),
        ("v1.19.0", "1.20.3", "in"),
        ("v1.21.14-eks-1", "1.20.3", "in"),
        ("v1.22.0", "1.20.3", "too_new"),
        ("v1.22.17", "1.21.7", "in"),
        ("v1.23.1", "1.21.7", "too_new"),
        ("v1.18.1", "1.22.3", "too_old"),
        ("v1.36.0", "1.22.3", "in"),
        ("v1.21.0", "1.23.0", None),
        ("v1.21.0", None, None),
        (None, "1.21.7", None),
        ("master", "1.21.7", None),
    ],
)
def test_kubernetes(server, version, fits) -> None:
    assert version_path.fits(server, version) == fits


@pytest.mark.parametrize(
    ("running", "target", "codes", "words"),
    [
        (None, "1.21.7", ["unsupported_version"], "does not tell its version"),
        ("devel", "1.21.7", ["unsupported_version"], "'devel'"),
        ("1.20.3", None, ["unsupported_version"], "None is no version to update to"),
        ("1.20.3", "latest", ["unsupported_version"], "'latest' is no version"),
        ("1.20.3", "1.21", ["unsupported_version"], "all three numbers"),
        ("1.20.3", "1.21.7-rc.1", ["unsupported_version"], "no version to update to"),
        ("1.20.3", "v1.21.7", ["unsupported_version"], "no version to update to"),
        ("1.19.5", "1.20.3", ["unsupported_version"], "older than what is known"),
        ("1.24.0", "1.22.3", ["unsupported_version"], "newer than what is known"),
        ("1.21.7", "1.23.0", ["unsupported_version"], "beyond what is known"),
        ("1.21.7", "1.20.3", ["downgrade"], "restore of the database"),
        ("1.22.3", "1.21.0", ["downgrade"], "restore of the database"),
        ("1.21.7", "1.21.4", ["downgrade"], "restore of the database"),
        ("1.20.3", "1.21.0", ["unsupported_version"], "no ServiceAccount environments"),
        ("1.21.7", "1.22.0", ["unsupported_version"], "update to 1.22.3 instead"),
        ("1.21.7", "1.22.1", ["unsupported_version"], "port 80"),
        ("1.21.7", "1.22.2", ["unsupported_version"], "port 80"),
        ("1.20.3", "1.22.3", ["skipped_minor"], "1.20.3 → 1.21.7 → 1.22.3"),
        ("1.20.3", "1.22.3", ["skipped_minor"], "update to 1.21.7 first"),
        ("1.20.3", "1.22.1", ["unsupported_version", "skipped_minor"], "port 80"),
        ("1.21.4", "1.22.3", ["not_newest_patch"], "update to 1.21.7 first"),
        ("1.21.0", "1.22.3", ["not_newest_patch"], "update to 1.21.7 first"),
    ],
)
def test_each_refusal(running, target, codes, words) -> None:
    blockers = judge_target(running, target, "https://coder.test").blockers
    assert [entry["code"] for entry in blockers] == codes
    assert words in " ".join(str(value) for entry in blockers for value in entry.values())
    for entry in blockers:
        assert entry["where"] == "https://coder.test" and entry["why"] and entry["next"] and entry["for"] == ["update"]


@pytest.mark.parametrize(
    ("running", "target", "warned"),
    [
        ("1.20.3", "1.21.7", []),
        ("1.21.7", "1.22.3", []),
        ("1.21.9", "1.22.3", []),
        ("1.22.1", "1.22.3", ["leave_this_version"]),
        ("1.21.0", "1.21.7", ["leave_this_version"]),
        ("1.20.3", "1.21.4", ["not_the_stop"]),
        ("1.21.7", "1.21.7", ["already_there"]),
        ("1.22.3+x", "1.22.3", ["already_there"]),
    ],
)
def test_what_may_be_done(running, target, warned) -> None:
    judged = judge_target(running, target)
    assert judged.blockers == []
    assert [entry["code"] for entry in judged.warnings] == warned

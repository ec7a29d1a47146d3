# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether the release's history tells of an update that was begun on the database that runs now."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster

from ansible_collections.coder.classic.plugins.module_utils._deployment.database import attempts
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release

UPGRADED, FAILED = "Upgrade complete", 'Upgrade "coder" failed: timed out'
FIRST = ("1.20.0", "superseded", "Install complete")


def history(*rows):
    """(version, status, description) of each revision, the oldest first."""
    return [
        Release(
            "coder",
            "coder",
            number,
            status,
            "coder",
            version,
            version,
            f"2026-11-{number:02}T06:00:00Z",
            said,
            {},
            {},
            "",
            [],
        )
        for number, (version, status, said) in enumerate(rows, 1)
    ]


def found(*rows):
    one = attempts.oldest(history(*rows), lambda release: release.chart_version)
    return one and (one["revision"], one["version"])


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([], None),
        ([("1.20.0", "deployed", "Install complete")], None),
        ([("1.20.0", "failed", 'Release "coder" failed')], None),
        ([FIRST, ("1.21.7", "deployed", UPGRADED)], None),
        # Rolled back by helm itself, failed, left pending: each time the schema may be the new one.
        ([FIRST, ("1.21.7", "failed", FAILED), ("1.20.0", "deployed", "Rollback to 1")], (2, "1.21.7")),
        ([("1.20.0", "deployed", UPGRADED), ("1.21.7", "failed", FAILED)], (2, "1.21.7")),
        ([("1.20.0", "deployed", UPGRADED), ("1.21.7", "pending-upgrade", "Preparing upgrade")], (2, "1.21.7")),
        # Tried twice: what counts is the first time.
        (
            [
                FIRST,
                ("1.21.7", "failed", FAILED),
                ("1.20.0", "superseded", "Rollback to 1"),
                ("1.21.7", "failed", FAILED),
                ("1.20.0", "deployed", "Rollback to 3"),
            ],
            (2, "1.21.7"),
        ),
        # It stood, and was taken back by whomever.
        ([FIRST, ("1.21.7", "superseded", UPGRADED), ("1.20.0", "deployed", "Rollback to 1")], (2, "1.21.7")),
        # The same version: nothing is migrated.
        ([FIRST, ("1.20.0", "failed", FAILED), ("1.20.0", "deployed", "Rollback to 1")], None),
        # Long ago, and since then an upgrade to it went well.
        (
            [
                FIRST,
                ("1.21.7", "failed", FAILED),
                ("1.20.0", "superseded", "Rollback to 1"),
                ("1.21.7", "deployed", UPGRADED),
            ],
            None,
        ),
        ([FIRST, ("of whom", "failed", FAILED), ("1.20.0", "deployed", "Rollback to 1")], None),
    ],
)
def test_what_was_begun_since_the_last_version_that_stood(rows, expected) -> None:
    assert found(*rows) == expected


@pytest.mark.parametrize(
    "release",
    [
        {"exists": False},
        {"exists": None},
        {"exists": True, "status": "deployed", "description": UPGRADED},
        {"exists": True, "status": "deployed", "description": None},
    ],
)
def test_without_a_reason_the_history_is_not_read(release) -> None:
    cluster = FakeCluster()
    assert attempts.look(cluster, {"release": release}, lambda _release: None) is None
    assert cluster.asked == []

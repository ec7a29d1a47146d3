# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One upgrade in the words of each series of Helm."""

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import Helm
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import command


def arguments(version, **more):
    options = {
        "values_files": ["/v"], "install": False, "wait": True, "atomic": True, "server_side": False, "revision": 2,
        "seconds": 60, "history_max": 10, "description": "d", **more,
    }  # fmt: skip
    return command.arguments(Helm("helm", version, [], {}, "/f"), "shop", "ns", "/c.tgz", **options)


def test_each_series_gets_its_own_flags() -> None:
    three, four = arguments((3, 22)), arguments((4, 3))
    assert {"--wait", "--atomic", "--wait-for-jobs", "--reset-values"} <= set(three)
    assert {"--wait=legacy", "--rollback-on-failure", "--wait-for-jobs", "--server-side=false"} <= set(four)
    assert not {"--wait", "--atomic", "--force"} & set(four)
    assert not [flag for flag in three if flag.startswith(("--server-side", "--rollback"))]


def test_without_waiting_nothing_is_waited_for() -> None:
    for version in ((3, 22), (4, 3)):
        assert not [flag for flag in arguments(version, wait=False) if flag.startswith("--wait")]


@pytest.mark.parametrize(
    ("version", "method", "install", "server_side"),
    [
        ((3, 22), None, True, False),
        ((3, 22), "ssa", False, False),
        ((4, 3), None, True, True),
        # A release of Helm 3 says nothing.
        ((4, 3), None, False, False),
        ((4, 3), "csa", False, False),
        ((4, 3), "ssa", False, True),
    ],
)
def test_objects_are_applied_as_they_were_before(version, method, install, server_side) -> None:
    helm = Helm("helm", version, [], {}, "/f")
    assert command.is_server_side(helm, method, install=install) is server_side
    if version >= (4, 0):
        assert f"--server-side={str(server_side).lower()}" in arguments(version, server_side=server_side)

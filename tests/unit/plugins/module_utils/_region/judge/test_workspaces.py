# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whose session each step cuts, with many workspaces of one name."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._region.changes import coder, wanted
from unit.plugins.module_utils._region.scene import AFTER, BEFORE, NOW, record, scene, workspace

from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess

SHARED = [
    workspace("dev", id="id-a", last_connection_at=NOW.isoformat()),
    workspace("dev", id="id-b", last_connection_at=NOW.isoformat()),
    workspace("ci", last_connection_at=NOW.isoformat()),
    workspace("quiet"),
]


def told(phase, *, leave=(), built=None, version="1.21.7", **of_record):
    seen = scene(phase)
    rows = [{**row, "last_built_at": built or row["last_built_at"]} for row in SHARED]
    coder(workspaces=rows, version=version)(seen)
    wanted(leave_workspaces=list(leave))(seen)
    record(seen, **of_record)
    return assess(seen)


def test_a_name_that_several_have_gets_the_id():
    workspaces = told("registered", leave=["id-a"])["workspaces"]
    assert workspaces["left"] == ["dev (id-a)"]
    assert workspaces["in_use"] == ["ci", "dev (id-a)", "dev (id-b)"]
    assert workspaces["to_rebuild"] == ["ci", "dev (id-b)", "quiet"]


@pytest.mark.parametrize(
    ("version", "cut"),
    [
        ("1.21.0", ["ci", "dev (id-b)"]),
        ("1.21.1", ["ci", "dev (id-a)", "dev (id-b)"]),
        ("1.21.7", ["ci", "dev (id-a)", "dev (id-b)"]),
        ("1.22.3", ["ci", "dev (id-b)"]),
        (None, ["ci", "dev (id-a)", "dev (id-b)"]),
    ],
)
def test_no_list_protects_from_the_rebuild_that_coder_makes_itself_at_the_switch(version, cut):
    workspaces = told("registered", leave=["id-a"], version=version)["workspaces"]
    assert workspaces["cut_by_switch"] == cut
    assert workspaces["cut_by_rebuild"] == ["ci", "dev (id-b)"]


def test_what_is_rebuilt_already_is_not_cut_again_by_our_rebuild():
    region = told("switched", built=AFTER)
    assert region["workspaces"]["cut_by_rebuild"] == []
    assert region["workspaces"]["cut_by_switch"] == ["ci", "dev (id-a)", "dev (id-b)"]
    assert region["workspaces"]["cut_by_rebuild_back"] == ["ci", "dev (id-a)", "dev (id-b)"]


def test_the_way_back_cuts_those_that_were_not_rebuilt_since():
    workspaces = told("registered", built=AFTER, rolled_back_at=AFTER)["workspaces"]
    assert workspaces["cut_by_rebuild_back"] == []
    workspaces = told("registered", leave=["ci"], built=BEFORE, rolled_back_at=AFTER)["workspaces"]
    assert workspaces["cut_by_rebuild_back"] == ["dev (id-a)", "dev (id-b)"]


def test_the_plan_names_them():
    region = told("registered", leave=["id-a"])
    risks = {step["step"]: step["risk"] for step in region["plan"]["migrate"]}
    assert risks["switch"].endswith("sessions are cut in ci, dev (id-a), dev (id-b)")
    assert risks["rebuild"].endswith("sessions are cut in ci, dev (id-b)")
    risks = {step["step"]: step["risk"] for step in told("moved", leave=["id-a"], built=AFTER)["plan"]["rollback"]}
    assert risks["switch_back"].endswith("sessions are cut in ci, dev (id-a), dev (id-b)")
    assert risks["rebuild_back"].endswith("sessions are cut in ci, dev (id-b)")


def test_who_can_be_rebuilt_as_a_proof():
    workspaces = told("moved", leave=["id-a"], built=AFTER)["workspaces"]
    assert (workspaces["canaries"], workspaces["canaries_in_use"]) == (["quiet"], ["ci", "dev (id-b)"])
    assert workspaces["provable"] == 3

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action gives the module what the host's variables say, and nothing of it is left behind."""

from __future__ import annotations

import datetime
import json
import os
import stat
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleError
from ansible.utils.context_objects import CLIArgs
from unit.plugins.plugin_utils.test_site import SECRET_VALUES, variables

from ansible_collections.coder.classic.plugins.action import coder_region_info, coder_region_step
from ansible_collections.coder.classic.plugins.module_utils import _run
from ansible_collections.coder.classic.plugins.plugin_utils import in_process, of_region, this_run

STEP, LOOK = "coder.classic.coder_region_step", "coder.classic.coder_region_info"
ACTIONS = {STEP: coder_region_step.ActionModule, LOOK: coder_region_info.ActionModule}
GIVEN = {"goal": "retire", "step": "seal"}


@pytest.fixture
def run(monkeypatch, tmp_path):
    def play(
        name=STEP, module=lambda arguments: None, template=lambda value: value, connection="local", args=None, **more
    ):
        """(the action's result, the module's arguments, None where it was not called)."""
        called = []

        def normal_run(self, tmp=None, task_vars=None):
            called.append(dict(self._task.args))
            module(self._task.args)
            return {"changed": True, "region": {"warnings": ["own"], "blockers": ["seen"]}}

        monkeypatch.setattr(in_process.NormalAction, "run", normal_run)
        monkeypatch.setattr(of_region.C, "DEFAULT_LOCAL_TMP", str(tmp_path))
        monkeypatch.setattr(this_run.context, "CLIARGS", CLIArgs({"args": ("/site/retire_region.yml",)}))
        given = dict(GIVEN if args is None else args)
        made = object.__new__(ACTIONS[name])
        made._task = SimpleNamespace(
            name="A step", args=given, action=name, async_val=0, no_log=False, check_mode=False
        )
        # With become the module is run as always.
        made._play_context = SimpleNamespace(become=True)
        made._connection, made._templar = SimpleNamespace(transport=connection), SimpleNamespace(template=template)
        try:
            return made.run(task_vars=variables(**more)), called[0] if called else None
        finally:
            # The same task may be tried again, and is done for the next host.
            assert made._task.args == given
            for path in tmp_path.iterdir():
                # What a run remembers is no business of the next one.
                assert path.name.startswith(("coder-classic-once-", "coder-classic-seen"))
                path.unlink()

    return play


def test_a_step_gets_the_site_and_which_run_this_is(run):
    result, arguments = run(awx_job_id=12, coder_backup_dir="/mnt/b")
    assert result["changed"] is True
    assert (
        GIVEN.items() <= arguments.items() and arguments["region"] == "sydney" and arguments["backup_dir"] == "/mnt/b"
    )
    identity = arguments["run"]
    assert set(identity) == set(_run.KEYS) and all(isinstance(text, str) for text in identity.values())
    assert (identity["pid"], identity["job"], identity["playbook"]) == (str(os.getppid()), "12", "retire_region.yml")


def test_what_the_task_says_itself_counts_more_and_who_names_the_region_means_no_variables(run):
    assert run(args={**GIVEN, "namespace": "other"})[1]["namespace"] == "other"
    own = {**GIVEN, "region": "perth"}
    arguments = run(args=own, connection="ssh", coder_rebuild_parallel=0)[1]
    assert {key: value for key, value in arguments.items() if key != "run"} == own


def test_values_reach_the_module_in_a_private_file_that_is_gone_afterwards(run):
    seen = []

    def module(arguments):
        path = arguments["satellite"]["values_file"]
        with open(path, encoding="utf-8") as file:
            seen.append((path, stat.S_IMODE(os.stat(path).st_mode), json.load(file)))
        if fails:
            raise KeyboardInterrupt

    fails = False
    values = {**SECRET_VALUES, "since": datetime.date(2026, 3, 2)}
    _result, arguments = run(module=module, coder_satellite_values=values)
    fails = True
    with pytest.raises(KeyboardInterrupt):
        run(module=module, coder_satellite_values=values)
    assert [(mode, content) for _path, mode, content in seen] == [(0o600, {**SECRET_VALUES, "since": "2026-03-02"})] * 2
    assert "hide-me" not in json.dumps(arguments) and not any(os.path.exists(path) for path, *_more in seen)
    assert "values_file" not in run(coder_satellite_values={})[1]["satellite"]


def test_wrong_variables_stop_a_step_with_all_that_is_wrong(run):
    result, arguments = run(coder_rebuild_parallel=0, coder_soak_seconds=-1)
    assert (arguments, result["failed"], result["failure"]["code"]) == (None, True, "invalid_variable")
    assert (
        "coder_rebuild_parallel is the number 0" in result["msg"]
        and "coder_soak_seconds is the number -1" in result["msg"]
    )
    assert result["msg"].count("Untouched: Everything: nothing was begun.") == 2


def test_a_look_tells_wrong_variables_as_blockers_and_what_is_only_said_as_warnings(run):
    result, arguments = run(LOOK, args={}, coder_satellite_url=None)
    assert (arguments, result["changed"], result["region"]["phase"]) == (None, False, "unknown")
    assert [entry["code"] for entry in result["region"]["blockers"]] == ["missing_variable"]
    # Where a look can tell more, all is told at once.
    result, arguments = run(LOOK, args={}, coder_rebuild_parallel=0)
    first, seen = result["region"]["blockers"]
    assert (first["code"], seen, "parallel" in arguments) == ("invalid_variable", "seen", False)
    assert "variables" in result["region"]["next_step"]
    result, arguments = run(LOOK, args={}, coder_confirm_retre="sydney")
    assert not {"run", "progress_file"} & set(arguments)
    *said, own = result["region"]["warnings"]
    assert ([entry["code"] for entry in said], own) == (["unknown_variable", "unpinned_cluster"], "own")


def test_lines_of_the_module_are_shown_with_the_provider(run, monkeypatch):
    shown = []
    monkeypatch.setattr(in_process.display, "display", lambda line, stderr: shown.append((line, stderr)))

    def module(arguments):
        with open(arguments["progress_file"], "a", encoding="utf-8") as file:
            file.write("soak time (15 of at most 600 s)\n")

    run(module=module)
    assert shown == [("sydney-1: soak time (15 of at most 600 s)", True)]
    assert "progress_file" not in run(connection="ssh")[1]


def test_a_variable_that_cannot_be_evaluated_is_named_and_not_quoted(run):
    def evaluate(value):
        if value == "{{ nowhere }}":
            raise AnsibleError("'nowhere' is undefined, in hide-me")
        return value

    result, arguments = run(template=evaluate, coder_soak_seconds="{{ nowhere }}")
    assert (arguments, result["failure"]["code"]) == (None, "invalid_variable")
    assert "coder_soak_seconds is a template that cannot be evaluated: nowhere is undefined" in result["msg"]
    assert "hide-me" not in json.dumps(result)

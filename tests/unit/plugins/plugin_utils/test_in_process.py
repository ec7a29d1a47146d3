# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs in Ansible's own process answers as the module does, and where it cannot it is not tried."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.coder.classic.plugins.module_utils import _border
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.plugin_utils import in_process

SPEC = {
    "name": {"type": "str", "required": True},
    "token": {"type": "str", "no_log": True},
    "count": {"type": "int", "default": 5},
    "inner": {"type": "dict", "options": {"api_key": {"type": "str", "no_log": True}, "url": {"type": "str"}}},
}
SECRET = "very-secret-token"


def run(options, work, check_mode=False):
    return in_process.run("some", SimpleNamespace(ARGUMENTS=SPEC, work=work), options, check_mode=check_mode)


def action(**changes):
    task = SimpleNamespace(async_val=0, environment=changes.get("environment", []))
    task.async_val = changes.get("async_val", 0)
    return SimpleNamespace(
        _task=task,
        _play_context=SimpleNamespace(become=changes.get("become", False)),
        _connection=SimpleNamespace(transport=changes.get("transport", "local")),
        _templar=SimpleNamespace(template=lambda value: value),
    )


@pytest.mark.parametrize(
    ("changes", "interpreter", "possible"),
    [
        ({}, sys.executable, True),
        ({}, "/usr/bin/python3.9", False),
        ({}, None, False),
        ({"transport": "ssh"}, sys.executable, False),
        ({"become": True}, sys.executable, False),
        ({"async_val": 60}, sys.executable, False),
        ({"environment": [{"A": "b"}]}, sys.executable, False),
        ({"environment": [{}]}, sys.executable, True),
    ],
)
def test_only_where_the_module_would_run_here_all_the_same(changes, interpreter, possible):
    assert in_process.is_possible(action(**changes), {"ansible_python_interpreter": interpreter}) is possible


def test_the_options_are_those_that_the_module_gets(monkeypatch):
    seen = []
    result = run({"name": "a", "count": "7"}, lambda params, task: seen.append(params) or {"changed": True})
    assert seen == [{"name": "a", "count": 7, "token": None, "inner": None}]
    assert result["changed"] is True


def test_wrong_options_are_refused_in_the_words_of_every_module():
    result = run({"name": "a", "nmae": "a"}, lambda params, task: pytest.fail("it ran"))
    assert result["failed"] is True
    assert result["msg"].startswith(
        "Unsupported parameters for (some) module: nmae. Supported parameters include: count"
    )
    assert run({}, lambda params, task: pytest.fail("it ran"))["msg"] == "missing required arguments: name"


def test_no_secret_is_in_the_result_or_in_the_options_that_are_shown():
    options = {"name": "a", "token": SECRET, "inner": {"api_key": f"{SECRET}-2", "url": "u"}}
    result = run(options, lambda params, task: {"changed": False, "said": [f"it is {params['token']}"]})
    assert SECRET not in str(result)
    assert result["invocation"]["module_args"]["inner"] == {"api_key": in_process.SHOWN, "url": "u"}


def test_what_is_hidden_while_it_runs_is_in_no_result():
    def work(params, task):
        _border.hide("read-from-a-kubeconfig")
        raise ClassicError("refused with read-from-a-kubeconfig", code="x")

    assert "read-from-a-kubeconfig" not in str(run({"name": "a"}, work))


def test_what_goes_wrong_is_told_as_the_module_tells_it():
    def foreseen(params, task):
        raise ClassicError("Not so", code="refused", where="here", next_step="do this")

    def unforeseen(params, task):
        raise ValueError(SECRET)

    result = run({"name": "a"}, foreseen)
    assert (result["failed"], result["failure"]["code"]) == (True, "refused") and "Next: do this" in result["msg"]
    result = run({"name": "a"}, unforeseen)
    assert result["failure"]["code"] == "unexpected" and SECRET not in str(result)


def test_the_work_is_told_the_mode_and_its_warnings_are_in_the_result():
    def work(params, task):
        task.warn("look out")
        return {"changed": task.check_mode}

    result = run({"name": "a"}, work, check_mode=True)
    assert (result["changed"], result["warnings"]) == (True, ["look out"])


def test_every_module_has_its_action_and_all_that_it_needs():
    folder = Path(in_process.__file__).parents[1]
    names = {path.stem for path in (folder / "modules").glob("*.py")}
    assert names == {path.stem for path in (folder / "action").glob("*.py")} and len(names) > 10
    for name in names:
        action = importlib.import_module(f"ansible_collections.coder.classic.plugins.action.{name}").ActionModule
        assert issubclass(action, in_process.ActionModule) and action.MODULE.__name__.rpartition(".")[2] == name
        assert isinstance(action.MODULE.ARGUMENTS, dict) and callable(action.MODULE.work)

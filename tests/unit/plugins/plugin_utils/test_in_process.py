# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What runs in Ansible's own process answers as the module does, and where it cannot it is not tried."""

from __future__ import annotations

import sys
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
    result = in_process.run(
        "some", SPEC, {"name": "a", "count": "7"}, lambda params: seen.append(params) or {"changed": True}
    )
    assert seen == [{"name": "a", "count": 7, "token": None, "inner": None}]
    assert result["changed"] is True


def test_wrong_options_are_refused_in_the_words_of_every_module():
    result = in_process.run("some", SPEC, {"count": "many", "nmae": "a"}, lambda params: pytest.fail("it ran"))
    assert result["failed"] is True
    assert "missing required arguments: name" in result["msg"] and "nmae" in result["msg"] and "many" in result["msg"]


def test_no_secret_is_in_the_result_or_in_the_options_that_are_shown():
    options = {"name": "a", "token": SECRET, "inner": {"api_key": f"{SECRET}-2", "url": "u"}}
    result = in_process.run(
        "some", SPEC, options, lambda params: {"changed": False, "said": [f"it is {params['token']}"]}
    )
    assert SECRET not in str(result)
    assert result["invocation"]["module_args"]["inner"] == {"api_key": in_process.SHOWN, "url": "u"}


def test_what_is_hidden_while_it_runs_is_in_no_result():
    def work(params):
        _border.hide("read-from-a-kubeconfig")
        raise ClassicError("refused with read-from-a-kubeconfig", code="x")

    assert "read-from-a-kubeconfig" not in str(in_process.run("some", SPEC, {"name": "a"}, work))


def test_what_goes_wrong_is_told_as_the_module_tells_it():
    def foreseen(params):
        raise ClassicError("Not so", code="refused", where="here", next_step="do this")

    def unforeseen(params):
        raise ValueError(SECRET)

    result = in_process.run("some", SPEC, {"name": "a"}, foreseen)
    assert (result["failed"], result["failure"]["code"]) == (True, "refused") and "Next: do this" in result["msg"]
    result = in_process.run("some", SPEC, {"name": "a"}, unforeseen)
    assert result["failure"]["code"] == "unexpected" and SECRET not in str(result)

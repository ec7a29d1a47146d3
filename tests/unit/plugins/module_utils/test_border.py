# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.testing import patch_module_args

from ansible_collections.coder.classic.plugins.module_utils import _border
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import connection, kubeconfig
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

MODULES = sorted((Path(_border.__file__).parent.parent / "modules").glob("*.py"))
SECRET = "SECRET-eyJhbGciOi"


@pytest.fixture
def end(capsys, monkeypatch):
    """end(work) -> (exit status, the result, all that was printed)."""
    monkeypatch.setattr(_border, "_hidden", set())

    def run(work):
        # As if somebody had asked for tracebacks: that is when Ansible adds them, with all texts.
        with patch_module_args({"_ansible_tracebacks_for": ["error"], "_ansible_module_name": "coder.classic.some"}):
            module = AnsibleModule(argument_spec={"given": {"type": "str"}})
            with pytest.raises(SystemExit) as ended:
                _border.end(module, work)
        printed = capsys.readouterr()
        return ended.value.code, json.loads(printed.out), printed.out + printed.err

    return run


def fail(error: BaseException):
    raise error


def test_a_result_is_the_modules_result(end) -> None:
    status, result, _printed = end(lambda: {"changed": True, "provider": {"name": "a"}})
    assert status == 0 and result["changed"] and result["provider"] == {"name": "a"}


def test_a_foreseen_failure_is_told_in_its_parts_with_what_else_belongs_to_it(end) -> None:
    error = ClassicError("It broke.", code="refused", where="here", next_step="Mend it.", details={"done": 1})
    error.changed = True
    status, result, _printed = end(lambda: fail(error))
    assert status == 1 and result["failed"] and result["changed"] is True
    assert result["msg"] == "It broke.\nWhere: here\nNext: Mend it." and result["failure"] == error.failure


def test_the_causes_of_a_foreseen_failure_are_not_quoted(end) -> None:
    def work():
        try:
            fail(ValueError(f"bad key {SECRET}"))
        except ValueError as error:
            raise ClassicError("The access data cannot be used.", code="invalid") from error

    status, result, printed = end(work)
    assert status == 1 and result["failure"]["code"] == "invalid" and SECRET not in printed


def broken_cluster() -> Cluster:
    def request(*_arguments, **_options):
        raise RuntimeError(f"Invalid header value b'Bearer {SECRET}'")

    access = kubeconfig.resolve({"host": "https://c.test", "api_key": SECRET}, {})
    connected = connection.connect(access)._replace(pools=SimpleNamespace(request=request))
    return Cluster(connected, access)


def test_of_an_unexpected_error_type_and_place_are_told_and_nothing_else(end) -> None:
    status, result, printed = end(broken_cluster().uid)
    failure = result["failure"]
    assert status == 1 and SECRET not in printed and "Bearer" not in printed and "changed" not in result
    assert failure["message"] == "Something unexpected went wrong in coder.classic.some."
    assert failure["code"] == "unexpected" and failure["why"].startswith("RuntimeError (")
    assert re.fullmatch(r"transport\.py:\d+ _answer, transport\.py:\d+ _exchange", failure["where"])
    assert failure["untouched"] == "Unknown: see with status.yml what is there." and "issues" in failure["next"]
    assert all(part in result["msg"] for part in (failure["where"], failure["why"], failure["next"]))


def test_an_error_outside_of_our_code_has_no_place(end) -> None:
    _status, result, _printed = end(lambda: fail(ZeroDivisionError(SECRET)))
    assert result["failure"]["where"] == "outside of this collection's code"


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), SystemExit(7)])
def test_who_ends_the_process_is_not_held_up(ending, capsys) -> None:
    with patch_module_args({}):
        module = AnsibleModule(argument_spec={})
    with pytest.raises(type(ending)) as ended:
        _border.end(module, lambda: fail(ending))
    assert ended.value is ending and capsys.readouterr().out == ""


@pytest.mark.parametrize("fails", [False, True])
def test_what_is_hidden_is_in_no_output(end, fails: bool) -> None:
    def work():
        _border.hide(f"{SECRET}\n")
        _border.hide("short")
        _border.hide(None)
        if fails:
            fail(ClassicError(f"short: the server said {SECRET}!", code="refused", details=[SECRET]))
        return {"seen": f"short {SECRET}", "deep": [{"a": f"{SECRET}\n"}]}

    _status, result, printed = end(work)
    assert SECRET not in printed and "short" in printed
    assert "the server said ********!" in result["msg"] if fails else result["seen"] == "short ********"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: path.stem)
def test_every_module_ends_at_the_border(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (main,) = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == "main")
    last = main.body[-1]
    assert ast.unparse(last) in ("_module.main(ARGUMENTS, work)", "_module.main(ARGUMENTS, work, RULES)")
    called = {node.func.attr for node in ast.walk(tree) if isinstance(node, ast.Call) and hasattr(node.func, "attr")}
    assert called.isdisjoint({"fail_json", "exit_json", "fail_on_missing_params"})

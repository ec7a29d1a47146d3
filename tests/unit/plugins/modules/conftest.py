# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module both ways, as a process of its own would and as Ansible's worker does, with every HTTP request played from a
written list.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from unit.plugins.fake_coder import TOKEN, URL, Call, FakeSession

from ansible_collections.coder.classic.plugins.module_utils._coder import transport
from ansible_collections.coder.classic.plugins.plugin_utils import in_process

#: What no two runs agree in.
MEASURED = ("seconds", "milliseconds", "exception", "timeout")

RunModule = Callable[..., dict[str, Any]]


@pytest.fixture
def run_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> RunModule:
    """run_module(module, [Call, ...], check_mode=False, **options) -> the result, ``failed`` in it if it failed.

    Both ways must ask the same and answer the same. None in place of the calls: the requests really go out, and as the second
    way would find what the first one did, there is only one.
    """

    def run(module: Any, calls: list[Call] | None, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        arguments = {"url": URL, "token": TOKEN, **options}
        if calls is None:
            return _as_process(module, arguments, check_mode, capsys)
        answers = []
        for way in (_as_process, _in_process):
            session = FakeSession(*calls)
            monkeypatch.setattr(transport.requests, "Session", lambda session=session: session)
            answer = way(module, copy.deepcopy(arguments), check_mode, capsys)
            session.finish()
            answers.append({**answer, "requests": session.seen})
        first, second = map(_timeless, answers)
        assert first == second
        return answers[0]

    return run


def _as_process(
    module: Any, arguments: dict[str, Any], check_mode: bool, capsys: pytest.CaptureFixture
) -> dict[str, Any]:
    with patch_module_args({**arguments, "_ansible_check_mode": check_mode}), pytest.raises(SystemExit):
        module.main()
    printed = capsys.readouterr().out
    assert TOKEN not in printed
    return json.loads(printed)


def _in_process(module: Any, arguments: dict[str, Any], check_mode: bool, _capsys: Any) -> dict[str, Any]:
    printed = json.dumps(in_process.run("ansible_unittest", module, arguments, check_mode=check_mode))
    assert TOKEN not in printed
    return json.loads(printed)


def _timeless(answer: Any) -> Any:
    """Without how long something took."""
    if isinstance(answer, dict):
        return {key: _timeless(value) for key, value in answer.items() if key not in MEASURED}
    return [_timeless(row) for row in answer] if isinstance(answer, list) else answer

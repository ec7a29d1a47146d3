# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs a module's main() in this process, with every HTTP request played from a written list."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from ansible.module_utils.testing import patch_module_args
from unit.plugins.fake_coder import TOKEN, URL, Call, FakeSession

from ansible_collections.coder.classic.plugins.module_utils._coder import transport

RunModule = Callable[..., dict[str, Any]]


@pytest.fixture
def run_module(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture) -> RunModule:
    """run_module(module, [Call, ...], check_mode=False, **options) -> the result, ``failed`` in it if it failed.

    None in place of the calls: the requests really go out.
    """

    def run(module: Any, calls: list[Call] | None, check_mode: bool = False, **options: Any) -> dict[str, Any]:
        session = FakeSession(*(calls or []))
        if calls is not None:
            monkeypatch.setattr(transport.requests, "Session", lambda: session)
        arguments = {"url": URL, "token": TOKEN, "_ansible_check_mode": check_mode, **options}
        with patch_module_args(arguments), pytest.raises(SystemExit):
            module.main()
        printed = capsys.readouterr().out
        assert TOKEN not in printed
        session.finish()
        return {**json.loads(printed), "requests": session.seen}

    return run

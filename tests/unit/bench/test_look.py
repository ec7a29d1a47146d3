# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import sys

from ansible_collections.coder.classic.plugins.modules import coder_region_info
from bench import look


def test_it_asks_as_the_module_does_with_all_of_its_options(monkeypatch, tmp_path, capsys):
    given = {"url": "https://c.test", "token": "t", "region": "sydney", "provider": "sydney-1", "release": "r"}
    satellite = {"name": "sydney", "url": "https://s.test", "namespace": "s", "release": "s"}
    file = tmp_path / "options.json"
    file.write_text(json.dumps({**given, "namespace": "coder", "satellite": satellite}))
    asked = []
    monkeypatch.setattr(
        coder_region_info, "run", lambda _coder, params: asked.append(params) or {"region": {"phase": "moved"}}
    )
    monkeypatch.setattr(sys, "argv", ["look", str(file)])
    look.main()
    assert set(asked[0]) == set(coder_region_info.ARGUMENTS)
    assert json.loads(capsys.readouterr().out)["phase"] == "moved"

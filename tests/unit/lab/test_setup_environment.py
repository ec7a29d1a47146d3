# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import subprocess
import sys

import pytest
import setup_environment


@pytest.mark.parametrize(
    ("text", "version"), [("home = /usr/bin\nversion = 3.12.4\n", (3, 12)), ("home = /usr/bin\n", None), (None, None)]
)
def test_the_python_of_an_environment_is_read(tmp_path, text, version):
    if text is not None:
        (tmp_path / "pyvenv.cfg").write_text(text)
    assert setup_environment.version_of(tmp_path) == version


@pytest.mark.parametrize(("found", "cleared"), [(None, False), (sys.version_info[:2], False), ((3, 9), True)])
def test_only_the_environment_of_another_python_is_made_anew(tmp_path, monkeypatch, found, cleared):
    asked = []
    monkeypatch.setattr(setup_environment, "version_of", lambda folder: found)
    monkeypatch.setattr(setup_environment.venv, "create", lambda folder, **options: asked.append(options["clear"]))
    monkeypatch.setattr(setup_environment, "pip", lambda *_unused: None)
    setup_environment.install_packages(tmp_path)
    assert asked == [cleared]


def test_what_ensurepip_said_is_not_lost_and_pips_words_are_not_said_twice():
    missing = subprocess.CalledProcessError(1, ["python", "-m", "ensurepip"], output=b"No module named ensurepip\n")
    assert "No module named ensurepip" in setup_environment.explained(missing)
    assert "python3-venv" in setup_environment.explained(missing)
    assert "status 2; what it said is above" in setup_environment.explained(subprocess.CalledProcessError(2, ["pip"]))

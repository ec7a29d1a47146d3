# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The site as a project of AWX, run by what runs AWX's jobs: ansible-runner. A server of AWX cannot be installed here."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from site_runs import SITE

PASSWORD = "hidden-in-the-values-of-the-satellite"


def test_jobs_move_a_region_and_bring_it_back_and_keep_no_secret_in_their_events(fresh, tmp_path):
    secrets = {PASSWORD, *fresh.secrets("frankfurt-1")}
    variables = {
        "awx_job_id": 7,
        "coder_confirm_rebuild": "frankfurt",
        "coder_backup_dir": str(tmp_path / "mounted"),
        "coder_satellite_values": {"coderd": {"proxy": {"password": PASSWORD}}},
    }
    folder = job(tmp_path, fresh.operator.inventory, variables)
    for playbook, phase in (("migrate_region.yml", "moved"), ("rollback_region.yml", "envproxy")):
        done = run(fresh, folder, playbook, "frankfurt")
        assert done.returncode == 0, done.stdout[-6000:]
        assert fresh.phase("frankfurt-1") == phase
        secrets |= fresh.secrets("frankfurt-1")
        events = [file.read_text() for file in (folder / "artifacts" / playbook / "job_events").glob("*.json")]
        assert any(json.loads(text)["event"] == "playbook_on_stats" for text in events)
        assert not [secret for secret in secrets if any(secret in text for text in (*events, done.stdout))]


def job(folder: Path, inventory: Path, variables: dict[str, object]) -> Path:
    """What AWX prepares: the project, the inventory, and the answers of the survey as extra variables."""
    shutil.copytree(SITE, folder / "project")
    shutil.copytree(inventory, folder / "inventory")
    (folder / "env").mkdir()
    (folder / "env" / "extravars").write_text(json.dumps(variables))
    return folder


def run(lab, folder: Path, playbook: str, limit: str) -> subprocess.CompletedProcess[str]:
    programs = Path(sys.executable).parent
    environment = lab.operator.environment(os.environ)
    return subprocess.run(
        [programs / "ansible-runner", "run", folder, "-p", playbook, "--limit", limit, "--ident", playbook],
        env={**environment, "PATH": f"{programs}{os.pathsep}{environment['PATH']}"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False,
    )  # fmt: skip

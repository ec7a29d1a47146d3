# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret is in any message: neither in the most talkative output, nor in the events of a job, which hold all results.

The site is a project of AWX here, run by what runs AWX's jobs, ansible-runner; a server of AWX cannot be installed here.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml
from site_runs import SITE

from lab import accesses

HERE = "frankfurt-1"
PASSWORD = "hidden-in-the-values-of-the-satellite"
CONSENT = {"coder_confirm_rebuild": "frankfurt", "coder_confirm_retire": "frankfurt"}
#: Each way in which something could be shown, once.
LEAKS = """
- hosts: frankfurt-1
  gather_facts: false
  tasks:
    - debug: {{var: coder_satellite_values}}
    - debug: {{msg: "{{{{ lookup('env', 'CODER_TOKEN') }}}}"}}
    - command: cat {{{{ coder_provider_kubeconfig }}}}
    - command: {kubectl} get deployment envproxy -n coder -o json
    - command: {kubectl} get secret planted -n coder -o json
      register: planted
    - debug: {{msg: "{{{{ (planted.stdout | from_json).data.key | b64decode }}}}"}}
"""
KEY = "".join(f"line {number} of a key that nobody must see\n" for number in range(4))


class Jobs:
    """A project with its inventory and the answers of the survey, and everything that must not be seen of it."""

    def __init__(self, lab, folder: Path) -> None:
        self.lab, self.folder, self.secrets = lab, folder, {PASSWORD}
        # Whoever pastes a token into a kubeconfig pastes a line break too.
        access = accesses.write(lab.lab.layout, HERE)["line-break"]
        variables = {"coder_provider_kubeconfig": access.kubeconfig, "coder_provider_context": access.context}
        shutil.copytree(SITE, folder / "project")
        shutil.copytree(lab.inventory_with("frankfurt", variables), folder / "inventory")
        answers = {
            "awx_job_id": 7,
            "coder_backup_dir": str(folder / "mounted"),
            "coder_satellite_values": {"coderd": {"proxy": {"password": PASSWORD}}},
            **CONSENT,
        }
        (folder / "env").mkdir()
        (folder / "env" / "extravars").write_text(json.dumps(answers))

    def run(self, playbook: str, *options: str) -> list[str]:
        """Everything that the job said and noted."""
        programs, name = Path(sys.executable).parent, "-".join([playbook, *options])
        command = [programs / "ansible-runner", "run", self.folder, "-p", playbook, "--limit", "frankfurt"]
        self.secrets |= self.lab.secrets(HERE)
        environment = self.lab.operator.environment(os.environ)
        done = subprocess.run(
            [*command, "--ident", name, "--cmdline", " ".join([*options, "--diff", "-vvvv"])],
            env={**environment, "PATH": f"{programs}{os.pathsep}{environment['PATH']}"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout[-6000:]
        self.secrets |= self.lab.secrets(HERE)
        events = [file.read_text() for file in (self.folder / "artifacts" / name / "job_events").glob("*.json")]
        assert any(json.loads(text)["event"] == "playbook_on_stats" for text in events)
        return [done.stdout, *events]

    def shown(self, texts: list[str]) -> set[str]:
        return {secret for secret in self.secrets if any(secret in text for text in texts)}


@pytest.fixture
def jobs(fresh, tmp_path):
    return Jobs(fresh, tmp_path)


def test_jobs_move_a_region_bring_it_back_or_retire_it_and_show_no_secret(jobs):
    lab = jobs.lab
    assert jobs.shown(jobs.run("migrate_region.yml", "--check")) == set()
    assert jobs.shown(jobs.run("migrate_region.yml")) == set()
    assert lab.phase(HERE) == "moved"
    lab.lab.snapshot("moved-by-a-job")
    assert jobs.shown(jobs.run("rollback_region.yml", "--check")) == set()
    assert jobs.shown(jobs.run("rollback_region.yml")) == set()
    assert lab.phase(HERE) == "envproxy"
    lab.begin("moved-by-a-job")
    assert jobs.shown(jobs.run("retire_region.yml", "--check")) == set()
    assert jobs.shown(jobs.run("retire_region.yml")) == set()
    assert lab.phase(HERE) == "retired"


def test_the_search_finds_everything_that_is_shown_on_purpose(jobs):
    lab, file = jobs.lab, jobs.folder / "key"
    file.write_text(KEY)
    lab.kubectl(HERE, "create", "secret", "generic", "planted", f"--from-file={file}")
    kubectl = f"{lab.description['programs']['kubectl']} --kubeconfig {lab.clusters[HERE]['admin_kubeconfig']}"
    (jobs.folder / "project" / "leaks.yml").write_text(LEAKS.format(kubectl=kubectl))
    shown = jobs.shown(jobs.run("leaks.yml"))
    providers = json.loads((lab.state / "simulator.json").read_text())["providers"]
    (envproxy_token,) = [one["envproxy_token"] for one in providers if one["name"] == HERE]
    of_key = {KEY.splitlines()[0], base64.b64encode(KEY.encode()).decode()}
    assert {PASSWORD, lab.operator.token, lab.cluster_token(HERE), envproxy_token, *of_key} - shown == set()


def test_access_data_that_cannot_be_used_are_not_shown_either(fresh):
    """A key without a certificate, beside a user name that is none; a token with a line break in it."""
    folder, secrets = fresh.state / "accesses", ("the-key-of-somebody", "first-half", "second-half")
    content = yaml.safe_load(Path(fresh.clusters[HERE]["kubeconfig"]).read_text())
    key = base64.b64encode(secrets[0].encode()).decode()
    content["users"][0]["user"] = {"username": None, "client-key-data": key}
    folder.mkdir(exist_ok=True)
    (folder / "half.kubeconfig").write_text(yaml.safe_dump(content))
    variables = {"coder_provider_kubeconfig": str(folder / "half.kubeconfig")}
    variables |= {"coder_satellite_kubeconfig": None, "coder_satellite_context": None}
    operator = replace(
        fresh.operator,
        inventory=fresh.inventory_with("frankfurt", variables),
        more={"K8S_AUTH_HOST": fresh.clusters[HERE]["server"], "K8S_AUTH_API_KEY": "\n".join(secrets[1:])},
    )
    run = operator.play("migrate_region.yml", "-vvvv", limit="frankfurt", **CONSENT)
    run.must_fail("client-certificate", "K8S_AUTH_API_KEY", "Untouched", "Next")
    assert [secret for secret in (key, *secrets) if secret in run.output] == []
    fresh.assert_nothing_written()

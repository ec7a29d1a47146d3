# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the roles tell a person, as Ansible renders it: everything at once, and no wider than a terminal."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from unit.plugins.module_utils._region.scene import failure, scene, workspace

from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.judge.consents import CODE

CHECKOUT = Path(__file__).resolve().parents[3]
WIDTH = 80
PLAYBOOK = """
- hosts: sydney-1
  gather_facts: false
  vars_files: [{roles}/preflight/vars/main.yml, texts.json, looks.yml]
  vars:
    region_look: {{region: "{{{{ regions[item.region] }}}}"}}
    summary_regions: "{{{{ regions.values() }}}}"
    summary_unseen: [sydney-2]
    summary_phase_before: envproxy
    summary_is_last: true
    summary_failed_task: Rebuild the workspaces, first one alone
    summary_failed_msg: as it was written
    summary_look: {{region: "{{{{ regions[item.region] }}}}"}}
    preflight_goal: "{{{{ item.goal }}}}"
    preflight_only: "{{{{ item.only }}}}"
  tasks:
    - ansible.builtin.copy:
        content: "{{{{ lookup('ansible.builtin.template', '{roles}/' ~ item.template) }}}}"
        dest: "{{{{ item.name }}}}.txt"
        mode: "0644"
      loop: "{{{{ texts }}}}"
"""


def seen(phase: str) -> dict[str, Any]:
    """A region that somebody works in and with a blocker of the satellite's cluster, as coder_region_info answers."""
    observed = scene(phase)
    where = "option context, kubeconfig /home/somebody/with-a-long-name/.kube/config, context arn:aws:eks:us-east-1:1:cluster/x"
    observed["satellite"]["problems"] = [{**failure("unreachable", why="word " * 40), "where": where}]
    observed["coder"]["workspaces"].append(workspace("busy", last_connection_at="2026-03-02T11:59:00Z"))
    observed["coder"]["skew_seconds"] = 300.0
    return assess(observed)


@pytest.fixture(scope="module")
def texts(tmp_path_factory):
    """Name → text."""
    folder = tmp_path_factory.mktemp("texts")
    fit = scene("envproxy")
    fit["coder"]["workspaces"].append(workspace("busy", last_connection_at="2026-03-02T11:59:00Z"))
    regions = {"unfit": seen("envproxy"), "fit": assess(fit), "moved": assess(scene("moved"))}
    wanted = [
        ("plan", "preflight/templates/plan.txt.j2", "unfit", "migrate", False),
        ("plan-retire", "preflight/templates/plan.txt.j2", "moved", "retire", False),
        ("refused", "preflight/templates/findings.txt.j2", "unfit", "migrate", False),
        ("only-consent", "preflight/templates/findings.txt.j2", "fit", "migrate", True),
        ("status", "summary/templates/status.txt.j2", "unfit", "migrate", False),
        ("summary", "summary/templates/summary.txt.j2", "unfit", "migrate", False),
        ("failed", "summary/templates/failed.txt.j2", "unfit", "migrate", False),
    ]
    keys = ("name", "template", "region", "goal", "only")
    given = {"regions": regions, "texts": [dict(zip(keys, one, strict=True)) for one in wanted]}
    (folder / "texts.json").write_text(json.dumps(given))
    looks = {host: "{{ region_look.region }}" for host in ("sydney-1", "sydney-2")}
    (folder / "looks.yml").write_text(json.dumps({"preflight_looks": looks}))
    (folder / "hosts.yml").write_text("sydney: {hosts: {sydney-1: {}}}")
    (folder / "play.yml").write_text(PLAYBOOK.format(roles=CHECKOUT / "roles"))
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), "-i", "hosts.yml", "-c", "local",
         "-e", f"ansible_python_interpreter={sys.executable}", "play.yml"],
        cwd=folder, capture_output=True, text=True, timeout=120, check=False,
        env={**environment, "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "build" / "collections")},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return {path.stem: path.read_text() for path in folder.glob("*.txt")}


def test_each_text_fits_a_terminal(texts):
    assert len(texts) == 7
    # A word, such as a path, stays whole; none of these is longer than a line.
    assert {(name, line) for name, text in texts.items() for line in text.splitlines() if len(line) > WIDTH} == set()


def test_a_plan_says_which_clusters_it_means(texts):
    text = texts["plan-retire"]
    for cluster in ("sydney-1", "sydney-2", "satellite"):
        assert text.count(f"    {cluster:<15} context sydney-1 (https://k8s.test)") == 1
    # Providers with the same plan are told once.
    assert text.startswith("sydney-1, sydney-2 are in phase moved.") and text.count(" 1. seal: ") == 1


def test_blockers_consents_and_warnings_are_one_list(texts):
    text = texts["refused"]
    order = [
        text.index(part) for part in ("stand in the way of migrate", "1. [unreachable]", f"[{CODE}]", "clock_skew")
    ]
    assert order == sorted(order)
    assert "needs consent before it is done:" in text
    assert "Untouched: everything." in text
    for part in ("   Where: option context, kubeconfig", "   Why: word", "   Next: "):
        assert part in text


def test_where_only_consent_is_missing_and_nothing_changes_nothing_stands_in_the_way(texts):
    text = texts["only-consent"]
    assert f"1. [{CODE}]" in text
    assert "stand in the way" not in text


def test_the_status_says_where_a_blocker_is_and_what_comes_next(texts):
    lines = texts["status"].splitlines()
    assert lines[0].split() == ["REGION", "PROVIDER", "PHASE", "WORKSPACES"]
    assert lines[1].split()[:3] == ["sydney", "sydney-1", "envproxy"]
    assert "  Blocker [unreachable] It is unreachable" in lines
    assert any(line.startswith("    Where: option context, kubeconfig") for line in lines)
    assert any(line.startswith("  Next: Resolve unreachable first") for line in lines)
    assert lines[-1] == "  The look failed; the reason is above."


def test_a_failure_is_told_as_it_was_written(texts):
    assert "\nas it was written\n" in texts["failed"]
    assert "To go on: " in texts["failed"]

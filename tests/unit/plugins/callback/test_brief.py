# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback on a real run of ansible-playbook, without any host but this one."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

COLLECTIONS = Path(__file__).resolve().parents[4] / "build" / "collections"
PLAYBOOK = """
- name: The play
  hosts: localhost
  gather_facts: false
  tasks:
    - name: A check that passes
      ansible.builtin.assert: {that: true}

    - name: An include
      ansible.builtin.include_tasks: included.yml

    - name: What is said
      ansible.builtin.debug:
        msg: "first line\\nsecond line"

    - name: What may fail
      block:
        - name: A secret
          ansible.builtin.fail: {msg: password}
          no_log: true
      rescue:
        - name: What may be said of it
          ansible.builtin.debug: {msg: it failed}

    - name: A check that fails
      ansible.builtin.assert:
        that: false
        fail_msg: "It does not work.\\nNext: repair it."
        quiet: true
"""
INCLUDED = """
- name: A change
  ansible.builtin.copy: {content: new, dest: "{{ file }}", mode: "0600"}

- name: What is not to be done
  ansible.builtin.copy: {content: newer, dest: "{{ file }}", mode: "0600"}
  when: false

- name: What takes long
  ansible.builtin.wait_for: {timeout: 0}
"""


@pytest.fixture
def output(tmp_path):
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    (tmp_path / "included.yml").write_text(INCLUDED)

    def run(*options: str) -> list[str]:
        program = Path(sys.executable).with_name("ansible-playbook")
        command = [program, "-i", "localhost,", "-c", "local", "-e", f"file={tmp_path / 'new'}", *options, "play.yml"]
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")},
            "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS),
            "ANSIBLE_STDOUT_CALLBACK": "coder.classic.brief",
            "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "false",
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_PYTHON_INTERPRETER": sys.executable,
        }
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.returncode == 2, done.stdout + done.stderr
        return [line.rstrip(" *") for line in done.stdout.splitlines() if line.strip()]

    return run


def test_it_shows_what_changes_what_is_said_and_what_fails(output):
    lines = output()
    recap = lines.index("PLAY RECAP")
    assert lines[:recap] == [
        "PLAY [The play]",
        "TASK [A change]",
        "changed: [localhost]",
        "TASK [What takes long]",
        "ok: [localhost]",
        "first line",
        "second line",
        "TASK [A secret]",
        "failed: [localhost]",
        "the output has been hidden due to the fact that 'no_log: true' was specified for this result",
        "it failed",
        "TASK [A check that fails]",
        "failed: [localhost]",
        "It does not work.",
        "Next: repair it.",
    ]


def test_asked_for_more_it_shows_everything(output):
    text = "\n".join(output("-v"))
    for part in ("TASK [A check that passes]", "TASK [An include]", "included:", "All assertions passed", "fatal:"):
        assert part in text, text

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The callback on a real run of ansible-playbook, without any host but this one."""

from __future__ import annotations

import json
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
ONLY_SAID = """
- name: For a program
  hosts: localhost
  gather_facts: false
  vars:
    brief_only_said: "{{ format | default('table') == 'json' }}"
  tasks:
    - name: A change
      ansible.builtin.copy: {content: new, dest: "{{ file }}", mode: "0600"}

    - name: Several changes
      ansible.builtin.copy: {content: new, dest: "{{ file }}{{ item }}", mode: "0600"}
      loop: [1, 2]

    - name: What is said
      ansible.builtin.debug:
        msg: "{{ [{'phase': 'moved'}] | to_json }}"

    - name: Nothing to do
      ansible.builtin.debug: {msg: never}
      when: false

    - name: A check that fails
      ansible.builtin.assert: {that: not fails | default(false) | bool, fail_msg: It does not work., quiet: true}
"""
STEPS = """
- name: Steps
  hosts: localhost
  gather_facts: false
  tasks:
    - name: A step that acts
      step: {changed: true, said: ["Backup of the release: /srv/backups/a.json", second]}

    - name: A step with nothing to do
      step: {changed: false, said: []}

    - name: A step that fails
      step: {failure: "It does not work.\\nWhere: here\\nNext: repair it."}
"""
STEP = """
import json
import sys
from ansible.module_utils.basic import AnsibleModule
module = AnsibleModule({"changed": {"type": "bool"}, "said": {"type": "list", "elements": "str"}, "failure": {"type": "str"}})
if module.params["failure"]:
    module.fail_json(msg=module.params["failure"])
module.exit_json(changed=module.params["changed"], said=module.params["said"])
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
def play(tmp_path):
    (tmp_path / "included.yml").write_text(INCLUDED)
    (tmp_path / "library").mkdir()
    (tmp_path / "library" / "step.py").write_text(STEP)

    def run(playbook: str, *options: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "play.yml").write_text(playbook)
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
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.fixture
def output(play):
    def run(*options: str) -> list[str]:
        done = play(PLAYBOOK, *options)
        assert done.returncode == 2, done.stdout + done.stderr
        return shown(done.stdout)

    return run


def shown(text: str) -> list[str]:
    return [line.rstrip(" *") for line in text.splitlines() if line.strip()]


def test_it_shows_what_changes_what_is_said_and_what_fails(output):
    lines = output()
    assert lines.pop().startswith("Took ")
    assert lines == [
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
        "localhost: stopped, 1 changed",
    ]


def test_asked_for_more_it_shows_everything(output):
    text = "\n".join(output("-v"))
    for part in ("TASK [A check that passes]", "TASK [An include]", "included:", "All assertions passed", "fatal:"):
        assert part in text, text


def test_what_a_step_says_of_itself_is_shown_below_it_and_its_failure_as_it_is_written(play):
    lines = shown(play(STEPS).stdout)
    assert lines[:-2] == [
        "PLAY [Steps]",
        "TASK [A step that acts]",
        "changed: [localhost]",
        "  Backup of the release: /srv/backups/a.json",
        "  second",
        "TASK [A step with nothing to do]",
        "ok: [localhost]",
        "TASK [A step that fails]",
        "failed: [localhost]",
        "It does not work.",
        "Where: here",
        "Next: repair it.",
    ]


def test_for_a_program_there_is_only_what_is_said(play):
    done = play(ONLY_SAID, "-e", "format=json")
    assert done.returncode == 0
    assert json.loads(done.stdout) == [{"phase": "moved"}]


def test_for_a_program_a_failure_is_on_standard_error(play):
    done = play(ONLY_SAID, "-e", "format=json", "-e", "fails=true")
    assert done.returncode == 2
    assert json.loads(done.stdout) == [{"phase": "moved"}]
    assert shown(done.stderr)[-2:] == ["failed: [localhost]", "It does not work."]


@pytest.mark.parametrize(
    ("options", "end"), [((), "localhost: 2 changed"), (("-v", "-e", "format=json"), "PLAY RECAP")]
)
def test_for_a_person_the_same_play_is_shown_as_any_other(play, options, end):
    text = play(ONLY_SAID, *options).stdout
    for part in ("PLAY [For a program]", "TASK [A change]", "item=1", end):
        assert part in text

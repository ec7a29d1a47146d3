# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lookup by itself, and in plays that Ansible itself runs: with nothing selected they would end well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ansible.errors import AnsibleError
from ansible.module_utils.common.collections import ImmutableDict
from ansible.utils.context_objects import CLIArgs

from ansible_collections.coder.classic.plugins.lookup import selected_regions

GROUPS = {"all": ["coder_primary", "a-1"], "ungrouped": ["coder_primary"], "coder_regions": ["a-1"], "a": ["a-1"]}
COLLECTIONS = Path(__file__).resolve().parents[4] / "build" / "collections"
PLAYBOOK = """
- name: First
  hosts: "{{ lookup('coder.classic.selected_regions') }}"
  gather_facts: false
  tasks:
    - name: Do it
      ansible.builtin.debug:
        msg: done to {{ inventory_hostname }}
"""
INVENTORY = """
all:
  vars: {ansible_connection: local}
  hosts: {coder_primary: }
  children:
    coder_regions:
      children:
        sydney: {hosts: {sydney-1: , sydney-2: }}
        frankfurt: {hosts: {frankfurt-1: }}
"""


def look(**variables):
    return selected_regions.LookupModule().run([], {"groups": GROUPS, **variables})


@pytest.mark.parametrize("limit", [{}, {"ansible_limit": None}, {"ansible_limit": "a"}, {"ansible_limit": "@file"}])
def test_it_answers_the_group_of_all_regions(limit):
    assert look(**limit) == ["coder_regions"]


@pytest.mark.parametrize(
    "variables",
    [
        {"ansible_limit": ""},
        {"ansible_limit": "b"},
        {"ansible_limit": "coder_primary"},
        {"ansible_limit": "@file", "ansible_play_hosts_all": ["coder_primary"]},
        {"groups": {"all": []}},
        {"groups": {"all": ["web"]}},
    ],
)
def test_it_fails_in_four_parts(variables):
    with pytest.raises(AnsibleError) as caught:
        look(**variables)
    assert all(f"\n{part}: " in str(caught.value) for part in ("Where", "Why", "Untouched", "Next"))


def test_without_any_variables_nothing_is_selected():
    with pytest.raises(AnsibleError):
        selected_regions.LookupModule().run([])


def test_a_syntax_check_has_no_inventory(monkeypatch):
    monkeypatch.setattr(selected_regions.context, "CLIARGS", CLIArgs(ImmutableDict(syntax=True)))
    assert look(groups={}) == ["coder_regions"]


def test_the_reason_why_a_configuration_is_ignored(tmp_path):
    reason = selected_regions.ignored_configuration
    assert reason(str(tmp_path), None) is None
    mine, other = tmp_path / "ansible.cfg", tmp_path / "other.cfg"
    mine.touch()
    other.touch()
    assert reason(str(tmp_path), str(mine)) is None
    assert "is not used" in reason(str(tmp_path), str(other))
    assert reason(str(tmp_path), None) is None
    tmp_path.chmod(0o777)
    assert "everybody can write to the folder" in reason(str(tmp_path), None)
    assert reason(str(tmp_path), str(mine)) is None


@pytest.fixture
def site(tmp_path):
    (tmp_path / "inventory").mkdir()
    (tmp_path / "inventory" / "hosts.yml").write_text(INVENTORY)
    (tmp_path / "ansible.cfg").write_text("[defaults]\ninventory = inventory\n")
    (tmp_path / "play.yml").write_text(PLAYBOOK)
    tmp_path.chmod(0o755)
    return tmp_path


def play(site, *arguments):
    """(return code, everything that was said) of ansible-playbook in the site's folder."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    environment |= {"ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS), "ANSIBLE_HOME": str(site / "home")}
    ended = subprocess.run(
        [sys.executable, "-m", "ansible", "playbook", "play.yml", *arguments],
        cwd=site, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return ended.returncode, ended.stdout + ended.stderr


def test_a_right_limit_runs(site):
    code, said = play(site, "-l", "sydney[1:]:!frankfurt")
    assert code == 0
    assert "done to sydney-2" in said and "done to sydney-1" not in said


def test_where_the_configuration_is_ignored_the_run_fails(site):
    site.chmod(0o777)
    code, said = play(site, "-l", "frankfurt")
    assert code != 0
    assert "No host is in the inventory" in said and "everybody can write to the folder" in said


def test_an_empty_limit_fails_before_any_task(site):
    code, said = play(site, "-l", "")
    assert code != 0
    assert "The limit is empty" in said and "Do it" not in said

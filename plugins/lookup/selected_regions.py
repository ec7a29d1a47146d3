# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
name: selected_regions
version_added: 0.1.0
author:
  - coder.classic contributors (@coder-classic)
short_description: The group of all regions, for a play that must not end without having done anything
description:
  - Answers the name of the group of all regions, V(coder_regions), for C(hosts) of a play, and fails where the run would select
    nothing, or something else than workspace providers of regions.
  - A play without a host ends well. So without this nothing done would be success, for example where C(ansible.cfg) and the
    inventory that it names are ignored because everybody can write to their folder.
  - It fails for an inventory without a host in that group, for an empty limit (which is no limit to Ansible), for a name in the
    limit that the inventory does not know, and for a limit that names a host that is no provider of a region. Every form of
    limit that Ansible knows is allowed.
  - No tag, C(--start-at-task) or strategy skips it, because C(hosts) is read before all these. With C(--syntax-check) nothing is
    looked at.
options: {}
seealso:
  - name: Patterns for hosts
    description: What a limit can be.
    link: https://docs.ansible.com/ansible/latest/inventory_guide/intro_patterns.html
"""

EXAMPLES = r"""
- name: For every selected provider
  hosts: "{{ lookup('coder.classic.selected_regions') }}"
  gather_facts: false
  tasks:
    - name: Say which
      ansible.builtin.debug:
        msg: "{{ inventory_hostname }}"
"""

RETURN = r"""
_raw:
  description: The name of the group.
  type: list
  elements: str
"""

import os
import stat
from collections.abc import Mapping
from typing import Any

from ansible import constants, context
from ansible.errors import AnsibleError
from ansible.plugins.lookup import LookupBase

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._site import selection


class LookupModule(LookupBase):
    def run(self, terms: list[Any], variables: Mapping[str, Any] | None = None, **kwargs: Any) -> list[str]:
        """Always the group's name; AnsibleError, in four parts, where the run selects nothing or too much."""
        known = variables or {}
        if context.CLIARGS.get("syntax"):
            return [selection.REGIONS]
        groups = known.get("groups") or {}
        found = selection.problem(
            known.get("ansible_limit"),
            groups,
            list(groups.get("all", ())),
            selected=known.get("ansible_play_hosts_all"),
            inventory=_inventory(known.get("ansible_inventory_sources"), constants.CONFIG_FILE),
            unread=ignored_configuration(os.getcwd(), constants.CONFIG_FILE),
        )
        if found is not None:
            raise AnsibleError(
                str(
                    ClassicError(
                        f"{found['message']}.",
                        code=found["code"],
                        where=found["where"],
                        why=found["why"],
                        untouched=found["untouched"],
                        next_step=found["next"],
                    )
                )
            )
        return [selection.REGIONS]


def ignored_configuration(folder: str, used: str | None) -> str | None:
    """Why Ansible ignores the ansible.cfg of a folder, if there is one and another or none is used."""
    configuration = os.path.join(folder, "ansible.cfg")
    if not os.path.exists(configuration) or (used and os.path.exists(used) and os.path.samefile(used, configuration)):
        return None
    if os.stat(folder).st_mode & stat.S_IWOTH:
        return f"everybody can write to the folder {folder} (WSL, shared mounts), so Ansible ignores the ansible.cfg in it, which names the inventory"
    return f"{configuration} is not used; it is {used}" if used else None


def _inventory(sources: Any, configuration: str | None) -> str:
    return f"inventory {', '.join(sources or ()) or '(none)'}; ansible.cfg {configuration or '(none)'}"

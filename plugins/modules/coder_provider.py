# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_provider
version_added: 0.1.0
short_description: Manages a workspace provider of a Coder deployment
description:
  - Creates, renames, changes and deletes a workspace provider, and cordons it.
  - Sends only what differs, reads the provider again and demands that it is as wanted. When Coder has changed a field
    that was not sent, that field is put back and the module fails.
author:
  - coder.classic contributors (@coder-classic)
options:
  name:
    description:
      - Name of the provider; case counts.
    type: str
    required: true
  state:
    description:
      - V(absent) deletes the provider. One that still has workspaces, and the built-in one, are refused.
    type: str
    choices: [present, absent]
    default: present
  new_name:
    description:
      - Renames the provider. When there is a provider of this name and none of O(name), that is taken as done.
    type: str
  net_v2:
    description:
      - Whether Networking v2 is on.
      - Known to Coder 1.21 only. Before, V(true) is an error; from 1.22 on it is always on and V(false) is an error.
      - From 1.21.1 on Coder B(rebuilds the provider's running workspaces by itself) when this changes. Live sessions are
        cut; see M(coder.classic.coder_workspace_info) for who is connected.
    type: bool
  consent_in_use:
    description:
      - Whether O(net_v2) may be switched although somebody is at work in a workspace of the provider. From 1.21.1 on Coder
        then rebuilds every running workspace by itself, which cuts sessions.
    type: bool
    default: false
  idle_minutes:
    description: A running workspace counts as used when somebody was connected within so many minutes.
    type: int
    default: 60
  external_connect:
    description:
      - Whether External Connect (SSH and tunnels) is on.
    type: bool
  cordoned:
    description:
      - Whether new workspaces are kept off the provider.
      - Coder does not tell whether a provider is cordoned, so this is requested, and reported as changed, each time.
      - Cordoning happens before the other changes, uncordoning after them.
    type: bool
  cordon_reason:
    description:
      - Shown to users with O(cordoned=true).
    type: str
    default: maintenance
  hostname:
    description:
      - Address of the envproxy of a provider that does not exist yet. Not compared afterwards.
    type: str
  cluster_address:
    description:
      - URL of the API server of a provider that does not exist yet. Not compared afterwards.
    type: str
  return_envproxy_token:
    description:
      - Whether the token that Coder tells only when it creates a provider is returned. It is a secret, use C(no_log).
    type: bool
    default: false
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.attributes
  - coder.classic.attributes.coder_group
attributes:
  check_mode:
    support: full
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: O(cordoned) is reported as changed each time, since Coder does not tell it.
seealso:
  - module: coder.classic.coder_provider_info
  - module: coder.classic.coder_workspace_rebuild
"""

EXAMPLES = r"""
- name: Switch a provider to Networking v2
  coder.classic.coder_provider:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    name: sydney-1
    net_v2: true
  register: switched

- name: Keep new workspaces off it
  coder.classic.coder_provider:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    name: sydney-1
    cordoned: true
    cordon_reason: moving to a satellite
"""

RETURN = r"""
provider:
  description: The provider as it is afterwards, as in M(coder.classic.coder_provider_info).
  type: dict
  returned: when state is present
envproxy_token:
  description: The new provider's token. A secret.
  type: str
  returned: when the provider was created and O(return_envproxy_token=true)
server_time:
  description: Coder's clock in UTC (RFC 3339) when it answered the change, or the last request if nothing changed.
  type: str
  returned: success
  sample: "2026-03-02T12:00:00Z"
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CODER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._coder.api import coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._coder.provider_state import run

ARGUMENTS = {
    **CODER_AUTH,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "new_name": {"type": "str"},
    "net_v2": {"type": "bool"},
    "consent_in_use": {"type": "bool", "default": False},
    "idle_minutes": {"type": "int", "default": 60},
    "external_connect": {"type": "bool"},
    "cordoned": {"type": "bool"},
    "cordon_reason": {"type": "str", "default": "maintenance"},
    "hostname": {"type": "str"},
    "cluster_address": {"type": "str"},
    "return_envproxy_token": {"type": "bool", "default": False, "no_log": False},
}

RULES = {"required_together": [("hostname", "cluster_address")]}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    changed, result, before, after = run(coder_from_params(params), params, task.check_mode)
    return {**result, "changed": changed, "diff": {"before": before, "after": after}}


def main() -> None:
    _module.main(ARGUMENTS, work, RULES)


if __name__ == "__main__":
    main()

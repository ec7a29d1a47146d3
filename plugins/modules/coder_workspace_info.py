# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_workspace_info
version_added: 0.1.0
short_description: Reads workspaces of a Coder deployment
description:
  - Returns the known fields of the workspaces and whether somebody uses them.
author:
  - coder.classic contributors (@coder-classic)
options:
  provider:
    description:
      - Only the workspaces of the provider of this name.
    type: str
  idle_minutes:
    description:
      - A running workspace counts as used when somebody was connected within so many minutes of Coder's clock.
    type: int
    default: 60
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.attributes.info
  - coder.classic.attributes.coder_group
seealso:
  - module: coder.classic.coder_workspace_rebuild
"""

EXAMPLES = r"""
- name: See who would be interrupted
  coder.classic.coder_workspace_info:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    provider: sydney-1
  register: sydney

- name: Say it
  ansible.builtin.debug:
    msg: "{{ sydney.workspaces | selectattr('in_use') | map(attribute='name') }}"
"""

RETURN = r"""
workspaces:
  description:
    - The workspaces, with the fields that Coder has for them.
  type: list
  elements: dict
  returned: success
  contains:
    id: {description: Identifier., type: str, returned: always}
    name: {description: Name; each user has their own., type: str, returned: always}
    user_id: {description: Identifier of the owner., type: str, returned: always}
    resource_pool_id: {description: Identifier of the provider., type: str, returned: always}
    updating: {description: Whether it is being built., type: bool, returned: always}
    last_built_at: {description: End of the newest build (RFC 3339)., type: str, returned: always}
    last_connection_at: {description: When somebody was last connected (RFC 3339)., type: str, returned: always}
    latest_stat:
      description: >-
        State of the container: RV(ignore:container_status) is V(CREATING), V(OFF), V(ON), V(FAILED) or V(UNKNOWN).
      type: dict
      returned: always
    in_use:
      description: >-
        Whether it runs and somebody was connected lately. Where Coder cannot tell that, it counts as used.
      type: bool
      returned: always
server_time:
  description: Coder's clock in UTC (RFC 3339).
  type: str
  returned: success
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CODER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._coder import times, workspaces
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder, coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._coder.providers import pick

ARGUMENTS = {
    **CODER_AUTH,
    "provider": {"type": "str"},
    "idle_minutes": {"type": "int", "default": 60},
}


def run(coder: Coder, params: dict[str, Any]) -> dict[str, Any]:
    """The module's result."""
    if params["provider"] is None:
        found = coder.workspaces()
    else:
        found = coder.provider_workspaces(pick(coder.providers(), params["provider"])["id"])
    now = coder.server_time()
    return {
        "workspaces": [{**row, "in_use": workspaces.in_use(row, now, params["idle_minutes"])} for row in found],
        "server_time": times.rfc3339(now),
    }


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return {"changed": False, **run(coder_from_params(params), params)}


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()

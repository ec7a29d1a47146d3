# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_info
version_added: 0.1.0
short_description: Reads version, user and abilities of a Coder deployment
description:
  - Tells which Coder answers, as whom, what its version can do, and what time it has.
author:
  - coder.classic contributors (@coder-classic)
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.attributes.info
  - coder.classic.attributes.coder_group
seealso:
  - module: coder.classic.coder_provider_info
  - module: coder.classic.coder_endpoint_info
"""

EXAMPLES = r"""
- name: Look who answers
  coder.classic.coder_info:
    url: https://coder.example.com
    token: "{{ coder_token }}"
  register: coder

- name: Stop unless the token may manage providers
  ansible.builtin.assert:
    that: coder.deployment.may_manage
"""

RETURN = r"""
deployment:
  description: The deployment.
  type: dict
  returned: success
  contains:
    url: {description: Access URL that was asked., type: str, returned: always}
    version:
      description: Version of Coder; null when it does not tell.
      type: str
      returned: always
      sample: 1.21.7
    user:
      description: Name and roles of the token's user.
      type: dict
      returned: always
      sample: {username: admin, roles: [site-admin]}
    may_manage:
      description: Whether one of the roles may manage providers and satellites.
      type: bool
      returned: always
    server_time:
      description: Coder's clock in UTC (RFC 3339). Times of builds and connections are told by this clock.
      type: str
      returned: always
      sample: "2026-03-02T12:00:00Z"
    features:
      description: What the version can do; null when the version is not known.
      type: dict
      returned: always
      contains:
        satellites: {description: Whether there are satellites., type: bool, returned: always}
        net_v2:
          description: >-
            Networking v2: V(absent) (before 1.21), V(option) of each provider (1.21), or V(always) on (from 1.22 on).
          type: str
          returned: always
        satellite_fixes:
          description: >-
            V(never) for versions that no deployment should stop at, V(old) for 1.21.1 to 1.21.5, which lack fixes of
            satellites, else V(good).
          type: str
          returned: always
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CODER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._coder import times, version_path, versions
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder, coder_from_params

# Coder's documentation: providers and satellites need one of these roles.
MANAGERS = {"site-admin", "site-manager"}


ARGUMENTS = CODER_AUTH


def run(coder: Coder) -> dict[str, Any]:
    """What RETURN calls deployment."""
    version = coder.version()
    user = coder.me()
    roles = user.get("roles") or []
    return {
        "url": coder.transport.url,
        "version": version,
        "user": {"username": user.get("username"), "roles": roles},
        "may_manage": not MANAGERS.isdisjoint(roles),
        "server_time": times.rfc3339(coder.server_time()),
        "features": features(version) if version else None,
    }


def features(version: str) -> dict[str, Any]:
    return {
        "satellites": versions.satellites_supported(version),
        "net_v2": versions.net_v2_mode(version),
        "satellite_fixes": version_path.satellite_fixes(version),
    }


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return {"changed": False, "deployment": run(coder_from_params(params))}


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()

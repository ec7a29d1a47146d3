# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_satellite_info
version_added: 0.1.0
short_description: Reads the satellites of a Coder deployment
description:
  - Returns the registered satellites. Coder tells nothing about their health.
  - With O(served_by) it also reads the key that a satellite serves, to be compared with the registered fingerprint.
author:
  - coder.classic contributors (@coder-classic)
options:
  served_by:
    description:
      - Access URL of a satellite. Its key is read from there without any session token.
    type: str
  satellite_ca_path:
    description:
      - File with the certificates of the authorities to trust for O(served_by), in PEM. Default is the system's.
    type: path
  satellite_authorization:
    description:
      - Value of the C(Authorization) header for a proxy in front of O(served_by).
    type: str
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.attributes.info
  - coder.classic.attributes.coder_group
requirements:
  - Coder 1.21 or later
seealso:
  - module: coder.classic.coder_satellite
"""

EXAMPLES = r"""
- name: Compare what is registered with what is served
  coder.classic.coder_satellite_info:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    served_by: https://sydney.coder.example.com
  register: found
  failed_when: found.served.fingerprint not in found.satellites | map(attribute='fingerprint')
"""

RETURN = r"""
satellites:
  description: The registered satellites.
  type: list
  elements: dict
  returned: success
  contains:
    id: {description: Identifier., type: str, returned: always}
    name: {description: Name., type: str, returned: always}
    fingerprint: {description: Fingerprint of the registered key., type: str, returned: always}
served:
  description: The key that is served at O(served_by).
  type: dict
  returned: with O(served_by)
  contains:
    key: {description: The public key., type: str, returned: always}
    fingerprint: {description: Its fingerprint., type: str, returned: always}
    version: {description: "Coder's version there, null where the answer does not tell it.", type: str, returned: always}
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CODER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder, coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import fetch_key

ARGUMENTS = {
    **CODER_AUTH,
    "served_by": {"type": "str"},
    "satellite_ca_path": {"type": "path"},
    "satellite_authorization": {"type": "str", "no_log": True},
}


def run(coder: Coder, params: dict[str, Any], fetch=fetch_key) -> dict[str, Any]:
    """The module's result."""
    result: dict[str, Any] = {"satellites": coder.satellites()}
    if params["served_by"] is not None:
        result["served"] = fetch(
            params["served_by"],
            ca_path=params["satellite_ca_path"],
            timeout=params["timeout"],
            authorization=params["satellite_authorization"],
        )
    return result


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return {"changed": False, **run(coder_from_params(params), params)}


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()

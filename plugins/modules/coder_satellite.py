# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_satellite
version_added: 0.1.0
short_description: Registers a satellite with a Coder deployment
description:
  - Registers the key that a satellite serves, after proof that it is the satellite's own.
  - The satellite's URL is asked without any session token, and no redirect is followed.
  - The main deployment's own URL is refused as O(satellite_url), by its key.
author:
  - coder.classic contributors (@coder-classic)
options:
  name:
    description:
      - Name of the satellite.
    type: str
    required: true
  state:
    description:
      - V(absent) deletes the registration. The satellite itself is left alone.
    type: str
    choices: [present, absent]
    default: present
  satellite_url:
    description:
      - Access URL of the satellite. Required with O(state=present).
    type: str
  public_key:
    description:
      - The proof to prefer. The public key (PEM) that the satellite must serve, derived from the private key in the
        Secret C(coder-replica-private-key) of the satellite's namespace. M(coder.classic.coder_region_info) derives it.
      - One of O(public_key), O(expected_fingerprint) and O(trust_on_first_use) is required with O(state=present).
      - May be empty in check mode only, for a satellite that is not deployed yet.
    type: str
  expected_fingerprint:
    description:
      - The fingerprint that the satellite must serve.
    type: str
  trust_on_first_use:
    description:
      - Registers whatever key is served. Whoever controls the name's DNS record or the connection at that moment is
        trusted as the satellite from then on.
    type: bool
  replace_changed_key:
    description:
      - Whether a registration of this name with another key is deleted and made anew. Otherwise that is an error.
    type: bool
    default: false
  served_timeout:
    description:
      - Seconds to wait until the satellite serves a key, for a satellite that was deployed just now.
    type: int
    default: 0
  satellite_ca_path:
    description:
      - File with the certificates of the authorities to trust for O(satellite_url), in PEM. Default is the system's.
    type: path
  satellite_authorization:
    description:
      - Value of the C(Authorization) header for a proxy in front of O(satellite_url).
    type: str
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.attributes
  - coder.classic.attributes.coder_group
attributes:
  check_mode:
    support: full
    details: A satellite that does not answer yet is reported as to be registered, its fingerprint as not known.
  diff_mode:
    support: full
  idempotent:
    support: full
requirements:
  - Coder 1.21 or later
  - cryptography
seealso:
  - module: coder.classic.coder_satellite_info
"""

EXAMPLES = r"""
- name: Register a satellite under the key that its cluster holds
  coder.classic.coder_satellite:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    name: sydney
    satellite_url: https://sydney.coder.example.com
    public_key: "{{ look.region.satellite.public_key }}"
    served_timeout: 300

- name: Delete the registration
  coder.classic.coder_satellite:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    name: sydney
    state: absent
"""

RETURN = r"""
satellite:
  description: The registration. In check mode without RV(ignore:id) when it is still to be made.
  type: dict
  returned: when state is present
  contains:
    id: {description: Identifier., type: str, returned: when it is registered}
    name: {description: Name., type: str, returned: always}
    fingerprint: {description: Fingerprint of the key., type: str, returned: always}
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CODER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._coder.api import coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_state import run

ARGUMENTS = {
    **CODER_AUTH,
    "name": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
    "satellite_url": {"type": "str"},
    "public_key": {"type": "str", "no_log": False},
    "expected_fingerprint": {"type": "str"},
    "trust_on_first_use": {"type": "bool"},
    "replace_changed_key": {"type": "bool", "default": False, "no_log": False},
    "served_timeout": {"type": "int", "default": 0},
    "satellite_ca_path": {"type": "path"},
    "satellite_authorization": {"type": "str", "no_log": True},
}

RULES = {
    "mutually_exclusive": [("public_key", "expected_fingerprint", "trust_on_first_use")],
    "required_if": [
        ("state", "present", ["satellite_url"]),
        ("state", "present", ["public_key", "expected_fingerprint", "trust_on_first_use"], True),
    ],
}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    changed, satellite, before, after = run(coder_from_params(params), params, task.check_mode)
    result = {"satellite": satellite} if satellite else {}
    return {**result, "changed": changed, "diff": {"before": before, "after": after}}


def main() -> None:
    _module.main(ARGUMENTS, work, RULES)


if __name__ == "__main__":
    main()

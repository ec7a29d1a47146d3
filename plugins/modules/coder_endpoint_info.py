# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_endpoint_info
version_added: 0.1.0
short_description: Looks at an access URL of Coder from here
description:
  - Looks at name resolution, certificate, version, WebSockets and latency of one address, as seen from the machine that
    the module runs on. Run it in a region to measure that region's way.
  - What is broken is returned in RV(endpoint.findings) and does not fail the module.
  - No token is sent to the address, and O(proxy_authorization) only when that is O(url) for want of an O(endpoint).
author:
  - coder.classic contributors (@coder-classic)
options:
  endpoint:
    description:
      - The address, for example a satellite's access URL. Default is O(url).
    type: str
  endpoint_ca_path:
    description:
      - File with the certificates of the authorities to trust for O(endpoint), in PEM. Default is O(ca_path).
    type: path
  wildcard_host:
    description:
      - Host of the dev URLs there, for example C(*.sydney.coder.example.com), to see whether it resolves and whether the
        certificate covers it.
    type: str
  samples:
    description:
      - How many requests the latency is measured with.
    type: int
    default: 5
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.attributes.info
  - coder.classic.attributes.coder_group
requirements:
  - cryptography
  - websocket-client
seealso:
  - module: coder.classic.coder_satellite_info
"""

EXAMPLES = r"""
- name: Look at the satellite
  coder.classic.coder_endpoint_info:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    endpoint: https://sydney.coder.example.com
    wildcard_host: "*.sydney.coder.example.com"
  register: sydney

- name: Stop when something is wrong with it
  ansible.builtin.assert:
    that: not sydney.endpoint.findings
    fail_msg: "{{ sydney.endpoint.findings | map(attribute='message') | join(', ') }}"
"""

RETURN = r"""
endpoint:
  description: What was seen.
  type: dict
  returned: success
  contains:
    url: {description: The address., type: str, returned: always}
    dns:
      description: >-
        RV(ignore:host) and its RV(ignore:addresses); with O(wildcard_host) also RV(ignore:wildcard_addresses), those of a
        name below it.
      type: dict
      returned: always
    tls:
      description: >-
        RV(ignore:names), RV(ignore:issuer), RV(ignore:not_after), RV(ignore:days_left), RV(ignore:chain_ok),
        RV(ignore:refused), RV(ignore:covers_host) and RV(ignore:covers_wildcard); RV(ignore:error) alone when there was
        no handshake; null for C(http).
      type: dict
      returned: always
    http:
      description: RV(ignore:status) and RV(ignore:coder_version), or RV(ignore:error) and its RV(ignore:code).
      type: dict
      returned: always
    websocket:
      description:
        - RV(ignore:status) and RV(ignore:reason) of the answer to a WebSocket upgrade without a token, and whether it is
          RV(ignore:coder) that seems to have answered.
        - Coder's refusal does not prove that upgrades get through, only that no proxy refuses them outright; see
          O(coder.classic.coder_workspace_rebuild#module:connect_url) for that proof.
      type: dict
      returned: always
    latency:
      description: >-
        RV(ignore:p50_ms) and RV(ignore:p95_ms) of the RV(ignore:samples), in milliseconds, over one open connection;
        null when there is no answer.
      type: dict
      returned: always
    findings:
      description: What is wrong, each with a RV(ignore:code) and a RV(ignore:message).
      type: list
      elements: dict
      returned: always
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CODER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._coder.endpoint_look import look

ARGUMENTS = {
    **CODER_AUTH,
    "endpoint": {"type": "str"},
    "endpoint_ca_path": {"type": "path"},
    "wildcard_host": {"type": "str"},
    "samples": {"type": "int", "default": 5},
}


def run(params: dict[str, Any]) -> dict[str, Any]:
    """What RETURN calls endpoint."""
    return look(
        params["endpoint"] or params["url"],
        ca_path=params["endpoint_ca_path"] or params["ca_path"],
        timeout=params["timeout"],
        # What opens the proxy in front of Coder is no other host's business.
        authorization=None if params["endpoint"] else params["proxy_authorization"],
        wildcard_host=params["wildcard_host"],
        samples=params["samples"],
    )


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return {"changed": False, "endpoint": run(params)}


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()

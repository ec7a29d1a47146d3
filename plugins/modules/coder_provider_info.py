# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_provider_info
version_added: 0.1.0
short_description: Reads workspace providers of a Coder deployment
description:
  - Returns the known fields of the workspace providers and nothing else. Before 1.26 Coder's own answers hold secrets.
author:
  - coder.classic contributors (@coder-classic)
options:
  name:
    description:
      - Only the provider of exactly this name. An unknown name is an error that lists the known ones with their status.
    type: str
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.attributes.info
  - coder.classic.attributes.coder_group
seealso:
  - module: coder.classic.coder_provider
"""

EXAMPLES = r"""
- name: Find the providers that are not ready
  coder.classic.coder_provider_info:
    url: https://coder.example.com
    token: "{{ coder_token }}"
  register: found
  failed_when: found.providers | rejectattr('status', 'eq', 'ready') | list | length > 0
"""

RETURN = r"""
providers:
  description: The providers in Coder's order. A field that this version of Coder does not tell is absent.
  type: list
  elements: dict
  returned: success
  contains:
    id: {description: Identifier., type: str, returned: always}
    name: {description: Name., type: str, returned: always}
    status:
      description: V(pending) (registered, not deployed), V(ready) or V(error).
      type: str
      returned: always
    status_message: {description: Coder's words about the status., type: str, returned: when Coder tells it}
    built_in: {description: Whether it is the deployment's own provider., type: bool, returned: always}
    envproxy_access_url: {description: Address of its envproxy., type: str, returned: always}
    devurl_host: {description: Wildcard host of its dev URLs., type: str, returned: always}
    org_whitelist:
      description: Identifiers of the organizations that may use it.
      type: list
      elements: str
      returned: always
    enable_net_v2: {description: Whether Networking v2 is on., type: bool, returned: with Coder 1.21}
    config:
      description: >-
        Its cluster: RV(ignore:cluster_address), RV(ignore:default_namespace), RV(ignore:storage_class),
        RV(ignore:cluster_domain_suffix) and RV(ignore:ssh_enabled), which the dashboard calls External Connect.
      type: dict
      returned: always
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CODER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder, coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._coder.providers import pick

ARGUMENTS = {**CODER_AUTH, "name": {"type": "str"}}


def run(coder: Coder, name: str | None) -> list[dict[str, Any]]:
    known = coder.providers()
    return known if name is None else [dict(pick(known, name))]


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return {"changed": False, "providers": run(coder_from_params(params), params["name"])}


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()

# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  url:
    description:
      - Access URL of the main deployment, for example C(https://coder.example.com); a path prefix is kept.
      - Falls back to the environment variable E(CODER_URL).
    type: str
    required: true
  token:
    description:
      - Session token of a user with the role C(site-manager) or C(site-admin).
      - Falls back to the environment variable E(CODER_TOKEN).
    type: str
    required: true
  ca_path:
    description:
      - File with the certificates of the authorities to trust for Coder, in PEM.
      - Without it the system's authorities are used. There is no way to switch the check off.
    type: path
  timeout:
    description:
      - Seconds after which a single request to Coder is given up, from its beginning to the end of the answer.
    type: int
    default: 30
  proxy_authorization:
    description:
      - Value of the C(Authorization) header for a proxy in front of Coder.
      - Falls back to the environment variable E(ENDPOINT_AUTH_HEADER), as in Coder's own command line.
    type: str
requirements:
  - requests
"""

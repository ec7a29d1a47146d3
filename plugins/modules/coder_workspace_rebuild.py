# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_workspace_rebuild
version_added: 0.1.0
short_description: Rebuilds the workspaces of a provider, those first whom it disturbs least
description:
  - Rebuilds workspaces with their own image and size, as the dashboard's Rebuild button does. That stops the container,
    cuts live sessions and loses what lies outside of the home directory.
  - Order. Builds that are under way are awaited. Then one workspace, the canary, is rebuilt alone. Then come those that
    are off, those that are idle, and last, with consent only, those in use.
  - A build is good when Coder is done with it, the container is C(ON) (or its user turned it off right after) and the
    time of the last build has moved on.
  - After a failure that exceeds O(max_failures), or of the canary, nothing more is started, what is under way is awaited,
    and the module fails with cause and build log.
  - No workspace is asked for twice in one run, whatever happens to the request.
  - When Coder is away for a moment, the run waits up to five minutes for it.
  - A run that was killed leaves builds under way to Coder, and a workspace that was to be stopped again on. The next run
    awaits these builds and, with O(built_before), rebuilds what is left; with O(off_before) it stops that workspace.
author:
  - coder.classic contributors (@coder-classic)
options:
  provider:
    description:
      - Name of the provider.
    type: str
    required: true
  only:
    description:
      - Names or ids of the workspaces to rebuild; all of the provider by default.
    type: list
    elements: str
  built_before:
    description:
      - Only workspaces whose last build ended before this point in time (RFC 3339, by Coder's clock; see the result
        C(server_time) of M(coder.classic.coder_provider)). With it a second run rebuilds nothing twice.
    type: str
  leave:
    description:
      - Names or ids of workspaces that are consented to be left as they are. Unknown ones are ignored, so that one list
        can serve several providers.
    type: list
    elements: str
    default: []
  canary:
    description:
      - Name or id of the workspace to rebuild first. By default one that is off, else idle, else in use, and among
        those the one with the newest build.
    type: str
  canary_only:
    description:
      - Only one workspace is rebuilt. With O(built_before), one that was built since then makes that unnecessary.
    type: bool
    default: false
  consent_in_use:
    description:
      - Whether workspaces that somebody uses are rebuilt too, which cuts their sessions.
    type: bool
    default: false
  fail_on_skipped:
    description:
      - Whether the module fails at the end when workspaces were skipped for want of O(consent_in_use).
    type: bool
    default: true
  idle_minutes:
    description:
      - A running workspace counts as used when somebody was connected within so many minutes of Coder's clock.
    type: int
    default: 60
  parallel:
    description:
      - How many workspaces are built at a time.
    type: int
    default: 5
  max_failures:
    description:
      - How many builds may fail without stopping the run. The canary must not.
    type: int
    default: 0
  build_timeout:
    description:
      - Seconds after which a single build counts as failed. In Coder it may go on.
    type: int
    default: 1200
  deadline:
    description:
      - Seconds after which nothing more is started or awaited, and the module fails if something is left to do.
    type: int
    default: 14400
  off_before:
    description:
      - Ids of workspaces that were off before an earlier run of the same. Where that run rebuilt one and was killed before it
        stopped it, it is stopped now, unless somebody was connected since its build.
    type: list
    elements: str
    default: []
  stop_again:
    description:
      - Whether workspaces that were off are stopped again after their rebuild, unless somebody connected meanwhile.
    type: bool
    default: true
  connect_url:
    description:
      - Address through which the rebuilt canary must be reachable, for example the satellite's access URL. If nothing is
        left to rebuild, the newest build that runs must be.
      - The session token is sent there, in the query, as Coder's own client does.
    type: str
  connect_ca_path:
    description:
      - File with the certificates of the authorities to trust for O(connect_url), in PEM. Default is the system's.
    type: path
  progress_file:
    description:
      - File to which a line is appended for each event. It must exist already; otherwise nothing is written.
      - The action plugin of this module gives one by itself and shows the lines as they come, so that this is needed only
        to have them elsewhere; then nothing is shown.
    type: path
extends_documentation_fragment:
  - coder.classic.coder_auth
  - coder.classic.attributes
  - coder.classic.attributes.coder_group
attributes:
  action:
    description: Has an action plugin, which runs on the controller.
    support: full
    details: It shows on standard error what the module does, unless with C(no_log), C(async), in check mode, or on
      another machine than the controller.
  check_mode:
    support: full
    details: Returns in RV(rebuilt) what would be rebuilt, in this order. O(connect_url) is not asked, and builds under
      way are not awaited, so that what they make unnecessary is in RV(rebuilt) too.
  diff_mode:
    support: full
  idempotent:
    support: partial
    details: With O(built_before). Without it each run rebuilds everything.
requirements:
  - websocket-client
seealso:
  - module: coder.classic.coder_workspace_info
  - module: coder.classic.coder_provider
"""

EXAMPLES = r"""
- name: Rebuild what was not rebuilt since the switch
  coder.classic.coder_workspace_rebuild:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    provider: sydney-1
    built_before: "{{ switched.server_time }}"
    connect_url: https://sydney.coder.example.com

- name: Prove with one workspace that building still works
  coder.classic.coder_workspace_rebuild:
    url: https://coder.example.com
    token: "{{ coder_token }}"
    provider: sydney-1
    canary_only: true
"""

RETURN = r"""
rebuilt:
  description: Workspaces that were rebuilt. Also in RV(ignore:failure.details) when the module fails.
  type: list
  elements: dict
  returned: success
  contains:
    id: {description: Identifier., type: str, returned: always}
    name: {description: Name., type: str, returned: always}
    was: {description: "V(off), V(idle), V(in_use) or V(other).", type: str, returned: always}
    seconds: {description: How long it took., type: float, returned: not in check mode}
    stopped: {description: Whether it was stopped again., type: bool, returned: when it was off and is again}
    warning: {description: Why it was not stopped again., type: str, returned: when it was off and is not}
failures:
  description: Failed builds, no more than O(max_failures), with RV(ignore:cause) and the end of the build RV(ignore:log).
  type: list
  elements: dict
  returned: success
stopped_again:
  description: Names of those in O(off_before) that an earlier run had left on.
  type: list
  elements: str
  returned: success
not_rebuilt:
  description:
    - Workspaces that were not rebuilt, with the RV(ignore:reason) and, where it applies, RV(ignore:needs_consent),
      RV(ignore:not_started) or RV(ignore:unfinished) (Coder goes on with its build).
  type: list
  elements: dict
  returned: success
left:
  description: Workspaces of this provider that O(leave) names.
  type: list
  elements: dict
  returned: success
canary:
  description: Name of the workspace that was rebuilt first; null when none had to be.
  type: str
  returned: success
connect:
  description: What O(connect_url) answered; null when it was not asked.
  type: dict
  returned: success
  sample: {url: "https://sydney.coder.example.com", workspace: alice, reachable: true, status: 101, milliseconds: 31.5}
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module
from ansible_collections.coder.classic.plugins.module_utils._arguments import CODER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._coder import rebuild_result
from ansible_collections.coder.classic.plugins.module_utils._coder.api import coder_from_params
from ansible_collections.coder.classic.plugins.module_utils._coder.rebuild import run
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

ARGUMENTS = {
    **CODER_AUTH,
    "provider": {"type": "str", "required": True},
    "only": {"type": "list", "elements": "str"},
    "built_before": {"type": "str"},
    "leave": {"type": "list", "elements": "str", "default": []},
    "canary": {"type": "str"},
    "canary_only": {"type": "bool", "default": False},
    "consent_in_use": {"type": "bool", "default": False},
    "fail_on_skipped": {"type": "bool", "default": True},
    "idle_minutes": {"type": "int", "default": 60},
    "parallel": {"type": "int", "default": 5},
    "max_failures": {"type": "int", "default": 0},
    "build_timeout": {"type": "int", "default": 1200},
    "deadline": {"type": "int", "default": 14400},
    "off_before": {"type": "list", "elements": "str", "default": []},
    "stop_again": {"type": "bool", "default": True},
    "connect_url": {"type": "str"},
    "connect_ca_path": {"type": "path"},
    "progress_file": {"type": "path"},
}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    try:
        changed, result, before, after = run(coder_from_params(params), params, task.check_mode, write=task.tell)
    except ClassicError as error:
        error.changed = rebuild_result.changed(error.details)
        raise
    return {**result, "changed": changed, "diff": {"before": before, "after": after}}


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()

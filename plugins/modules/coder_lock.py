# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: coder_lock
version_added: 0.1.0
short_description: Keeps a second run away with a Lease in the cluster
description:
  - Takes, renews and releases a lock between runs of Ansible. It is a Lease of the cluster, with the identity of the run that
    holds it.
  - A second run is refused and told who holds the lock, where, since when and what for.
  - The lock of a run that is proved dead, on the same machine, is taken over unasked, so that a run that was killed can be
    run again. From elsewhere nobody can prove that; there it takes O(takeover), and a lock that has not been renewed for its
    duration.
  - Kubernetes deletes no Lease by itself. Release it on every exit, in an C(always).
author:
  - coder.classic contributors (@coder-classic)
options:
  name:
    description: Name of the Lease.
    type: str
    default: coder-classic
  namespace:
    description: Namespace of the Lease.
    type: str
    required: true
  state:
    description:
      - V(held) takes the lock, or renews it when this run holds it, unless it has done so less than a tenth of O(seconds) ago.
      - V(released) deletes the Lease when this run holds it, and leaves another run's alone.
    type: str
    choices: [held, released]
    default: held
  run:
    description:
      - The identity of this run, the same in all its tasks. What is not known is left out.
    type: dict
    required: true
    suboptions:
      host:
        description: Name of the machine that Ansible runs on.
        type: str
        required: true
      boot_id:
        description: Identity of that machine's boot, as in C(/proc/sys/kernel/random/boot_id).
        type: str
      pid_namespace:
        description: Where C(/proc/self/ns/pid) of the C(ansible-playbook) process leads to.
        type: str
      pid:
        description: Number of the C(ansible-playbook) process.
        type: str
        required: true
      start:
        description: When that process began, in clock ticks since boot, as in C(/proc/PID/stat).
        type: str
      since:
        description: When that process began, in UTC (RFC 3339).
        type: str
        required: true
      user:
        description: Who started it.
        type: str
      job:
        description: AWX's id of the job.
        type: str
      playbook:
        description: The playbook.
        type: str
      check:
        description: Whether it is a check run, V(true) or V(false).
        type: str
  purpose:
    description: What the lock is taken for, as a continuation of "to", for whoever is refused.
    type: str
    default: ""
  region:
    description:
      - The region that the lock is about. Whoever is refused is then told to ask for a takeover with
        C(-e coder_lock_takeover=<region>).
    type: str
  seconds:
    description: How long the lock counts as held without being renewed, 30 to 86400.
    type: int
    default: 300
  takeover:
    description:
      - Whether to take over a lock that is stale. One that is not is refused all the same.
    type: bool
    default: false
extends_documentation_fragment:
  - coder.classic.cluster_auth
  - coder.classic.attributes
  - coder.classic.attributes.cluster_group
attributes:
  check_mode:
    support: full
    details: Takes no lock, and is refused as the real run would be.
  diff_mode:
    support: full
  idempotent:
    support: full
    details: Renewing is not reported as a change.
"""

EXAMPLES = r"""
- name: Take the lock of a region
  coder.classic.coder_lock:
    context: primary
    namespace: coder
    name: coder-classic-sydney
    region: sydney
    run: "{{ this_run }}"
    purpose: migrate region sydney
    takeover: "{{ coder_lock_takeover | default('') == 'sydney' }}"

- name: Release it
  coder.classic.coder_lock:
    context: primary
    namespace: coder
    name: coder-classic-sydney
    run: "{{ this_run }}"
    state: released
"""

RETURN = r"""
lock:
  description: The lock; in check mode, as it would be.
  type: dict
  returned: when O(state=held)
  contains:
    name: {description: Name of the Lease., type: str, returned: always}
    namespace: {description: Namespace of the Lease., type: str, returned: always}
    holder:
      description: Who holds it now, that is this run.
      type: str
      returned: always
      sample: jane on host ops-1, ansible-playbook migrate_region.yml (pid 4711), AWX job 12
    since: {description: When this run took it (RFC 3339)., type: str, returned: always}
    renewed: {description: When it was renewed (RFC 3339)., type: str, returned: always}
    taken_over_from:
      description: Which run, dead or stale, held it before; null when nobody did.
      type: str
      returned: always
"""

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _module, _run
from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._lock import lease

SECONDS = range(30, 86401)
REQUIRED = ("host", "pid", "since")


ARGUMENTS = {
    **CLUSTER_AUTH,
    "name": {"type": "str", "default": "coder-classic"},
    "namespace": {"type": "str", "required": True},
    "state": {"type": "str", "choices": ["held", "released"], "default": "held"},
    "run": {
        "type": "dict",
        "required": True,
        "options": {key: {"type": "str", "required": key in REQUIRED} for key in _run.KEYS},
    },
    "purpose": {"type": "str", "default": ""},
    "region": {"type": "str"},
    "seconds": {"type": "int", "default": 300},
    "takeover": {"type": "bool", "default": False},
}


def run(cluster: Cluster, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    """The module's result."""
    namespace, name = params["namespace"], params["name"]
    identity = {key: value or "" for key, value in params["run"].items()}
    demand_valid(params, identity)
    if params["state"] == "released":
        is_ours = lease.release(cluster, namespace, name, identity, write=not check_mode)
        return {"changed": is_ours, "diff": diff(_run.described(identity) if is_ours else None, None)}
    options = {key: params[key] for key in ("seconds", "takeover", "purpose")}
    region = params["region"]
    options |= {"of": f"region {region}", "word": region} if region else {}
    answer = lease.acquire(cluster, namespace, name, identity, write=not check_mode, **options)
    lock = answer["lock"]
    return {**answer, "diff": diff(lock["taken_over_from"] if answer["changed"] else lock["holder"], lock["holder"])}


def demand_valid(params: dict[str, Any], identity: dict[str, str]) -> None:
    if params["seconds"] not in SECONDS:
        wrong = f"seconds is {params['seconds']}, and must be {SECONDS.start} to {SECONDS.stop - 1}."
    elif not _run.same(identity, identity):
        wrong = (
            "run does not tell this run from others: host, pid and since must not be empty, and with a boot_id there "
        )
        wrong += "must be pid_namespace and start."
    else:
        return
    raise ClassicError(
        "The lock cannot be taken with these options.",
        code="invalid",
        where="options of coder_lock",
        why=wrong,
        untouched="Nothing was read or changed.",
        next_step="Correct the option, then run again.",
    )


def diff(before: str | None, after: str | None) -> dict[str, Any]:
    return {"before": {"holder": before}, "after": {"holder": after}}


def work(params: dict[str, Any], task: _module.Task) -> dict[str, Any]:
    return run(cluster_from_params(params), params, task.check_mode)


def main() -> None:
    _module.main(ARGUMENTS, work)


if __name__ == "__main__":
    main()

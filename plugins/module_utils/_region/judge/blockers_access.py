# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at the objects through which Coder rules a provider's cluster. Pure.

Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_cluster import provider_place
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import Finding, finding, named
from ansible_collections.coder.classic.plugins.module_utils._region.tell.report import other_release

Seen = dict[str, Any]


def foreign_owner(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """The access objects belong to another release, for example that of the main deployment."""
    cluster, name = seen["cluster"], seen["wanted"]["release"]
    foreign = [row for row in cluster["access"] or [] if other_release(row["owner"], name, cluster)]
    if not foreign:
        return []
    owners = ", ".join(sorted({row["owner"] for row in foreign}))
    return [
        finding(
            "owned_by_other_release",
            f"{', '.join(named(row) for row in foreign)} belong to release {owners}, not to {name}",
            where=provider_place(seen),
            why="as their annotation meta.helm.sh/release-name says; sealing or removing them would concern that release",
            next_step="correct coder_provider_namespace or coder_provider_release; no two releases may share a namespace's "
            "ServiceAccount coder",
        )
    ]


def access_lost(seen: Seen, view: View, phase: str) -> list[Finding]:
    """What Coder or the workspaces need does not exist any more."""
    cluster = seen["cluster"]
    release = cluster["release"]
    if release is not None:
        gone = [named(row) for row in release["must_stay"] if not row["live"]]
    elif cluster["release_seen"] and phase != "retired":
        gone = [named(row) for row in cluster["access"] or [] if not row["live"]]
    else:
        gone = []
    if not gone:
        return []
    return [
        finding(
            "access_lost",
            f"Coder or its workspaces need {', '.join(gone)}, which does not exist",
            where=provider_place(seen),
            why="without them Coder cannot rule the cluster; running pods stay, but cannot be managed",
            next_step=_brought_back(seen, view) + (NEW_TOKEN if "ServiceAccount/coder" in gone else ""),
        )
    ]


NEW_TOKEN = (
    ". A new ServiceAccount has another UID and token: give Coder the new token in its dashboard (kubectl create token "
    "coder, or a Secret of type kubernetes.io/service-account-token)"
)


def _brought_back(seen: Seen, view: View) -> str:
    """A backup is written only right before the uninstall; until then the release itself makes the objects anew."""
    cluster, wanted, release = seen["cluster"], seen["wanted"], seen["cluster"]["release"]
    of = f"{wanted['release']} -n {wanted['namespace']}"
    if release is not None:
        # helm rollback takes nothing while another command runs, and the last deployed revision is the one that was good.
        deployed = release["status"] == "deployed"
        revision = release["revision"] if deployed else f"REVISION (the last deployed one: helm history {of})"
        scaled = view["envproxy"]["exists"] and not view["envproxy"]["replicas"]
        return (
            f"run helm rollback {wanted['release']} {revision} -n {wanted['namespace']}: it makes what is missing anew"
            + (", and scales envproxy up again" if scaled else "")
        )
    if cluster["record"]["kept_uids"]:
        return "restore them from the backup that was written before the uninstall (coder_backup_dir; kubectl apply -f)"
    return (
        f"the release was not uninstalled from here, so no backup was written: install the provider's chart again as {of}, "
        "which makes them anew"
    )


def access_replaced(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """After the uninstall: what should have stayed is another object now, so Coder's token may be dead."""
    cluster = seen["cluster"]
    if not cluster["release_seen"] or cluster["release"] is not None:
        return []
    kept = cluster["record"]["kept_uids"]
    other = [key for key, uid in cluster["recorded"].items() if uid and uid != kept[key]]
    if not other:
        return []
    of = f"configmap coder-classic-migration -n {seen['wanted']['namespace']}"
    return [
        finding(
            "access_replaced",
            f"{', '.join(other)} is not the same object as before the uninstall",
            where=provider_place(seen),
            why="its UID differs from the recorded one: somebody deleted and recreated it, and its old tokens are dead",
            next_step="give Coder a new token of ServiceAccount coder in its dashboard; when the provider is ready, accept "
            f'the new identity: kubectl patch {of} --type merge -p \'{{"data":{{"kept_uids":null}}}}\'',
        )
    ]


ALL = (foreign_owner, access_lost, access_replaced)

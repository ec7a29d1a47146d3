# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a playbook will do from where a region stands: ordered steps with reason and risk. Pure.

Private to this collection. The order is that of the roles in the playbooks.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import (
    MOVED,
    SWITCHED,
    UNKNOWN,
    View,
    connected,
    is_registered,
    lacks_last_proof,
    soaked,
)
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import (
    GOALS,
    MIGRATE,
    RETIRE,
    ROLLBACK,
    UPDATE,
    named,
)

Step = dict[str, Any]

NOBODY_ELSE = "it was installed from here, and no other provider of the inventory uses it"


def plans(view: View, phase: str, soak_seconds: int) -> dict[str, list[Step]]:
    """Goal → plan()."""
    return {goal: plan(view, phase, goal, soak_seconds) for goal in GOALS}


def plan(view: View, phase: str, goal: str, soak_seconds: int) -> list[Step]:
    """``{step, action, reason, risk, changes}`` each; none where nothing is left, or where nothing can be planned.

    risk is None for a step without one; changes is false for one that only looks.
    """
    if phase == UNKNOWN:
        return []
    if goal == RETIRE:
        return _retire(view, phase, soak_seconds)
    return {MIGRATE: _migrate, ROLLBACK: _rollback, UPDATE: _update}[goal](view, phase)


def _migrate(view: View, phase: str) -> list[Step]:
    workspaces, switched = view["workspaces"], phase in SWITCHED
    steps = [*_satellite(view), *_register(view)]
    if not switched:
        steps.append(_cordon(view))
        steps.append(
            _step(
                "switch",
                "turn Networking v2 on",
                "from then on workspaces are reached without envproxy",
                _cuts("Coder rebuilds running workspaces by itself", workspaces["cut_by_switch"]),
            )
        )
    if phase not in MOVED and workspaces["to_rebuild"]:
        steps.append(
            _step(
                "rebuild",
                f"rebuild {_count(workspaces['to_rebuild'])}, one alone first, then those off and idle"
                + ("" if switched else "; Coder itself rebuilds those that run, at the switch"),
                "only a workspace built after the switch uses the new way",
                _cuts("what is outside the home directory is lost", workspaces["cut_by_rebuild"]),
            )
        )
    if phase not in MOVED and (workspaces["to_rebuild"] or (workspaces["provable"] and not connected(view))):
        steps.append(
            _step(
                "prove",
                "reach a rebuilt workspace through the satellite",
                "a satellite that answers does not yet let users through",
                changes=False,
            )
        )
    return [*steps, *_external_connect(view), *_uncordon(view, after=not switched)]


def _external_connect(view: View) -> list[Step]:
    wished, now = view["wishes"]["external_connect"], (view["provider"].get("config") or {}).get("ssh_enabled")
    if wished is None or wished == now:
        return []
    return [_step("external_connect", f"turn External Connect {'on' if wished else 'off'}", "the site says so")]


def _satellite(view: View) -> list[Step]:
    """What the role satellite does to the chart, in every phase."""
    satellite = view["satellite"]
    if satellite["to_be_deployed"] and satellite["ready"]:
        return [
            _step(
                "upgrade_satellite",
                f"upgrade the satellite {satellite['name']}",
                "its chart version or its values are not the wanted ones",
                "sessions through it drop while its pods are replaced",
            )
        ]
    if satellite["to_be_deployed"]:
        return [
            _step(
                "deploy_satellite",
                f"install the satellite {satellite['name']} in its own namespace",
                f"users of the region will reach their workspaces at {satellite['url']}",
            )
        ]
    if not satellite["ready"]:
        return [
            _step(
                "await_satellite",
                f"wait until the pods of the satellite {satellite['name']} are ready",
                "its chart is deployed as wanted",
                changes=False,
            )
        ]
    return []


def _register(view: View) -> list[Step]:
    if is_registered(view["satellite"]):
        # Also where an earlier run was killed before it, or somebody else registered it.
        return [_backup_satellite()] if view["satellite"]["backed_up"] is False else []
    return [
        _step(
            "register_satellite",
            "register it with the key that its cluster holds",
            "Coder trusts a satellite by its key",
        ),
        *([] if view["satellite"]["backed_up"] else [_backup_satellite()]),
    ]


def _backup_satellite() -> Step:
    return _step(
        "backup_satellite",
        "write the satellite's release and its key to the control node",
        "with its Secret the key is lost",
        changes=False,
    )


def _retire(view: View, phase: str, soak_seconds: int) -> list[Step]:
    if phase == "retired":
        return [*([_last_proof()] if lacks_last_proof(view) else []), *_uncordon(view)]
    steps = []
    off = not view["envproxy"]["replicas"]
    if not view["release"]["sealed"]:
        if view["envproxy"]["exists"] and not view["envproxy"]["replicas"]:
            off = False
            steps.append(
                _step(
                    "envproxy_on",
                    "scale envproxy back to what it had",
                    "sealing is a helm upgrade, which would do it unasked",
                )
            )
        steps.append(
            _step(
                "seal",
                "write the keep policy into the stored manifest for " + _names(view),
                "on uninstall Helm goes by the stored manifest, not by live annotations",
            )
        )
    return [
        *steps,
        *_rehearsal(view, off, soak_seconds),
        _step(
            "backup",
            "write every object of the release to the control node",
            "it is all that is left when something was needed after all",
            changes=False,
        ),
        _step(
            "uninstall",
            f"uninstall release {view['release']['name']} without what must stay",
            "the old way is not needed any more",
            "there is no way back from here" + _left_behind(view),
        ),
        _last_proof(),
        *_uncordon(view),
    ]


def _rehearsal(view: View, off: bool, soak_seconds: int) -> list[Step]:
    """What of the proof that the region works without envproxy is still to be made."""
    steps, lacking = [], not off or view["record"]["idle_since"] is None
    if lacking:
        steps.append(
            _step(
                "envproxy_off",
                "scale envproxy to 0 and wait until its pods are gone"
                if not off
                else "record since when envproxy is off",
                "what the uninstall would break shows while it can be undone",
                "sessions that still go through envproxy end; it is scaled back on a failure",
            )
        )
    # Without its access a killed rehearsal has to get to its end, to be undone.
    in_order = view["provider"]["in_order"]
    if lacking or not in_order or not view["envproxy"]["off"] or not soaked(view, soak_seconds):
        steps.append(
            _step(
                "soak",
                "wait for the soak time, then look at the provider again",
                "Coder's token may be bound to a pod of envproxy",
                changes=False,
            )
        )
    if lacking or view["workspaces"]["canary_built"] is False:
        steps.append(
            _step(
                "canary",
                "rebuild one workspace without envproxy",
                "only a rebuild proves that Coder still rules the cluster",
                "that workspace loses what is outside its home directory",
            )
        )
    return steps


def _last_proof() -> Step:
    return _step(
        "prove",
        "compare the identity of what stayed, and rebuild one workspace",
        "the region must work without its old chart",
        "that workspace loses what is outside its home directory",
    )


def _left_behind(view: View) -> str:
    left = view["workspaces"]["left_behind"]
    return f"; nobody reaches {', '.join(left)} until their next rebuild" if left else ""


def _rollback(view: View, phase: str) -> list[Step]:
    if phase == "retired":
        return []
    satellite, workspaces = view["satellite"], view["workspaces"]
    steps = []
    if not view["envproxy"]["replicas"]:
        steps.append(
            _step("envproxy_on", "scale envproxy back to what it had", "there must be something to go back to")
        )
    if phase not in SWITCHED and view["record"]["switched_at"]:
        steps.append(
            _step("record_switch_back", "record that Networking v2 is off", "an earlier run did not come to do it")
        )
    if phase in SWITCHED:
        steps.append(_cordon(view))
        steps.append(
            _step(
                "switch_back",
                "turn Networking v2 off",
                "workspaces are reached by envproxy again",
                _cuts("Coder rebuilds running workspaces by itself", workspaces["cut_by_switch"]),
            )
        )
    if workspaces["to_rebuild_back"]:
        steps.append(
            _step(
                "rebuild_back",
                f"rebuild {_count(workspaces['to_rebuild_back'])} for envproxy",
                "only a workspace built after the switch uses that way",
                _cuts("what is outside the home directory is lost", workspaces["cut_by_rebuild_back"]),
            )
        )
    if satellite["ours"] and not satellite["used_by"]:
        steps += _remove_satellite(satellite)
    return steps + _uncordon(view, after=phase in SWITCHED)


def _remove_satellite(satellite: View) -> list[Step]:
    steps = []
    if satellite["registered"]:
        steps.append(_step("unregister_satellite", "delete the satellite's registration", NOBODY_ELSE))
    # The mark stays until the release is gone, so that it is always known whose it is.
    return [
        *steps,
        *([_backup_satellite()] if satellite["deployed"] else []),
        _step(
            "remove_satellite",
            "uninstall the satellite",
            NOBODY_ELSE,
            "its key is lost; a new satellite has another one",
        ),
    ]


def _update(view: View, phase: str) -> list[Step]:
    """A region that has moved does not need its chart any more, so that nothing of it is updated then."""
    release = view["release"]
    if phase in MOVED or (release["status"], release["chart_version"]) == ("deployed", release["chart_wanted"]):
        return []
    return [
        _step(
            "update_chart",
            f"upgrade the provider's chart from {release['chart_version']} to {release['chart_wanted']}",
            "its envproxy should be of the main deployment's version",
            "new sessions go through new pods of envproxy; old pods serve theirs to the end, up to four hours",
        )
    ]


def _step(step: str, action: str, reason: str, risk: str | None = None, *, changes: bool = True) -> Step:
    return {"step": step, "action": action, "reason": reason, "risk": risk, "changes": changes}


def _cordon(view: View) -> Step:
    return _step("cordon", "place no new workspaces on the provider", "none should be built half-way")


def _uncordon(view: View, *, after: bool = False) -> list[Step]:
    if not after and not view["record"]["cordoned_at"]:
        return []
    return [_step("uncordon", "place new workspaces on the provider again", "it was cordoned by us")]


def _cuts(what: str, labels: list[str]) -> str:
    return f"{what}; sessions are cut in {', '.join(labels)}" if labels else what


def _count(names: list[str]) -> str:
    return f"{len(names)} workspace{'' if len(names) == 1 else 's'}"


def _names(view: View) -> str:
    staying = view["release"]["must_stay"]
    # All of them carry it in a revision that stopped half-way.
    lacking = [row for row in staying if not row["kept"]] or staying
    return ", ".join(map(named, lacking))

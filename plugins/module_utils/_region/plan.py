# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a playbook will do from where a region stands: ordered steps with reason and risk. Pure.

Private to this collection. The order is that of the roles in the playbooks.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.findings import GOALS, MIGRATE, RETIRE, ROLLBACK
from ansible_collections.coder.classic.plugins.module_utils._region.phase import (
    MOVED,
    SWITCHED,
    UNKNOWN,
    View,
    is_registered,
    is_up,
    lacks_last_proof,
)

Step = dict[str, Any]


def plans(view: View, phase: str, chart_version: str | None) -> dict[str, list[Step]]:
    """Goal → plan(). chart_version is the satellite's wanted one."""
    return {goal: plan(view, phase, goal, chart_version) for goal in GOALS}


def plan(view: View, phase: str, goal: str, chart_version: str | None = None) -> list[Step]:
    """``{step, action, reason, risk, changes}`` each; none where nothing is left, or where nothing can be planned.

    risk is None for a step without one; changes is false for one that only looks.
    """
    if phase == UNKNOWN:
        return []
    if goal == MIGRATE:
        return _migrate(view, phase, chart_version)
    return {RETIRE: _retire, ROLLBACK: _rollback}[goal](view, phase)


def _migrate(view: View, phase: str, chart_version: str | None) -> list[Step]:
    satellite, switched, rebuild = view["satellite"], phase in SWITCHED, view["workspaces"]["to_rebuild"]
    stale = chart_version is not None and satellite["chart_version"] != chart_version
    steps = []
    if phase != "retired" and (not is_up(satellite) or stale):
        steps.append(
            _step(
                "deploy_satellite",
                f"install the satellite {satellite['name']} in its own namespace",
                f"users of the region will reach their workspaces at {satellite['url']}",
            )
        )
    if phase != "retired" and not is_registered(satellite):
        steps.append(
            _step(
                "register_satellite",
                "register it with the key that its cluster holds",
                "Coder trusts a satellite by its key",
            )
        )
    if not switched:
        steps.append(_cordon(view))
        steps.append(
            _step(
                "switch",
                "turn Networking v2 on",
                "from then on workspaces are reached without envproxy",
                _cuts(view, "Coder rebuilds running workspaces by itself"),
            )
        )
    if phase not in MOVED:
        steps.append(
            _step(
                "rebuild",
                f"rebuild {_count(rebuild)}, one alone first, then those off and idle",
                "only a workspace built after the switch uses the new way",
                _cuts(view, "what is outside the home directory is lost"),
            )
        )
        steps.append(
            _step(
                "prove",
                "reach a rebuilt workspace through the satellite",
                "a satellite that answers does not yet let users through",
                changes=False,
            )
        )
    return steps + _uncordon(view, after=not switched)


def _retire(view: View, phase: str) -> list[Step]:
    if phase == "retired":
        return [*([_last_proof()] if lacks_last_proof(view) else []), *_uncordon(view)]
    steps = []
    off = view["envproxy"]["off"]
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
    if phase != "idle":
        if not off:
            steps.append(
                _step(
                    "envproxy_off",
                    "scale envproxy to 0 and wait until its pods are gone",
                    "what the uninstall would break shows while it can be undone",
                    "sessions that still go through envproxy end; it is scaled back on a failure",
                )
            )
        steps.append(
            _step(
                "soak",
                "wait for the soak time, then look at the provider again",
                "Coder's token may be bound to a pod of envproxy",
                changes=False,
            )
        )
        steps.append(
            _step(
                "canary",
                "rebuild one workspace without envproxy",
                "only a rebuild proves that Coder still rules the cluster",
                "that workspace loses what is outside its home directory",
            )
        )
    return [
        *steps,
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
            "there is no way back from here",
        ),
        _last_proof(),
        *_uncordon(view),
    ]


def _last_proof() -> Step:
    return _step(
        "prove",
        "compare the identity of what stayed, and rebuild one workspace",
        "the region must work without its old chart",
        "that workspace loses what is outside its home directory",
    )


def _rollback(view: View, phase: str) -> list[Step]:
    if phase == "retired":
        return []
    satellite, rebuild = view["satellite"], view["workspaces"]["to_rebuild_back"]
    steps = []
    if not view["envproxy"]["replicas"]:
        steps.append(
            _step("envproxy_on", "scale envproxy back to what it had", "there must be something to go back to")
        )
    if phase in SWITCHED:
        steps.append(_cordon(view))
        steps.append(
            _step(
                "switch_back",
                "turn Networking v2 off",
                "workspaces are reached by envproxy again",
                _cuts(view, "Coder rebuilds running workspaces by itself"),
            )
        )
    if rebuild:
        steps.append(
            _step(
                "rebuild",
                f"rebuild {_count(rebuild)} for envproxy",
                "only a workspace built after the switch uses that way",
                _cuts(view, "what is outside the home directory is lost"),
            )
        )
    if satellite["registered"]:
        steps.append(
            _step(
                "unregister_satellite",
                "delete the satellite's registration",
                "unless another provider of the region uses it",
            )
        )
    if satellite["deployed"]:
        steps.append(
            _step(
                "remove_satellite",
                "uninstall the satellite",
                "unless another provider of the region uses it",
                "its key is lost; a new satellite has another one",
            )
        )
    return steps + _uncordon(view, after=phase in SWITCHED)


def _step(step: str, action: str, reason: str, risk: str | None = None, *, changes: bool = True) -> Step:
    return {"step": step, "action": action, "reason": reason, "risk": risk, "changes": changes}


def _cordon(view: View) -> Step:
    return _step("cordon", f"place no new workspaces on {view['provider']['name']}", "none should be built half-way")


def _uncordon(view: View, *, after: bool = False) -> list[Step]:
    if not after and not view["record"]["cordoned_at"]:
        return []
    return [_step("uncordon", f"place new workspaces on {view['provider']['name']} again", "it was cordoned by us")]


def _cuts(view: View, what: str) -> str:
    names = [name for name in view["workspaces"]["in_use"] if name not in view["workspaces"]["left"]]
    return f"{what}; sessions are cut in {', '.join(names)}" if names else what


def _count(names: list[str]) -> str:
    return f"{len(names)} workspace{'' if len(names) == 1 else 's'}"


def _names(view: View) -> str:
    return ", ".join(f"{row['kind']}/{row['name']}" for row in view["release"]["must_stay"] if not row["kept"])

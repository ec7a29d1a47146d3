# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which workspaces are rebuilt, in which order, and how a build went. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import times, workspaces
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Workspace = Mapping[str, Any]

# Nobody notices the first; who is connected comes last. "other" is FAILED, CREATING, or UNKNOWN and not used lately.
_ORDER = ("off", "idle", "other", "in_use")
# A canary should be one that is likely to build: not one that failed before.
_CANARY_ORDER = ("off", "idle", "in_use", "other")
_NEVER = datetime.fromtimestamp(0, UTC)

IN_USE = "somebody uses it"

# Seconds in which Coder must show that a build has begun, or how it has ended.
SHOWN_WITHIN = 15.0


@dataclass(frozen=True)
class Wishes:
    """Whom to rebuild. only is None for all; leave may name workspaces of other providers; times are Coder's.

    off_before: ids of those that were off before an earlier run of the same, which may have ended before it stopped them.
    """

    only: Sequence[str] | None
    leave: Sequence[str]
    built_before: datetime | None
    idle_minutes: int
    consent_in_use: bool
    off_before: Sequence[str] = ()


@dataclass(frozen=True)
class Selection:
    """queue is ordered; kinds has the kind of each of them by id; built are the ones that need no rebuild any more."""

    queue: list[Workspace]
    kinds: dict[str, str]
    in_use: list[Workspace]
    left: list[Workspace]
    built: list[Workspace]


def kind(workspace: Workspace, now: datetime, wishes: Wishes) -> str:
    """``off`` (also where only an earlier run left it on), ``idle``, ``in_use`` or ``other``."""
    if left_on(workspace, wishes):
        return "off"
    if workspaces.in_use(workspace, now, wishes.idle_minutes):
        return "in_use"
    return {"OFF": "off", "ON": "idle"}.get(workspaces.status(workspace), "other")


def left_on(workspace: Workspace, wishes: Wishes) -> bool:
    """Whether it is on only since an earlier run rebuilt it and ended before it could stop it again."""
    was_off = workspace["id"] in wishes.off_before and workspaces.status(workspace) == "ON"
    return was_off and not workspaces.used_since_build(workspace)


def meant(found: Sequence[Workspace], wishes: Wishes) -> list[Workspace]:
    """Those of the provider that are neither left out nor left as they are.

    ClassicError ``not_found`` when only names one that does not exist.
    """
    return [row for row in _scope(found, wishes) if not _left(row, wishes)]


def select(found: Sequence[Workspace], wishes: Wishes, now: datetime) -> Selection:
    """Sort the provider's workspaces. ClassicError ``not_found`` when only names one that does not exist."""
    left = [row for row in _scope(found, wishes) if _left(row, wishes)]
    old, built = [], []
    for row in meant(found, wishes):
        is_old = wishes.built_before is None or workspaces.built_before(row, wishes.built_before)
        (old if is_old else built).append(row)
    kinds = {row["id"]: kind(row, now, wishes) for row in old}
    in_use = [] if wishes.consent_in_use else [row for row in old if kinds[row["id"]] == "in_use"]
    ordered = sorted(
        (row for row in old if row not in in_use),
        key=lambda row: (_ORDER.index(kinds[row["id"]]), str(row.get("name")), row["id"]),
    )
    return Selection(ordered, kinds, in_use, left, built)


def _scope(found: Sequence[Workspace], wishes: Wishes) -> Sequence[Workspace]:
    return found if wishes.only is None else workspaces.named(found, wishes.only)


def _left(row: Workspace, wishes: Wishes) -> bool:
    return row["id"] in wishes.leave or row.get("name") in wishes.leave


def queue(selection: Selection, canary: str | None, canary_only: bool) -> list[Workspace]:
    """What to rebuild, the canary first; canary_only: whom to try until one was rebuilt, none if one was built already.

    canary is a name or id; without it the canary is the one whose rebuild disturbs least and, among those, whose last
    build is the newest. ClassicError: ``not_found``, ``ambiguous``, ``consent_missing``, ``invalid``.
    """
    wanted = None if canary is None else _wanted_canary(selection, canary)
    if canary_only and (wanted in selection.built if wanted else selection.built):
        return []
    if canary_only and wanted:
        return [wanted]

    def rank(row: Workspace) -> tuple[bool, int, float, str]:
        built = times.parse(row.get("last_built_at")) or _NEVER
        kind_rank = _CANARY_ORDER.index(selection.kinds[row["id"]])
        return row is not wanted, kind_rank, -built.timestamp(), str(row.get("name"))

    first = min(selection.queue, key=rank, default=None)
    return [row for row in [first] if row] + [row for row in selection.queue if row is not first]


def _wanted_canary(selection: Selection, wanted: str) -> Workspace:
    everyone = [*selection.queue, *selection.in_use, *selection.left, *selection.built]
    chosen = workspaces.named(everyone, [wanted])
    if len(chosen) > 1:
        raise _unusable_canary("ambiguous", wanted, "several workspaces have that name", "give its id instead")
    if chosen[0] in selection.left:
        raise _unusable_canary("invalid", wanted, "it is among those to be left", "name another canary")
    if chosen[0] in selection.in_use:
        raise _unusable_canary(
            "consent_missing",
            wanted,
            "somebody uses it",
            "wait, name another canary, or consent to cutting its session (consent_in_use: true; playbooks: "
            "coder_confirm_rebuild=<region>)",
        )
    return chosen[0]


def _unusable_canary(code: str, wanted: str, why: str, next_step: str) -> ClassicError:
    return ClassicError(
        f"The workspace {wanted!r} cannot be the canary",
        code=code,
        why=why,
        untouched="nothing was rebuilt",
        next_step=next_step,
    )


def newest_running(selection: Selection) -> Workspace | None:
    """Of the workspaces that need no rebuild, the one that runs and was built last."""
    running = [row for row in selection.built if workspaces.status(row) == "ON"]
    return max(running, key=lambda row: times.parse(row.get("last_built_at")) or _NEVER, default=None)


def why_skip(row: Workspace, row_kind: str, wishes: Wishes) -> str | None:
    """Why a workspace that was to be rebuilt is not any more, seen right before: it may have waited for hours."""
    if wishes.built_before is not None and not workspaces.built_before(row, wishes.built_before):
        return "it was rebuilt meanwhile"
    return IN_USE if row_kind == "in_use" and not wishes.consent_in_use else None


def begun(before: Workspace, now: Workspace) -> bool:
    """Whether a build is seen between two looks: it goes on, or the time of the last build has moved on."""
    return bool(now.get("updating")) or now.get("last_built_at") != before.get("last_built_at")


def verdict(before: Workspace, now: Workspace, seen_building: bool, quiet_seconds: float) -> str:
    """``building``, ``good`` or ``failed``.

    quiet_seconds have passed since the workspace was last seen being built, or since its rebuild was asked for. Good:
    not being built any more, the time of the last build has moved on, and ON (or OFF for a while: its user turned it
    off right after the build).
    """
    if now.get("updating"):
        return "building"
    status, rebuilt, waited = workspaces.status(now), begun(before, now), quiet_seconds > SHOWN_WITHIN
    if rebuilt and (status == "ON" or (status == "OFF" and waited)):
        return "good"
    # A workspace that had failed before shows that for a moment longer, although it was written to.
    written = workspaces.status(before) != "FAILED" and now.get("updated_at") != before.get("updated_at")
    if status == "FAILED" and (seen_building or rebuilt or written):
        return "failed"
    return "failed" if waited and not rebuilt else "building"

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Registering a satellite: refusals and writes. Coder has no update: a changed key means delete and create.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import versions
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.lost_answers import (
    delete_once,
    outcome_unknown,
    read_back,
)
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Satellite = Mapping[str, Any]


def demand_support(coder: Coder) -> None:
    version = coder.version()
    if not versions.satellites_supported(version):
        raise versions.too_old(version, "satellites", coder.transport.url)


def named(satellites: Sequence[Satellite], name: str) -> dict[str, Any] | None:
    """The registration of that name. Pure."""
    return next((dict(satellite) for satellite in satellites if satellite.get("name") == name), None)


def demand_free(
    coder: Coder, satellites: Sequence[Satellite], name: str, fingerprint: str, replace_changed_key: bool
) -> None:
    """ClassicError ``key_mismatch`` when the name has another key, ``refused`` when another name has this key. Pure."""
    same_name = named(satellites, name)
    if same_name and not replace_changed_key:
        raise ClassicError(
            f"The satellite {name!r} is registered with another key than it serves",
            code="key_mismatch",
            where=coder.transport.url,
            why=f"registered is {same_name.get('fingerprint')}, served is {fingerprint}; a reinstalled satellite, a "
            "chart rendered outside of Helm or a lost Secret gives a new key",
            untouched="the registration",
            next_step="restore the Secret coder-replica-private-key from its backup, or, when the new key is meant, run "
            "again with replace_changed_key: true",
            details={"registered": same_name.get("fingerprint"), "served": fingerprint},
        )
    other = next((row for row in satellites if row.get("fingerprint") == fingerprint and row.get("name") != name), None)
    if other:
        raise ClassicError(
            f"The key of the satellite {name!r} is already registered as {other.get('name')!r}",
            code="refused",
            where=coder.transport.url,
            why="Coder knows a satellite by its key, and takes each only once",
            untouched="nothing was registered or deleted",
            next_step=f"use the name {other.get('name')!r}, or delete that registration (state: absent) first",
        )


def create(coder: Coder, name: str, served: Mapping[str, str]) -> dict[str, Any]:
    """Register once and prove it by the list: a lost answer is found there as well as a lost request."""
    lost = None
    try:
        coder.create_satellite(name, served["key"])
    except ClassicError as error:
        if not outcome_unknown(error):
            raise
        lost = error
    made = named(read_back(coder.satellites, f"the registration of {name!r}"), name)
    if made and made.get("fingerprint") == served["fingerprint"]:
        return made
    if lost and not made:
        raise lost
    raise ClassicError(
        f"The satellite {name!r} is not registered as it should be",
        code="verify_failed",
        where=coder.transport.url,
        why=f"registered is {made.get('fingerprint') if made else 'nothing'}, served is {served['fingerprint']}",
        untouched="the satellite itself",
        next_step="look at the satellites in Coder's dashboard, then run again",
    )


def delete(coder: Coder, satellite: Satellite) -> None:
    delete_once(
        lambda: coder.delete_satellite(satellite["id"]),
        lambda: any(row.get("id") == satellite["id"] for row in coder.satellites()),
    )


def replace(coder: Coder, old: Satellite, served: Mapping[str, str]) -> dict[str, Any]:
    """Delete the registration and make it anew with the key that is served now."""
    delete(coder, old)
    try:
        return create(coder, old["name"], served)
    except ClassicError as error:
        error.untouched = f"the satellite itself; its old registration ({old.get('fingerprint')}) is deleted"
        error.next_step = "run again: the satellite is not registered until then"
        raise

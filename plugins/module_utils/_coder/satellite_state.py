# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A satellite as it is to be in Coder: registered under a proved key, or not at all. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import satellite_registration as registration
from ansible_collections.coder.classic.plugins.module_utils._coder.api import Coder
from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_identity import proved_key


def run(coder: Coder, params: dict[str, Any], check_mode: bool) -> tuple[bool, dict[str, Any], dict, dict]:
    """(changed, satellite, before, after)."""
    registration.demand_support(coder)
    if params["state"] == "absent":
        before = registration.named(coder.satellites(), params["name"])
        if before and not check_mode:
            registration.delete(coder, before)
        return bool(before), {}, before or {}, {}

    served = proved_key(coder.transport, params, check_mode)
    known = coder.satellites()
    before = registration.named(known, params["name"]) or {}
    if served is None:
        after = before or {"name": params["name"], "fingerprint": "unknown until the satellite serves it"}
        return not before, after, before, after
    if before and before.get("fingerprint") == served["fingerprint"]:
        return False, before, before, before
    registration.demand_free(coder, known, params["name"], served["fingerprint"], params["replace_changed_key"])
    after = {"name": params["name"], "fingerprint": served["fingerprint"]}
    if not check_mode:
        if before:
            after = registration.replace(coder, before, served)
        else:
            after = registration.create(coder, params["name"], served)
    return True, after, before, after

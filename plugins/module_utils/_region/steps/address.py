# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The satellite's address as its users will meet it. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._coder import endpoint_look
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here

#: In order now, though not for long.
ONLY_SAID = "tls_expires_soon"


def demand_fit(here: Here) -> None:
    """Names, certificates and WebSockets. Raises ClassicError ``address_unfit`` with all that is wrong."""
    satellite = here.wanted["satellite"]
    seen = endpoint_look.look(
        satellite["url"],
        ca_path=satellite["ca_path"],
        timeout=here.wanted["timeout"],
        authorization=satellite["authorization"],
        wildcard_host=satellite["values"]["coderd"].get("devurlsHost"),
        samples=1,
    )
    wrong = [entry["message"] for entry in seen["findings"] if entry["code"] != ONLY_SAID]
    for entry in seen["findings"]:
        if entry["code"] == ONLY_SAID:
            here.say(entry["message"])
    if wrong:
        raise ClassicError(
            f"The address of satellite {satellite['name']} is not fit for users.",
            code="address_unfit",
            where=satellite["url"],
            why="; ".join(wrong),
            untouched=f"Provider {here.wanted['provider']} and its workspaces.",
            next_step="Correct that, then run it again.",
        )

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""After an upgrade of the main deployment: Coder itself says which version runs, and where users reach it is the same.

Private to this collection.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from ansible_collections.coder.classic.plugins.module_utils._coder.transport import VERSION
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here, View
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import numbers
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

POLL_SECONDS = 2.0


def demand_version(here: Here) -> None:
    """Coder answers, and with the version that was asked for: a pinned image would let the old one run on (E23).

    Raises ClassicError ``verify_failed``.
    """
    seen: list[str] = []

    def is_there() -> bool:
        try:
            found = here.coder.transport.get_header("/api", VERSION)
        except ClassicError as error:
            found = None
            seen[:] = [error.what]
        else:
            seen[:] = [f"it answers as {found}"]
        return numbers.plain(found) == here.wanted["version"]

    waiting = f"waiting until Coder answers as {here.wanted['version']}"
    if here.until(is_there, here.wanted["answer_timeout"], POLL_SECONDS, lambda: f"{waiting}: {'; '.join(seen)}"):
        return
    raise ClassicError(
        f"Coder does not answer as {here.wanted['version']} after the upgrade.",
        code="verify_failed",
        where=here.coder.transport.url,
        why="; ".join(seen)
        + ". The release is deployed with that chart, so that an image may be pinned in the values, or "
        "the address does not lead to this deployment.",
        untouched="The regions and their providers.",
        next_step=f"See kubectl -n {here.wanted['namespace']} get pods,ingresses,services and the images of the main "
        "Deployment; remove the cause, then run the same command again.",
    )


def look(here: Here) -> View:
    """The deployment after an upgrade, where Coder answers as demand_version wants it; mostly the look shows that already."""
    view = here.look()
    if view["versions"]["api"] == here.wanted["version"]:
        return view
    demand_version(here)
    return here.look()


def tell_entry(here: Here, before: View, after: View, values: dict[str, Any]) -> None:
    """Which DNS records have to change, if any. values: those of the file."""
    here.said += entry_lines(before["entry"], after["entry"], hosts(here.coder.transport.url, values))


def entry_lines(before: View, after: View, names: list[str]) -> list[str]:
    """before and after: ``{service, type, ports, address}``; names: the hosts whose records lead there. Pure."""
    if not before["address"] or not after["address"]:
        return []
    if sorted(before["address"]) == sorted(after["address"]):
        return [
            f"The load balancer's address is as before ({', '.join(after['address'])}): no DNS record has to change."
        ]
    former, now = ", ".join(before["address"]), ", ".join(after["address"])
    where_to = f"let {' and '.join(names)} point to it in DNS"
    return [f"The load balancer's address changed from {former} to {now}: {where_to}."]


def hosts(url: str, values: dict[str, Any]) -> list[str]:
    """Of the access URL and of dev URLs, under either name of the value. Pure."""
    main, old = values.get("coderd"), values.get("devurls")
    wildcard = (main or {}).get("devurlsHost") or (old or {}).get("host")
    return [str(urlsplit(url).hostname), *([str(wildcard)] if wildcard else [])]

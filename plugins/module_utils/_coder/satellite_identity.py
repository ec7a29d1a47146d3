# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Proof that a URL serves the key of the satellite that is meant. Private to this collection."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import fetch_key, same_public_key
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

WAIT_SECONDS = 2.0
# What a URL answers while its DNS record, load balancer or pods are still on their way.
_NOT_THERE_YET = {"unreachable", "timeout", "not_found", "server_error"}


def proved_key(
    primary: Transport,
    params: Mapping[str, Any],
    check_mode: bool,
    *,
    fetch: Callable[..., dict[str, str]] = fetch_key,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, str] | None:
    """``{"key", "fingerprint"}`` served at params["satellite_url"], proved to be the satellite's.

    None in check mode for a satellite that is not there yet. ClassicError ``key_mismatch`` for a foreign key or the
    main deployment's, or as fetch_key() when the URL does not serve a key within params["served_timeout"] seconds.
    """
    deadline = clock() + (0 if check_mode else params["served_timeout"])
    while True:
        try:
            served = fetch(
                params["satellite_url"],
                ca_path=params["satellite_ca_path"],
                timeout=params["timeout"],
                authorization=params["satellite_authorization"],
            )
            break
        except ClassicError as error:
            if error.code not in _NOT_THERE_YET:
                raise
            if check_mode:
                return None
            if clock() + WAIT_SECONDS > deadline:
                raise
        sleep(WAIT_SECONDS)
    # The other end first: the main deployment's key is a mismatch as well, but this says which mistake was made.
    _refuse_the_primary(primary, params["satellite_url"], served, fetch)
    _refuse_a_foreign_key(params, served)
    return served


def _refuse_the_primary(primary: Transport, url: str, served: Mapping[str, str], fetch: Callable) -> None:
    try:
        own = fetch(
            primary.origin,
            ca_path=primary.ca_path,
            timeout=primary.timeout,
            authorization=primary.proxy_authorization,
        )
    except ClassicError as error:
        # A main deployment that serves no key cannot be mistaken for a satellite.
        if error.code in ("not_found", "not_json"):
            return
        raise
    if own["key"] == served["key"] or own["fingerprint"] == served["fingerprint"]:
        raise _mismatch(
            url,
            "The satellite's URL leads to the main deployment",
            f"it serves the same key as {primary.origin}",
            "correct the satellite's URL or its DNS record, then run again",
        )


def _refuse_a_foreign_key(params: Mapping[str, Any], served: Mapping[str, str]) -> None:
    url, expected = params["satellite_url"], params["expected_fingerprint"]
    if params["trust_on_first_use"]:
        return
    if not (expected or params["public_key"]):
        raise ClassicError(
            "There is nothing to prove the satellite's identity with",
            code="invalid",
            where=url,
            why="one of public_key, expected_fingerprint and trust_on_first_use is needed",
            untouched="nothing was registered or deleted",
            next_step="give public_key, derived from the Secret coder-replica-private-key of the satellite's namespace",
        )
    # Both, where both are given: each knows something that the other does not.
    if expected and expected.strip() != served["fingerprint"].strip():
        raise _mismatch(
            url,
            "The satellite's URL serves another key than the expected one",
            f"its fingerprint is {served['fingerprint']}, expected was {expected.strip()}",
            "find out who answers at the URL; when the key was renewed on purpose, give its fingerprint",
        )
    if params["public_key"] and not same_public_key(params["public_key"], served["key"]):
        raise _mismatch(
            url,
            "The satellite's URL serves another key than the one in its cluster",
            f"fingerprint {served['fingerprint']}: the DNS record, the cluster or somebody in between is wrong",
            "compare the URL's address with the load balancer of the satellite's cluster, then run again",
        )


def _mismatch(url: str, what: str, why: str, next_step: str) -> ClassicError:
    return ClassicError(
        what,
        code="key_mismatch",
        where=url,
        why=why,
        untouched="nothing was registered or deleted",
        next_step=next_step,
    )

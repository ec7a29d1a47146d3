# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at a satellite's URL: what answers there, with which key. Pure. Private to this collection.

Each takes the observation (observe.look), the view (report.describe) and the phase, and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder.urls import origin_of
from ansible_collections.coder.classic.plugins.module_utils._region.judge.blockers_satellite import (
    FORWARD,
    blocks,
    satellite_place,
)
from ansible_collections.coder.classic.plugins.module_utils._region.judge.phase import View
from ansible_collections.coder.classic.plugins.module_utils._region.observe import dns_record
from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import Finding, command, of_failure

Seen = dict[str, Any]

# What a URL answers while its DNS record, load balancer or pods are still on their way.
NOT_THERE_YET = {"unreachable", "timeout", "not_found", "server_error"}


def is_lost(seen: Seen) -> bool:
    """Whether a satellite was deployed and the Secret with its key is gone: the first install makes it."""
    satellite = seen["satellite"]
    release, was_read = satellite["release"], satellite["release_seen"] and not satellite["problems"]
    was_there = release and (release["status"] == "deployed" or release["revision"] > 1)
    return bool(was_read and was_there and satellite["public_key"] is None)


def lost(seen: Seen, view: View, _phase: str) -> list[Finding]:
    """Before anything about the URL, whose DNS record is not to blame."""
    if not is_lost(seen):
        return []
    wanted, answers = seen["wanted"]["satellite"], seen["satellite"]["served"] is not None
    known = f", delete the registration {wanted['name']} in Coder's dashboard" if _registration(seen) else ""
    return [
        blocks(
            seen,
            "key_lost",
            f"The satellite {wanted['name']} has lost its key",
            f"there is no Secret coder-replica-private-key with a key in {satellite_place(seen)}; "
            + (
                "its pods still have it, until they start anew, and nothing proves who answers at the URL"
                if answers
                else "without it its pods cannot answer, whatever DNS says"
            ),
            "restore that Secret from the satellite's backup (coder_backup_dir) and restart its pods. Without a backup the "
            f"key cannot be had again: helm uninstall {wanted['release']} -n {wanted['namespace']}{known}, then run "
            f"{command('migrate_region', view['region'])}, which installs and registers it with a new key",
        )
    ]


def served(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """What answers at the satellite's URL is not a satellite, or must not be trusted."""
    problem, wanted = seen["satellite"]["served_problem"], seen["wanted"]["satellite"]
    if problem is None or problem["code"] in NOT_THERE_YET:
        return []
    return [of_failure(problem, FORWARD, where=wanted["url"])]


def not_answering(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """Nothing answers although a satellite is registered and its pods are ready; before that it is awaited."""
    satellite, wanted = seen["satellite"], seen["wanted"]["satellite"]
    problem = satellite["served_problem"]
    awaited = not (satellite["ready"] and _registration(seen)) or is_lost(seen)
    if problem is None or problem["code"] not in NOT_THERE_YET or awaited:
        return []
    found = of_failure(problem, FORWARD, where=wanted["url"])
    return [{**found, "next": f"{found['next']}; {dns_record.wanted(wanted['url'], satellite['address'])}"}]


def key(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """The served key is the main deployment's, not the Secret's, not the expected or not the registered one."""
    satellite, wanted = seen["satellite"], seen["wanted"]["satellite"]
    found, own = satellite["served"], seen["coder"]["key"]
    if origin_of(wanted["url"]) == origin_of(seen["coder"]["url"]):
        return _foreign_key(
            seen,
            "The satellite's URL is the primary's, the main deployment's own",
            f"both lead to {origin_of(wanted['url'])}",
            "give the satellite an address of its own: coder_satellite_url",
        )
    if found is None:
        return []
    fingerprint, expected = found["fingerprint"], (wanted["expected_fingerprint"] or "").strip()
    if own and (own["key"] == found["key"] or own["fingerprint"] == fingerprint):
        return _foreign_key(
            seen,
            "The satellite's URL leads to the primary, the main deployment",
            f"it serves the same key as {seen['coder']['url']}",
            "correct coder_satellite_url or its DNS record",
        )
    if satellite["same_key"] is False:
        return _foreign_key(
            seen,
            "The satellite's URL serves another key than the one in its cluster",
            f"its fingerprint is {fingerprint}: the DNS record, the cluster or somebody in between is wrong",
            "compare the URL's address with the load balancer of the satellite's cluster",
        )
    if satellite["same_key"] is None and satellite["release_seen"] and satellite["release"] is None:
        return _foreign_key(
            seen,
            "A satellite answers at the URL, but its cluster holds none",
            f"its fingerprint is {fingerprint}; there is no release {wanted['release']} and no key in {satellite_place(seen)}",
            "correct coder_satellite_url, or the satellite's context, namespace and release",
        )
    if expected and expected != fingerprint.strip():
        return _foreign_key(
            seen,
            "The satellite's URL serves another key than the expected one",
            f"its fingerprint is {fingerprint}, expected was {expected}",
            "find out who answers there; when the key was renewed on purpose, set coder_satellite_fingerprint to it",
        )
    return []


def registration(seen: Seen, _view: View, _phase: str) -> list[Finding]:
    """Registered with another key, or under another name: Coder has no update, so somebody has to decide."""
    found, wanted = seen["satellite"]["served"], seen["wanted"]["satellite"]
    if found is None:
        return []
    same_name, fingerprint = _registration(seen), found["fingerprint"]
    if same_name and same_name.get("fingerprint") != fingerprint:
        return [
            blocks(
                seen,
                "key_mismatch",
                f"Satellite {wanted['name']} is registered with another key than it serves",
                f"registered is {same_name.get('fingerprint')}, served is {fingerprint}; a reinstalled satellite or a lost "
                "Secret gives a new key",
                "restore the Secret coder-replica-private-key from its backup; if the new key is meant, delete the "
                "registration in Coder's dashboard and run again",
            )
        ]
    others = [row for row in seen["coder"]["satellites"] or [] if row.get("fingerprint") == fingerprint]
    if not same_name and others:
        return [
            blocks(
                seen,
                "refused",
                f"The satellite's key is already registered as {others[0].get('name')}",
                "Coder takes each key only once",
                f"use that name as coder_satellite_name, or delete the registration {others[0].get('name')} first",
            )
        ]
    return []


def _registration(seen: Seen) -> dict[str, Any] | None:
    name = seen["wanted"]["satellite"]["name"]
    return next((row for row in seen["coder"]["satellites"] or [] if row.get("name") == name), None)


def _foreign_key(seen: Seen, message: str, why: str, next_step: str) -> list[Finding]:
    return [blocks(seen, "key_mismatch", message, why, next_step, where=seen["wanted"]["satellite"]["url"])]


ALL = (lost, served, not_answering, key, registration)

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What stands in the way at a region's satellite. Pure. Private to this collection.

Each takes the observation (observe.look) and answers findings, mostly none.
"""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import versions
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import origin_of
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.blockers_cluster import mismatch, missing_rights
from ansible_collections.coder.classic.plugins.module_utils._region.findings import (
    MIGRATE,
    RETIRE,
    Finding,
    finding,
    of_failure,
)

Seen = dict[str, Any]

# What a URL answers while its DNS record, load balancer or pods are still on their way.
NOT_THERE_YET = {"unreachable", "timeout", "not_found", "server_error"}


def unreadable(seen: Seen) -> list[Finding]:
    return [of_failure(failure, where=_place(seen)) for failure in seen["satellite"]["problems"]]


def other_cluster(seen: Seen) -> list[Finding]:
    expected = seen["wanted"]["satellite"]["cluster_uid"]
    return mismatch(seen["satellite"], expected, "the satellite's cluster", "coder_satellite")


def rights(seen: Seen) -> list[Finding]:
    return missing_rights(seen["satellite"]["rights"], _place(seen))


def namespace(seen: Seen) -> list[Finding]:
    """A namespace of its own is required in truth: the chart decides what it renders by what is there."""
    wanted, satellite = seen["wanted"], seen["satellite"]
    own = wanted["satellite"]["namespace"]
    primary = wanted["primary"] or {}
    taken = [
        whose
        for whose, uid, name in (
            ("the provider's", seen["cluster"]["uid"], wanted["namespace"]),
            ("the main deployment's", (seen["primary"] or {}).get("uid"), primary.get("namespace")),
        )
        if uid and uid == satellite["uid"] and name == own
    ]
    if taken:
        return [
            _blocks(
                seen,
                "satellite_namespace",
                f"The satellite's namespace {own} is {taken[0]}",
                "there the chart would render the old entry again and take over objects of that release",
                "give the satellite a namespace of its own: coder_satellite_namespace",
            )
        ]
    if satellite["foreign"]:
        return [
            _blocks(
                seen,
                "satellite_namespace",
                f"The satellite's namespace {own} still holds {', '.join(satellite['foreign'])}",
                "the chart renders the nginx entry again where it finds these, or takes their names",
                "give the satellite a namespace of its own: coder_satellite_namespace",
            )
        ]
    return []


def never_served(seen: Seen) -> bool:
    """A first install that did not end, of a satellite that Coder does not know: the role satellite installs it anew."""
    release, name = seen["satellite"]["release"], seen["wanted"]["satellite"]["name"]
    known = [row.get("name") for row in seen["coder"]["satellites"] or []]
    return release["revision"] == 1 and release["status"] != "deployed" and name not in known


def release_status(seen: Seen) -> list[Finding]:
    release, wanted = seen["satellite"]["release"], seen["wanted"]["satellite"]
    if release is None or release["status"] == "deployed" or never_served(seen):
        return []
    of = f"{wanted['release']} -n {wanted['namespace']}"
    remedy = f"helm uninstall {of}" if release["revision"] == 1 else f"helm rollback {of}"
    return [
        _blocks(
            seen,
            "release_not_deployed",
            f"The satellite's release {wanted['release']} is {release['status']}, not deployed",
            f"revision {release['revision']}: a helm command failed, was killed or still runs",
            f"look at helm history {of}; when no helm command runs any more: {remedy}",
            goals=(MIGRATE,),
        )
    ]


def wanted_version(seen: Seen) -> list[Finding]:
    """The chart that would be deployed is not of the main deployment's version."""
    wanted, primary = seen["wanted"]["satellite"]["chart_version"], seen["coder"]["version"]
    if not _differ(wanted, primary):
        return []
    return [
        _blocks(
            seen,
            "version_mismatch",
            f"The satellite's chart is to be {wanted}, the main deployment is {primary}",
            "a satellite has to be of the very version of the main deployment",
            f"set coder_satellite_chart_version to {primary}",
            goals=(MIGRATE,),
        )
    ]


def running_version(seen: Seen) -> list[Finding]:
    satellite, primary = seen["satellite"], seen["coder"]["version"]
    if not _differ(satellite["version"], primary):
        return []
    wanted, release = seen["wanted"]["satellite"]["chart_version"], satellite["release"]
    to_be_upgraded = bool(release and wanted and release["chart_version"] != wanted)
    return [
        _blocks(
            seen,
            "version_mismatch",
            f"The satellite runs {satellite['version']}, the main deployment {primary}",
            "its upgrade was forgotten, or its values pin an image",
            f"deploy it with chart version {primary} and without coderd.image in coder_satellite_values",
            # The migration itself deploys the wanted version.
            goals=(RETIRE,) if to_be_upgraded else (MIGRATE, RETIRE),
        )
    ]


def served(seen: Seen) -> list[Finding]:
    """What answers at the satellite's URL is not a satellite, or must not be trusted."""
    problem, wanted = seen["satellite"]["served_problem"], seen["wanted"]["satellite"]
    if problem is None or problem["code"] in NOT_THERE_YET:
        return []
    return [of_failure(problem, (MIGRATE, RETIRE), where=wanted["url"])]


def not_answering(seen: Seen) -> list[Finding]:
    """Nothing answers although a satellite is registered and its pods are ready; before that it is awaited."""
    satellite, wanted = seen["satellite"], seen["wanted"]["satellite"]
    problem = satellite["served_problem"]
    if problem is None or problem["code"] not in NOT_THERE_YET or not (satellite["ready"] and _registration(seen)):
        return []
    return [of_failure(problem, (MIGRATE, RETIRE), where=wanted["url"])]


def key(seen: Seen) -> list[Finding]:
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
            f"its fingerprint is {fingerprint}; there is no release {wanted['release']} and no key in {_place(seen)}",
            "correct coder_satellite_url, or the satellite's context, namespace and release",
        )
    if satellite["public_key"] is None and satellite["release_seen"] and not satellite["problems"]:
        return _foreign_key(
            seen,
            "The satellite's key is not in its cluster any more",
            f"there is no Secret coder-replica-private-key in {_place(seen)}, so nothing proves who answers at the URL",
            "restore that Secret from its backup; without one, deploy the satellite's chart again, which makes a new key",
        )
    if expected and expected != fingerprint.strip():
        return _foreign_key(
            seen,
            "The satellite's URL serves another key than the expected one",
            f"its fingerprint is {fingerprint}, expected was {expected}",
            "find out who answers there; when the key was renewed on purpose, set coder_satellite_fingerprint to it",
        )
    return []


def registration(seen: Seen) -> list[Finding]:
    """Registered with another key, or under another name: Coder has no update, so somebody has to decide."""
    found, wanted = seen["satellite"]["served"], seen["wanted"]["satellite"]
    if found is None:
        return []
    same_name, fingerprint = _registration(seen), found["fingerprint"]
    if same_name and same_name.get("fingerprint") != fingerprint:
        return [
            _blocks(
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
            _blocks(
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
    return [_blocks(seen, "key_mismatch", message, why, next_step, where=seen["wanted"]["satellite"]["url"])]


def _blocks(
    seen: Seen,
    code: str,
    message: str,
    why: str,
    next_step: str,
    *,
    goals: tuple[str, ...] = (MIGRATE, RETIRE),
    where: str | None = None,
) -> Finding:
    return finding(code, message, where=where or _place(seen), why=why, next_step=next_step, goals=goals)


def _place(seen: Seen) -> str:
    return f"namespace {seen['wanted']['satellite']['namespace']}, {seen['satellite']['where']}"


def _differ(one: str | None, other: str | None) -> bool:
    """Whether two known versions differ in major, minor or patch."""
    try:
        return versions.parse(one) != versions.parse(other)
    except ClassicError:
        return False


ALL = (
    unreadable,
    other_cluster,
    rights,
    namespace,
    release_status,
    wanted_version,
    running_version,
    served,
    not_answering,
    key,
    registration,
)

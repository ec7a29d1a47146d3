# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether two hosts of the inventory are the same provider or cluster. Pure. Private to this collection.

Over all hosts, not only the selected ones: what is copied from another host and not corrected would be done to that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import Finding, finding

Values = Mapping[str, Any]


def problems(
    hostname: str, values: Values, others: Mapping[str, Values], seen: Mapping[str, str | None] | None = None
) -> list[Finding]:
    """Findings ``same_provider`` and ``same_cluster`` of one host.

    values are its own (as intake.take answers), others those of every other provider by hostname, whatever the limit; seen the UID
    of each cluster that was looked at, by hostname.
    """
    seen = seen or {}
    others = {name: other for name, other in others.items() if name != hostname}
    provider = values.get("coder_provider_name")
    same_name = [name for name, other in others.items() if provider and other.get("coder_provider_name") == provider]
    same_cluster = [
        name
        for name, other in others.items()
        if _same_cluster(values, seen.get(hostname), other, seen.get(name)) and not _may_share(values, other)
    ]
    found = [_same_provider(hostname, same_name, provider)] if same_name else []
    if same_cluster:
        found.append(_one_cluster(hostname, same_cluster, values, others, seen.get(hostname)))
    return found


def _same_cluster(values: Values, seen: str | None, other: Values, other_seen: str | None) -> bool:
    """By what was seen of both, else by what the inventory pins, else by the way there."""
    uid, other_uid = (
        seen or values.get("coder_provider_cluster_uid"),
        other_seen or other.get("coder_provider_cluster_uid"),
    )
    if seen and other_seen:
        return seen == other_seen
    return (uid is not None and uid == other_uid) or _same_way(values, other)


def _same_way(values: Values, other: Values) -> bool:
    """Without a file the environment leads somewhere, which need not be the same in another run."""
    kubeconfig = values.get("coder_provider_kubeconfig")
    return (
        kubeconfig is not None
        and kubeconfig == other.get("coder_provider_kubeconfig")
        and values.get("coder_provider_context") == other.get("coder_provider_context")
    )


def _may_share(values: Values, other: Values) -> bool:
    """Both say so, and they keep apart inside of the cluster."""
    both = values.get("coder_shared_clusters") is True and other.get("coder_shared_clusters") is True
    return both and values.get("coder_provider_namespace") != other.get("coder_provider_namespace")


def _same_provider(hostname: str, twins: list[str], provider: str | None) -> Finding:
    return finding(
        "same_provider",
        f"{hostname} and {', '.join(twins)} are the same provider {provider}",
        where="the inventory, coder_provider_name",
        why="what is proved of one provider in Coder would be done to the cluster of another",
        next_step="give each host its own coder_provider_name (its default is the host's name), then run it again",
    )


def _one_cluster(
    hostname: str, twins: list[str], values: Values, others: Mapping[str, Values], uid: str | None
) -> Finding:
    namespace = values.get("coder_provider_namespace")
    in_one_namespace = [name for name in twins if others[name].get("coder_provider_namespace") == namespace]
    way = [
        f"{name} {values[key]}"
        for name, key in (("kubeconfig", "coder_provider_kubeconfig"), ("context", "coder_provider_context"))
        if values.get(key)
    ]
    where = ", ".join([f"cluster {uid or values.get('coder_provider_cluster_uid') or '(UID not known)'}", *way])
    if in_one_namespace:
        message = f"{hostname} and {', '.join(in_one_namespace)} are the same namespace {namespace} of the same cluster"
        next_step = "correct kubeconfig, context, UID or namespace of one of them: one of them is often a copy"
    else:
        message = f"{hostname} and {', '.join(twins)} are the same cluster"
        next_step = (
            "correct kubeconfig, context or UID of one of them: one of them is often a copy. Where these providers really share "
            "a cluster, set coder_shared_clusters to true for each of them"
        )
    return finding(
        "same_cluster",
        message,
        where=where,
        why="two hosts of the inventory would change the same thing in turn",
        next_step=next_step,
    )

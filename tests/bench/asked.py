# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who asked what: the requests that Coder and the API servers got from a measured run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from bench.figures import Request, chain

#: All that the runs ask, reads and questions too, and nothing of what the cluster asks itself.
AUDIT_POLICY = {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"]}
BY_CHANCE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|(?<=\.v)\d+$")


def audit_policy(users: Iterable[str]) -> dict[str, Any]:
    """Every request of these users, and no other (pure)."""
    return {**AUDIT_POLICY, "rules": [{"level": "Metadata", "users": list(users)}, {"level": "None"}]}


def at_cluster(name: str, events: Iterable[Mapping[str, Any]]) -> list[Request]:
    """From the lines of an audit log (pure)."""
    return [
        Request(name, seconds(one["requestReceivedTimestamp"]), seconds(one["stageTimestamp"]), _of_event(one))
        for one in events
        if one["stage"] in ("ResponseComplete", "Panic")
    ]


def at_coder(entries: Iterable[Mapping[str, Any]]) -> list[Request]:
    """From the simulator's list; what has not ended yet ends where it began (pure)."""
    return [
        Request("coder", one["time"], one["time"] + (one["seconds"] or 0), f"{one['method']} {plain(one['path'])}")
        for one in entries
    ]


def seconds(timestamp: str) -> float:
    """Since the epoch (pure)."""
    return datetime.fromisoformat(timestamp).timestamp()


def plain(path: str) -> str:
    """Without the query and without ids, so that the same question has the same name (pure)."""
    return BY_CHANCE.sub("<id>", path.partition("?")[0])


def most_frequent(requests: Iterable[Request], count: int = 12) -> list[tuple[str, int]]:
    """(server and question, how often), the most frequent first (pure)."""
    kinds = Counter(f"{'coder' if one.where == 'coder' else 'cluster'} {one.what}" for one in requests)
    return kinds.most_common(count)


def questions(requests: Sequence[Request], delay: int) -> dict[str, Any]:
    """How many, how many one after the other, and which most often (pure)."""
    longest = chain(requests, delay / 1000)
    return {
        "requests_coder": sum(1 for one in requests if one.where == "coder"),
        "requests_clusters": sum(1 for one in requests if one.where != "coder"),
        "chain": len(longest),
        "most_frequent": most_frequent(requests),
        "most_frequent_in_chain": most_frequent(longest),
    }


def _of_event(event: Mapping[str, Any]) -> str:
    return f"{event['verb']} {plain(event['requestURI'])}"

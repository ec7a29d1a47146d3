# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the bench reads in audit logs, in the lab's list of requests, and in what the kernel tells."""

from __future__ import annotations

import struct

from bench import asked, forks
from bench.figures import Request
from bench.measure import Cost, together

ID = "5c0de2c1-a551-4c00-8000-0123456789ab"


def event(stage: str, uri: str = "/api/v1/namespaces/coder/pods?limit=5") -> dict:
    return {
        "stage": stage,
        "verb": "list",
        "requestURI": uri,
        "requestReceivedTimestamp": "2026-11-26T11:00:00.250000Z",
        "stageTimestamp": "2026-11-26T11:00:01.750000Z",
    }


def test_a_request_is_counted_once_at_its_end():
    found = asked.at_cluster("sydney-1", [event("ResponseStarted"), event("ResponseComplete")])
    assert [(one.where, one.what, one.end - one.begin) for one in found] == [
        ("sydney-1", "list /api/v1/namespaces/coder/pods", 1.5)
    ]


def test_what_coder_has_not_answered_yet_ends_where_it_began():
    entry = {"time": 5.0, "seconds": None, "method": "GET", "path": f"/api/v0/workspaces/{ID}"}
    assert asked.at_coder([entry]) == [Request("coder", 5.0, 5.0, "GET /api/v0/workspaces/<id>")]


def test_the_same_question_has_one_name():
    assert (
        asked.plain("/api/v1/secrets/sh.helm.release.v1.coder.v12?x=1")
        == "/api/v1/secrets/sh.helm.release.v1.coder.v<id>"
    )
    assert asked.most_frequent([Request("coder", 0, 0, "a"), Request("x", 0, 0, "a"), Request("y", 0, 0, "a")]) == [
        ("cluster a", 2),
        ("coder a", 1),
    ]


def test_only_the_runs_own_users_are_recorded():
    policy = asked.audit_policy(["operator"])
    assert policy["rules"] == [{"level": "Metadata", "users": ["operator"]}, {"level": "None"}]


def datagram(what: int, *ids: int) -> bytes:
    return bytes(forks.HEADER.size + forks.MESSAGE.size) + forks.EVENT.pack(what, 0, 0) + struct.pack("=IIII", *ids)


def test_a_new_process_is_told_from_a_new_thread_and_from_other_events():
    assert forks.parse(datagram(forks.IS_FORK, 11, 10, 20, 20)) == forks.Fork(10, 20)
    assert forks.parse(datagram(forks.IS_FORK, 11, 10, 21, 20)) is None
    assert forks.parse(datagram(2, 11, 10, 20, 20)) is None
    assert forks.parse(b"") is None


def test_only_the_family_is_counted():
    seen = [forks.Fork(1, 2), forks.Fork(2, 3), forks.Fork(9, 4), forks.Fork(3, 5)]
    assert forks.descendants(seen, 2) == 3


def test_commands_one_after_the_other_share_their_greatest_memory():
    one, other = Cost(1, 2, 30, 4), Cost(10, 20, 3, 40)
    assert together([one, other]) == Cost(11, 22, 30, 44)
    assert together([one, Cost(1, 1, 1, None)]).processes is None

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import subprocess
from datetime import timedelta

import pytest
from unit.plugins.module_utils._lock.lease_server import LeaseServer, identity

from ansible_collections.coder.classic.plugins.module_utils import _run
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._lock import lease, lease_state

MINE, THEIRS = identity(host="ops-9", boot_id="b9", user="joe", job=""), identity()
NAME = "coder-classic-sydney"
THEM = "jane on host ops-1, ansible-playbook migrate_region.yml (pid 4711), AWX job 12"


@pytest.fixture
def server() -> LeaseServer:
    return LeaseServer()


def take(server: LeaseServer, run=MINE, *, behind=timedelta(), **options):
    """acquire() by somebody whose clock is that much behind the server's."""
    options = {
        "of": "region sydney",
        "word": "sydney",
        "purpose": "migrate sydney",
        "now": lambda: server.time - behind,
        **options,
    }
    return lease.acquire(server, "coder", NAME, run, **options)


def refused(server: LeaseServer, **options) -> ClassicError:
    before = json.dumps(server.leases)
    with pytest.raises(ClassicError) as caught:
        take(server, **options)
    assert json.dumps(server.leases) == before
    return caught.value


def test_a_free_lock_is_taken(server) -> None:
    answer = take(server)
    assert server.requests == [f"GET /{NAME}", "POST "]
    assert answer == {
        "changed": True,
        "lock": {
            "name": NAME,
            "namespace": "coder",
            "holder": "joe on host ops-9, ansible-playbook migrate_region.yml (pid 4711)",
            "since": "2031-03-02T12:00:00.000000Z",
            "renewed": "2031-03-02T12:00:00.000000Z",
            "taken_over_from": None,
        },
    }
    held = server.leases[NAME]
    assert held["spec"]["holderIdentity"] == "joe@ops-9/4711/123456" and held["spec"]["leaseDurationSeconds"] == 300
    assert json.loads(held["metadata"]["annotations"]["coder.classic/run"]) == {**MINE, "purpose": "migrate sydney"}


def test_the_holder_renews(server) -> None:
    take(server)
    server.pass_time(minutes=1)
    server.requests.clear()
    answer = take(server, seconds=600)
    assert server.requests == [f"GET /{NAME}", f"PUT /{NAME}"]
    assert not answer["changed"] and answer["lock"]["since"] == "2031-03-02T12:00:00.000000Z"
    assert answer["lock"]["renewed"] == "2031-03-02T12:01:00.000000Z"
    assert server.leases[NAME]["spec"]["leaseDurationSeconds"] == 600


@pytest.mark.parametrize(
    ("seconds_later", "duration", "is_renewed"), [(29, 300, False), (30, 300, True), (1, 600, True), (-60, 300, True)]
)
def test_what_was_renewed_a_moment_ago_is_not_renewed(server, seconds_later, duration, is_renewed) -> None:
    take(server)
    # Also where the holder's clock was put back meanwhile.
    server.pass_time(seconds=seconds_later)
    server.requests.clear()
    take(server, seconds=duration)
    assert (f"PUT /{NAME}" in server.requests) == is_renewed


def test_whoever_writes_nothing_needs_no_proof_of_the_cluster(server, monkeypatch) -> None:
    def unproved() -> None:
        raise ClassicError("kube-system may not be read", code="cluster_unproved")

    monkeypatch.setattr(server, "prove_identity", unproved)
    assert take(server, write=False)["changed"] and not lease.release(server, "coder", NAME, MINE, write=False)
    assert refused(server).code == "cluster_unproved"


@pytest.mark.parametrize("takeover", [False, True])
def test_another_runs_lock_is_refused_with_all_that_is_known(server, takeover: bool) -> None:
    take(server, THEIRS)
    server.pass_time(seconds=40)
    error = refused(server, takeover=takeover)
    assert error.code == "locked" and error.what == "Another run holds the lock of region sydney."
    assert error.where == f"Lease {NAME} in namespace coder, context ops (https://c.test)"
    assert error.why == (
        f"{THEM}, to migrate sydney, since 2031-03-02T12:00:00Z. "
        "Last renewed 40 s ago (2031-03-02T12:00:00Z), stale from 2031-03-02T12:05:00Z on."
    )
    assert error.untouched == "Nothing was changed by this run."
    assert error.next_step == (
        "Wait until that run has ended, then run again. If it is dead, run again after 2031-03-02T12:05:00Z with "
        "-e coder_lock_takeover=sydney: before then the lock is not taken over, even if asked."
    )
    assert error.details["run"] == {**THEIRS, "purpose": "migrate sydney"} and error.details["alive"] is None
    assert error.details["stale_at"] == "2031-03-02T12:05:00Z"


def test_a_stale_lock_is_taken_over_only_when_asked(server) -> None:
    take(server, THEIRS)
    server.pass_time(minutes=5)
    error = refused(server)
    assert error.code == "locked" and "Last renewed 5 min ago" in error.why
    assert error.next_step == (
        "Make sure that that run is dead (on its host, or in AWX), then run again with -e coder_lock_takeover=sydney."
    )
    answer = take(server, takeover=True)
    assert answer["changed"] and answer["lock"]["taken_over_from"] == THEM
    assert _run.same(lease_state.read(server.leases[NAME]).run, MINE)


def test_without_a_word_the_option_is_named(server) -> None:
    take(server, THEIRS)
    error = refused(server, of=None, word=None)
    assert error.what == "Another run holds this lock." and "with the option takeover of coder_lock" in error.next_step


@pytest.mark.parametrize("minutes", [-30, 30])
def test_the_servers_clock_counts_and_not_the_holders(server, minutes: int) -> None:
    wrong = timedelta(minutes=minutes)
    take(server, THEIRS, behind=wrong)
    server.pass_time(minutes=20)
    take(server, THEIRS, behind=wrong)
    server.pass_time(minutes=4)
    assert "Last renewed 4 min ago (2031-03-02T12:20:00Z)" in refused(server, takeover=True, behind=-wrong).why
    server.pass_time(minutes=1)
    assert take(server, takeover=True, behind=-wrong)["changed"]


def test_without_the_servers_clock_ours_is_believed_late(server) -> None:
    take(server, THEIRS)
    server.pass_time(minutes=14)
    server.faults["POST"] = (403, 'User "joe" cannot create resource "leases"')
    assert "stale from 2031-03-02T12:15:00Z on" in refused(server, takeover=True).why
    server.pass_time(minutes=1)
    assert take(server, takeover=True, write=False)["changed"]


@pytest.fixture
def process():
    made = subprocess.Popen(["sleep", "60"])
    yield made
    made.kill()
    made.wait()


@pytest.mark.skipif(not os.path.exists("/proc/self/stat"), reason="a system without /proc")
def test_a_run_that_is_proved_dead_is_relieved_unasked_and_a_live_one_is_not(server, process) -> None:
    theirs = _run.this_run(process.pid, user="jane", job=None, playbook="migrate_region.yml", check=False)
    mine = _run.this_run(os.getpid(), user="jane", job=None, playbook="migrate_region.yml", check=False)
    take(server, theirs)
    error = refused(server, run=mine)
    assert "That process is alive on this machine." in error.why and error.details["alive"] is True
    process.kill()
    process.wait()
    server.requests.clear()
    answer = take(server, mine)
    assert answer["changed"] and f"(pid {process.pid})" in answer["lock"]["taken_over_from"]
    assert server.requests == [f"GET /{NAME}", f"DELETE /{NAME}", "POST "]


@pytest.mark.parametrize(
    "annotations",
    [
        None,
        {},
        {"coder.classic/run": ""},
        {"coder.classic/run": "[" * 100_000},
        {"coder.classic/run": "[]"},
        {"coder.classic/run": '{"host": 1, "pid": "4711"}'},
        {"coder.classic/run": json.dumps({"host": "", "pid": ""})},
    ],
)
@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"holderIdentity": "some-controller", "leaseDurationSeconds": 15, "renewTime": "2031-03-02T12:00:00.000000Z"},
        {"holderIdentity": "", "leaseDurationSeconds": -5, "renewTime": "rubbish", "acquireTime": 7},
        {"renewTime": "2099-01-01T00:00:00.000000Z", "leaseDurationSeconds": 999_999_999},
    ],
)
def test_a_lease_of_somebody_else_has_an_unknown_holder(server, annotations, spec) -> None:
    server.put(NAME, annotations=annotations, **spec)
    error = refused(server, takeover=True)
    assert error.code == "locked" and error.why.startswith("an unknown holder (") and error.details["run"] is None
    server.pass_time(days=2)
    assert refused(server).code == "locked"
    assert take(server, takeover=True)["lock"]["taken_over_from"].startswith("an unknown holder (")


def test_somebody_elses_text_is_fit_for_a_terminal(server) -> None:
    run = {**THEIRS, "user": "\x1b[31mjane", "purpose": "a\nb" + "c" * 10_000}
    server.put(NAME, annotations={"coder.classic/run": json.dumps(run)})
    why = refused(server).why
    assert why.startswith("?[31mjane on host ops-1") and "to a?bccc" in why and len(why) < 600 and why.isprintable()


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_what_changed_since_it_was_read_is_decided_anew(server, method: str) -> None:
    if method == "PUT":
        take(server)
        server.pass_time(minutes=1)
    if method == "DELETE":
        take(server, THEIRS)
        server.pass_time(minutes=10)

    def somebody_is_quicker():
        server.leases.clear()
        take(server, identity(user="max"))

    server.before[method] = [somebody_is_quicker]
    with pytest.raises(ClassicError) as caught:
        take(server, takeover=True)
    assert caught.value.code == "locked" and caught.value.why.startswith("max on host ops-1")


def test_a_lease_that_is_released_meanwhile_is_free(server) -> None:
    take(server)
    server.pass_time(minutes=1)
    server.before["PUT"] = [server.leases.clear]
    assert take(server)["changed"] and NAME in server.leases


def test_a_lock_that_never_rests_is_given_up(server) -> None:
    take(server)
    server.pass_time(minutes=1)
    server.faults["PUT"] = (409, "modified")
    assert refused(server).code == "locked" and server.requests.count(f"PUT /{NAME}") == lease.TRIES


@pytest.mark.parametrize(
    ("method", "verb"), [("GET", "get"), ("POST", "create"), ("PUT", "update"), ("DELETE", "delete")]
)
def test_a_missing_right_is_named(server, method: str, verb: str) -> None:
    if method == "PUT":
        take(server)
        server.pass_time(minutes=1)
    if method == "DELETE":
        take(server, THEIRS)
        server.pass_time(minutes=10)
    words = f'leases is forbidden: User "joe" cannot {verb} resource "leases" in API group "coordination.k8s.io"'
    server.faults[method] = (403, words)
    error = refused(server, takeover=True)
    assert error.code == "forbidden" and error.why == words and error.untouched
    assert error.what == f"The right to {verb} leases in namespace coder is missing, and the lock is one."
    assert "get, create, update, delete" in error.next_step and error.details["verb"] == verb
    assert error.where == f"{'Leases' if method == 'POST' else f'Lease {NAME}'} in namespace coder, {server.where}"


def test_a_namespace_that_is_being_deleted_is_not_a_missing_right(server) -> None:
    words = "unable to create new content in namespace coder because it is being terminated"
    server.faults["POST"] = (403, words)
    error = refused(server)
    assert error.code == "refused" and error.why == words and "right" not in error.next_step


def test_a_namespace_that_is_not_there(server) -> None:
    server.faults["POST"] = (404, 'namespaces "coder" not found')
    error = refused(server)
    assert error.what == "There is no namespace for the lock." and "in namespace coder" in error.where


def test_other_failures_are_told_as_they_are(server) -> None:
    server.faults["GET"] = (500, "etcd is down")
    assert refused(server).why == "etcd is down" and server.requests == [f"GET /{NAME}"]


def test_check_mode_writes_nothing_and_refuses_the_same(server) -> None:
    answer = take(server, write=False)
    assert answer["changed"] and answer["lock"]["holder"].startswith("joe") and server.leases == {}
    take(server, THEIRS)
    assert refused(server, write=False).code == "locked"
    server.pass_time(minutes=5)
    answer = take(server, write=False, takeover=True)
    assert answer["changed"] and answer["lock"]["taken_over_from"] == THEM
    assert server.leases[NAME]["spec"]["holderIdentity"].startswith("jane")
    assert take(server, THEIRS, write=False)["changed"] is False
    assert not [request for request in server.requests[3:] if request.startswith(("PUT", "DELETE"))]


def test_only_what_is_ours_is_released(server) -> None:
    def release(**options):
        return lease.release(server, "coder", NAME, MINE, **options)

    assert release() is False
    take(server, THEIRS)
    assert release() is False and NAME in server.leases
    server.leases.clear()
    take(server)
    assert release(write=False) is True and NAME in server.leases
    assert release() is True and server.leases == {}


def test_a_release_that_meets_a_change_looks_again(server) -> None:
    take(server)
    server.before["DELETE"] = [lambda: take(server)]
    assert lease.release(server, "coder", NAME, MINE) is True and server.leases == {}
    take(server)
    server.before["DELETE"] = [server.leases.clear]
    assert lease.release(server, "coder", NAME, MINE) is False
    take(server)
    server.before["DELETE"] = [lambda: (server.leases.clear(), take(server, THEIRS))]
    assert lease.release(server, "coder", NAME, MINE) is False and NAME in server.leases


def test_renewing_demands_that_it_is_still_ours(server) -> None:
    def renew():
        lease.renew(server, "coder", NAME, MINE, now=lambda: server.time)

    take(server)
    server.pass_time(minutes=1)
    server.before["PUT"] = [lambda: take(server)]
    renew()
    assert lease_state.read(server.leases[NAME]).renewed == server.time
    server.leases.clear()
    for why in ("Its Lease was deleted.", f"It was taken over by {THEM}."):
        with pytest.raises(ClassicError) as caught:
            renew()
        assert caught.value.code == "lock_lost" and caught.value.why == why and caught.value.next_step
        take(server, THEIRS)

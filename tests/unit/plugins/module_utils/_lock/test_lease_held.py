# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import threading
import time

import pytest
from unit.plugins.module_utils._lock.lease_server import LeaseServer, identity

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._lock import lease, lease_held, lease_state

MINE, THEIRS = identity(user="joe", pid="9"), identity()
NAME = "coder-classic"


@pytest.fixture
def server() -> LeaseServer:
    made = LeaseServer()
    lease.acquire(made, "coder", NAME, MINE, now=lambda: made.time)
    return made


def hold(server: LeaseServer, seconds: float):
    """A duration of parts of a second: real time is short in tests."""
    return lease_held.held(server, "coder", NAME, MINE, seconds=seconds, now=lambda: server.time)


def until(is_so) -> None:
    deadline = time.monotonic() + 10
    while not is_so():
        assert time.monotonic() < deadline, "waited 10 s"
        time.sleep(0.01)


def keepers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == f"renews {NAME}"]


def renewals(server: LeaseServer) -> int:
    return server.requests.count(f"PUT /{NAME}")


def test_it_is_renewed_at_once_and_then_every_third_of_its_duration_until_the_end(server) -> None:
    with hold(server, 0.06) as lock:
        assert renewals(server) >= 1 and keepers()
        until(lambda: renewals(server) >= 4)
        lock.demand_held()
    at_the_end = renewals(server)
    time.sleep(0.1)
    assert renewals(server) == at_the_end and NAME in server.leases and not keepers()


def test_between_two_renewals_there_is_a_third_of_the_duration(server) -> None:
    with hold(server, 300):
        time.sleep(0.1)
        assert renewals(server) == 1


def test_who_does_not_hold_it_does_not_begin(server) -> None:
    server.leases.clear()
    with pytest.raises(ClassicError) as caught, hold(server, 300):
        raise AssertionError("begun")
    assert caught.value.code == "lock_lost"


def test_a_lock_that_somebody_else_took_is_remembered_as_lost(server) -> None:
    with hold(server, 0.06) as lock:
        server.leases.clear()
        lease.acquire(server, "coder", NAME, THEIRS, now=lambda: server.time)
        until(lambda: lock.lost)
        with pytest.raises(ClassicError) as caught:
            lock.demand_held()
        assert caught.value is lock.lost and caught.value.code == "lock_lost" and "jane" in caught.value.why
        looks = len(server.requests)
        time.sleep(0.1)
        assert len(server.requests) == looks


@pytest.mark.parametrize("error", [ClassicError("no answer", code="cluster_unreachable"), ValueError("odd")])
def test_a_renewal_that_fails_is_tried_again(server, error: Exception) -> None:
    def fail():
        raise error

    server.before["GET"] = [lambda: None, fail, fail]
    with hold(server, 0.06) as lock:
        until(lambda: renewals(server) >= 3)
        lock.demand_held()


def test_a_lock_that_was_not_renewed_for_its_duration_is_looked_at_before_a_write(server) -> None:
    with hold(server, 300) as lock:
        server.pass_time(seconds=299)
        lock.demand_held()
        assert renewals(server) == 1
        server.pass_time(seconds=1)
        lock.demand_held()
        assert renewals(server) == 2 and lease_state.read(server.leases[NAME]).renewed == server.time
        server.pass_time(seconds=300)
        server.faults["GET"] = (500, "etcd is down")
        with pytest.raises(ClassicError) as caught:
            lock.demand_held()
        assert caught.value.why == "etcd is down" and lock.lost is None
        del server.faults["GET"]
        server.leases.clear()
        with pytest.raises(ClassicError) as caught:
            lock.demand_held()
        assert caught.value.code == "lock_lost" and lock.lost is caught.value


def test_an_error_in_the_work_ends_the_renewing(server) -> None:
    with pytest.raises(KeyError), hold(server, 0.06):
        raise KeyError
    assert not keepers()

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import re

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    helm_command,
    helm_record,
    uninstall,
    uninstall_precheck,
)

TEXT = """kind: Role
metadata: {name: coder, annotations: {helm.sh/resource-policy: keep}}
---
kind: Service
metadata: {name: ingress-nginx}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: envproxy}
"""
ROLE, SERVICE, DEPLOYMENT = (
    ("Role", "coder", "coder"),
    ("Service", "coder", "ingress-nginx"),
    ("Deployment", "coder", "envproxy"),
)
HELM = helm_command.Helm("/bin/helm", (3, 22), [], {}, "/f")


class Time:
    """A clock that only waiting moves; then[seconds] happens when that many have passed."""

    def __init__(self, then=()) -> None:
        self.seconds, self.then = 0.0, dict(then)

    def sleep(self, seconds: float) -> None:
        self.seconds += seconds
        self.then.pop(self.seconds, lambda: None)()

    def deadline(self, seconds: int) -> uninstall.Deadline:
        return uninstall.Deadline(seconds, lambda: self.seconds, self.sleep)


@pytest.fixture
def cluster() -> FakeCluster:
    found = FakeCluster([secret(record(TEXT))])
    for kind, namespace, name in (ROLE, SERVICE, DEPLOYMENT):
        found.put({"kind": kind, "metadata": {"name": name, "namespace": namespace}})
    return found


@pytest.fixture
def release(cluster) -> helm_record.Release:
    return helm_record.current(cluster, "coder", "provider")


@pytest.fixture
def planned(cluster, release) -> uninstall_precheck.Plan:
    return uninstall_precheck.plan(cluster, release, [("Role", "coder")])


@pytest.fixture
def helm(cluster, monkeypatch):
    """In place of helm: what an uninstall deletes; the commands are noted."""
    commands: list[tuple[list[str], float]] = []

    def run(_helm, arguments, seconds, secrets=None):
        commands.append((arguments, seconds))
        for of in (SERVICE, DEPLOYMENT, ("Secret", "coder", "sh.helm.release.v1.provider.v1")):
            cluster.objects.pop(of)

    monkeypatch.setattr(helm_command, "run", run)
    return commands


def fails(function, *arguments) -> ClassicError:
    with pytest.raises(ClassicError) as caught:
        function(*arguments)
    return caught.value


def marked(cluster: FakeCluster, of: tuple, **more) -> None:
    cluster.objects[of]["metadata"].update(deletionTimestamp="2026-11-22T03:00:00Z", **more)


def test_helm_gets_the_same_patience_and_no_wait(cluster, release, planned, helm) -> None:
    uninstall.carry_out(cluster, HELM, release, planned, Time().deadline(900))
    assert helm == [(["uninstall", "provider", "--namespace", "coder", "--timeout", "900s"], 900)]
    assert set(cluster.objects) == {ROLE}


def test_in_another_cluster_nothing_is_uninstalled(cluster, release, planned, helm) -> None:
    cluster.is_another = True
    error = fails(uninstall.carry_out, cluster, HELM, release, planned, Time().deadline(900))
    assert error.code == "cluster_mismatch" and helm == []


def test_a_release_that_changed_since_the_proof_is_left_alone(cluster, release, planned, helm) -> None:
    cluster.put(secret(record(TEXT, revision=2)))
    error = fails(uninstall.carry_out, cluster, HELM, release, planned, Time().deadline(900))
    assert error.code == "refused" and "revision 2, deployed" in error.why and helm == []


def test_a_release_that_is_gone_in_between_is_left_alone(cluster, release, planned, helm) -> None:
    del cluster.objects[("Secret", "coder", "sh.helm.release.v1.provider.v1")]
    error = fails(uninstall.carry_out, cluster, HELM, release, planned, Time().deadline(900))
    assert error.code == "refused" and "is gone now" in error.why and helm == []


def test_a_failing_helm_says_what_stays_and_what_may_be_left(cluster, release, planned, monkeypatch) -> None:
    def fail(*_arguments):
        raise ClassicError("helm uninstall failed with status 1.", code="helm_failed", why="forbidden")

    monkeypatch.setattr(helm_command, "run", fail)
    error = fails(uninstall.carry_out, cluster, HELM, release, planned, Time().deadline(900))
    assert "release provider revision 1" in error.where and error.untouched.endswith("keeps: Role/coder.")
    assert "run again" in error.next_step and "Service/ingress-nginx, Deployment/envproxy" in error.next_step


def test_what_is_slow_is_waited_for(cluster, planned) -> None:
    time = Time({5.0: lambda: cluster.objects.pop(SERVICE), 9.0: lambda: cluster.objects.pop(DEPLOYMENT)})
    told: list[str] = []
    uninstall.wait_until_gone(cluster, planned, time.deadline(60), told.append)
    assert time.seconds == 9.0
    # Once for what is left each time.
    assert [sorted(re.findall(r"\w+/[\w-]+", line)) for line in told] == [
        ["Deployment/envproxy", "Service/ingress-nginx"],
        ["Deployment/envproxy"],
    ]


def test_what_is_left_at_the_deadline_is_named_with_what_holds_it(cluster, planned) -> None:
    marked(cluster, SERVICE, finalizers=["service.kubernetes.io/load-balancer-cleanup", "x"])
    time = Time()
    error = fails(uninstall.wait_until_gone, cluster, planned, time.deadline(60))
    assert (error.code, time.seconds) == ("timeout", 60.0) and "Role/coder" in error.untouched
    assert "after 60 seconds" in error.what and "Deployment/envproxy (not marked for deletion)" in error.what
    assert "Service/ingress-nginx (finalizers: service.kubernetes.io/load-balancer-cleanup, x; since" in error.what
    assert cluster.objects[SERVICE]["metadata"]["finalizers"], "finalizers are never removed"


def test_one_of_the_same_name_that_somebody_made_since_does_not_count(cluster, planned) -> None:
    for of in (SERVICE, DEPLOYMENT):
        cluster.objects[of]["metadata"]["uid"] = "new"
    time = Time()
    uninstall.wait_until_gone(cluster, planned, time.deadline(60))
    assert time.seconds == 0


@pytest.mark.parametrize("change", [{"uid": "new"}, {"deletionTimestamp": "2026-11-22T03:00:00Z"}, None])
def test_a_kept_object_that_is_replaced_or_gone_is_an_error(cluster, release, planned, helm, change) -> None:
    if change:
        cluster.objects[ROLE]["metadata"].update(change)
    else:
        del cluster.objects[ROLE]
    error = fails(uninstall.carry_out, cluster, HELM, release, planned, Time().deadline(900))
    assert error.code == "verify_failed" and "kept it: Role/coder." in error.what and "backup" in error.next_step


def test_a_kept_object_that_goes_during_the_wait_is_an_error(cluster, release, planned, helm, monkeypatch) -> None:
    monkeypatch.setattr(helm_command, "run", lambda *arguments: cluster.objects.pop(DEPLOYMENT))

    def both() -> None:
        del cluster.objects[SERVICE], cluster.objects[ROLE]

    error = fails(uninstall.carry_out, cluster, HELM, release, planned, Time({3.0: both}).deadline(900))
    assert error.code == "verify_failed"


def test_the_kept_objects_are_proved_before_the_wait_can_fail(cluster, release, planned, monkeypatch) -> None:
    monkeypatch.setattr(helm_command, "run", lambda *arguments: cluster.objects.pop(ROLE))
    error = fails(uninstall.carry_out, cluster, HELM, release, planned, Time().deadline(900))
    assert error.code == "verify_failed"


def cut_off(cluster: FakeCluster, code: str):
    """Makes every read fail; the answer ends that."""
    read = cluster.get

    def fail(*_arguments):
        raise ClassicError("no answer", code=code, why="reset", untouched="This request changed nothing.", status=503)

    cluster.get = fail
    return lambda: setattr(cluster, "get", read)


@pytest.mark.parametrize("code", ["cluster_unreachable", "server_error"])
def test_a_cluster_that_does_not_answer_for_a_while_is_asked_again(cluster, planned, code: str) -> None:
    for of in (SERVICE, DEPLOYMENT):
        del cluster.objects[of]
    time = Time({4.0: cut_off(cluster, code)})
    uninstall.wait_until_gone(cluster, planned, time.deadline(60))
    assert time.seconds == 4.0


@pytest.mark.parametrize(("code", "seconds"), [("cluster_unreachable", 60), ("forbidden", 0)])
def test_without_an_answer_it_is_said_what_is_not_proved(cluster, planned, code: str, seconds: int) -> None:
    cut_off(cluster, code)
    time = Time()
    error = fails(uninstall.prove_kept, cluster, planned, time.deadline(60))
    assert (error.code, time.seconds, error.why) == (code, seconds, "no answer reset")
    assert error.what.startswith("The release is uninstalled, but") and "nothing" not in error.untouched
    assert error.details["uids_before"]["Role/coder"] == "uid-role-coder"

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a satellite can be reached, why its pods are not ready, and the DNS record that follows."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._region.observe.test_observe_cluster import Cluster, error

from ansible_collections.coder.classic.plugins.module_utils._region.observe import dns_record, satellite_pods

NAMESPACE, LABELS = "coder-satellite", {"app": "coderd"}
URL = "https://sydney.coder.test"


def named(kind, name, **more):
    return {"kind": kind, "metadata": {"name": name, "namespace": NAMESPACE, **more.pop("metadata", {})}, **more}


def deployment(**metadata):
    return named("Deployment", "coderd", metadata=metadata, spec={"selector": {"matchLabels": LABELS}})


def service(*ingress, name="coderd"):
    return named("Service", name, status={"loadBalancer": {"ingress": list(ingress)} if ingress else {}})


def pod(name="coderd-1", labels=None, ready="False", waiting=(), init=(), phase="Pending", conditions=(), **metadata):
    def states(of):
        return [{"state": {"waiting": entry} if entry else {"running": {}}} for entry in of]

    status = {
        "phase": phase,
        "initContainerStatuses": states(init),
        "containerStatuses": states(waiting),
        "conditions": [{"type": "Ready", "status": ready}, *conditions],
    }
    return named("Pod", name, metadata={"labels": LABELS if labels is None else labels, **metadata}, status=status)


def look(*objects, **more):
    return satellite_pods.look(Cluster(objects, **more), NAMESPACE)


@pytest.mark.parametrize(
    ("there", "address"),
    [
        ([], []),
        ([service()], []),
        ([service({"ip": "203.0.113.7"}, {"hostname": "lb.test"})], ["203.0.113.7", "lb.test"]),
        ([service({"ip": "203.0.113.7"}, name="cemanager")], ["203.0.113.7"]),
        ([service({"ip": "203.0.113.9"}, name="other")], []),
    ],
)
def test_the_address_is_that_of_the_service_which_the_chart_renders(there, address):
    assert look(*there)["address"] == address


PULL = {"reason": "ImagePullBackOff", "message": "Back-off pulling image x"}
UNSCHEDULED = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/3 nodes"}


@pytest.mark.parametrize(
    ("there", "waiting"),
    [
        (pod(ready="True", phase="Running"), []),
        (pod(waiting=[PULL]), ["coderd-1: ImagePullBackOff: Back-off pulling image x"]),
        (pod(waiting=[{"reason": "ContainerCreating"}]), ["coderd-1: ContainerCreating"]),
        (
            pod(waiting=[{"reason": "PodInitializing"}], init=[PULL]),
            ["coderd-1: ImagePullBackOff: Back-off pulling image x"],
        ),
        (pod(conditions=[UNSCHEDULED]), ["coderd-1: Unschedulable: 0/3 nodes"]),
        (pod(waiting=[None], phase="Running"), ["coderd-1: not ready"]),
        (pod(phase="Succeeded"), []),
        (pod(waiting=[PULL], labels={"app": "timescale"}), []),
        (pod(waiting=[PULL], deletionTimestamp="2026-03-02T12:00:00Z"), []),
    ],
)
def test_what_a_pod_waits_for(there, waiting):
    assert look(deployment(), there)["waiting"] == waiting


def test_without_a_deployment_nothing_waits():
    assert look(pod(waiting=[PULL])) == {"ready": False, "tools": [], "address": [], "waiting": []}


def test_who_else_manages_it_is_seen():
    assert look(deployment(labels={"helm.toolkit.fluxcd.io/name": "x"}))["tools"] == ["Flux"]


class Closed(Cluster):
    def get(self, api_version, kind, name, namespace=None):
        if kind == "Service":
            raise error("forbidden")
        return super().get(api_version, kind, name, namespace)

    def list(self, *arguments, **options):
        raise error("forbidden")


def test_what_may_not_be_read_hides_nothing_else():
    seen = satellite_pods.look(Closed([deployment(), service()]), NAMESPACE)
    assert seen == {"ready": False, "tools": [], "address": None, "waiting": None}


@pytest.mark.parametrize(
    ("address", "words"),
    [
        (["203.0.113.7"], "DNS record A sydney.coder.test → 203.0.113.7"),
        (["2001:db8::7"], "AAAA sydney.coder.test → 2001:db8::7"),
        (["lb.example.test"], "CNAME sydney.coder.test → lb.example.test"),
        ([], "its load balancer gives it none yet"),
        (None, "could not be read"),
    ],
)
def test_the_dns_record_that_is_wanted(address, words):
    text = dns_record.wanted(URL, address)
    assert words in text
    assert "sydney.coder.test" in text

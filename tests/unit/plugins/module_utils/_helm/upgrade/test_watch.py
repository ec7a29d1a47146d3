# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import objects
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import watch


def pod(name="web-1", *, ready=False, init=(), containers=(), phase="Pending"):
    status = {
        "phase": phase,
        "conditions": [{"type": "Ready", "status": "True" if ready else "False"}],
        "initContainerStatuses": [{"name": one, "state": state} for one, state in init],
        "containerStatuses": [{"name": "web", "state": state} for state in containers],
    }
    return {"metadata": {"name": name, "uid": name, "labels": {"app": "web"}}, "status": status}


@pytest.mark.parametrize(
    ("of", "expected"),
    [
        (pod(ready=True), []),
        (pod(init=[("migrate", {"running": {}})]), ["pod web-1: init container migrate runs"]),
        (
            pod(init=[("migrate", {"waiting": {"reason": "CrashLoopBackOff"}})]),
            ["pod web-1: init container migrate waits (CrashLoopBackOff)"],
        ),
        (pod(init=[("migrate", {"waiting": {"reason": "PodInitializing"}})]), ["pod web-1 is Pending, not ready"]),
        (pod(containers=[{"waiting": {"reason": "ImagePullBackOff"}}]), ["pod web-1: ImagePullBackOff"]),
        (pod(phase="Running", containers=[{"running": {}}]), ["pod web-1 is Running, not ready"]),
        ({"metadata": {"name": "new"}}, ["pod new is Pending, not ready"]),
    ],
)
def test_what_a_pod_waits_for_is_told(of, expected):
    assert watch.state(of) == expected


def test_an_init_container_that_has_begun_is_known_however_it_ended():
    init = [
        ("a", {"running": {}}),
        ("b", {"terminated": {"exitCode": 0}}),
        ("c", {"terminated": {"exitCode": 1}}),
        ("d", {"waiting": {}}),
    ]
    assert watch.begun([pod(init=init)]) == {
        "a of pod web-1": "running",
        "b of pod web-1": "ended well",
        "c of pod web-1": "failed",
    }


def event(uid, message, at="2026-03-02T12:00:00Z"):
    return {"metadata": {"uid": uid}, "reason": "FailedCreate", "message": message, "lastTimestamp": at}


class Pods:
    def __init__(self, *found):
        self.found, self.events = list(found), [event("old", "an old story")]

    def list(self, _version, kind, _namespace, *, metadata_only=False):
        return self.events if kind == "Event" else self.found

    def request(self, method, path, *, query):
        assert (method, path, query) == ("GET", "/api/v1/namespaces/ns/events", {"fieldSelector": "type=Warning"})
        return {"items": self.events}

    def text(self, path, query):
        assert path.endswith("/pods/web-2/log") and query["container"] == "migrate"
        return "migrating table 3 of 7\n"


def test_only_new_pods_of_the_release_are_told_and_each_state_once():
    told, pods = [], Pods(pod("web-1", ready=True))
    seen = watch.Watch(pods, "ns", [{"app": "web"}], told.append)
    pods.found.append(pod("web-2", init=[("migrate", {"running": {}})]))
    pods.found.append({"metadata": {"name": "other", "uid": "o", "labels": {"app": "other"}}})
    seen.look()
    seen.look()
    assert told == ["pod web-2: init container migrate runs: migrating table 3 of 7"]
    assert seen.begun == {"migrate of pod web-2": "running"}


def test_why_no_pod_comes_is_told_by_the_newest_event_of_this_upgrade():
    told, pods = [], Pods()
    seen = watch.Watch(pods, "ns", [{"app": "web"}], told.append)
    seen.look()
    pods.events.append(event("new", "exceeded quota", "2026-03-02T12:00:05Z"))
    seen.look()
    assert told == ["no new pod yet", "FailedCreate: exceeded quota"]


def test_the_release_s_pods_are_those_that_its_workloads_select():
    text = "kind: Deployment\nmetadata: {name: web}\nspec: {selector: {matchLabels: {app: web}}}\n"
    text += "---\nkind: Service\nmetadata: {name: x}\nspec: {selector: {app: x}}\n"
    assert watch.selectors(objects(text, "ns")) == [{"app": "web"}]

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending

HERE = pending.host_label()
LONG_AGO = "2026-01-02T03:04:05.123456789Z"


class Server(FakeCluster):
    """Takes the patch of a Secret, as long as it has not changed since."""

    def patch(self, api_version, kind, name, namespace, body, content_type="", *, dry_run=False):
        live = self.objects[(kind, namespace, name)]
        if body["metadata"]["resourceVersion"] != live["metadata"]["resourceVersion"]:
            raise ClassicError("changed", code="refused", status=409)
        live["metadata"]["labels"].update(body["metadata"]["labels"])
        live["data"].update(body["data"])
        self.patches.append(name)
        return live


def cluster(*, host=None, revision=None, updated=LONG_AGO):
    content = record("kind: Service\nmetadata: {name: web}\n", status="pending-upgrade")
    content["info"]["last_deployed"] = updated
    of = secret(content)
    labels = {pending.HOST: host or pending.host_label(), pending.REVISION: str(revision or content["version"])}
    of["metadata"]["labels"].update(labels if host != "unknown" else {})
    of["metadata"]["resourceVersion"] = "7"
    return Server([of])


def settle(found, *, is_ours=True, seconds=600, write=True, sleep=None):
    release = helm_record.current(found, "coder", "provider")
    clock = iter(range(0, 100000, 5))
    return pending.settled(
        found, release, is_ours=lambda _release: is_ours, seconds=seconds, write=write, clock=lambda: float(next(clock)),
        sleep=sleep or (lambda _seconds: None),
    )  # fmt: skip


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    monkeypatch.setattr(pending, "_processes", lambda: iter([["bash"], ["helm", "list"]]))


def test_a_revision_whose_helm_is_gone_gets_the_mark_that_it_could_not_make():
    found = cluster()
    before = helm_record.current(found, "coder", "provider")
    settled = settle(found)
    assert (settled.status, settled.revision, settled.description) == ("failed", before.revision, pending.DESCRIPTION)
    (of,) = [obj for (kind, *_rest), obj in found.objects.items() if kind == "Secret"]
    assert of["metadata"]["labels"]["status"] == "failed"
    # Nothing of the record is lost.
    assert (settled.manifest, settled.config, settled.chart) == (before.manifest, before.config, before.chart)


@pytest.mark.parametrize(("host", "expected"), [(None, True), ("other", False)])
def test_whose_rollback_it_is_the_revision_before_it_tells(monkeypatch, host, expected):
    before, made = (secret(record("", revision=number, status="pending-rollback")) for number in (4, 5))
    before["metadata"]["labels"].update(pending.announced(5))
    monkeypatch.setattr(pending, "host_label", lambda: host or HERE)
    found = Server([before, made])
    assert pending.is_made_here(found, helm_record.current(found, "coder", "provider")) is expected


def test_a_check_run_marks_nothing():
    found = cluster()
    assert (settle(found, write=False).status, found.patches) == ("pending-upgrade", [])


def test_a_revision_that_changes_meanwhile_is_not_marked(monkeypatch):
    found = cluster()
    get = found.get

    def late(*arguments):
        answer = get(*arguments)
        if len(arguments) > 2 and arguments[2].startswith("sh.helm"):
            live = found.objects[("Secret", "coder", arguments[2])]["metadata"]
            live["resourceVersion"] += "1"
        return answer

    monkeypatch.setattr(pending, "labels", lambda *_of: {pending.HOST: pending.host_label(), pending.REVISION: "1"})
    found.get = late
    with pytest.raises(ClassicError) as caught:
        settle(found)
    assert caught.value.status == 409 and found.patches == []


def test_a_helm_at_work_on_this_machine_is_waited_for(monkeypatch):
    found = cluster()
    at_work = [["/usr/bin/helm", "upgrade", "provider", "chart", "--namespace", "coder"]]
    monkeypatch.setattr(pending, "_processes", lambda: iter(at_work))
    slept = []

    def sleep(seconds):
        slept.append(seconds)
        if len(slept) == 3:
            at_work.clear()

    assert settle(found, sleep=sleep).status == "failed" and len(slept) == 3
    # Not for ever.
    found = cluster()
    at_work.append(["helm", "upgrade", "provider", "chart", "--namespace", "coder"])
    with pytest.raises(ClassicError) as caught:
        settle(found, seconds=60)
    assert caught.value.code == "pending" and found.patches == []


def kubeconfig(server):
    """As JSON, which the one of our own runs of helm is."""
    return json.dumps(
        {
            "contexts": [
                {"name": "here", "context": {"cluster": "one"}},
                {"name": "there", "context": {"cluster": "other"}},
            ],
            "clusters": [
                {"name": "one", "cluster": {"server": server}},
                {"name": "other", "cluster": {"server": "https://other.test"}},
            ],
            "current-context": "here",
        }
    )


@pytest.mark.parametrize(
    ("text", "more", "expected"),
    [
        (None, [], True),
        (kubeconfig("https://cluster.test/"), [], True),
        (kubeconfig("https://cluster.test"), ["--kube-context", "there"], False),
        (kubeconfig("https://another.test"), [], False),
        (kubeconfig("https://another.test"), ["--kube-context=there"], False),
        # What does not say where it leads may lead here.
        (kubeconfig("https://another.test"), ["--kube-context", "unknown"], True),
        ("[rubbish", [], True),
        ("- a list", [], True),
    ],
)
def test_a_helm_at_work_on_another_cluster_is_another_one(monkeypatch, tmp_path, text, more, expected):
    file = tmp_path / "kubeconfig"
    if text is not None:
        file.write_text(text)
    for given in (["--kubeconfig", str(file)], [f"--kubeconfig={file}"]):
        command = ["helm", "upgrade", "provider", "chart", "--namespace", "coder", *given, *more]
        monkeypatch.setattr(pending, "_processes", lambda command=command: iter([command]))
        assert pending.is_at_work("provider", "coder", "https://cluster.test") is expected


@pytest.mark.parametrize(
    ("options", "is_ours", "seconds", "expected"),
    [
        # Of another machine: only its deadline tells that its helm is gone.
        ({"host": "other"}, True, 600, "failed"),
        ({"host": "other", "updated": "2999-01-01T00:00:00Z"}, True, 600, "pending"),
        ({"host": "unknown"}, True, 600, "failed"),
        # helm hands labels on to later revisions: this one is not known to be of here.
        ({"revision": 99, "updated": "2999-01-01T00:00:00Z"}, True, 600, "pending"),
        # Another upgrade than the one that is asked for is somebody's.
        ({}, False, 600, "pending"),
        ({"host": "other", "updated": "no time"}, True, 600, "pending"),
    ],
)
def test_whose_helm_may_still_be_at_work_is_left_alone(options, is_ours, seconds, expected):
    found = cluster(**options)
    if expected == "failed":
        assert settle(found, is_ours=is_ours, seconds=seconds).status == "failed"
        return
    with pytest.raises(ClassicError) as caught:
        settle(found, is_ours=is_ours, seconds=seconds)
    assert (caught.value.code, found.patches) == ("pending", [])
    assert "helm history provider -n coder" in caught.value.next_step


@pytest.mark.parametrize("node", ["ops-1.example.com", "_odd host_", "", "x" * 80])
def test_a_host_s_name_is_made_one_that_a_label_may_have(monkeypatch, node):
    monkeypatch.setattr(pending.platform, "node", lambda: node)
    label = pending.host_label()
    assert label[0].isalnum() and label[-1].isalnum() and len(label) <= 63

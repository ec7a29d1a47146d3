# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import stat
from dataclasses import replace

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import objects
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import addresses, claims, reinstall_journal

JOURNAL = reinstall_journal.Journal("uid", "host", "shop", "shop", 3, "then", "shop", "/v", "/b", "sum")


def release(revision=3, status="deployed", updated="then"):
    return replace(helm_record.from_json(record("", name="shop", revision=revision, status=status)), updated=updated)


@pytest.mark.parametrize(
    ("journal", "newest", "says"),
    [
        (None, None, None),
        (None, release(), None),
        # Killed before the uninstall: the release is as it was.
        (JOURNAL, release(), None),
        (JOURNAL, release(status="failed"), None),
        (JOURNAL, release(status="uninstalling"), "uninstall was ended"),
        (JOURNAL, None, "the install did not begin"),
        (JOURNAL, release(1, "pending-install", "now"), "install was ended"),
        (JOURNAL, release(1, "failed", "now"), "install was ended"),
        (JOURNAL, release(1, "deployed", "now"), "not compared yet"),
        # The same number is not the same revision.
        (JOURNAL, release(3, "deployed", "now"), "not compared yet"),
        # It was never begun, and the release went on in another way.
        (JOURNAL, [release(), release(4, "deployed", "now")], None),
        (JOURNAL, [release(), release(4, "pending-upgrade", "now")], None),
    ],
)
def test_where_a_killed_reinstall_stopped(journal, newest, says):
    history = newest if isinstance(newest, list) else [newest] if newest else []
    found = reinstall_journal.unfinished(journal, history)
    assert found is None if says is None else says in found


def test_the_journal_is_private_and_reads_as_it_was_written(tmp_path):
    file = reinstall_journal.path(str(tmp_path / "new"), "1f0c8a53-9f3c", "shop", "there")
    assert reinstall_journal.read(file) is None
    reinstall_journal.write(file, JOURNAL)
    assert reinstall_journal.read(file) == JOURNAL and stat.S_IMODE(file.stat().st_mode) == 0o600
    file.write_text("{")
    with pytest.raises(ClassicError) as caught:
        reinstall_journal.read(file)
    assert caught.value.code == "invalid"


STORED = objects(
    "apiVersion: v1\nkind: Service\nmetadata: {name: web}\n---\n"
    "kind: Ingress\nmetadata: {name: in}\nspec: {rules: [{host: b.example.com}, {host: a.example.com}, {}]}\n---\n"
    "kind: ConfigMap\nmetadata: {name: c}\n",
    "shop",
)


def balanced(*ips, kind="LoadBalancer"):
    return {"spec": {"type": kind}, "status": {"loadBalancer": {"ingress": [{"ip": ip} for ip in ips]}}}


def test_addresses_before_and_after():
    live = [balanced("192.0.2.1"), {"status": {"loadBalancer": {"ingress": [{"hostname": "lb.example"}]}}}, {}]
    before = addresses.addresses(zip(STORED, live, strict=True))
    assert before == {"Service/web": ["192.0.2.1"], "Ingress/in": ["lb.example"]}
    live[0] = balanced("192.0.2.9")
    after = addresses.addresses(zip(STORED, live, strict=True))
    (change,) = addresses.changes(before, after, addresses.hosts(STORED))
    assert change["before"] == ["192.0.2.1"] and change["after"] == ["192.0.2.9"]
    assert change["hosts"] == ["a.example.com", "b.example.com"]
    (line,) = addresses.lines([change])
    assert "192.0.2.1" in line and "point a.example.com, b.example.com" in line
    assert addresses.changes(after, after, {}) == []
    # One that has none yet is told so.
    (change,) = addresses.changes(before, {"Ingress/in": ["lb.example"], "Service/web": []}, {})
    assert "has nothing yet" in addresses.lines([change])[0]


def test_a_service_without_a_load_balancer_has_no_address_to_tell():
    assert addresses.addresses([(STORED[0], {"spec": {"type": "ClusterIP"}, "status": {"loadBalancer": {}}})]) == {}


def claim(name, uid):
    metadata = {"name": name, "namespace": "shop", "uid": uid}
    return {"kind": "PersistentVolumeClaim", "metadata": metadata}


def test_claims_and_namespace_are_proved():
    cluster = FakeCluster([claim("data", "1"), {"kind": "Namespace", "metadata": {"name": "shop", "uid": "n"}}])
    before = claims.look(cluster, "shop")
    cluster.put(claim("new", "3"))
    claims.prove(cluster, "shop", before)
    cluster.put(claim("data", "2"))
    with pytest.raises(ClassicError) as caught:
        claims.prove(cluster, "shop", before)
    assert caught.value.code == "verify_failed" and "PersistentVolumeClaim/data" in caught.value.what

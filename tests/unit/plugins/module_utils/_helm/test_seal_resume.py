# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A sealing that was killed is told apart from everything else that leaves a release half-way."""

from __future__ import annotations

import copy

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import record, secret
from unit.plugins.module_utils._region.observe.test_observe_cluster import MANIFEST, Cluster, installed, look

from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, seal_resume

# Role/coder is kept already; ServiceAccount/coder gets the policy too.
SEALED = MANIFEST.replace(
    "metadata: {name: coder}", "metadata: {name: coder, annotations: {helm.sh/resource-policy: keep}}", 1
)
OTHER_SCALE = SEALED.replace("replicas: 2", "replicas: 3")
UNKEPT = MANIFEST.replace(", annotations: {helm.sh/resource-policy: keep}", "")
OTHER_POLICY = SEALED.replace(
    "metadata: {name: prov-environments}", "metadata: {name: prov-environments, annotations: {a: b}}"
)


def revision(number, status, manifest, **more):
    return record(manifest, name="prov", revision=number, info={"status": status}, **more)


def other_chart():
    chart = copy.deepcopy(record("")["chart"])
    chart["metadata"]["version"] = "1.21.5"
    return chart


BEFORE = (revision(1, "superseded", UNKEPT), revision(2, "deployed", MANIFEST))


def interrupted(*later, before=BEFORE):
    return seal_resume.interrupted([helm_record.from_json(content) for content in (*before, *later)])


@pytest.mark.parametrize("status", ["pending-upgrade", "pending-rollback", "failed"])
def test_a_revision_that_only_adds_keep_policies(status):
    assert interrupted(revision(3, status, SEALED)) is True


def test_several_tries_and_the_rollback_of_one():
    later = (revision(3, "failed", SEALED), revision(4, "pending-upgrade", SEALED))
    assert interrupted(*later) is True
    assert interrupted(*later, revision(5, "pending-rollback", MANIFEST)) is True


@pytest.mark.parametrize(
    "later",
    [
        [],
        [revision(3, "pending-upgrade", OTHER_SCALE)],
        [revision(3, "pending-upgrade", UNKEPT)],
        [revision(3, "pending-upgrade", OTHER_POLICY)],
        [revision(3, "pending-upgrade", SEALED, config={"envproxy": {"token": "another"}})],
        [revision(3, "pending-upgrade", SEALED, chart=other_chart())],
        [revision(3, "pending-install", SEALED)],
        [revision(3, "uninstalling", SEALED)],
        # What was half applied before is live now, whatever the newest revision says.
        [revision(3, "failed", OTHER_SCALE), revision(4, "pending-upgrade", SEALED)],
    ],
)
def test_everything_else_is_not_ours(later):
    assert interrupted(*later) is False


def test_without_a_deployed_revision_there_is_nothing_to_compare_with():
    assert interrupted(revision(1, "pending-upgrade", SEALED), before=()) is False


def cluster(*contents):
    return Cluster(
        [*(obj for obj in installed() if obj["kind"] != "Secret"), *(secret(content) for content in contents)]
    )


@pytest.mark.parametrize(
    ("newest", "found"),
    [(revision(3, "pending-upgrade", SEALED), True), (revision(3, "failed", OTHER_SCALE), False)],
)
def test_it_is_seen_in_the_history_of_the_release(newest, found):
    release = look(cluster(*BEFORE, newest))["release"]
    assert (release["revision"], release["interrupted_sealing"]) == (3, found)


def test_the_history_of_a_deployed_release_is_not_read():
    class Counting(Cluster):
        fetched = 0

        def get(self, api_version, kind, name, namespace=None):
            self.fetched += name.startswith("sh.helm")
            return super().get(api_version, kind, name, namespace)

        def list(self, api_version, kind, namespace=None, label_selector=None, *, metadata_only=False):
            assert metadata_only or kind != "Secret"
            return super().list(api_version, kind, namespace, label_selector, metadata_only=metadata_only)

    there = Counting([*(obj for obj in installed() if obj["kind"] != "Secret"), *map(secret, BEFORE)])
    assert look(there)["release"]["interrupted_sealing"] is False
    assert there.fetched == 1

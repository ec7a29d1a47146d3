# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""After an upgrade every object of the stored manifest is there to stay, or it is told."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import proof

MANIFEST = "".join(f"---\napiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n" for name in ("one", "two"))
GOING = "2026-11-30T06:30:00Z"


class Cluster(FakeCluster):
    """Takes what is made and applied, unless it is there; vanishing: what somebody deletes at once."""

    vanishing = False

    def create(self, document, *, dry_run=False):
        metadata = document["metadata"]
        if (document["kind"], metadata["namespace"], metadata["name"]) in self.objects:
            raise ClassicError("there", code="exists", status=409)
        if not self.vanishing:
            self.put(document)

    def patch(self, _api_version, kind, name, namespace, body, content_type, *, field_manager):
        assert (content_type, field_manager) == ("application/apply-patch+yaml", "helm")
        self.patches.append((kind, name))
        self.put(body)


def release(**more):
    return helm_record.from_json({**record(MANIFEST), **more})


def config_map(name, **metadata):
    return {"kind": "ConfigMap", "metadata": {"name": name, "namespace": "coder", **metadata}}


def refused(cluster) -> ClassicError:
    with pytest.raises(ClassicError) as caught:
        proof.complete(cluster, release())
    assert caught.value.code == "verify_failed" and caught.value.next_step and caught.value.untouched
    return caught.value


def test_what_is_there_is_left_and_what_is_missing_is_the_releases_again() -> None:
    cluster = Cluster([config_map("one")])
    assert proof.complete(cluster, release()) == ["ConfigMap/two"]
    made = cluster.objects[("ConfigMap", "coder", "two")]["metadata"]
    assert made["annotations"]["meta.helm.sh/release-name"] == "provider" and made["labels"]
    assert proof.complete(cluster, release()) == []


def test_one_that_is_about_to_go_is_no_success() -> None:
    cluster = Cluster([config_map("one"), config_map("two", deletionTimestamp=GOING)])
    assert "about to go: ConfigMap/two" in refused(cluster).what
    # It was not touched, and once it is gone it is put back.
    assert cluster.objects.pop(("ConfigMap", "coder", "two"))["metadata"]["deletionTimestamp"] == GOING
    assert proof.complete(cluster, release()) == ["ConfigMap/two"]


def test_one_that_somebody_deletes_again_is_no_success() -> None:
    cluster = Cluster([config_map("one")])
    cluster.vanishing = True
    assert "gone again" in refused(cluster).why


def test_what_the_server_applies_is_applied_as_helm() -> None:
    cluster = Cluster([config_map("one")])
    assert proof.complete(cluster, release(apply_method="ssa")) == ["ConfigMap/two"]
    assert cluster.patches == [("ConfigMap", "two")]

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, manifest, uninstall_precheck

KEPT_ROLE = "kind: Role\nmetadata: {name: coder, annotations: {helm.sh/resource-policy: keep}}\n"
TEXT = f"""{KEPT_ROLE}---
kind: Secret
metadata: {{name: envproxy-token}}
---
kind: ConfigMap
metadata: {{name: left-alone, annotations: {{helm.sh/resource-policy: delete}}}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {{name: envproxy}}
"""
ROLE = ("Role", "coder")


def cluster(text: str = TEXT, **more) -> FakeCluster:
    found = FakeCluster(**more)
    for obj in manifest.objects(text, "coder"):
        found.put({"kind": obj["kind"], "metadata": {"name": obj["name"], "namespace": obj["namespace"]}})
    return found


def release(text: str = TEXT, **more) -> helm_record.Release:
    return helm_record.decode(secret(record(text, **more)))


def names(found: list[dict]) -> list[str]:
    return [obj["name"] for obj in found]


def refused(there: FakeCluster, what: helm_record.Release, keep=(ROLE,)) -> ClassicError:
    with pytest.raises(ClassicError) as caught:
        uninstall_precheck.plan(there, what, keep)
    assert "release provider revision 1 in namespace coder, context test" in caught.value.where
    assert caught.value.untouched == "Every object of the release." and caught.value.next_step
    return caught.value


def test_what_stays_and_what_goes_of_that_which_is_there() -> None:
    there = cluster()
    del there.objects[("Secret", "coder", "envproxy-token")]
    planned = uninstall_precheck.plan(there, release(), [ROLE])
    assert (names(planned.kept), names(planned.doomed)) == (["coder", "left-alone"], ["envproxy"])
    assert planned.before[("Role", "coder", "coder")]["uid"] == "uid-role-coder"


def test_the_annotation_on_the_live_object_alone_is_not_enough() -> None:
    there = cluster()
    there.objects[("Secret", "coder", "envproxy-token")]["metadata"]["annotations"] = {
        "helm.sh/resource-policy": "keep"
    }
    error = refused(
        there, release(), [ROLE, ("Secret", "envproxy-token"), ("ConfigMap", "left-alone"), ("Role", "nope")]
    )
    assert error.code == "verify_failed" and "helm_release_keep" in error.next_step
    assert error.what == "The stored manifest would not keep Secret/envproxy-token, ConfigMap/left-alone, Role/nope."


@pytest.mark.parametrize(
    "more",
    [
        "---\nkind: Role\nmetadata: {name: coder}\n",
        "---\nkind: Role\nmetadata: {name: coder, namespace: other}\n",
        "---\nkind: List\nitems:\n- {kind: Role, metadata: {name: coder}}\n",
    ],
)
def test_a_double_that_is_not_kept_is_found(more: str) -> None:
    assert refused(cluster(TEXT + more), release(TEXT + more)).code == "verify_failed"


def test_a_double_of_something_else_goes_and_is_not_proved_to_stay() -> None:
    more = "---\nkind: Service\nmetadata: {name: a}\n"
    kept_too = more.replace("{name: a}", "{name: a, annotations: {helm.sh/resource-policy: keep}}")
    planned = uninstall_precheck.plan(cluster(TEXT + more), release(TEXT + more + kept_too), [ROLE])
    assert names(planned.kept) == ["coder", "left-alone"] and "a" in names(planned.doomed)


@pytest.mark.parametrize("gone", [True, False])
def test_what_must_stay_and_is_not_there_or_about_to_go_stops_it(gone: bool) -> None:
    there = cluster()
    there.objects[("Role", "coder", "coder")]["metadata"]["deletionTimestamp"] = "2026-11-22T03:00:00Z"
    if gone:
        del there.objects[("Role", "coder", "coder")]
    error = refused(there, release())
    assert error.code == "verify_failed" and error.what.startswith("Role/coder must stay, but does not exist")


@pytest.mark.parametrize("status", ["deployed", "failed", "uninstalling"])
def test_states_from_which_it_goes_on(status: str) -> None:
    assert uninstall_precheck.plan(cluster(), release(status=status), [ROLE]).doomed


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "pending-rollback", "superseded", "unknown"])
def test_states_in_which_nobody_knows(status: str) -> None:
    error = refused(cluster(), release(status=status))
    assert error.code == "refused" and status in error.what and "helm history provider -n coder" in error.next_step
    assert ("Another helm command" in error.why) == status.startswith("pending-")


def test_removed_apis() -> None:
    error = refused(cluster(removed=[("apps/v1", "Deployment")]), release())
    assert error.code == "refused" and "Deployment apps/v1" in error.what


def test_nothing_must_stay() -> None:
    assert names(uninstall_precheck.plan(cluster(), release(), []).doomed) == ["envproxy-token", "envproxy"]

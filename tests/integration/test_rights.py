# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""With exactly the documented rights every goal is reached; with one of them missing, preflight says so and nothing is
written. The files of examples/site/rbac are applied as they are; docs/rights.md explains them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from site_runs import CHECKOUT

from ansible_collections.coder.classic.plugins.module_utils._coder.provider_roots import roots
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, keep, manifest
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params
from ansible_collections.coder.classic.plugins.module_utils._region.rights import missing_rights, rights

RBAC = CHECKOUT / "examples" / "site" / "rbac"
CLUSTER = "frankfurt-1"
LOOK = ("provider-look", "satellite-look")
#: Goal → what docs/rights.md says that it needs in the region's cluster.
FILES = {
    "look": LOOK,
    "migrate": (*LOOK, "provider-migrate", "satellite-migrate"),
    "rollback": (*LOOK, "provider-migrate", "satellite-migrate"),
    "retire": (*LOOK, "provider-retire"),
    "update": (*LOOK, "provider-update"),
}
CONSENT = {"limit": "frankfurt", "coder_confirm_rebuild": "frankfurt", "coder_confirm_retire": "frankfurt"}


def limit_to(lab, *files: str) -> None:
    """From now on the operator has the rights of these files in the region's cluster, and no other."""
    for cluster in ("primary", CLUSTER):
        lab.kubectl(cluster, "delete", "clusterrolebinding", "lab-operator", "--ignore-not-found")
    apply(lab, "primary", RBAC / "primary.yml")
    for file in {name for names in FILES.values() for name in names} - set(files):
        for kind, name, namespace in bindings(file):
            lab.kubectl(CLUSTER, "delete", kind, name, "-n", namespace, "--ignore-not-found")
    for file in files:
        apply(lab, CLUSTER, RBAC / f"{file}.yml")
    lab.forget()


def apply(lab, cluster: str, file: Path) -> None:
    namespace = "coder-satellite" if file.stem.startswith("satellite") else "coder"
    lab.kubectl(cluster, "apply", "-n", namespace, "-f", str(file))


def documents(file: str) -> list[dict[str, Any]]:
    return yaml.safe_load((RBAC / f"{file}.yml").read_text())["items"]


def bindings(file: str) -> list[tuple[str, str, str]]:
    return [
        (one["kind"], one["metadata"]["name"], one["metadata"].get("namespace", "default"))
        for one in documents(file)
        if one["kind"].endswith("Binding")
    ]


@pytest.fixture(scope="module")
def limited(region_lab):
    """Region frankfurt moved by an operator who has the rights for that and no others; saved as limited-moved."""
    region_lab.begin("fresh")
    limit_to(region_lab, *FILES["migrate"])
    region_lab.play("migrate_region.yml", **CONSENT).must_end_well()
    region_lab.lab.snapshot("limited-moved")
    return region_lab


@pytest.fixture
def moved(limited):
    limited.begin("limited-moved")
    return limited


# -- enough ---------------------------------------------------------------------------------------------------------------


def test_who_may_only_look_sees_where_the_region_stands(moved):
    limit_to(moved, *FILES["look"])
    status = moved.look(CLUSTER)
    assert (status["phase"], status["satellite"]["key_proved"]) == ("moved", True)
    moved.assert_nothing_written()


def test_the_rights_to_retire_retire_and_cannot_delete_what_must_stay(moved):
    before = moved.uids(CLUSTER)
    limit_to(moved, *FILES["retire"])
    for one in before:
        assert not may(moved, "delete", one)
    moved.play("retire_region.yml", **CONSENT).must_end_well()
    assert moved.revisions(CLUSTER) == []
    assert moved.uids(CLUSTER) == before
    assert moved.provider(CLUSTER)["status"] == "ready"


def test_the_rights_to_migrate_are_enough_to_go_back(moved):
    moved.kubectl(CLUSTER, "scale", "deployment", "envproxy", "--replicas=0")
    moved.play("rollback_region.yml", **CONSENT).must_end_well()
    assert moved.phase(CLUSTER) == "envproxy"
    assert moved.state_of_coder()["satellites"] == []


def test_the_rights_to_update_are_enough_for_the_provider_s_chart(limited):
    limited.begin("fresh")
    before, chart = limited.uids(CLUSTER), limited.description["charts"]["workspace-provider-keep"]
    limit_to(limited, *FILES["update"])
    asked = {"limit": "frankfurt", "coder_provider_chart_ref": chart, "coder_provider_chart_version": "1.21.4"}
    limited.play("update_provider.yml", **asked).must_end_well()
    assert (limited.revisions(CLUSTER), limited.uids(CLUSTER)) == ([1, 2], before)


def may(lab, verb: str, resource: str) -> bool:
    """What the API server says to the operator, for kind/name."""
    cluster = operators_cluster(lab)
    kind, _slash, name = resource.partition("/")
    group = "" if kind == "serviceaccount" else rights.RBAC
    return cluster.allowed(verb, group, f"{kind}s", "coder", name)


def operators_cluster(lab) -> Cluster:
    its = lab.clusters[CLUSTER]
    return cluster_from_params({"kubeconfig": its["kubeconfig"], "context": its["context"]})


# -- not enough -----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def one_right_less(limited, tmp_path_factory):
    """Takes a verb on a resource out of a file's rights, runs the goal, and demands the refusal; nothing is written."""
    limited.begin("limited-moved")
    folder = tmp_path_factory.mktemp("rights")

    def demand(goal: str, file: str, verb: str, resource: str, *words: str) -> None:
        limit_to(limited, *FILES[goal])
        apply(limited, CLUSTER, without(folder, file, verb, resource))
        limited.forget()
        limited.play(f"{goal}_region.yml", **CONSENT).must_fail(
            "[forbidden]", "user operator is not allowed", f"context {CLUSTER}", *words, "Untouched", "Next"
        )
        limited.assert_nothing_written()

    return demand


def without(folder: Path, file: str, verb: str, resource: str) -> Path:
    """The file with one verb less for the resource."""
    kept = documents(file)
    rules = [
        rule for one in kept for rule in one.get("rules", []) if resource in rule["resources"] and verb in rule["verbs"]
    ]
    assert rules, f"{file} gives no right to {verb} {resource}"
    for rule in rules:
        rule["verbs"].remove(verb)
        # A rule without verbs is refused by the API server.
        rule["verbs"] = rule["verbs"] or ["watch"]
    path = folder / f"{file}.yml"
    path.write_text(yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": kept}))
    return path


#: goal, file, verb, resource, and how preflight names it.
CASES = (
    (
        "rollback",
        "provider-migrate",
        "patch",
        "deployments/scale",
        "patch deployments.apps/scale envproxy in namespace coder",
    ),
    ("migrate", "satellite-migrate", "create", "deployments", "create deployments.apps in namespace coder-satellite"),
    ("migrate", "satellite-migrate", "create", "secrets", "create secrets in namespace coder-satellite"),
    (
        "migrate",
        "provider-migrate",
        "patch",
        "configmaps",
        "patch configmaps coder-classic-migration in namespace coder",
    ),
    ("retire", "provider-retire", "delete", "ingresses", "delete ingresses.extensions web-ingress in namespace coder"),
    ("retire", "provider-retire", "delete", "clusterroles", "nginx-ingress-clusterrole-coder in the whole cluster"),
    ("retire", "provider-retire", "patch", "roles", "roles.rbac.authorization.k8s.io coder"),
)


@pytest.mark.parametrize(
    ("goal", "file", "verb", "resource", "words"), CASES, ids=[f"{case[0]}-{case[2]}-{case[3]}" for case in CASES]
)
def test_preflight_names_the_missing_right(one_right_less, goal, file, verb, resource, words):
    one_right_less(goal, file, verb, resource, words)


def test_who_does_not_hold_what_a_role_grants_cannot_seal_it_and_is_told_before(limited, one_right_less):
    limit_to(limited, *FILES["retire"])
    limited.kubectl(CLUSTER, "delete", "rolebinding", "coder-classic-retire-holds-what-coder-grants")
    limited.forget()
    limited.play("retire_region.yml", **CONSENT).must_fail(
        "change Role coder in namespace coder",
        "escalate",
        "change RoleBinding coder",
        "bind",
        "user operator",
        "Untouched",
    )
    limited.assert_nothing_written()


# -- not more -------------------------------------------------------------------------------------------------------------


class Nobody(Cluster):
    """The operator's cluster, which allows nothing and remembers what it was asked for."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(cluster._connection, cluster.access)
        self.asked: set[tuple] = set()

    def allowed(self, verb, group, resource, namespace=None, name=None, subresource=None) -> bool:
        path = f"{resource}/{subresource}" if subresource else resource
        self.asked.add((verb, group, path, namespace, name))
        return False


def granted(file: str) -> Iterator[tuple]:
    for one in documents(file):
        for rule in one.get("rules", []):
            for verb in rule["verbs"]:
                for group in rule["apiGroups"]:
                    for resource in rule["resources"]:
                        for name in rule.get("resourceNames", [None]):
                            yield verb, group, resource, one["metadata"].get("namespace"), name


def test_no_file_gives_a_right_that_is_not_asked_for(moved):
    limit_to(moved, *FILES["look"])
    cluster = Nobody(operators_cluster(moved))
    release = helm_record.current(cluster, "coder", "coder-workspace-provider")
    objects = manifest.objects(release.manifest, "coder")
    staying = [one["identity"] for one in keep.must_stay(objects, "coder", roots(release.name, "coder"), [])]
    for step in rights.STEPS:
        if step.startswith("satellite"):
            missing_rights.missing(cluster, step, "coder-satellite", "coder-satellite")
        else:
            missing_rights.missing(cluster, step, "coder", release.name, objects, staying)
    for file in (
        "primary",
        "provider-look",
        "provider-migrate",
        "provider-retire",
        "provider-update",
        "satellite-migrate",
    ):
        assert set(granted(file)) - cluster.asked == set(), file

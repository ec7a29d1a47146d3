# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""helm_release_* on a release of 5 MB: CustomResourceDefinitions made for it, as large as the largest public charts.

Times are printed (pytest -s), and not judged.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.coder.classic.plugins.module_utils._helm import (
    manifest,
    release_backup,
    release_keep,
    release_uninstall,
)
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params
from ansible_collections.coder.classic.plugins.modules import helm_release_info

CLUSTER, NAMESPACE, NAME = "frankfurt-1", "large", "large"
DEFINITIONS, FIELDS = 40, 560
GROUP = "large.coder-classic.test"
KEEP = [{"kind": "CustomResourceDefinition", "name": f"kind{number}s.{GROUP}"} for number in (0, 7)]


def definition(number: int) -> dict[str, Any]:
    """A CustomResourceDefinition of some 125 kB."""
    described = "What this field of a made-up object says, at the length at which generated schemas describe fields. "
    fields = {f"field{at}": {"type": "string", "description": f"{at}: {described * 2}"} for at in range(FIELDS)}
    schema = {"type": "object", "properties": {"spec": {"type": "object", "properties": fields}}}
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"kind{number}s.{GROUP}"},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {"kind": f"Kind{number}", "plural": f"kind{number}s", "singular": f"kind{number}"},
            "versions": [{"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}],
        },
    }


@pytest.fixture(scope="module")
def large(region_lab, tmp_path_factory):
    """The lab with that release, and how many seconds helm's own upgrade of it took."""
    region_lab.begin("fresh")
    chart = tmp_path_factory.mktemp("chart")
    (chart / "templates").mkdir()
    (chart / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "large", "version": "1.0.0"}))
    for number in range(DEFINITIONS):
        (chart / "templates" / f"{number}.yaml").write_text(yaml.safe_dump(definition(number), width=1000))
    arguments = ("upgrade", "--install", NAME, str(chart), "--namespace", NAMESPACE, "--create-namespace")
    region_lab.helm(CLUSTER, *arguments)
    region_lab.upgrade_seconds, _answer = timed(lambda: region_lab.helm(CLUSTER, *arguments))
    yield region_lab
    region_lab.helm(CLUSTER, "uninstall", NAME, "--namespace", NAMESPACE, "--ignore-not-found")
    for one in KEEP:
        region_lab.kubectl(CLUSTER, "delete", "crd", one["name"], "--ignore-not-found")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.monotonic()
    answer = work()
    return time.monotonic() - begun, answer


def test_a_release_of_five_megabytes_is_looked_at_kept_backed_up_and_uninstalled(large, tmp_path):
    access = {"kubeconfig": large.clusters[CLUSTER]["admin_kubeconfig"], "context": None, "cluster_uid": None}
    options = {**access, "name": NAME, "namespace": NAMESPACE, "helm_binary": large.description["programs"]["helm"]}
    options |= {"timeout": 300, "roots": [], "chart_name": None, "candidate_chart": None, "directory": str(tmp_path)}

    def with_cluster(run: Callable[..., dict[str, Any]], *more: Any, **given: Any) -> tuple[float, dict[str, Any]]:
        """As in a process of its own: nothing is parsed yet."""
        manifest._objects.cache_clear()
        return timed(lambda: run(cluster_from_params(access), {**options, **given}, *more))

    took = {"helm upgrade": large.upgrade_seconds}
    took["info"], info = with_cluster(helm_release_info.run, str(tmp_path))
    assert len(info["release"]["objects"]) == DEFINITIONS and all(one["live"] for one in info["release"]["objects"])
    took["keep"], kept = with_cluster(release_keep.run, False, str(tmp_path), objects=KEEP, allow_resets=False)
    assert len(kept["sealed"]) == 2 and kept["resets"] == []
    took["backup"], backup = with_cluster(release_backup.run, False)
    assert Path(backup["path"]).stat().st_size > 4_500_000
    took["uninstall"], _gone = with_cluster(release_uninstall.run, False, str(tmp_path), keep=KEEP, chart=None)
    left = large.kubectl(CLUSTER, "get", "crd", "-o", "name").split()
    assert [name for name in left if GROUP in name] == [
        f"customresourcedefinition.apiextensions.k8s.io/{one['name']}" for one in KEEP
    ]
    print("".join(f"\n{what:<14}{seconds:6.1f} s" for what, seconds in took.items()))

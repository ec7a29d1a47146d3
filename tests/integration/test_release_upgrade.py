# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""helm_release_upgrade on a real cluster: what helm alone loses, what a kill leaves, what is refused before the first write, and
a chart that has nothing to do with Coder.
"""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from sampling import sampled
from site_runs import CHECKOUT

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    helm_record,
    release_backup,
    release_keep,
    release_uninstall,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import private_folder
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import plan, release_upgrade
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

CLUSTER = "primary"
#: Runs the module's work in a process that can be killed.
PROCESS = """
import json, sys, tempfile
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import release_upgrade
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params
params = json.loads(sys.argv[1])
release_upgrade.run(cluster_from_params(params), params, False, tempfile.mkdtemp())
"""


class Place:
    """A namespace of the lab's primary cluster with one release in it."""

    def __init__(self, lab: Any, namespace: str, folder: Path, name: str = "coder", helm: str | None = None) -> None:
        self.lab, self.namespace, self.folder, self.name = lab, namespace, folder, name
        self.program = helm or lab.description["programs"]["helm"]
        lab.kubectl(CLUSTER, "create", "namespace", namespace)

    def helm(self, *arguments: str) -> str:
        return self.lab.helm(CLUSTER, *arguments, "--namespace", self.namespace, program=self.program)

    def kubectl(self, *arguments: str) -> str:
        return self.lab.kubectl(CLUSTER, "--namespace", self.namespace, *arguments)

    def install(self, chart: str, values: dict[str, Any]) -> None:
        self.helm("upgrade", "--install", self.name, chart, "--values", self.values(values))

    def values(self, values: dict[str, Any]) -> str:
        path = self.folder / f"{self.namespace}.yaml"
        path.write_text(yaml.safe_dump(values))
        return str(path)

    def params(self, chart: str, values: dict[str, Any], **more: Any) -> dict[str, Any]:
        access = self.lab.clusters[CLUSTER]
        return {
            "kubeconfig": access["admin_kubeconfig"], "context": CLUSTER, "cluster_uid": access["uid"],
            "name": self.name, "namespace": self.namespace, "chart_ref": chart, "values_files": [self.values(values)],
            "install": False, "atomic": True, "timeout": 60, "history_max": 10, "wait": True, "gitops_suspended": False,
            "helm_binary": self.program, **more,
        }  # fmt: skip

    def upgrade(self, chart: str, values: dict[str, Any], *, check_mode: bool = False, **more: Any) -> dict[str, Any]:
        params = self.params(chart, values, **more)
        private = self.folder / f"helm-{len(list(self.folder.iterdir()))}"
        private.mkdir(mode=0o700)
        return release_upgrade.run(cluster_from_params(params), params, check_mode, str(private))

    def refused(self, chart: str, values: dict[str, Any], **more: Any) -> ClassicError:
        before = self.everything()
        with pytest.raises(ClassicError) as caught:
            self.upgrade(chart, values, **more)
        assert self.everything() == before
        return caught.value

    def everything(self) -> dict[str, str]:
        """UID and resource version of what an upgrade could write, but what controllers rewrite."""
        kinds = "ingresses.networking.k8s.io,services,deployments,configmaps,secrets,serviceaccounts,roles"
        found = json.loads(self.kubectl("get", kinds, "-o", "json"))["items"]
        return {
            f"{one['kind']}/{one['metadata']['name']}": str(one["metadata"].get("generation")) + one["metadata"]["uid"]
            for one in found
        }

    def ingress(self) -> dict[str, Any] | None:
        text = self.kubectl("get", "ingresses.networking.k8s.io", "web-ingress", "--ignore-not-found", "-o", "json")
        return json.loads(text)["metadata"] if text else None


@pytest.fixture(scope="module")
def lab(region_lab):
    region_lab.begin("fresh")
    return region_lab


@pytest.fixture(params=["3", "4"])
def series(request) -> str:
    return request.param


@pytest.fixture
def place(lab, tmp_path, request, series):
    """With the helm of each series."""
    name = request.node.name.replace("test_", "").replace("1.21", "")
    name = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40]
    return Place(lab, name, tmp_path, helm=lab.helm_program(series))


HOST = {"ingress": {"host": "coder.example.com"}, "devurls": {"host": "*.example.com"}}
NEXT = {"chart_version": "1.21.7", "chart_name": "coder"}


def charts(lab: Any) -> dict[str, str]:
    return lab.description["charts"]


def test_bare_helm_loses_it(place, lab):
    """The control: without it, the test after this one would prove nothing."""
    place.install(charts(lab)["coder-1.20.0"], HOST)
    place.install(charts(lab)["coder"], HOST)
    assert "kind: Ingress" in place.helm("get", "manifest", "coder") and place.ingress() is None
    # And what is lost is put back without an upgrade.
    assert place.upgrade(charts(lab)["coder"], HOST)["put_back"] == ["Ingress/web-ingress"]
    assert place.ingress()["annotations"]["meta.helm.sh/release-name"] == "coder"


def test_what_still_goes_is_no_success(place, lab):
    place.install(charts(lab)["coder-1.20.0"], HOST)

    def hold(finalizers: list[str] | None) -> None:
        place.kubectl("patch", "ingress", "web-ingress", "-p", json.dumps({"metadata": {"finalizers": finalizers}}))

    hold(["example.com/slow"])
    place.kubectl("delete", "ingress", "web-ingress", "--wait=false")
    # Nothing is put on it, and it is not taken for there.
    for chart, code in (("coder", "terminating"), ("coder-1.20.0", "verify_failed")):
        with pytest.raises(ClassicError, match=r"Ingress/web-ingress") as caught:
            place.upgrade(charts(lab)[chart], HOST)
        assert caught.value.code == code and caught.value.next_step
    assert lab.revisions(CLUSTER, "coder", place.namespace) == [1]
    hold(None)
    assert place.upgrade(charts(lab)["coder-1.20.0"], HOST)["put_back"] == ["Ingress/web-ingress"]


def test_ours_keeps_it(place, lab):
    place.install(charts(lab)["coder-1.20.0"], HOST)
    before = place.ingress()
    planned = place.upgrade(charts(lab)["coder"], HOST, check_mode=True, **NEXT)
    cluster = cluster_from_params(place.params("-", {}))

    def uid() -> str | None:
        # By our own client, which is quicker than kubectl.
        live = cluster.get("networking.k8s.io/v1", "Ingress", "web-ingress", place.namespace)
        return live and live["metadata"]["uid"]

    with sampled(uid, every=0.1) as seen:
        done = place.upgrade(charts(lab)["coder"], HOST, **NEXT)
    assert len(seen) > 3 and set(seen) == {before["uid"]}
    assert done["changes"] == planned["changes"] and done["protected"] == ["Ingress/web-ingress"]
    assert place.ingress()["annotations"] == before["annotations"]
    revisions = lab.revisions(CLUSTER, "coder", place.namespace)
    assert place.upgrade(charts(lab)["coder"], HOST)["changed"] is False
    assert lab.revisions(CLUSTER, "coder", place.namespace) == revisions
    # What protected it is gone, so that the next layout removes it.
    place.upgrade(charts(lab)["coder"], {**HOST, "coderd": {"serviceNext": True}})
    assert place.ingress() is None


@pytest.mark.parametrize("helm_too", [True, False])
def test_a_killed_run(place, lab, helm_too):
    place.install(charts(lab)["coder-1.20.0"], HOST)
    before = place.ingress()
    params = json.dumps(place.params(charts(lab)["coder"], HOST))
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "build" / "collections")}
    running = subprocess.Popen([sys.executable, "-c", PROCESS, params], env=environment, start_new_session=True)
    cluster = cluster_from_params(json.loads(params))
    # By our own client, which is quicker than kubectl: on an idle machine the revision is pending for a second.
    while not cluster.list("v1", "Secret", place.namespace, "status=pending-upgrade", metadata_only=True):
        assert running.poll() is None, "the upgrade ended before it was seen to be pending"
        time.sleep(0.02)
    running.kill()
    running.wait()
    if helm_too:
        kill_helm(place.namespace)
        assert plan.MARK in place.ingress()["annotations"]
    assert place.upgrade(charts(lab)["coder"], HOST, check_mode=True)["changed"] in (True, False)
    place.upgrade(charts(lab)["coder"], HOST)
    assert (place.ingress()["uid"], place.ingress()["annotations"]) == (before["uid"], before["annotations"])
    assert json.loads(place.helm("status", "coder", "--output", "json"))["info"]["status"] == "deployed"
    assert place.upgrade(charts(lab)["coder"], HOST)["changed"] is False


def kill_helm(namespace: str) -> None:
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                arguments = (folder / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if b"upgrade" in arguments and namespace.encode() in arguments:
                os.kill(int(folder.name), signal.SIGKILL)


# A chart that is not the product's: a subchart, hooks, a CustomResourceDefinition with an object of it, a List.


def shop(folder: Path, version: str, **templates: str) -> str:
    chart = folder / version / "shop"
    for path, content in {
        "Chart.yaml": yaml.safe_dump(
            {
                "apiVersion": "v2",
                "name": "shop",
                "version": version,
                "dependencies": [{"name": "db", "version": "0.1.0"}],
            }
        ),
        "values.yaml": "replicas: 1\n",
        "charts/db/Chart.yaml": "apiVersion: v2\nname: db\nversion: 0.1.0\n",
        "charts/db/templates/cm.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: db}\ndata: {size: "1"}\n',
        "crds/things.yaml": yaml.safe_dump(
            {
                "apiVersion": "apiextensions.k8s.io/v1",
                "kind": "CustomResourceDefinition",
                "metadata": {"name": "things.shop.example.com"},
                "spec": {
                    "group": "shop.example.com",
                    "scope": "Namespaced",
                    "names": {"kind": "Thing", "plural": "things", "singular": "thing"},
                    "versions": [
                        {
                            "name": "v1",
                            "served": True,
                            "storage": True,
                            "schema": {
                                "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
                            },
                        }
                    ],
                },
            }
        ),
        **{f"templates/{name}.yaml": text for name, text in {**SHOP, **templates}.items()},
    }.items():
        (chart / path).parent.mkdir(parents=True, exist_ok=True)
        (chart / path).write_text(content)
    return str(chart)


SHOP = {
    "web": """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: {{ .Values.replicas }}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web:1}]}
""",
    "thing": 'apiVersion: shop.example.com/v1\nkind: Thing\nmetadata: {name: one}\nspec: {sizes: ["s"], colour: red}\n',
    "list": """apiVersion: v1
kind: List
items:
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: first}, data: {a: "1"}}
  - {apiVersion: v1, kind: ConfigMap, metadata: {name: second}, data: {a: "1"}}
""",
    "hook": """apiVersion: v1
kind: ConfigMap
metadata: {name: hooked, annotations: {helm.sh/hook: "pre-upgrade", helm.sh/hook-delete-policy: before-hook-creation}}
data: {now: "{{ randAlphaNum 8 }}"}
""",
    "secret": "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: {{ .Values.password | quote }}}\n",
}


def test_any_chart(lab, tmp_path, series):
    place = Place(lab, f"any-chart-{series}", tmp_path, "shop", lab.helm_program(series))
    first = {"password": "first-planted-secret"}
    # By bare helm, since no dry run knows a kind that the chart itself brings.
    place.install(shop(tmp_path, "1.0.0"), first)
    assert place.upgrade(shop(tmp_path, "1.0.0"), first)["changed"] is False
    thing = 'apiVersion: shop.example.com/v1\nkind: Thing\nmetadata: {name: one}\nspec: {sizes: ["m"]}\n'
    items = SHOP["list"].replace('name: second}, data: {a: "1"}', 'name: third}, data: {a: "2"}')
    second = {"password": "second-planted-secret", "replicas": 2}
    chart = shop(tmp_path, "1.1.0", thing=thing, list=items)
    planned = place.upgrade(chart, second, check_mode=True)
    done = place.upgrade(chart, second)
    assert done["changes"] == planned["changes"] and "planted-secret" not in json.dumps([planned, done])
    assert {(one["name"], one["change"]) for one in done["changes"]} == {
        ("web", "changed"), ("one", "changed"), ("login", "changed"), ("third", "created"), ("second", "removed")
    }  # fmt: skip
    fields = {one["name"]: {row["path"]: row["manifest"] for row in one["fields"]} for one in done["changes"]}
    assert fields["web"] == {"spec.replicas": 2} and fields["one"] == {"spec.colour": None, "spec.sizes.0": "m"}
    assert place.upgrade(chart, second)["changed"] is False
    # One that somebody deletes is put back, in a List and in a subchart too.
    place.kubectl("delete", "configmap/first", "configmap/db", "deployment/web")
    assert place.upgrade(chart, second)["put_back"] == ["ConfigMap/db", "Deployment/web", "ConfigMap/first"]
    # As helm's own: Helm 4 changes no field of anybody else.
    assert place.upgrade(chart, {**second, "replicas": 3})["changed"] is True
    # To its end: written down, what must stay sealed, and the rest gone.
    params = {**place.params("-", {}), "timeout": 60}
    cluster = cluster_from_params(params)
    saved = release_backup.run(cluster, {**params, "directory": str(tmp_path / "backup")}, False)
    assert {"Thing", "Deployment", "Secret"} <= set(re.findall(r'"?kind"?: "?(\w+)', Path(saved["path"]).read_text()))
    keep = [{"kind": "ConfigMap", "name": "db"}, {"kind": "Thing", "name": "one"}]
    hooks = helm_record.current(cluster, place.namespace, "shop").hooks
    with private_folder(str(tmp_path)) as folder:
        options = {"objects": keep, "roots": [], "allow_resets": False, "chart": chart}
        assert release_keep.run(cluster, {**params, **options}, False, folder)["sealed"] == [
            "ConfigMap/db",
            "Thing/one",
        ]
    assert [one["name"] for one in helm_record.current(cluster, place.namespace, "shop").hooks] == [hooks[0]["name"]]
    with private_folder(str(tmp_path)) as folder:
        release_uninstall.run(cluster, {**params, "keep": keep, "chart": "shop"}, False, folder)
    left = place.kubectl("get", "deployments,configmaps,things,secrets", "-o", "name").split()
    assert {"configmap/db", "thing.shop.example.com/one"} <= set(left)
    assert not {"deployment.apps/web", "configmap/first", "secret/login"} & set(left)


#: Calls a template of the subchart, which no release record holds.
CALLS = """apiVersion: v1
kind: ConfigMap
metadata: {name: calls}
data: {size: {{ include "db.size" . | quote }}}
"""


def test_a_chart_whose_templates_call_their_subchart_is_sealed_with_the_chart_itself(lab, tmp_path):
    place = Place(lab, "subchart", tmp_path, "shop")
    chart = Path(shop(tmp_path, "1.0.0", calls=CALLS))
    (chart / "charts" / "db" / "templates" / "_size.tpl").write_text('{{ define "db.size" }}7{{ end }}')
    place.install(str(chart), {"password": "x"})
    wanted = {"objects": [{"kind": "ConfigMap", "name": "calls"}], "roots": [], "allow_resets": False, "timeout": 60}
    before = lab.revisions(CLUSTER, "shop", "subchart")

    def keep(**more: Any) -> dict[str, Any]:
        params = {**place.params("-", {}), **wanted, **more}
        with private_folder(str(tmp_path)) as folder:
            return release_keep.run(cluster_from_params(params), params, False, folder)

    with pytest.raises(ClassicError, match="rehearsal|rehearse|helm upgrade failed") as caught:
        keep()
    assert "option chart" in caught.value.next_step and lab.revisions(CLUSTER, "shop", "subchart") == before
    with pytest.raises(ClassicError) as caught:
        keep(chart=shop(tmp_path, "2.0.0"))
    assert caught.value.code == "wrong_chart"
    assert keep(chart=str(chart))["sealed"] == ["ConfigMap/calls"]
    place.helm("uninstall", "shop")
    assert place.kubectl("get", "configmap", "-o", "name").split().count("configmap/calls") == 1


@pytest.mark.parametrize(
    ("code", "templates", "more"),
    [
        ("refused", {"web": SHOP["web"].replace("app: web", "app: other")}, {}),
        ("foreign_owner", {"other": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kube-root-ca.crt}\n"}, {}),
        ("not_served", {"other": "apiVersion: nowhere.example.com/v1\nkind: Thing\nmetadata: {name: x}\n"}, {}),
        ("wrong_chart", {}, {"chart_version": "9.9.9"}),
        ("wrong_chart", {}, {"chart_name": "other"}),
        ("release_not_found", {}, {"name": "nobody"}),
        ("chart_unavailable", {}, {"chart_ref": "shop", "chart_repo_url": "http://127.0.0.1:1", "chart_version": "1.0.0"}),
        ("invalid", {}, {"values_files": ["/dev/null/none.yaml"]}),
        ("not_rendered", {"web": "{{ fail \"told by the chart\" }}"}, {}),
        ("cluster_mismatch", {"other": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"}, {"cluster_uid": "another"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_cannot_end_well_is_not_begun(lab, tmp_path, tmp_path_factory, code, templates, more):
    if not hasattr(lab, "refusing"):
        lab.refusing = Place(lab, "refusing", tmp_path_factory.mktemp("refusing"), "shop")
        lab.refusing.install(shop(tmp_path, "1.0.0"), {"password": "x"})
    error = lab.refusing.refused(shop(tmp_path, "2.0.0", **templates), {"password": "x"}, **more)
    assert error.code == code and error.next_step

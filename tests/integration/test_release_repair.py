# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""helm_release_repair and helm_release_restore on a real cluster: the errors are made by helm itself, and each refusal has written
nothing. The chart has nothing to do with Coder.
"""

from __future__ import annotations

import json
import os
import re
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from site_runs import CHECKOUT

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, release_backup
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import private_folder
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import release_repair
from ansible_collections.coder.classic.plugins.module_utils._helm.restore import release_restore
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

CLUSTER = "primary"
PASSWORD = "planted-password-of-the-shop"
HOLD = "lab.coder.classic/hold"
TEMPLATES = {
    "web": """apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}, annotations: {lab.coder.classic/hold: {{ .Values.hold | default "no" | quote }}}}
    spec: {containers: [{name: web, image: {{ .Chart.Version | printf "web:%s" | quote }}}]}
""",
    "service": """apiVersion: v1
kind: Service
metadata: {name: web}
spec:
  type: LoadBalancer
  {{ with .Values.clusterIP }}clusterIP: {{ . }}{{ end }}
  {{ with .Values.loadBalancerIP }}loadBalancerIP: {{ . }}{{ end }}
  selector: {app: web}
  ports: [{port: 80}]
""",
    "settings": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {version: "{{ .Chart.Version }}"}\n',
    "login": "apiVersion: v1\nkind: Secret\nmetadata: {name: login}\nstringData: {password: {{ .Values.password }}}\n",
    "account": "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: shop}\n",
    "ingress": """apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web}
spec: {rules: [{host: shop.example.com, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: web, port: {number: 80}}}}]}}]}
""",
}
JOB = """apiVersion: batch/v1
kind: Job
metadata: {name: once}
spec: {template: {spec: {restartPolicy: Never, containers: [{name: once, image: once:1}]}}}
"""
CLAIM = """apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: NAME}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}
"""


def config_map(name: str) -> str:
    return f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: {name}}}\n"


class Shop:
    """A namespace with the release shop in it; what is written as the operator is in the audit log."""

    def __init__(self, lab: Any, namespace: str, folder: Path) -> None:
        self.lab, self.namespace, self.folder = lab, namespace, folder
        self.program = lab.helm_program("3")
        self.backups = folder / "backups"
        lab.kubectl(CLUSTER, "create", "namespace", namespace)

    def chart(self, version: str, **templates: str) -> str:
        chart = self.folder / version / "shop"
        (chart / "templates").mkdir(parents=True, exist_ok=True)
        (chart / "Chart.yaml").write_text(yaml.safe_dump({"apiVersion": "v2", "name": "shop", "version": version}))
        for name, text in {**TEMPLATES, **templates}.items():
            (chart / "templates" / f"{name}.yaml").write_text(text)
        return str(chart)

    def values(self, **values: Any) -> str:
        path = self.folder / f"values-{len(list(self.folder.iterdir()))}.yaml"
        path.write_text(yaml.safe_dump({"password": PASSWORD, **values}))
        return str(path)

    def helm(self, *arguments: str, name: str = "shop") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.helm_command(*arguments, name=name), capture_output=True, text=True, check=False, timeout=120
        )

    def helm_command(self, verb: str, *arguments: str, name: str = "shop") -> list[str]:
        access = self.lab.clusters[CLUSTER]
        return [
            self.program,
            verb,
            name,
            *arguments,
            "--namespace",
            self.namespace,
            "--kubeconfig",
            access["admin_kubeconfig"],
        ]

    def install(self, version: str = "1.0.0", **templates: str) -> None:
        chart = self.chart(version, **templates)
        done = self.helm("upgrade", chart, "--install", "--values", self.values())
        assert done.returncode == 0, done.stderr

    def kubectl(self, *arguments: str) -> str:
        return self.lab.kubectl(CLUSTER, "--namespace", self.namespace, *arguments)

    def apply(self, text: str) -> None:
        path = self.folder / "apply.yaml"
        path.write_text(text)
        self.kubectl("apply", "-f", str(path))

    def params(self, **more: Any) -> dict[str, Any]:
        access = self.lab.clusters[CLUSTER]
        return {
            "kubeconfig": access["kubeconfig"], "context": CLUSTER, "cluster_uid": access["uid"], "name": "shop",
            "namespace": self.namespace, "helm_binary": self.program, "timeout": 60, **more,
        }  # fmt: skip

    def repair(self, *, check_mode: bool = False, **more: Any) -> dict[str, Any]:
        params = self.params(**more)
        with private_folder(str(self.folder)) as folder:
            result = release_repair.run(cluster_from_params(params), params, check_mode, folder)
        assert PASSWORD not in json.dumps(result)
        return result

    def refused(self, code: str, **more: Any) -> ClassicError:
        """Nothing is written, to the cluster or to the disk."""
        self.lab.forget()
        files = sorted(self.backups.rglob("*"))
        with pytest.raises(ClassicError) as caught:
            self.repair(**more)
        error = caught.value
        assert error.code == code and error.next_step and error.where and error.untouched.startswith("Nothing was ")
        assert self.lab.cluster_writes(CLUSTER) == [] and sorted(self.backups.rglob("*")) == files
        assert PASSWORD not in f"{error} {error.failure}"
        return error

    def checked(self, **more: Any) -> dict[str, Any]:
        self.lab.forget()
        files = sorted(self.backups.rglob("*"))
        planned = self.repair(check_mode=True, **more)
        assert self.lab.cluster_writes(CLUSTER) == [] and sorted(self.backups.rglob("*")) == files
        return planned

    def is_well(self, **more: Any) -> bool:
        """And the second run writes nothing."""
        self.lab.forget()
        result = self.repair(**more)
        assert self.lab.cluster_writes(CLUSTER) == []
        return (result["changed"], result["taken"], result["next"]) == (False, [], None)

    @property
    def record(self) -> helm_record.Release:
        return helm_record.current(cluster_from_params(self.params()), self.namespace, "shop")

    def live(self, kind: str, name: str) -> dict[str, Any]:
        return json.loads(self.kubectl("get", kind, name, "--ignore-not-found", "-o", "json") or "{}")

    def another_address(self) -> str:
        """One that no Service has."""
        services = json.loads(self.lab.kubectl(CLUSTER, "get", "services", "--all-namespaces", "-o", "json"))["items"]
        taken = {one["spec"]["clusterIP"] for one in services}
        network = self.live("service", "web")["spec"]["clusterIP"].rpartition(".")[0]
        return next(found for last in range(250, 10, -1) if (found := f"{network}.{last}") not in taken)

    def uid(self, kind: str, name: str) -> str | None:
        return (self.live(kind, name).get("metadata") or {}).get("uid")


@pytest.fixture(scope="module")
def lab(region_lab):
    region_lab.begin("fresh")
    return region_lab


@pytest.fixture
def shop(lab, tmp_path, request):
    name, _bracket, of = request.node.name.removeprefix("test_").partition("[")
    name = re.sub(r"[^a-z0-9]+", "-", f"{name[:40]}-{of.removeprefix('1.21')}")
    return Shop(lab, name.strip("-"), tmp_path)


def test_objects_that_no_living_release_owns_are_adopted(shop, lab):
    shop.install()
    shop.apply(config_map("bare"))
    shop.apply(config_map("orphan"))
    gone = ("meta.helm.sh/release-name=gone", f"meta.helm.sh/release-namespace={shop.namespace}")
    shop.kubectl("label", "configmap", "orphan", "app.kubernetes.io/managed-by=Helm")
    shop.kubectl("annotate", "configmap", "orphan", *gone)
    chart = shop.chart("2.0.0", bare=config_map("bare"), orphan=config_map("orphan"))
    values = {"chart_ref": chart, "values_files": [shop.values()]}
    # The error of the documentation, by helm itself.
    error = shop.helm("upgrade", chart, "--values", values["values_files"][0]).stderr
    assert "invalid ownership metadata" in error and "cannot be imported into the current release" in error
    # Without the chart nobody can know of it.
    assert shop.is_well()
    refusal = shop.refused("consent_needed", **values)
    assert "adopt: [ConfigMap/bare, ConfigMap/orphan]" in refusal.next_step
    assert "ConfigMap/bare is of no release" in refusal.why and "release gone" in refusal.why
    shop.refused("consent_needed", adopt=["ConfigMap/bare"], **values)
    shop.refused("cluster_mismatch", adopt=["all"], **{**values, "cluster_uid": "another"})
    planned = shop.checked(adopt=["all"], **values)
    uids = [shop.uid("configmap", name) for name in ("bare", "orphan")]
    lab.forget()
    done = shop.repair(adopt=["ConfigMap/bare", "ConfigMap/orphan"], **values)
    # The control of all that is said to write nothing, and the proof that nothing else is written.
    path = f"{CLUSTER} patch /api/v1/namespaces/{shop.namespace}/configmaps"
    assert lab.cluster_writes(CLUSTER) == [f"{path}/bare", f"{path}/orphan"]
    assert done["taken"] == planned["taken"] and [one["step"] for one in done["taken"]] == ["adopt"]
    assert [shop.uid("configmap", name) for name in ("bare", "orphan")] == uids
    assert shop.is_well(adopt=["all"], **values)
    assert shop.helm("upgrade", chart, "--values", values["values_files"][0]).returncode == 0


def test_what_a_living_release_owns_is_never_taken(shop):
    shop.install()
    other = shop.folder / "other"
    (other / "templates").mkdir(parents=True)
    (other / "Chart.yaml").write_text("apiVersion: v2\nname: other\nversion: 1.0.0\n")
    (other / "templates" / "a.yaml").write_text(config_map("taken"))
    assert shop.helm("install", str(other), name="other").returncode == 0
    chart = shop.chart("2.0.0", taken=config_map("taken"))
    refusal = shop.refused("foreign_owner", adopt=["all"], chart_ref=chart, values_files=[shop.values()])
    assert f"ConfigMap/taken is of release other in namespace {shop.namespace}" in refusal.why


def test_a_failure_of_force_is_upgraded_without_it(shop):
    shop.install(once=JOB)
    chart, values = shop.chart("2.0.0", once=JOB), shop.values(size=2)
    # The error of the documentation, by helm itself.
    error = shop.helm("upgrade", chart, "--values", values, "--force").stderr
    assert "failed to replace object" in error and "field is immutable" in error
    assert shop.record.status == "failed"
    refusal = shop.refused("chart_needed")
    assert "without --force" in refusal.what and "rollback" in refusal.next_step
    planned = shop.checked(chart_ref=chart)
    # Without files the same values again: those of the revision that failed.
    done = shop.repair(chart_ref=chart)
    assert [one["step"] for one in done["taken"]] == ["upgrade"] and done["next"] is None
    assert planned["taken"][0]["did"] == done["taken"][0]["did"] and planned["next"] == "rollback"
    now = shop.record
    assert (now.status, now.chart_version, now.config["size"]) == ("deployed", "2.0.0", 2)
    assert shop.is_well(chart_ref=chart)


def killed_upgrade(shop: Shop, verb: str = "upgrade") -> subprocess.Popen[bytes]:
    """A helm that waits for pods that never come."""
    chart, values = shop.chart("2.0.0", extra=config_map("extra")), shop.values(hold="not-ready")
    running = subprocess.Popen(
        shop.helm_command(verb, chart, "--values", values, "--wait"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 30
    while not (shop.uid("configmap", "extra") and shop.record.status == f"pending-{verb}"):
        assert running.poll() is None and time.monotonic() < deadline
        time.sleep(0.1)
    return running


@pytest.mark.parametrize("series", ["3", "4"])
def test_a_release_whose_helm_was_killed_is_rolled_back(shop, series):
    shop.program = shop.lab.helm_program(series)
    shop.install()
    shop.apply(CLAIM.replace("NAME", "data"))
    claim, service = shop.uid("pvc", "data"), shop.uid("service", "web")
    running = killed_upgrade(shop)
    try:
        # As long as it lives it is seen, whatever is said of its age.
        time.sleep(1.1)
        assert "a helm works on it on this machine" in shop.refused("pending", stuck_after=1).why
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    # It might be one of another machine.
    assert "option stuck_after" in shop.refused("pending").why
    reason = "The schema of the database is that of 2.0.0."
    refusal = shop.refused("rollback_not_allowed", stuck_after=1, rollback_allowed=False, rollback_reason=reason)
    assert refusal.why == reason
    shop.refused("step_not_allowed", stuck_after=1, steps=["adopt"])
    planned = shop.checked(stuck_after=1)
    assert planned["taken"][0]["step"] == "rollback" and planned["next"] == "reinstall"
    done = shop.repair(stuck_after=1)
    assert done["taken"] == planned["taken"] and "rolled back to revision 1 (shop 1.0.0)" in done["taken"][0]["did"]
    assert (shop.record.status, shop.record.revision, shop.record.chart_version) == ("deployed", 3, "1.0.0")
    assert shop.live("configmap", "settings")["data"] == {"version": "1.0.0"} and not shop.uid("configmap", "extra")
    assert (shop.uid("pvc", "data"), shop.uid("service", "web")) == (claim, service)
    assert shop.is_well(stuck_after=1)


def test_a_killed_first_install_goes_forward(shop):
    running = killed_upgrade(shop, "install")
    running.send_signal(signal.SIGKILL)
    running.wait()
    time.sleep(1.1)
    assert "chart_ref" in shop.refused("chart_needed", stuck_after=1).next_step
    options = {"chart_ref": shop.chart("2.0.0"), "values_files": [shop.values()], "stuck_after": 1}
    planned = shop.checked(**options)
    done = shop.repair(**options)
    assert planned["taken"] == done["taken"] and done["taken"][0]["step"] == "upgrade"
    assert (shop.record.status, shop.record.revision) == ("deployed", 2) and shop.is_well(**options)


#: helm waits for it before it deletes anything else, and it never ends.
BEFORE_DELETE = """apiVersion: batch/v1
kind: Job
metadata: {name: goodbye, annotations: {helm.sh/hook: pre-delete}}
spec:
  template:
    metadata: {annotations: {lab.coder.classic/hold: not-ready}}
    spec: {restartPolicy: Never, containers: [{name: goodbye, image: goodbye:1}]}
"""


def test_an_uninstall_that_was_killed_is_taken_back(shop):
    shop.install(goodbye=BEFORE_DELETE)
    shop.apply(CLAIM.replace("NAME", "data"))
    uid = shop.uid("pvc", "data")
    running = subprocess.Popen(shop.helm_command("uninstall"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        while not (shop.record.status == "uninstalling" and shop.uid("job", "goodbye")):
            assert running.poll() is None
            time.sleep(0.1)
        time.sleep(1.1)
        assert "a helm works on it on this machine" in shop.refused("pending", stuck_after=1).why
    finally:
        running.kill()
        running.wait()
    # What it might have come to.
    shop.kubectl("delete", "configmap/settings", "deployment/web")
    assert "is uninstalling for" in shop.refused("pending").why
    planned = shop.checked(stuck_after=1)
    done = shop.repair(stuck_after=1)
    assert done["taken"] == planned["taken"]
    assert done["taken"][0]["did"][0] == "rolled back to revision 1 (shop 1.0.0)"
    assert shop.live("configmap", "settings")["data"] == {"version": "1.0.0"} and shop.uid("pvc", "data") == uid
    assert shop.record.status == "deployed" and shop.is_well()


def test_a_rollback_that_would_take_a_claim_is_refused(shop):
    shop.install()
    chart = shop.chart("2.0.0", data=CLAIM.replace("NAME", "data"))
    done = shop.helm("upgrade", chart, "--values", shop.values(hold="not-ready"), "--wait", "--timeout", "2s")
    assert done.returncode and shop.record.status == "failed"
    refusal = shop.refused("refused")
    assert "PersistentVolumeClaim/data" in refusal.what
    uid = shop.uid("pvc", "data")
    # What the refusal says.
    shop.kubectl(*refusal.next_step.partition("kubectl ")[2].split()[2:])
    assert shop.repair()["taken"][0]["step"] == "rollback" and shop.uid("pvc", "data") == uid
    assert shop.is_well()


@pytest.mark.parametrize("series", ["3", "4"])
def test_what_is_left_of_a_release_without_a_record_is_adopted(shop, series):
    """The record is gone and the objects are there, as helm leaves them where it could not delete them (helm/helm 8413)."""
    shop.program = shop.lab.helm_program(series)
    shop.install()
    shop.kubectl("delete", "secret", "-l", "owner=helm")
    chart, values = shop.chart("2.0.0", bare=config_map("bare")), shop.values()
    shop.apply(config_map("bare"))
    options = {"chart_ref": chart, "values_files": [values]}
    assert shop.refused("consent_needed", **options).details["objects"] == ["ConfigMap/bare"]
    assert shop.repair(adopt=["all"], **options)["taken"][0]["step"] == "adopt"
    shop.refused("release_not_found", adopt=["all"], **options)
    assert shop.helm("upgrade", chart, "--install", "--values", values).returncode == 0


def test_a_chart_that_fits_nowhere_is_no_reason_to_reinstall(shop):
    shop.install()
    bad = "apiVersion: v1\nkind: Service\nmetadata: {name: bad}\nspec: {ports: [{port: 99999}]}\n"
    options = {"chart_ref": shop.chart("2.0.0", bad=bad), "backup_dir": str(shop.backups), "confirm_reinstall": "shop"}
    assert "Service/bad" in shop.refused("chart_does_not_fit", **options).why


def test_lost_objects_are_put_back(shop):
    shop.install(data=CLAIM.replace("NAME", "data"))
    shop.kubectl("delete", "configmap", "settings")
    shop.kubectl("delete", "pvc", "data")
    refusal = shop.refused("consent_needed")
    assert "PersistentVolumeClaim/data is gone" in refusal.what and "empty_claims" in refusal.next_step
    planned = shop.checked(empty_claims=["all"])
    done = shop.repair(empty_claims=["PersistentVolumeClaim/data"])
    assert done["taken"] == planned["taken"] and done["taken"][0]["step"] == "restore_lost"
    assert shop.live("configmap", "settings")["metadata"]["annotations"]["meta.helm.sh/release-name"] == "shop"
    assert shop.is_well()


def rewrite_record(shop: Shop, old: str, new: str) -> None:
    """As if the cluster had been upgraded under the release."""
    change_record(shop, lambda record: record.update(manifest=record["manifest"].replace(old, new)))


def change_record(shop: Shop, change: Callable[[dict[str, Any]], None]) -> None:
    shop.lab.change_record(CLUSTER, shop.namespace, "shop", change)


def test_a_stored_manifest_gets_the_apis_that_are_served(shop):
    shop.install()
    manifest = shop.record.manifest
    rewrite_record(shop, "apiVersion: apps/v1\n", "apiVersion: extensions/v1beta1\n")
    chart, values = shop.chart("2.0.0"), shop.values()
    # By helm itself.
    assert "no matches for kind" in shop.helm("upgrade", chart, "--values", values).stderr
    shop.refused("backup_needed")
    saving = {"backup_dir": str(shop.backups)}
    planned = shop.checked(**saving)
    old = shop.live("secret", "sh.helm.release.v1.shop.v1")["data"]
    done = shop.repair(**saving)
    assert done["taken"] == planned["taken"]
    assert done["taken"][0]["did"] == ["revision 1: Deployment/web extensions/v1beta1 → apps/v1"]
    (file,) = done["files"]
    assert json.loads(Path(file).read_text())["items"][0]["data"] == old
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert shop.record.manifest == manifest.replace("apiVersion: apps/v1\n", 'apiVersion: "apps/v1"\n')
    assert shop.is_well(**saving)
    assert shop.helm("upgrade", chart, "--values", values).returncode == 0


def test_what_has_no_successor_is_taken_out_only_by_name(shop):
    shop.install(extra=config_map("extra"))
    thing = "apiVersion: gone.example.com/v1\nkind: Thing\nmetadata: {name: extra}\n"
    rewrite_record(shop, config_map("extra"), thing)
    saving = {"backup_dir": str(shop.backups)}
    assert "remove_unserved: [Thing/extra]" in shop.refused("consent_needed", **saving).next_step
    shop.repair(remove_unserved=["Thing/extra"], **saving)
    assert "Thing" not in shop.record.manifest and shop.is_well(**saving)
    assert shop.helm("upgrade", shop.chart("2.0.0"), "--values", shop.values()).returncode == 0


def test_a_reinstall_waits_goes_on_and_tells_the_dns_work(shop, lab):
    """A Service whose address inside of the cluster must be another one: no milder step makes that of it."""
    shop.install()
    shop.apply(CLAIM.replace("NAME", "data"))
    claim, account = shop.uid("pvc", "data"), shop.uid("serviceaccount", "shop")
    other = shop.another_address()
    chart, values = shop.chart("2.0.0"), shop.values(clusterIP=other, loadBalancerIP="192.0.2.77")
    error = shop.helm("upgrade", chart, "--values", values, "--force").stderr
    assert "failed to replace object" in error and "spec.clusterIP" in error
    options = {"chart_ref": chart, "values_files": [values], "backup_dir": str(shop.backups), "timeout": 4}
    # The milder step first, whatever the consent.
    assert shop.repair(confirm_reinstall="shop", **options)["taken"][0]["step"] == "rollback"
    refusal = shop.refused("consent_needed", **options)
    assert "confirm_reinstall: shop" in refusal.next_step
    options["confirm_reinstall"] = "shop"
    shop.refused("consent_needed", **{**options, "confirm_reinstall": "other"})
    shop.refused("backup_needed", **{**options, "backup_dir": None})
    planned = shop.checked(**options)
    assert "Service/web: uninstalled" in planned["taken"][0]["did"]
    shop.kubectl(
        "patch", "service", "web", "-p", json.dumps({"metadata": {"finalizers": ["slow.example.com/cleanup"]}})
    )
    with pytest.raises(ClassicError) as caught:
        shop.repair(**options)
    assert caught.value.code == "timeout" and "Service/web (finalizers: slow.example.com/cleanup" in caught.value.what
    assert " since 20" in caught.value.what and "run this again" in caught.value.next_step
    assert shop.record is None and shop.live("service", "web")["metadata"]["finalizers"], "finalizers are never removed"
    # What is needed to go on, and nothing that others can read.
    files = [path for path in shop.backups.rglob("*") if path.is_file()]
    assert {"shop.v3.json", "shop.v3.values.yaml"} < {path.name for path in files} and len(files) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert {stat.S_IMODE(path.parent.stat().st_mode) for path in files} == {0o700}
    planned = shop.checked(**options)
    assert planned["findings"][0]["problem"] == "unfinished_reinstall"
    shop.kubectl("patch", "service", "web", "-p", json.dumps({"metadata": {"finalizers": None}}))
    done = shop.repair(**{**options, "timeout": 60})
    assert (shop.record.status, shop.record.revision, shop.record.chart_version) == ("deployed", 1, "2.0.0")
    assert shop.live("service", "web")["spec"]["clusterIP"] == other
    (moved,) = done["addresses"]
    assert (moved["before"], moved["after"], moved["hosts"]) == (["192.0.2.10"], ["192.0.2.77"], ["shop.example.com"])
    assert any("point shop.example.com to the new one" in line for line in done["said"])
    assert shop.uid("pvc", "data") == claim and shop.uid("serviceaccount", "shop") not in (account, None)
    assert shop.is_well(**options)


PROCESS = """
import json, sys, tempfile
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import release_repair
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params
params = json.loads(sys.argv[1])
print(json.dumps(release_repair.run(cluster_from_params(params), params, False, tempfile.mkdtemp())))
"""


def test_a_reinstall_that_is_killed_loses_nothing(shop):
    shop.install()
    other = shop.another_address()
    chart = shop.chart("2.0.0")
    options = {"chart_ref": chart, "values_files": [shop.values(clusterIP=other)], "backup_dir": str(shop.backups)}
    options["confirm_reinstall"] = "shop"
    shop.kubectl("patch", "configmap", "settings", "-p", json.dumps({"metadata": {"finalizers": ["example.com/slow"]}}))
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT / "build" / "collections")}
    command = [sys.executable, "-c", PROCESS, json.dumps(shop.params(**options))]
    running = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    while shop.record is not None:
        assert running.poll() is None, running.communicate()
        time.sleep(0.1)
    running.kill()
    running.wait()
    shop.kubectl("patch", "configmap", "settings", "-p", json.dumps({"metadata": {"finalizers": None}}))
    # The values come from what was saved, where none are given: here the old ones, with which the chart is fine.
    done = shop.repair(**{**options, "values_files": []})
    assert [one["step"] for one in done["taken"]] == ["reinstall"] and shop.record.config == {"password": PASSWORD}
    assert shop.is_well(**{**options, "values_files": []})


@pytest.mark.parametrize("series", ["3", "4"])
def test_a_backup_brings_back_what_was_deleted(shop, series):
    shop.program = shop.lab.helm_program(series)
    shop.install()
    params = shop.params(directory=str(shop.backups))
    saved = release_backup.run(cluster_from_params(params), params, False)["path"]

    def restore(*, check_mode: bool = False, **more: Any) -> dict[str, Any]:
        found = {**shop.params(), "path": saved, "objects": [], "empty_claims": [], **more}
        result = release_restore.run(cluster_from_params(found), found, check_mode)
        assert PASSWORD not in json.dumps(result)
        return result

    assert restore()["changed"] is False
    service = shop.uid("service", "web")
    shop.kubectl("delete", "configmap/settings", "deployment/web", "secret/login", "serviceaccount/shop", "ingress/web")
    shop.kubectl("patch", "service", "web", "-p", json.dumps({"spec": {"ports": [{"port": 80, "name": "http"}]}}))
    shop.lab.forget()
    with pytest.raises(ClassicError) as caught:
        restore(cluster_uid="another")
    assert caught.value.code == "cluster_mismatch" and shop.lab.cluster_writes(CLUSTER) == []
    planned = restore(check_mode=True)
    assert shop.lab.cluster_writes(CLUSTER) == []
    assert planned["made"][:3] == ["ServiceAccount/shop", "Secret/login", "ConfigMap/settings"]
    assert restore(objects=["ConfigMap/settings"])["made"] == ["ConfigMap/settings"]
    done = restore()
    assert done["made"] == [name for name in planned["made"] if name != "ConfigMap/settings"]
    assert [one["name"] for one in done["differing"]] == ["web"] and shop.uid("service", "web") == service
    assert any("ServiceAccount/shop comes without its UID" in line for line in done["said"])
    assert shop.live("configmap", "settings")["data"] == {"version": "1.0.0"}
    shop.lab.forget()
    assert restore()["changed"] is False and shop.lab.cluster_writes(CLUSTER) == []
    assert shop.is_well()
    # The whole release, its records too.
    shop.helm("uninstall")
    done = restore()
    assert done["made"][-1] == "Secret/sh.helm.release.v1.shop.v1" and shop.record.status == "deployed"
    assert shop.is_well() and shop.helm("upgrade", shop.chart("2.0.0"), "--values", shop.values()).returncode == 0


DEFINITION = """apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: parcels.repair.example.com}
spec:
  group: repair.example.com
  scope: Namespaced
  names: {kind: Parcel, plural: parcels, singular: parcel}
  versions:
    - name: v1
      served: true
      storage: true
      schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
"""
PARCEL = "apiVersion: repair.example.com/v1\nkind: Parcel\nmetadata: {name: one}\nspec: {size: s}\n"


def test_a_kind_comes_back_before_its_objects(shop):
    shop.install(definition=DEFINITION)
    shop.install("2.0.0", definition=DEFINITION, parcel=PARCEL)
    params = shop.params(directory=str(shop.backups))
    saved = release_backup.run(cluster_from_params(params), params, False)["path"]
    shop.kubectl("delete", "crd", "parcels.repair.example.com")
    options = {**params, "path": saved, "objects": [], "empty_claims": []}
    wanted = ["CustomResourceDefinition/parcels.repair.example.com", "Parcel/one"]
    assert release_restore.run(cluster_from_params(options), options, True)["made"] == wanted
    assert release_restore.run(cluster_from_params(options), options, False)["made"] == wanted
    assert shop.live("parcel", "one")["spec"] == {"size": "s"} and shop.is_well()


def test_through_a_playbook(shop):
    shop.install()
    shop.kubectl("delete", "configmap", "settings")
    access = {key: shop.params()[key] for key in ("kubeconfig", "context", "cluster_uid")}
    options = {"name": "shop", "namespace": shop.namespace, "helm_binary": shop.params()["helm_binary"]}
    play = {
        "hosts": "localhost",
        "gather_facts": False,
        "module_defaults": {"group/coder.classic.cluster": access},
        "tasks": [
            {"coder.classic.helm_release_repair": options, "register": "found"},
            {
                "ansible.builtin.assert": {
                    "that": ["found.taken[0].step == 'restore_lost'", "found.release.name == 'shop'"]
                }
            },
            {"coder.classic.helm_release_backup": {**options, "directory": str(shop.backups)}},
            {
                "coder.classic.helm_release_restore": {"path": str(shop.backups / "shop.v1.json")},
                "register": "restored",
            },
            {"ansible.builtin.assert": {"that": ["restored is not changed"]}},
        ],
    }
    del play["tasks"][2]["coder.classic.helm_release_backup"]["helm_binary"]
    book = shop.folder / "play.yml"
    book.write_text(yaml.safe_dump([play]))
    program = [str(Path(sys.executable).parent / "ansible-playbook"), "-i", "localhost,", "-c", "local", str(book)]
    environment = {**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "build" / "collections")}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    environment["ANSIBLE_PYTHON_INTERPRETER"] = sys.executable
    done = subprocess.run(program, capture_output=True, text=True, check=False, env=environment, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Plays what a cloud does for its clusters: ``python -m lab.cloud KUBECONFIG...``.

A Service of type LoadBalancer gets an address, a claim without a volume gets one, a released volume is removed.
Nothing is remembered, so it needs no restart when a cluster is set back.
"""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

from . import kube
from .errors import LabError
from .kube import Kube

PROVISIONER = "volumes.lab.coder.classic"  # a plain domain, as CSI demands
ADDRESS = "192.0.2.10"  # reserved for documentation

STORAGE_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {"name": "standard", "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
    "provisioner": PROVISIONER,
    "reclaimPolicy": "Delete",
}


def main(kubeconfigs: list[str]) -> None:
    """Serve all these clusters until terminated."""
    watchers = [
        threading.Thread(target=_serve, args=(Path(kubeconfig), path, react), daemon=True)
        for kubeconfig in kubeconfigs
        for path, react in REACTIONS.items()
    ]
    for watcher in watchers:
        watcher.start()
    for watcher in watchers:
        watcher.join()


def _serve(kubeconfig: Path, path: str, react) -> None:
    client = kube.connect(kubeconfig)
    while True:
        try:
            for item in kube.watch(client, path):
                react(client, item)
        except LabError as error:
            # An object changed or went meanwhile, or the API server is being restarted: look at all again.
            print(error, flush=True)
            time.sleep(0.5)


def _address(client: Kube, service: dict) -> None:
    if service["spec"].get("type") != "LoadBalancer" or service["status"].get("loadBalancer", {}).get("ingress"):
        return
    address = service["spec"].get("loadBalancerIP") or ADDRESS
    body = {"status": {"loadBalancer": {"ingress": [{"ip": address}]}}}
    kube.merge(client, f"{_path(service, 'services')}/status", body)


def _volume(client: Kube, claim: dict) -> None:
    """The binder of the controller manager has marked the claim as ours, and binds it to the volume that names it."""
    metadata = claim["metadata"]
    provisioner = metadata.get("annotations", {}).get("volume.beta.kubernetes.io/storage-provisioner")
    if claim["spec"].get("volumeName") or provisioner != PROVISIONER:
        return
    name = f"pvc-{metadata['uid']}"
    body = {
        "metadata": {"name": name, "annotations": {"pv.kubernetes.io/provisioned-by": PROVISIONER}},
        "spec": {
            "accessModes": claim["spec"]["accessModes"],
            "capacity": claim["spec"]["resources"]["requests"],
            "claimRef": {"kind": "PersistentVolumeClaim", "apiVersion": "v1"}
            | {key: metadata[key] for key in ("namespace", "name", "uid")},
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": claim["spec"]["storageClassName"],
            "csi": {"driver": PROVISIONER, "volumeHandle": name},
        },
    }
    kube.create(client, "/api/v1/persistentvolumes", body)


def _reclaim(client: Kube, volume: dict) -> None:
    metadata = volume["metadata"]
    ours = metadata.get("annotations", {}).get("pv.kubernetes.io/provisioned-by") == PROVISIONER
    if ours and volume["status"].get("phase") == "Released" and "deletionTimestamp" not in metadata:
        kube.delete(client, f"/api/v1/persistentvolumes/{metadata['name']}")


def _path(item: dict, plural: str) -> str:
    return f"/api/v1/namespaces/{item['metadata']['namespace']}/{plural}/{item['metadata']['name']}"


REACTIONS = {
    "/api/v1/services": _address,
    "/api/v1/persistentvolumeclaims": _volume,
    "/api/v1/persistentvolumes": _reclaim,
}


if __name__ == "__main__":
    main(sys.argv[1:])

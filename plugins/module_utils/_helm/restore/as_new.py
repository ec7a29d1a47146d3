# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A saved object as one that can be made anew, and what of it does not come back. Pure; private to this collection."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._helm import backup

TOKEN_TYPE = "kubernetes.io/service-account-token"
TOKEN_UID = "kubernetes.io/service-account.uid"
#: Put on by controllers: on a new object each does so again.
OF_CONTROLLERS = {
    "foregroundDeletion",
    "kubernetes.io/pv-protection",
    "kubernetes.io/pvc-protection",
    "orphan",
    "service.kubernetes.io/load-balancer-cleanup",
}
#: With these a new claim would count as one that has lost its volume.
OF_BINDING = (
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "volume.kubernetes.io/storage-provisioner",
)
#: By these a Job finds its pods: the server makes them of its UID.
OF_A_JOB = (
    "batch.kubernetes.io/controller-uid",
    "batch.kubernetes.io/job-name",
    "controller-uid",
    "job-name",
)


class New(NamedTuple):
    """document: what is sent (secret!); lost: what does not come back, in words."""

    document: dict[str, Any]
    lost: list[str]


def as_new(item: dict[str, Any], saved: set[tuple[str, str | None, str]]) -> New:
    """saved: identities of all objects of the backup."""
    document = backup.restorable(copy.deepcopy(item))
    metadata, lost = document["metadata"], []
    if metadata.pop("ownerReferences", None):
        lost.append("its owner, which is known by a UID that is gone")
    left = [one for one in metadata.pop("finalizers", None) or [] if one not in OF_CONTROLLERS]
    if left:
        metadata["finalizers"] = left
    change = BY_KIND.get(document["kind"])
    return New(document, [*lost, *(change(document, saved) if change else [])])


def _service(document: dict[str, Any], saved: Any) -> list[str]:
    spec = document.get("spec") or {}
    lost = []
    # A headless one has no address, and says so there.
    if spec.get("clusterIP") not in (None, "", "None"):
        lost.append("its cluster address")
        for field in ("clusterIP", "clusterIPs"):
            spec.pop(field, None)
    spec.pop("healthCheckNodePort", None)
    if [port.pop("nodePort") for port in spec.get("ports") or [] if port.get("nodePort")]:
        lost.append("its node ports")
    if spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerIP"):
        lost.append("the address of its load balancer")
    return lost


def _ingress(document: dict[str, Any], saved: Any) -> list[str]:
    return ["the address of its load balancer, where it has one of its own"]


def _service_account(document: dict[str, Any], saved: set[tuple[str, str | None, str]]) -> list[str]:
    namespace = document["metadata"].get("namespace")
    there = [one for one in document.get("secrets") or [] if ("Secret", namespace, one.get("name")) in saved]
    document.pop("secrets", None)
    if there:
        document["secrets"] = there
    return ["its UID, and with that every token that it had"]


def _secret(document: dict[str, Any], saved: Any) -> list[str]:
    if document.get("type") != TOKEN_TYPE:
        return []
    # With the old content the server takes it for one of an account that is gone, and deletes it.
    document.pop("data", None)
    (document["metadata"].get("annotations") or {}).pop(TOKEN_UID, None)
    return ["its token: the server makes a new one"]


def _claim(document: dict[str, Any], saved: Any) -> list[str]:
    (document.get("spec") or {}).pop("volumeName", None)
    for one in OF_BINDING:
        (document["metadata"].get("annotations") or {}).pop(one, None)
    return ["all data: it is a new and empty volume"]


def _volume(document: dict[str, Any], saved: Any) -> list[str]:
    claim = (document.get("spec") or {}).get("claimRef") or {}
    for field in ("uid", "resourceVersion"):
        claim.pop(field, None)
    return ["what a storage system has deleted with it"]


def _job(document: dict[str, Any], saved: Any) -> list[str]:
    spec = document.get("spec") or {}
    if not spec.get("manualSelector"):
        spec.pop("selector", None)
        labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels") or {}
        for one in OF_A_JOB:
            labels.pop(one, None)
            (document["metadata"].get("labels") or {}).pop(one, None)
    return ["that it ran already: it runs again"]


def _namespace(document: dict[str, Any], saved: Any) -> list[str]:
    document.pop("spec", None)
    return ["what was in it besides the backup"]


def _pod(document: dict[str, Any], saved: Any) -> list[str]:
    (document.get("spec") or {}).pop("nodeName", None)
    return ["its node"]


def _definition(document: dict[str, Any], saved: Any) -> list[str]:
    return ["the objects of its kind besides the backup"]


BY_KIND: dict[str, Callable[[dict[str, Any], Any], list[str]]] = {
    "CustomResourceDefinition": _definition,
    "Ingress": _ingress,
    "Job": _job,
    "Namespace": _namespace,
    "PersistentVolume": _volume,
    "PersistentVolumeClaim": _claim,
    "Pod": _pod,
    "Secret": _secret,
    "Service": _service,
    "ServiceAccount": _service_account,
}

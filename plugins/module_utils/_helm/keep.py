# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a release must outlive it. Pure; private to this collection.

Roots are what others rely on: whoever calls names them, and the pods that are not the release's own show theirs. All of the
release that a root refers to, or that serves it, stays with it. ``release_objects`` are those of manifest.objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm.keep_rights import BINDINGS, aggregated, serves
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import (
    CLUSTER_WIDE,
    Identity,
    identity,
    label,
)

#: An object that must stay, and why.
Root = tuple[Identity, str]

ROLES = ("Role", "ClusterRole")
ENDED = ("Succeeded", "Failed")


def must_stay(
    release_objects: list[dict[str, Any]], namespace: str, roots: Iterable[Root], pods: Iterable[dict[str, Any]]
) -> list[dict[str, Any]]:
    """``{identity, reason}`` of each object of the release that must stay, in the manifest's order.

    Where the release holds a root, accounts that are not of the release stay anyhow: what it gives to them must stay too.
    """
    by_identity = {identity(obj): obj for obj in release_objects}
    waiting = list(roots)
    holds_root = any(of in by_identity for of, _reason in waiting)
    reasons: dict[Identity, str] = {}
    for pod in pods:
        user = f"used by pod {pod['metadata']['name']}"
        waiting += [(of, user) for of in pod_references(pod["spec"], pod["metadata"].get("namespace") or namespace)]
    while waiting:
        of, reason = waiting.pop(0)
        if of in reasons or not (of in by_identity or holds_root):
            continue
        reasons[of] = reason
        waiting += [(identity(obj), text) for obj in release_objects for text in serves(obj, of)]
        if of in by_identity:
            document = by_identity[of]["document"]
            waiting += [(to, f"{label(of)} refers to it") for to in _references(document, of)]
            waiting += [(to, f"{label(of)} is made of it") for to in aggregated(document, release_objects)]
    return [{"identity": of, "reason": reasons[of]} for of in by_identity if of in reasons]


def named(entries: Iterable[dict[str, str]], namespace: str) -> list[Root]:
    """The roots that a caller names as ``{kind, name}``; those of a namespace are in the release's."""
    return [
        ((one["kind"], None if one["kind"] in CLUSTER_WIDE else namespace, one["name"]), "it is named as needed")
        for one in entries
    ]


def foreign_pods(pods: Iterable[dict[str, Any]], release_objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The pods of a namespace that still run and belong to none of the release's own workloads."""
    selectors = [
        ((obj["document"].get("spec") or {}).get("selector") or {}).get("matchLabels") or {}
        for obj in release_objects
        if obj["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet")
    ]
    selectors += [{"job-name": obj["name"]} for obj in release_objects if obj["kind"] == "Job"]

    def own(pod: dict[str, Any]) -> bool:
        labels = pod["metadata"].get("labels") or {}
        return any(wanted and wanted.items() <= labels.items() for wanted in selectors)

    return [pod for pod in pods if not own(pod) and (pod.get("status") or {}).get("phase") not in ENDED]


def pod_references(spec: dict[str, Any], namespace: str) -> Iterator[Identity]:
    """What a pod's spec names: ServiceAccount, pull Secrets, volumes, environment, PriorityClass, RuntimeClass."""
    if spec.get("serviceAccountName"):
        yield ("ServiceAccount", namespace, spec["serviceAccountName"])
    for secret in spec.get("imagePullSecrets") or []:
        yield ("Secret", namespace, secret["name"])
    for volume in spec.get("volumes") or []:
        yield from _volume_references(volume, namespace)
    for container in [*(spec.get("initContainers") or []), *(spec.get("containers") or [])]:
        yield from _environment_references(container, namespace)
    if spec.get("priorityClassName"):
        yield ("PriorityClass", None, spec["priorityClassName"])
    if spec.get("runtimeClassName"):
        yield ("RuntimeClass", None, spec["runtimeClassName"])


def _volume_references(volume: dict[str, Any], namespace: str) -> Iterator[Identity]:
    if claim := volume.get("persistentVolumeClaim"):
        yield ("PersistentVolumeClaim", namespace, claim["claimName"])
    if secret := volume.get("secret"):
        yield ("Secret", namespace, secret["secretName"])
    for source in [volume, *((volume.get("projected") or {}).get("sources") or [])]:
        if config_map := source.get("configMap"):
            yield ("ConfigMap", namespace, config_map["name"])
        if source is not volume and (secret := source.get("secret")):
            yield ("Secret", namespace, secret["name"])


def _environment_references(container: dict[str, Any], namespace: str) -> Iterator[Identity]:
    for entry in container.get("env") or []:
        source = entry.get("valueFrom") or {}
        if key := source.get("secretKeyRef"):
            yield ("Secret", namespace, key["name"])
        if key := source.get("configMapKeyRef"):
            yield ("ConfigMap", namespace, key["name"])
    for entry in container.get("envFrom") or []:
        if source := entry.get("secretRef"):
            yield ("Secret", namespace, source["name"])
        if source := entry.get("configMapRef"):
            yield ("ConfigMap", namespace, source["name"])


def _references(document: dict[str, Any], of: Identity) -> Iterator[Identity]:
    """What a kept object itself names."""
    kind, namespace, _name = of
    if kind == "ServiceAccount":
        for secret in [*(document.get("imagePullSecrets") or []), *(document.get("secrets") or [])]:
            yield ("Secret", namespace, secret["name"])
    if kind in BINDINGS:
        role = document.get("roleRef") or {}
        yield (role.get("kind", ""), namespace if role.get("kind") == "Role" else None, role.get("name", ""))
        for subject in document.get("subjects") or []:
            if subject.get("kind") == "ServiceAccount":
                yield ("ServiceAccount", subject.get("namespace") or namespace, subject["name"])
    if kind in ROLES:
        for rule in document.get("rules") or []:
            if "podsecuritypolicies" in (rule.get("resources") or []):
                for name in rule.get("resourceNames") or []:
                    yield ("PodSecurityPolicy", None, name)

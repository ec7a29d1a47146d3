# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The Kubernetes objects of a workspace, as Coder makes them. Pure."""

from __future__ import annotations

IMAGE = "registry.example.com/codercom/enterprise-base"
BUILD_ANNOTATION = "com.coder.workspace/build-id"


def pod_name(workspace: dict) -> str:
    return f"ws-{workspace['name']}"


def claim_name(workspace: dict) -> str:
    return f"ws-{workspace['name']}-home"


def service_account(provider: dict) -> str:
    return "environments" if provider["built_in"] else f"{provider['release']}-environments"


def pods_path(provider: dict, name: str = "") -> str:
    return f"/api/v1/namespaces/{provider['namespace']}/pods" + (f"/{name}" if name else "")


def claims_path(provider: dict, name: str = "") -> str:
    return f"/api/v1/namespaces/{provider['namespace']}/persistentvolumeclaims" + (f"/{name}" if name else "")


def labels(workspace: dict) -> dict[str, str]:
    return {"com.coder.resource": "true", "com.coder.workspace.id": workspace["id"]}


def claim(workspace: dict) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": claim_name(workspace), "labels": labels(workspace)},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "10Gi"}}},
    }


def pod(workspace: dict, provider: dict) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": pod_name(workspace),
            "labels": labels(workspace),
            "annotations": {BUILD_ANNOTATION: workspace["build_id"]},
        },
        "spec": {
            "serviceAccountName": service_account(provider),
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 10,
            "containers": [
                {
                    "name": "dev",
                    "image": f"{IMAGE}:{workspace['image_tag']}",
                    "env": [{"name": "CODER_BUILD_ID", "value": workspace["build_id"]}],
                    "volumeMounts": [{"name": "home", "mountPath": "/home/coder"}],
                }
            ],
            "volumes": [{"name": "home", "persistentVolumeClaim": {"claimName": claim_name(workspace)}}],
        },
    }


def phase(pod: dict | None) -> str:
    """Running, Pending…; Terminating for one that is on its way out; Gone for none."""
    if pod is None:
        return "Gone"
    if pod["metadata"].get("deletionTimestamp"):
        return "Terminating"
    return pod.get("status", {}).get("phase", "Pending")


def reason(pod: dict) -> str:
    """Why a pod does not run, in the cluster's words."""
    conditions = pod.get("status", {}).get("conditions", [])
    return "; ".join(c["message"] for c in conditions if c.get("status") == "False" and c.get("message"))

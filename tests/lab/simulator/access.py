# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How Coder reaches a provider's cluster: the token it once took, and whether that token still works."""

from __future__ import annotations

import base64
from typing import NamedTuple

from . import observed
from .kube import Cluster, KubeError

REVIEWS = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
#: The label that the pods of every published provider chart carry.
ENVPROXY_PODS = {"labelSelector": "coder.deployment=envproxy"}
#: A bound token must outlive the lab's snapshots; that it dies with its pod is what matters here.
BOUND_TOKEN_SECONDS = 365 * 24 * 3600


class Access(NamedTuple):
    """``pods`` (by name) as Coder sees them with its own token; ``problem`` is empty when the access works."""

    pods: dict[str, dict]
    problem: str


async def look(cluster: Cluster, provider: dict) -> Access:
    """Uses nothing but the provider's token."""
    token, namespace = provider["service_account_token"], provider["namespace"]
    if not token:
        return Access({}, provider["token_problem"] or "the provider is not deployed yet")
    wanted = {"namespace": namespace, "verb": "create", "group": "", "resource": "pods"}
    review = {"apiVersion": "authorization.k8s.io/v1", "kind": "SelfSubjectAccessReview"}
    review["spec"] = {"resourceAttributes": wanted}
    try:
        pods = await cluster.call("GET", f"/api/v1/namespaces/{namespace}/pods", token=token)
        answer = await cluster.call("POST", REVIEWS, token=token, body=review)
    except KubeError as error:
        return Access({}, f"failed to connect to the cluster of the workspace provider: {error}")
    by_name = {pod["metadata"]["name"]: pod for pod in pods["items"]}
    if not answer["status"].get("allowed"):
        return Access(by_name, f'the service account of the workspace provider may not create pods in "{namespace}"')
    return Access(by_name, "")


async def first_token(cluster: Cluster, provider: dict, source: str) -> str | None:
    """The token that envproxy forwards at its start; None while no envproxy pod is ready. KubeError says what is wrong."""
    namespace = provider["namespace"]
    if provider["built_in"]:
        return await token_of_secret(cluster, namespace)
    proxy = await observed.deployment(cluster, namespace, "envproxy")
    if not proxy or not proxy.get("status", {}).get("readyReplicas"):
        return None
    shown = observed.environment(proxy).get("CEMANAGER_TOKEN", {}).get("value")
    if shown is not None and shown != provider["envproxy_token"]:
        raise KubeError("envproxy of the workspace provider shows a wrong envproxy token")
    if source == "pod":
        return await token_of_pod(cluster, namespace)
    return await token_of_secret(cluster, namespace)


async def token_of_secret(cluster: Cluster, namespace: str) -> str:
    query = {"fieldSelector": "type=kubernetes.io/service-account-token"}
    found = await cluster.call("GET", f"/api/v1/namespaces/{namespace}/secrets", query=query)
    for secret in found["items"]:
        owner = secret["metadata"].get("annotations", {}).get("kubernetes.io/service-account.name")
        if owner == "coder" and secret.get("data", {}).get("token"):
            return base64.b64decode(secret["data"]["token"]).decode()
    raise KubeError(
        f'no Secret of type kubernetes.io/service-account-token for ServiceAccount "coder" in "{namespace}"'
    )


async def token_of_pod(cluster: Cluster, namespace: str) -> str:
    found = await cluster.call("GET", f"/api/v1/namespaces/{namespace}/pods", query=ENVPROXY_PODS)
    living = [pod for pod in found["items"] if not pod["metadata"].get("deletionTimestamp")]
    if not living:
        raise KubeError(f'no envproxy pod in "{namespace}"')
    metadata = living[0]["metadata"]
    body = {
        "apiVersion": "authentication.k8s.io/v1",
        "kind": "TokenRequest",
        "spec": {
            "expirationSeconds": BOUND_TOKEN_SECONDS,
            "boundObjectRef": {"apiVersion": "v1", "kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]},
        },
    }
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/coder/token"
    return (await cluster.call("POST", path, body=body))["status"]["token"]

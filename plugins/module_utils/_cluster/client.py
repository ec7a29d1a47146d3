# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Kubernetes cluster, spoken to in plain JSON through the official client (its kubeconfig parsing and auth).

Private to this collection.
"""

from __future__ import annotations

import contextlib
import json
import threading
from typing import Any
from urllib.parse import quote, urlencode

from ansible_collections.coder.classic.plugins.module_utils._cluster import connection, discovery
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

# connection.api_client says when they are missing, before anything here is used.
with contextlib.suppress(ImportError):
    import urllib3
    from kubernetes.client.exceptions import ApiException

CONNECT_SECONDS = 10
READ_SECONDS = 30
MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PAGE = 250


def cluster_from_params(params: dict[str, Any]) -> Cluster:
    """The cluster that the options of _arguments.CLUSTER_AUTH name; nothing is asked of it yet.

    Raises ClassicError ``invalid``: unusable access data, or the library is missing.
    """
    return Cluster(*connection.api_client(params))


class Cluster:
    """Objects are the API's own JSON as dicts. Every call has a timeout and raises only ClassicError:
    ``unauthorized`` (401), ``forbidden`` (403), ``refused`` (other 4xx), ``server_error`` (5xx),
    ``cluster_unreachable`` (no answer), ``not_json``.
    """

    def __init__(self, api_client: Any, context: str) -> None:
        self._client = api_client
        self.context = context
        self.url: str = api_client.configuration.host
        self._resources: dict[str, dict[str, discovery.Resource]] = {}
        self._lock = threading.Lock()

    @property
    def where(self) -> str:
        return f"context {self.context} ({self.url})"

    def uid(self) -> str:
        """The cluster's identity: the UID of its namespace kube-system, which nobody can replace."""
        namespace = self.get("v1", "Namespace", "kube-system")
        if namespace is None:
            raise ClassicError("The cluster has no namespace kube-system.", code="refused", where=self.where)
        return namespace["metadata"]["uid"]

    def server_version(self) -> str:
        """For example ``v1.21.14``."""
        return self.request("GET", "/version")["gitVersion"]

    def get(self, api_version: str, kind: str, name: str, namespace: str | None = None) -> dict[str, Any] | None:
        """The object; None when it does not exist or the server does not serve its kind."""
        resource = self.resource(api_version, kind)
        if resource is None:
            return None
        return self._or_none("GET", discovery.path(api_version, resource, namespace, name))

    def list(
        self,
        api_version: str,
        kind: str,
        namespace: str | None = None,
        label_selector: str | None = None,
        *,
        metadata_only: bool = False,
    ) -> list[dict[str, Any]]:
        """All objects of a kind, in one namespace or everywhere; none when the server does not serve the kind.

        metadata_only leaves out everything but ``metadata``: cheap for Secrets that hold release records.
        """
        resource = self.resource(api_version, kind)
        if resource is None:
            return []
        query = {"limit": str(PAGE)}
        if label_selector:
            query["labelSelector"] = label_selector
        accept = METADATA_ONLY if metadata_only else "application/json"
        found: list[dict[str, Any]] = []
        while True:
            page = self.request("GET", discovery.path(api_version, resource, namespace), query=query, accept=accept)
            found += page.get("items") or []
            query["continue"] = page.get("metadata", {}).get("continue") or ""
            if not query["continue"]:
                return found

    def create(self, obj: dict[str, Any]) -> dict[str, Any]:
        resource = self._served(obj["apiVersion"], obj["kind"])
        path = discovery.path(obj["apiVersion"], resource, obj["metadata"].get("namespace"))
        return self.request("POST", path, body=obj)

    def patch(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None,
        body: dict[str, Any],
        content_type: str = MERGE_PATCH,
        *,
        dry_run: bool = False,
    ) -> dict[str, Any]:
        """The object after the patch; with dry_run the server computes and validates it and stores nothing."""
        path = discovery.path(api_version, self._served(api_version, kind), namespace, name)
        query = {"dryRun": "All"} if dry_run else None
        return self.request("PATCH", path, body=body, query=query, content_type=content_type)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        propagation: str = "Background",
    ) -> bool:
        """Whether there was something to delete; with uid only that very object is deleted (else ``refused``)."""
        path = discovery.path(api_version, self._served(api_version, kind), namespace, name)
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        return self._or_none("DELETE", path, body=options) is not None

    def allowed(
        self,
        verb: str,
        group: str,
        resource: str,
        namespace: str | None = None,
        name: str | None = None,
        subresource: str | None = None,
    ) -> bool:
        """Whether the user may do it, asked of the cluster (SelfSubjectAccessReview); without namespace: in all."""
        attributes = {
            "verb": verb,
            "group": group,
            "resource": resource,
            "namespace": namespace,
            "name": name,
            "subresource": subresource,
        }
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": {key: value for key, value in attributes.items() if value}},
        }
        answer = self.request("POST", "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", body=review)
        return bool(answer["status"]["allowed"])

    def serves(self, api_version: str, kind: str) -> bool:
        """Whether the server still has this kind in this API version."""
        return self.resource(api_version, kind) is not None

    def equivalent(self, api_version: str, kind: str) -> str | None:
        """The API version under which the server has this kind today: the same one, or its successor, or None."""
        if self.serves(api_version, kind):
            return api_version
        return next((v for v in discovery.successors(api_version, kind, self._groups()) if self.serves(v, kind)), None)

    def api_versions(self) -> list[str]:
        """All API versions that the server serves, ``v1`` included."""
        return ["v1", *(version["groupVersion"] for group in self._groups() for version in group["versions"])]

    def _groups(self) -> list[dict[str, Any]]:
        return self.request("GET", "/apis")["groups"]

    def resource(self, api_version: str, kind: str) -> discovery.Resource | None:
        """The plural name and scope of a kind; None when the server does not serve it."""
        with self._lock:
            known = self._resources.get(api_version)
        if known is None:
            known = discovery.resources(self._or_none("GET", discovery.group_path(api_version)) or {})
            with self._lock:
                self._resources[api_version] = known
        return known.get(kind)

    def _served(self, api_version: str, kind: str) -> discovery.Resource:
        resource = self.resource(api_version, kind)
        if resource is None:
            raise ClassicError(
                f"The cluster does not serve {kind} in {api_version}.",
                code="refused",
                where=self.where,
                untouched="Nothing was changed by this request.",
            )
        return resource

    def _or_none(self, method: str, path: str, **arguments: Any) -> dict[str, Any] | None:
        try:
            return self.request(method, path, **arguments)
        except ClassicError as error:
            if error.status == 404:
                return None
            raise

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: dict[str, str] | None = None,
        content_type: str = "application/json",
        accept: str = "application/json",
    ) -> dict[str, Any]:
        """The JSON answer of one request; query values are escaped here, the path's parts by discovery.path."""
        url = self.url.rstrip("/") + path + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        status, text = self._exchange(method, url, path, body, {"Accept": accept, "Content-Type": content_type})
        if not 200 <= status <= 299:
            raise self._error(method, path, status, text)
        try:
            return json.loads(text)
        except ValueError as error:
            raise ClassicError(
                f"{method} {path} was answered with something else than JSON.",
                code="not_json",
                where=self.where,
                why="The address may be that of a proxy or a login page.",
                status=status,
            ) from error

    def _exchange(self, method: str, url: str, path: str, body: Any, headers: dict[str, str]) -> tuple[int, str]:
        configuration = self._client.configuration
        for setting in configuration.auth_settings().values():
            if setting["in"] == "header" and setting["value"]:
                headers[setting["key"]] = setting["value"]
        timeout = (CONNECT_SECONDS, READ_SECONDS)
        try:
            # The one signature that all releases of the client since 29 share; only older ones raise on a bad status.
            response = self._client.rest_client.request(
                method, url, headers=headers, body=body, _request_timeout=timeout
            )
            data = response.read() if response.data is None else response.data
        except ApiException as error:
            if not error.status:
                raise self._unreachable(method, path, error.reason) from error
            return error.status, _text(error.body)
        except urllib3.exceptions.HTTPError as error:
            raise self._unreachable(method, path, error) from error
        return response.status, _text(data)

    def _unreachable(self, method: str, path: str, reason: Any) -> ClassicError:
        # urllib3 wraps the cause in "Max retries exceeded" and repeats the URL; the cause is what helps.
        cause = getattr(reason, "reason", None) or reason
        return ClassicError(
            f"The cluster's API server does not answer ({method} {path}).",
            code="cluster_unreachable",
            where=self.where,
            why=str(cause),
            untouched="Nothing was changed." if method == "GET" else "Unknown: the request may have been carried out.",
            next_step="Check the address, the network and the authority of the certificate, then run again.",
        )

    def _error(self, method: str, path: str, status: int, text: str) -> ClassicError:
        code = {401: "unauthorized", 403: "forbidden"}.get(status, "server_error" if status >= 500 else "refused")
        next_step = {
            401: "Renew the credential of this context, then run again.",
            403: "Ask for this right, or use a context that has it, then run again.",
        }.get(status)
        return ClassicError(
            f"{method} {path} was answered with status {status}.",
            code=code,
            where=self.where,
            why=_server_words(text),
            next_step=next_step,
            status=status,
        )


def _text(data: Any) -> str:
    return data.decode("utf-8", "replace") if isinstance(data, bytes) else str(data or "")


def _server_words(text: str) -> str | None:
    try:
        return json.loads(text).get("message")
    except (ValueError, AttributeError):
        return text[:200].strip() or None

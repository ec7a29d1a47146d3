# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One Kubernetes cluster, spoken to in plain JSON. Private to this collection."""

from __future__ import annotations

import copy
import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _border
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import (
    connection,
    discovery,
    granted,
    identity,
    kept_answers,
    kubeconfig,
    once,
    transport,
)

MERGE_PATCH = "application/merge-patch+json"
STRATEGIC_PATCH = "application/strategic-merge-patch+json"
#: Server-side apply; JSON is YAML too.
APPLY_PATCH = "application/apply-patch+yaml"
METADATA_ONLY = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1"
PAGE = 250


def cluster_from_params(params: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Cluster:
    """The cluster that options like those of _arguments.CLUSTER_AUTH and the environment (by default this process') say, by
    the rule of kubeconfig.resolve. It is written to only when it has params["cluster_uid"], if given. Nothing is asked of
    it yet.

    Raises ClassicError: ``invalid`` (unusable access data, or a library is missing), ``credential_plugin``.
    """
    connection.require_libraries()
    expected = identity.expected(params)
    access = kubeconfig.resolve(params, os.environ if environment is None else environment)
    for secret in access.secrets:
        _border.hide(secret)
    return Cluster(connection.connect(access), access, expected)


class Cluster:
    """Objects are the API's own JSON as dicts. Every call has a timeout and raises only ClassicError, with the codes of
    transport.request; a write also ``cluster_mismatch`` and ``cluster_unproved`` (prove_identity).
    """

    def __init__(self, connected: connection.Connection, access: kubeconfig.Access, expected_uid: str | None = None):
        self._connection = connected
        self.access = access
        self.expected_uid = expected_uid
        self.context = access.context
        self.url = access.server
        self._seen: dict[str, str] = {}
        self._resources: dict[str, dict[str, discovery.Resource]] = {}
        self._lock = threading.Lock()
        self._reads: once.Reads | None = None
        self._kept: kept_answers.KeptAnswers | None = None

    def at_one_time(self, run_folder: str | None = None) -> Cluster:
        """The same cluster for a look that is taken to need no time: each of its reads is asked once, whoever needs it.

        run_folder: where a run keeps what it asks once (kept_answers).
        """
        view = copy.copy(self)
        view._reads = once.Reads()
        view._kept = kept_answers.KeptAnswers(run_folder, self.access) if run_folder else None
        return view

    @property
    def where(self) -> str:
        return f"context {self.context} ({self.url})"

    @property
    def source(self) -> str:
        """Who said which cluster this is, for a person: file and context, variable, ServiceAccount."""
        return self.access.source

    def uid(self) -> str:
        """The cluster's identity: the UID of its namespace kube-system, which nobody can replace. Read once."""
        if "uid" not in self._seen:
            namespace = self._or_none("GET", "/api/v1/namespaces/kube-system")
            if namespace is None:
                raise ClassicError(
                    "The cluster has no namespace kube-system.",
                    code="refused",
                    where=self.where,
                    untouched="This request changed nothing.",
                    next_step="Check that this context is the one of a Kubernetes API server.",
                )
            self._seen["uid"] = namespace["metadata"]["uid"]
        return self._seen["uid"]

    def prove_identity(self) -> None:
        """Does nothing when this is the cluster that is expected, or none in particular is. Before every write; also to be
        called before helm writes.

        Raises ClassicError ``cluster_mismatch`` for another cluster, ``cluster_unproved`` where that may not be read.
        """
        if self.expected_uid is not None:
            identity.prove(self.expected_uid, self.uid, self.where, self.source)

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
        path = discovery.path(api_version, resource, namespace)
        try:
            return self._pages(path, dict(query), accept)
        except ClassicError as error:
            if error.status != 410:
                raise
        # The server forgot the list that it was handing out in pages; a whole one in one piece cannot expire.
        return self._pages(path, {**query, "limit": "0"}, accept)

    def _pages(self, path: str, query: dict[str, str], accept: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self.request("GET", path, query=query, accept=accept)
            found += page.get("items") or []
            query["continue"] = page.get("metadata", {}).get("continue") or ""
            if not query["continue"]:
                return found

    def create(self, obj: dict[str, Any], *, dry_run: bool = False) -> dict[str, Any]:
        """The object as it is stored; with dry_run the server validates it and stores nothing."""
        resource = self._served(obj["apiVersion"], obj["kind"])
        path = discovery.path(obj["apiVersion"], resource, obj["metadata"].get("namespace"))
        return self.request("POST", path, body=obj, query={"dryRun": "All"} if dry_run else None)

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
        field_manager: str | None = None,
    ) -> dict[str, Any]:
        """The object after the patch; with dry_run the server computes and validates it and stores nothing.

        field_manager: who is to own the fields, without which nothing can be applied (APPLY_PATCH).
        """
        path = discovery.path(api_version, self._served(api_version, kind), namespace, name)
        query = {"dryRun": "All"} if dry_run else {}
        query |= {"fieldManager": field_manager} if field_manager else {}
        return self.request("PATCH", path, body=body, query=query or None, content_type=content_type)

    def delete(
        self,
        api_version: str,
        kind: str,
        name: str,
        namespace: str | None = None,
        *,
        uid: str | None = None,
        propagation: str = "Background",
        dry_run: bool = False,
    ) -> bool:
        """Whether there was something to delete; with uid only that very object is deleted (else ``refused``). With dry_run the
        server only says whether it would.
        """
        path = discovery.path(api_version, self._served(api_version, kind), namespace, name)
        options: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            options["preconditions"] = {"uid": uid}
        if dry_run:
            # In the body, which counts alone where there is one: with the query only, the object would be deleted.
            options["dryRun"] = ["All"]
        query = {"dryRun": "All"} if dry_run else None
        return self._or_none("DELETE", path, body=options, query=query) is not None

    def allowed(
        self,
        verb: str,
        group: str,
        resource: str,
        namespace: str | None = None,
        name: str | None = None,
        subresource: str | None = None,
    ) -> bool:
        """Whether the user may do it; without namespace: in all. Asked of the cluster, as long as no rule says so already.

        Whoever asks for several rights asks at_one_time, so that the rules are read once.
        """
        path = f"{resource}/{subresource}" if subresource else resource
        if namespace and granted.grants(self._rules_in(namespace), verb, group, path, name):
            return True
        if not namespace and self._may("*", "*", "*", None, None, None):
            return True
        return self._may(verb, group, resource, namespace, name, subresource)

    def _may(
        self, verb: str, group: str, resource: str, namespace: str | None, name: str | None, subresource: str | None
    ) -> bool:
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

    def _rules_in(self, namespace: str) -> list[dict[str, Any]]:
        review = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": {"namespace": namespace},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectrulesreviews"
        return granted.rules(unless_forbidden(lambda: self.request("POST", path, body=review)) or {})

    def user(self) -> str | None:
        """Whom the API server takes us for; None where it does not tell.

        Before Kubernetes 1.28 only its refusals name the user: this asks for a path that no limited user may read.
        """
        if self.serves("authentication.k8s.io/v1", "SelfSubjectReview"):
            review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
            answer = self.request("POST", "/apis/authentication.k8s.io/v1/selfsubjectreviews", body=review)
            return answer["status"]["userInfo"]["username"]
        try:
            self.request("GET", "/who-am-i")
        except ClassicError as error:
            named = re.search(r'User "([^"]+)"', error.why or "")
            return named and named[1]
        return None

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
        always = discovery.ALWAYS_SERVED.get(api_version, {}).get(kind)
        if always is not None:
            return always
        with self._lock:
            known = self._resources.get(api_version)
        if known is None:
            known = discovery.resources(self._or_none("GET", discovery.group_path(api_version)) or {})
            with self._lock:
                self._resources[api_version] = known
        return known.get(kind)

    def forget_kinds(self) -> None:
        """For whoever has made a kind: what the server serves is asked anew."""
        with self._lock:
            self._resources.clear()

    def _served(self, api_version: str, kind: str) -> discovery.Resource:
        resource = self.resource(api_version, kind)
        if resource is None:
            raise ClassicError(
                f"The cluster does not serve {kind} in {api_version}.",
                code="refused",
                where=self.where,
                untouched="This request changed nothing.",
            )
        return resource

    def _or_none(self, method: str, path: str, **arguments: Any) -> dict[str, Any] | None:
        try:
            return self.request(method, path, **arguments)
        except ClassicError as error:
            if error.status == 404:
                return None
            raise

    def request(self, method: str, path: str, **arguments: Any) -> dict[str, Any]:
        """The JSON answer of one request; arguments are those of transport.request."""
        question = [method, path, arguments]
        if self._kept is not None and kept_answers.is_lasting(method, path, arguments.get("query")):
            return self._once(question, lambda: self._kept.answer(question, lambda: self._proved(*question)))
        if identity.is_write(method, path):
            return self._proved(*question)
        return self._once(question, lambda: self._asked(*question))

    def text(self, path: str, query: dict[str, str] | None = None) -> str:
        """What a read of no object answers with, for example a pod's log. Raises as transport.request."""
        return transport.text(self.connected(), self.where, path, query)

    def _once(self, question: list[Any], ask: Callable[[], Any]) -> dict[str, Any]:
        return ask() if self._reads is None else self._reads.answer(question, ask)

    def _proved(self, method: str, path: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if identity.is_write(method, path):
            self.prove_identity()
        return self._asked(method, path, arguments)

    def _asked(self, method: str, path: str, arguments: dict[str, Any]) -> dict[str, Any]:
        try:
            return transport.request(self.connected(), self.where, method, path, **arguments)
        except ClassicError as error:
            # A plugin may give no time at which its credential ends.
            if error.status != 401 or method != "GET" or self.access.renew is None:
                raise
        return transport.request(self.connected(at_once=True), self.where, method, path, **arguments)

    def connected(self, *, at_once: bool = False) -> connection.Connection:
        """The connection, with a credential that has not ended."""
        with self._lock:
            now = kubeconfig.current(self.access, at_once=at_once)
            if now.config != self.access.config:
                self._connection = connection.connect(now)
            self.access = now
            return self._connection


def unless_forbidden(read: Callable[[], Any]) -> Any:
    """What was read, or None where whoever asks may not know: for what the decision can do without."""
    try:
        return read()
    except ClassicError as error:
        if error.code != "forbidden":
            raise
        return None

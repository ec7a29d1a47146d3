# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a cluster is the one that is meant: decided before every write. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

# Asking what one may do, or who one is, is a POST that stores nothing.
REVIEWS = ("/apis/authorization.k8s.io/", "/apis/authentication.k8s.io/")


def is_write(method: str, path: str) -> bool:
    """A dry run counts as one."""
    return method != "GET" and not path.startswith(REVIEWS)


def expected(params: Mapping[str, Any]) -> str | None:
    """The pinned UID. Raises ClassicError ``invalid`` for one that is given and empty: it would pin nothing."""
    uid = params.get("cluster_uid")
    if uid is None:
        return None
    if not str(uid).strip():
        raise ClassicError(
            "cluster_uid is empty.",
            code="invalid",
            where="option cluster_uid",
            why="An empty UID would pin no cluster, though it looks so.",
            untouched="Nothing was changed.",
            next_step="Leave it out, or give what this prints: "
            "kubectl --context NAME get namespace kube-system -o jsonpath={.metadata.uid}",
        )
    return str(uid).strip()


def prove(wanted: str, read: Callable[[], str], where: str, source: str) -> None:
    """read gives the cluster's UID. Raises what Cluster.prove_identity does."""
    try:
        found = read()
    except ClassicError as error:
        if error.code != "forbidden":
            error.untouched = "Nothing was sent that changes the cluster."
            raise
        raise ClassicError(
            "Whether this is the right cluster cannot be proved.",
            code="cluster_unproved",
            where=f"{where}, {source}",
            why=f"Its UID must be {wanted}, and this user may not get the namespace kube-system.",
            untouched="Nothing was sent that changes the cluster.",
            next_step="Ask for the right to get the namespace kube-system, then run again.",
            status=error.status,
        ) from None
    if found != wanted:
        raise ClassicError(
            "This is another cluster than the pinned one.",
            code="cluster_mismatch",
            where=f"{where}, {source}",
            why=f"The UID of its namespace kube-system is {found}, and {wanted} is pinned.",
            untouched="Nothing was sent that changes the cluster.",
            next_step="Correct the access (kubeconfig, context) or the pinned cluster_uid, then run again.",
            details={"uid": found, "cluster_uid": wanted},
        )

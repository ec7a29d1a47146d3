# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What of a route only a person can change: annotations, grants, other Services. Pure. Private to this collection.

Annotations may hold secrets: their names are told and what was looked for in them, never what they say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

# Bookkeeping: copies of the object, and names of objects.
BOOKKEEPING = (
    "argocd.argoproj.io/",
    "helm.sh/",
    "helm.toolkit.fluxcd.io/",
    "kubectl.kubernetes.io/",
    "kustomize.toolkit.fluxcd.io/",
    "meta.helm.sh/",
)
LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"


def annotations(
    obj: dict[str, Any], namespace: str, names: Iterable[str], ports: Iterable[int], *, moves: bool
) -> list[str]:
    """A line for each that names one of the Services (names) of the namespace.

    moves: whether the object leads to one of them now. Then ports count as well, and that TLS is passed through.
    """
    own = moves or obj["metadata"]["namespace"] == namespace
    services = {name: _pattern(name, namespace, own) for name in names}
    numbers = {str(port): re.compile(rf"(?<![\w.]){port}(?!\w)") for port in ports} if moves else {}
    lines = []
    for key, text in sorted((obj["metadata"].get("annotations") or {}).items()):
        if key.startswith(BOOKKEEPING):
            continue
        named = [word for word, pattern in (services | numbers).items() if pattern.search(str(text))]
        if named:
            lines.append(f"annotation {key} names {', '.join(named)}")
        if moves and "passthrough" in key and str(text).lower() not in ("false", ""):
            lines.append(
                f"annotation {key}: users get the certificate of the pods, which is that of coderd.tls from 1.21 on"
            )
    return lines


def _pattern(name: str, namespace: str, own: bool) -> re.Pattern[str]:
    """In the deployment's own namespace the bare name, elsewhere the name with its namespace, as programs write it."""
    qualified = [rf"{name}\.{namespace}(?![\w-])", rf"{namespace}/{name}(?![\w-])", rf"{namespace}-{name}-\d"]
    words = [*qualified, rf"{name}(?![\w-])"] if own else qualified
    return re.compile(rf"(?<![\w.-])(?:{'|'.join(words)})")


def alias_of(obj: dict[str, Any], namespace: str, names: Iterable[str]) -> str | None:
    """Which of the Services an ExternalName one stands for."""
    host = (obj.get("spec") or {}).get("externalName") or ""
    return next((name for name in names if re.fullmatch(rf"{name}\.{namespace}(\.svc(\..+)?)?\.?", host)), None)


def lacking_grant(obj: dict[str, Any], grants: list[dict[str, Any]] | None, namespace: str, service: str) -> list[str]:
    """A line where no ReferenceGrant lets this route of another namespace lead to the Service."""
    if grants is None or any(_permits(grant.get("spec") or {}, obj, service) for grant in grants):
        return []
    return [f"no ReferenceGrant in namespace {namespace} lets it lead to Service {service}"]


def _permits(spec: dict[str, Any], obj: dict[str, Any], service: str) -> bool:
    whence = any(
        (one.get("kind"), one.get("namespace")) == (obj["kind"], obj["metadata"]["namespace"])
        for one in spec.get("from") or []
    )
    return whence and any(
        one.get("kind") == "Service" and (one.get("name") or service) == service for one in spec.get("to") or []
    )

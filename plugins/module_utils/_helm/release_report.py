# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What can be told of a release: from its record, and from what of it is live. Private to this collection."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, keep
from ansible_collections.coder.classic.plugins.module_utils._helm.drift import OWNER_NAME
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, identity, kept, objects
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks, side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, unless_forbidden


def summary(release: Release) -> dict[str, Any]:
    return {
        "name": release.name,
        "namespace": release.namespace,
        "revision": release.revision,
        "status": release.status,
        "chart": release.chart_name,
        "chart_version": release.chart_version,
        "app_version": release.app_version,
        "updated": release.updated,
    }


def revision(release: Release) -> dict[str, Any]:
    """One line of a release's history."""
    return {
        "revision": release.revision,
        "status": release.status,
        "chart_version": release.chart_version,
        "updated": release.updated,
        "description": description(release),
    }


def description(release: Release) -> str | None:
    """What helm wrote about the revision; that of a failed one quotes the API server, and that the objects."""
    if not release.description or "failed" not in release.description.lower():
        return release.description
    return masks.server_words(release.description, *secrets(release))


def secrets(release: Release) -> list[Any]:
    """All in which the release may hold secrets, for masks.scrub."""
    try:
        documents = [obj["document"] for obj in objects(release.manifest, release.namespace)]
    except ClassicError:
        documents = []
    return [release.config, *documents]


def pinned_images(values: Any, path: str = "") -> dict[str, Any]:
    """Path → value of every value that ends in ``.image``: it keeps an old version running whatever is installed."""
    found: dict[str, Any] = {}
    for key, value in values.items() if isinstance(values, dict) else []:
        here = f"{path}.{key}" if path else str(key)
        if key == "image" and value:
            found[here] = value
        else:
            found.update(pinned_images(value, here))
    return found


def removed_apis(cluster: Cluster, release_objects: list[dict[str, Any]]) -> list[dict[str, str]]:
    """``{kind, name, api_version}`` of the objects whose API version the server does not serve any more."""
    return [
        {"kind": obj["kind"], "name": obj["name"], "api_version": obj["api_version"]}
        for obj in release_objects
        if not cluster.serves(obj["api_version"], obj["kind"])
    ]


def live_objects(cluster: Cluster, objs: Iterable[dict[str, Any]]) -> list[dict[str, Any] | None]:
    """Each object as it is live, in their order, under the successor of its API version when that was removed."""

    def live(obj: dict[str, Any]) -> dict[str, Any] | None:
        api_version = cluster.equivalent(obj["api_version"], obj["kind"])
        return api_version and cluster.get(api_version, obj["kind"], obj["name"], obj["namespace"])

    return side_by_side.each(live, objs)


def object_states(cluster: Cluster, release_objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``{kind, name, namespace, api_version, kept, live, uid, owner}`` of each object of the stored manifest.

    kept: in the stored manifest, by which helm uninstall goes. owner: the release that the live object names.
    """

    def state(obj: dict[str, Any], live: dict[str, Any] | None) -> dict[str, Any]:
        metadata = live["metadata"] if live else {}
        return {
            **{key: obj[key] for key in ("kind", "name", "namespace", "api_version")},
            "kept": obj["keep"],
            "live": live is not None,
            "uid": metadata.get("uid"),
            "owner": (metadata.get("annotations") or {}).get(OWNER_NAME),
        }

    return list(map(state, release_objects, live_objects(cluster, release_objects)))


def must_stay(cluster: Cluster, release: Release, roots: Iterable[keep.Root]) -> list[dict[str, Any]]:
    """keep.must_stay of the stored manifest and of the pods that run in the release's namespace."""
    found = objects(release.manifest, release.namespace)
    pods = keep.foreign_pods(cluster.list("v1", "Pod", release.namespace), found)
    return keep.must_stay(found, release.namespace, roots, pods)


def with_kept(entries: list[dict[str, Any]], release_objects: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """``{kind, name, reason, kept}`` of entries of must_stay."""
    kept_ones = kept(release_objects)
    return [
        {"kind": e["identity"][0], "name": e["identity"][2], "reason": e["reason"], "kept": e["identity"] in kept_ones}
        for e in entries
    ]


def demanded(cluster: Cluster, namespace: str, name: str) -> Release:
    """The newest revision. Raises ClassicError ``release_not_found`` with the releases of the namespace, and as
    helm_record.current does.
    """
    found = helm_record.current(cluster, namespace, name)
    if found is None:
        raise not_found(cluster, namespace, name)
    return found


def not_found(cluster: Cluster, namespace: str, name: str) -> ClassicError:
    """The error for a release that does not exist, with those of the namespace."""
    known = [entry["name"] for entry in candidates(cluster, namespace, None)]
    return ClassicError(
        f"There is no Helm release {name}.",
        code="release_not_found",
        where=f"namespace {namespace}, {cluster.where}",
        why=f"Releases here: {', '.join(known) or 'none'}.",
        untouched="Nothing was changed.",
        next_step="Give its right name and namespace; helm list --all-namespaces --all shows what is there.",
        details={"candidates": known},
    )


def candidates(cluster: Cluster, namespace: str, chart_name: str | None) -> list[dict[str, Any]]:
    """Releases that may be meant: all of the namespace; of all others, when they may be read, those of the chart."""
    here = helm_record.releases(cluster, namespace)
    everywhere = unless_forbidden(lambda: helm_record.releases(cluster, None)) if chart_name else None
    elsewhere = [r for r in everywhere or [] if r.chart_name == chart_name and r.namespace != namespace]
    return [summary(release) for release in [*here, *elsewhere]]


def compared(
    stored: list[dict[str, Any]], candidate: list[dict[str, Any]], staying: set[Identity]
) -> dict[str, list[dict[str, str]]]:
    """What an upgrade to a candidate chart would do: ``{drops, keeps, unkept}``, lists of ``{kind, name}``.

    drops: stored and not rendered by the candidate. keeps: those it gives the keep policy. unkept: those that must
    stay and would lose it, or not get it, or be dropped.
    """
    rendered = list(dict.fromkeys(identity(obj) for obj in candidate))
    of_stored = list(dict.fromkeys(identity(obj) for obj in stored))
    kept_ones = kept(candidate)
    return {
        "drops": [_named(of) for of in of_stored if of not in rendered],
        "keeps": [_named(of) for of in rendered if of in kept_ones],
        "unkept": [_named(of) for of in of_stored if of in staying and of not in kept_ones],
    }


def _named(of: Identity) -> dict[str, str]:
    return {"kind": of[0], "name": of[2]}

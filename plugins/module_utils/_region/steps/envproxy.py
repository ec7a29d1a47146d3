# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Envproxy off as a rehearsal of the uninstall that can be undone, and on again. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import objects
from ansible_collections.coder.classic.plugins.module_utils._region.observe import envproxy
from ansible_collections.coder.classic.plugins.module_utils._region.steps.here import Here, View

POLL_SECONDS = 1.0


def off(here: Here, view: View) -> dict[str, Any]:
    replicas = view["envproxy"]["replicas"]
    if replicas:
        # Not that of an earlier rehearsal: a kill right after this would make its soak time and its canary count for this one.
        here.note(envproxy_replicas=str(replicas), idle_since=None)
        _scale(here, 0)
    # Also where an earlier run was killed between the two. By an answer of Coder from now: with one from before envproxy
    # was off, a build of that moment would count as made without it.
    here.note(idle_since=here.now(anew=True))
    return _diff(replicas, 0)


def on(here: Here, view: View) -> dict[str, Any]:
    """What it had when it was switched off, else what the manifest says; waited for until its pods are ready."""
    before = view["envproxy"]["replicas"]
    if before is None:
        raise _not_seen(here)
    replicas = view["record"]["envproxy_replicas"] or view["envproxy"]["manifest_replicas"] or 1
    if not before:
        _scale(here, replicas)
    if view["record"]["idle_since"]:
        here.note(idle_since=None)
    _await_ready(here)
    return _diff(before, before or replicas)


def soak(here: Here, view: View) -> dict[str, Any]:
    """Until its last pod is gone (open sessions keep it), then the soak time, then Coder must still rule the cluster."""
    _await_gone(here)
    seconds, begun = here.wanted["soak_seconds"], here.clock()
    here.until(lambda: here.clock() - begun >= seconds, seconds + POLL_SECONDS, POLL_SECONDS, lambda: "soak time")
    provider = here.coder.provider(view["provider"]["id"])
    if provider["status"] == "error":
        raise ClassicError(
            "Without envproxy the provider's status is error.",
            code="provider_error",
            where=f"provider {here.wanted['provider']}, {here.coder.transport.url}",
            why=provider.get("status_message") or "Coder gives no reason.",
            untouched="The release and all its objects.",
            next_step="Where Coder's token was bound to envproxy's pod, give the provider a long-lived token in Coder's UI, "
            "then run it again.",
        )
    return {}


def await_rollout(here: Here) -> None:
    """Until as many new pods as are wanted are ready; old ones may still serve their sessions."""
    seconds = here.wanted["envproxy_timeout"]

    def is_done() -> bool:
        return envproxy.is_rolled_out(here.cluster, here.namespace)

    if not here.until(is_done, seconds, POLL_SECONDS, lambda: "waiting for the new pods of envproxy"):
        raise _not_ready(here, "Its pods were replaced, and the new ones did not get ready; old ones may still serve.")


def _scale(here: Here, replicas: int) -> None:
    here.demand_lock()
    objects.scale(here.cluster, envproxy.NAME, here.namespace, replicas)


def _await_gone(here: Here) -> None:
    seconds, names = here.wanted["drain_timeout"], []
    left = envproxy.left(here.cluster, here.namespace, here.wanted["release"])

    def are_gone() -> bool:
        names[:] = left()
        return not names

    if not here.until(are_gone, seconds, POLL_SECONDS, lambda: f"waiting for {len(names)} pod(s) of envproxy to end"):
        raise ClassicError(
            f"Pods of envproxy are left after {seconds} seconds: {', '.join(names)}",
            code="timeout",
            where=f"namespace {here.namespace}, {here.cluster.where}",
            why="Open sessions keep them for up to four hours, or the Deployment is not at 0 replicas.",
            untouched="The release and all its objects.",
            next_step="Ask their users to reconnect, or wait longer (coder_envproxy_drain_timeout), then run it again.",
        )


def _await_ready(here: Here) -> None:
    seconds = here.wanted["envproxy_timeout"]

    def is_ready() -> bool:
        return envproxy.ready(here.cluster, here.namespace) > 0

    if not here.until(is_ready, seconds, POLL_SECONDS, lambda: "waiting for a ready pod of envproxy"):
        raise _not_ready(here, "It was scaled to what it had, and no pod of it got ready.")


def _not_ready(here: Here, why: str) -> ClassicError:
    return ClassicError(
        f"Envproxy of provider {here.wanted['provider']} is not ready after {here.wanted['envproxy_timeout']} seconds.",
        code="timeout",
        where=f"namespace {here.namespace}, {here.cluster.where}",
        why=why,
        untouched="The release and all its objects.",
        next_step=f"See kubectl -n {here.namespace} describe deployment envproxy and its pods, then run it again.",
    )


def _not_seen(here: Here) -> ClassicError:
    return ClassicError(
        f"Whether envproxy of provider {here.wanted['provider']} is off was not seen.",
        code="envproxy_not_seen",
        where=f"namespace {here.namespace}, {here.cluster.where}",
        why="its cluster could not be read",
        untouched="Envproxy: it was not scaled.",
        next_step=f"Look with status.yml -l {here.region}; when its cluster answers again, run retire_region.yml -l "
        f"{here.region}, which goes on, or rollback_region.yml, which scales it back.",
    )


def _diff(before: int | None, after: int) -> dict[str, Any]:
    return {"diff": {"before": {"envproxy replicas": before}, "after": {"envproxy replicas": after}}}

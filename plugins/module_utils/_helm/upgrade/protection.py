# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects that helm would lose in an upgrade that succeeds, protected while it runs. Private to this collection.

An object whose API group changes is two for helm: it changes the new one and deletes the old one, which is the same live
object (helm/helm 30631). On upgrade and rollback helm spares a live object with the keep policy; left on, that would keep
it for good, so that it is taken off whatever happens.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import POLICY, label
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import plan
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import MERGE_PATCH, Cluster


@contextlib.contextmanager
def protected(cluster: Cluster, found: list[plan.Row], said: list[str]) -> Iterator[list[str]]:
    """The block runs with the LOST rows protected; yields their labels.

    Afterwards, also after an error, they and what an earlier run left protected are as before. Where that fails the next
    run does it, and said gets a line; only a block that ended well raises it. Raises ClassicError of the writes.
    """
    lost = [row for row in found if row.change == plan.LOST and not plan.is_kept(row.live)]
    try:
        for row in lost:
            _patch(cluster, row, {POLICY: plan.KEEP, plan.MARK: "true"})
        yield [label(row.of) for row in lost]
    except BaseException:
        with contextlib.suppress(ClassicError):
            release(cluster, found, said)
        raise
    release(cluster, found, said)


def release(cluster: Cluster, found: list[plan.Row], said: list[str]) -> list[str]:
    """Takes the protection off all that carries the mark; labels of those. found need not know that they are marked."""

    def take_off(row: plan.Row) -> str | None:
        api_version = cluster.equivalent(row.target["api_version"], row.of[0])
        live = api_version and cluster.get(api_version, row.of[0], row.of[2], row.of[1])
        if not live or not plan.is_marked(live):
            return None
        _patch(cluster, row, {POLICY: None, plan.MARK: None})
        return label(row.of)

    candidates = [row for row in found if row.change == plan.LOST or plan.is_marked(row.live)]
    try:
        return [name for name in side_by_side.each(take_off, candidates) if name]
    except ClassicError as error:
        names = ", ".join(label(row.of) for row in candidates)
        said.append(f"The protection of {names} could not be taken off ({error.what}): the next run of this does it.")
        raise


def left_over(found: list[plan.Row]) -> list[str]:
    """Labels of what a run that was killed left protected."""
    return [label(row.of) for row in found if plan.is_marked(row.live)]


def _patch(cluster: Cluster, row: plan.Row, annotations: dict[str, str | None]) -> None:
    api_version = cluster.equivalent(row.target["api_version"], row.of[0]) or row.target["api_version"]
    body = {"metadata": {"annotations": annotations}}
    try:
        cluster.patch(api_version, row.of[0], row.of[2], row.of[1], body, MERGE_PATCH)
    except ClassicError as error:
        # Gone meanwhile: there is nothing that would be protected.
        if error.status != 404 or annotations[POLICY]:
            raise

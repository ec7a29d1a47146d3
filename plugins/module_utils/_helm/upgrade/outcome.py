# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How an upgrade ended, told as it is: what of it is there, and what no rollback brings back. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record, release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade.chart_source import Chart
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def verified(cluster: Cluster, before: Release | None, rehearsed: Release) -> Release:
    """The new newest revision, proved to be the one that was rehearsed. Raises ClassicError ``verify_failed``."""
    now = helm_record.current(cluster, rehearsed.namespace, rehearsed.name)
    problems = differences(before, rehearsed, now)
    if now is None or problems:
        raise ClassicError(
            "helm ended well, but the release is not what was asked for.",
            code="verify_failed",
            where=f"release {rehearsed.name} in namespace {rehearsed.namespace}, {cluster.where}",
            why="; ".join(problems),
            untouched="Not known: somebody else may have changed the release at the same time.",
            next_step=f"See helm history {rehearsed.name} -n {rehearsed.namespace}, then run again.",
        )
    return now


def differences(before: Release | None, rehearsed: Release, now: Release | None) -> list[str]:
    """What the newest revision should be and is not. Pure."""
    if now is None:
        return ["the release has no record any more"]
    found = []
    if now.status != "deployed":
        found.append(f"revision {now.revision} is {now.status}, not deployed")
    if before is not None and now.revision <= before.revision:
        found.append(f"its newest revision is still {now.revision}")
    if (now.chart_name, now.chart_version) != (rehearsed.chart_name, rehearsed.chart_version):
        found.append(f"its chart is {now.chart_name} {now.chart_version}")
    if now.config != rehearsed.config:
        found.append("its values are not those that were given")
    return found


def failed(
    cluster: Cluster,
    error: ClassicError,
    before: Release | None,
    chart: Chart,
    now: Release | None,
    begun: dict[str, str],
) -> ClassicError:
    """The error to tell for one of helm. begun: watch.begun, what new pods' init containers did meanwhile. Pure but for
    where.
    """
    release = before or now
    place = f"{release.place}, {cluster.where}" if release else cluster.where
    secrets = release_report.secrets(release) if release else []
    return ClassicError(
        f"The upgrade to {chart.name} {chart.version} failed: {state(before, now)}.",
        code="timeout" if error.code == "timeout" else "upgrade_failed",
        where=place,
        why=masks.server_words(error.why or error.what, *secrets),
        untouched=_untouched(before, now, begun),
        next_step=_next_step(before, now, begun),
        details={"revision": now.revision if now else None, "status": now.status if now else None, "begun": begun},
        changed=True,
    )


def state(before: Release | None, now: Release | None) -> str:
    """What is there, in a few words. Pure."""
    if now is None:
        return "there is no release"
    if before is not None and now.revision == before.revision:
        return f"the release is as it was (revision {now.revision}, {now.chart_version})"
    back = f"helm rolled the release back (revision {now.revision}, {now.chart_name} {now.chart_version})"
    if now.status == "deployed":
        return back
    if is_back(before, now):
        return f"{back}, and that is {now.status}, too"
    return f"revision {now.revision} ({now.chart_version}) is {now.status}"


def is_back(before: Release | None, now: Release) -> bool:
    """Whether the newest revision is one that goes back to what was before, whatever became of it. Pure."""
    return before is not None and now.revision > before.revision + 1 and now.manifest == before.manifest


def _untouched(before: Release | None, now: Release | None, begun: dict[str, str]) -> str:
    if before is None or now is None:
        return "Nothing was there before."
    text = f"Revision {before.revision} ({before.chart_version}) is in the history."
    if begun:
        ran = ", ".join(f"{name} ({how})" for name, how in begun.items())
        back = (
            "Code rolled back, schema not"
            if now.revision != before.revision and (now.status == "deployed" or is_back(before, now))
            else "Not undone"
        )
        text += (
            f" {back}: init containers had begun ({ran}); what they changed outside of the cluster, a database's schema for "
            "example, stays changed, and the old version may not work with it."
        )
    return text


def _next_step(before: Release | None, now: Release | None, begun: dict[str, str]) -> str:
    history = f"helm history {now.name} -n {now.namespace}" if now else "helm history"
    if begun:
        return (
            f"See {history} and the log of those init containers. Remove the cause and run again, which goes forward, or "
            "restore the database's snapshot before the old version serves again."
        )
    return f"See {history} and the events of its pods, remove the cause, then run again."

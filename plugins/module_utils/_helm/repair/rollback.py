# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Back to the last revision that stood, by helm, with nothing lost on the way. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    chart_archive,
    helm_command,
    helm_record,
    release_report,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import identity, objects
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import claims, owners
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import (
    pending,
    plan,
    proof,
    protection,
    trial,
)
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: What helm itself may take besides the time for which it waits.
ROOM_SECONDS = 120


def arguments(
    helm: helm_command.Helm, name: str, namespace: str, revision: int, *, wait: bool, seconds: int, history_max: int
) -> list[str]:
    """Pure. Never --force, and not --cleanup-on-fail, which deletes what a rollback that fails has made."""
    found = ["rollback", name, str(revision), "--namespace", namespace, "--timeout", f"{seconds}s"]
    found += ["--history-max", str(history_max)]
    # legacy: as in an upgrade (upgrade.command).
    waiting = ["--wait=legacy" if helm.version >= helm_command.FOUR else "--wait", "--wait-for-jobs"]
    return [*found, *(waiting if wait else [])]


def rows(cluster: Cluster, newest: Release, target: Release) -> list[plan.Row]:
    """What it does to each object, from what helm compares: the newest revision, whatever became of it, and the target."""
    stored, rendered = (objects(one.manifest, one.namespace) for one in (newest, target))
    wanted = {identity(obj): obj for obj in [*stored, *rendered]}
    live = zip(wanted, release_report.live_objects(cluster, wanted.values()), strict=True)
    return plan.rows(stored, rendered, dict(live))


def carry_out(
    cluster: Cluster,
    helm: helm_command.Helm,
    newest: Release,
    target: Release,
    params: dict[str, Any],
    said: list[str],
    demand: Callable[[], None],
) -> Release:
    """The new newest revision. Raises ClassicError: ``refused`` (it changed since), ``rollback_failed``, ``timeout``,
    ``verify_failed``.
    """
    _refuse_changed(cluster, newest)
    demand()
    cluster.prove_identity()
    newest = _prepared(cluster, newest, target)
    found = rows(cluster, newest, target)
    seconds = params["timeout"]
    command = arguments(
        helm,
        newest.name,
        newest.namespace,
        target.revision,
        wait=params["wait"],
        seconds=seconds,
        history_max=params["history_max"],
    )
    with protection.protected(cluster, found, said) as kept:
        try:
            helm_command.run(helm, command, seconds + ROOM_SECONDS, [newest.config, target.config])
        except ClassicError as error:
            raise _failed(cluster, newest, target, error) from error
        made = helm_record.current(cluster, newest.namespace, newest.name)
        problems = differences(newest, target, made)
        if made is None or problems:
            raise ClassicError(
                "helm ended well, but the release is not what it was rolled back to.",
                code="verify_failed",
                where=f"{newest.place}, {cluster.where}",
                why="; ".join(problems),
                untouched="Not known: somebody else may have changed the release at the same time.",
                next_step=f"See helm history {newest.name} -n {newest.namespace}, then run again.",
                changed=True,
            )
        put_back = proof.complete(cluster, made)
    # Where an object's API group changes, Helm 3.22 takes the policy off again by its own patch and then deletes the object.
    said += [f"{name} would have been lost by helm, and was protected." for name in kept if name not in put_back]
    said += [f"{name} was gone after helm had ended, and was put back." for name in put_back]
    return made


def complete(cluster: Cluster, release: Release, said: list[str], demand: Callable[[], None]) -> None:
    """What a rollback that was ended right after helm had left undone at the release that stands now: objects that helm lost are
    put back, and the protection is taken off. Raises ClassicError as proof.complete does.
    """
    demand()
    cluster.prove_identity()
    said += [f"{name} was missing, and was put back." for name in proof.complete(cluster, release)]
    freed = protection.release(cluster, rows(cluster, release, release), said)
    said += [f"The protection that an earlier run left on {name} was taken off." for name in freed]


def _prepared(cluster: Cluster, newest: Release, target: Release) -> Release:
    """The newest revision, with the mark that this host's helm goes back from it, and with what helm would forget.

    An upgrade or a rollback that was ended in the middle has not deleted yet what its own revision does not have. helm takes what the
    target has of it for new and patches it by how it is, which the API server refuses for a Service ("metadata.resourceVersion: must
    be specified for an update"); what the target does not have it leaves for good: the newer code, running.
    """
    history = helm_record.history(cluster, newest.namespace, newest.name)
    between = [one for one in history if target.revision <= one.revision < newest.revision]
    candidates = unknown_to(newest, between, target)
    live = release_report.live_objects(cluster, candidates)
    forgotten = [obj for obj, its in zip(candidates, live, strict=True) if its and _is_of(newest, its, obj)]

    def change(record: dict[str, Any]) -> None:
        texts = [chart_archive.yaml_text(obj["document"]) for obj in forgotten]
        record["manifest"] = "\n---\n".join([record["manifest"].rstrip("\n"), *texts]) + "\n"

    secret = cluster.get("v1", "Secret", pending.record_name(newest), newest.namespace) or {}
    packed = secret["data"]["release"]
    body = {
        # Refused where somebody wrote it since it was read.
        "metadata": {
            "resourceVersion": secret["metadata"]["resourceVersion"],
            "labels": pending.announced(newest.revision + 1),
        },
        "data": {"release": helm_record.rewritten(packed, change) if forgotten else packed},
    }
    return helm_record.decode(cluster.patch("v1", "Secret", pending.record_name(newest), newest.namespace, body))


def unknown_to(newest: Release, between: list[Release], target: Release) -> list[dict[str, Any]]:
    """What the revisions between have and the newest has not, each once. What holds data and is not the target's is left alone. Pure."""
    known = {identity(obj) for obj in objects(newest.manifest, newest.namespace)}
    wanted = {identity(obj) for obj in objects(target.manifest, target.namespace)}
    found = {identity(obj): obj for one in between for obj in objects(one.manifest, one.namespace)}
    return [obj for of, obj in found.items() if of not in known and (of in wanted or of[0] not in claims.HOLDS_DATA)]


def _is_of(release: Release, live: dict[str, Any], obj: dict[str, Any]) -> bool:
    return owners.named(live, obj["namespace"] or release.namespace) == (release.namespace, release.name)


def differences(newest: Release, target: Release, made: Release | None) -> list[str]:
    """What the newest revision should be after a rollback and is not. Pure."""
    if made is None:
        return ["the release has no record any more"]
    found = []
    if made.status != "deployed":
        found.append(f"revision {made.revision} is {made.status}, not deployed")
    if made.revision <= newest.revision:
        found.append(f"its newest revision is still {made.revision}")
    if (made.manifest, made.config) != (target.manifest, target.config):
        found.append(f"its manifest or values are not those of revision {target.revision}")
    return found


def _refuse_changed(cluster: Cluster, newest: Release) -> None:
    now = helm_record.current(cluster, newest.namespace, newest.name)
    if now is None or (now.revision, now.status) != (newest.revision, newest.status):
        raise ClassicError(
            "The release changed while it was being looked at.",
            code="refused",
            where=f"{newest.place}, {cluster.where}",
            why=f"It was {newest.status} and is {f'revision {now.revision}, {now.status}' if now else 'gone'} now: somebody "
            "else works on it.",
            untouched="This run changed nothing.",
            next_step="Run again when nobody else does.",
        )


def _failed(cluster: Cluster, newest: Release, target: Release, error: ClassicError) -> ClassicError:
    now = helm_record.current(cluster, newest.namespace, newest.name)
    is_begun = now is not None and now.revision > newest.revision
    state = f"revision {now.revision} is {now.status}" if now else "there is no record any more"
    return ClassicError(
        f"The rollback to revision {target.revision} failed: {state}.",
        code="timeout" if error.code == "timeout" else "rollback_failed",
        where=f"{newest.place}, {cluster.where}",
        why=masks.server_words(
            error.why or error.what, *release_report.secrets(newest), *release_report.secrets(target)
        ),
        untouched=(
            f"Revision {target.revision} is in the history. Some objects may be as it says already; nothing was cleaned up."
            if is_begun
            else "Nothing was begun."
        ),
        next_step=f"See helm history {newest.name} -n {newest.namespace} and the events of its pods, remove the cause, then run "
        "again.",
        details={"revision": now.revision if now else None, "status": now.status if now else None},
        changed=is_begun,
    )


def changes(cluster: Cluster, target: Release, found: list[plan.Row], where: str) -> list[str]:
    """For people, before it is done: what comes, goes, or changes. Each is tried as a dry run. Raises ClassicError ``refused``."""
    trials = trial.try_all(cluster, target, found)
    refusals = trial.refusals(trials)
    if refusals:
        raise ClassicError(
            f"The API server would refuse {len(refusals)} object(s) of the rollback to revision {target.revision}.",
            code="refused",
            where=where,
            why="; ".join(refusals),
            untouched="Nothing was changed: each object was tried as a dry run.",
            next_step="Go forward with an upgrade instead, or correct the objects that are named; the last step is reinstall.",
        )
    return [f"{one['kind']}/{one['name']}: {one['change']}" for one in trial.changes(trials)]

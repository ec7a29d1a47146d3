# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Objects of a backup made anew where they are missing: from the options to the result. Private to this collection."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import backup, creation, going
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import owners
from ansible_collections.coder.classic.plugins.module_utils._helm.restore import plan
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.masks import server_words

UNTOUCHED = "Nothing was changed."
#: How long a new kind may take until the API server serves it.
SECONDS_TO_SERVE = 30.0


def run(
    cluster: Cluster, params: dict[str, Any], check_mode: bool, demand: Callable[[], None] = lambda: None
) -> dict[str, Any]:
    """The module's result. demand is called before each write, and may raise.

    Raises ClassicError: ``invalid`` (the file), ``cluster_mismatch`` (it is of another cluster), ``not_found`` (an object that is not
    in it), ``terminating``, ``refused`` (what the API server would not take), ``restore_failed``.
    """
    items, of_cluster = read(params["path"])
    if of_cluster and not params.get("other_cluster") and of_cluster != cluster.uid():
        raise ClassicError(
            "The backup is of another cluster.",
            code="cluster_mismatch",
            where=f"{params['path']}; {cluster.where}",
            why=f"It was written in the cluster whose namespace kube-system has the UID {of_cluster}, this one has {cluster.uid()}.",
            untouched=UNTOUCHED,
            next_step="Choose the cluster that it is of. helm_release_restore takes it for another one with other_cluster: true.",
        )
    wanted, unknown = plan.chosen(items, params["objects"])
    if unknown:
        names = ", ".join(plan.label(plan.identity(item)) for item in items)
        raise ClassicError(
            f"Not in the backup: {', '.join(unknown)}.",
            code="not_found",
            where=params["path"],
            untouched=UNTOUCHED,
            next_step=f"Choose from: {names}.",
        )
    rows = look(cluster, items, wanted, params["empty_claims"])
    _refuse_going(cluster, rows)
    _refuse_what_cannot_be(cluster, rows)
    to_make = [one for one in rows if one.what == plan.MAKE]
    if not check_mode:
        make(cluster, to_make, plan.method_of(items), demand)
    names = [one.label for one in to_make]
    return {
        "changed": bool(to_make),
        "made": names,
        "there": [one.label for one in rows if one.what == plan.THERE],
        "differing": [_named(one) | {"fields": one.fields} for one in rows if one.what == plan.DIFFERS],
        "left": [_named(one) | {"why": one.why} for one in rows if one.what == plan.LEFT],
        "said": plan.lines(rows),
        "diff": {"before": "", "after": "".join(f"{name}\n" for name in names)},
    }


def read(path: str) -> tuple[list[dict[str, Any]], str | None]:
    """The items of the backup's List (secret!), and the UID of their cluster where it says so. Raises ClassicError ``invalid``."""
    try:
        with open(os.path.expanduser(path), encoding="utf-8") as file:
            found = json.load(file)
        items = found["items"]
        if found["kind"] != "List" or not all(one["metadata"]["name"] and one["kind"] for one in items):
            raise ValueError
        return items, ((found.get("metadata") or {}).get("annotations") or {}).get(backup.CLUSTER)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ClassicError(
            "The backup cannot be read.",
            code="invalid",
            where=path,
            # Only the kind of the error: its text may quote the file.
            why=f"It is no List of objects in JSON ({type(error).__name__}).",
            untouched=UNTOUCHED,
            next_step="Give a file that helm_release_backup has written.",
        ) from None


def look(
    cluster: Cluster, items: list[dict[str, Any]], wanted: list[dict[str, Any]], empty_claims: list[str]
) -> list[plan.Row]:
    saved = {plan.identity(item) for item in items}
    release = plan.release_of(items)
    # What may not be read counts as there.
    has_release = release is not None and owners.has_record(cluster, *release) is not False
    brought = {
        (item["spec"]["names"]["kind"], item["spec"]["group"])
        for item in wanted
        if item["kind"] == "CustomResourceDefinition"
    }

    def row(item: dict[str, Any]) -> plan.Row:
        kind, namespace, name = plan.identity(item)
        said = item.get("apiVersion") or "v1"
        served = cluster.equivalent(said, kind)
        live = served and cluster.get(served, kind, name, namespace)
        if served is None and (kind, said.rpartition("/")[0]) in brought:
            served = said
        return plan.row(item, live, served, saved=saved, empty_claims=empty_claims, has_release=has_release)

    return side_by_side.each(row, wanted)


def make(cluster: Cluster, rows: list[plan.Row], method: str | None, demand: Callable[[], None]) -> None:
    """In their order. method: Release.apply_method; demand: as run has it.

    Raises ClassicError ``restore_failed`` with what was made and what was not.
    """
    made: list[str] = []
    for one in rows:
        try:
            _await_kind(cluster, one)
            demand()
            creation.create(cluster, one.document, None if plan.is_record(one.document) else method)
        except ClassicError as error:
            # Somebody made it meanwhile: it is there.
            if error.status != 409:
                raise _failed(cluster, one, made, [other.label for other in rows][len(made) :], error) from error
        made.append(one.label)


def _await_kind(
    cluster: Cluster,
    row: plan.Row,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Until the API server serves a kind whose definition was made before."""
    until = clock() + SECONDS_TO_SERVE
    while not cluster.serves(row.document["apiVersion"], row.of[0]) and clock() < until:
        sleep(0.5)
        cluster.forget_kinds()


def _refuse_going(cluster: Cluster, rows: list[plan.Row]) -> None:
    found = [one for one in rows if one.what == plan.GOING]
    if found:
        raise ClassicError(
            f"Still being deleted: {', '.join(one.label for one in found)}.",
            code="terminating",
            where=cluster.where,
            why="; ".join(f"{one.label}: {one.why}" for one in found),
            untouched=UNTOUCHED,
            next_step=going.NEXT,
        )


def _refuse_what_cannot_be(cluster: Cluster, rows: list[plan.Row]) -> None:
    """Each is tried as a dry run, but for what only this run makes possible."""
    made_here = plan.needs(rows)

    def refusal(one: plan.Row) -> str | None:
        if one.of[1] in made_here["namespaces"] or one.of[0] in made_here["kinds"]:
            return None
        try:
            cluster.create(one.document, dry_run=True)
        except ClassicError as error:
            if error.status == 409:
                return None
            if error.code not in ("refused", "forbidden") and error.status != 404:
                raise
            said = None if one.of[0] == "Secret" else server_words(error.why, one.document)
            return f"{one.label}: {said or error.what}"
        return None

    found = side_by_side.each(refusal, [one for one in rows if one.what == plan.MAKE])
    refused = [one for one in found if one]
    if refused:
        raise ClassicError(
            f"The API server would refuse {len(refused)} object(s) of the backup.",
            code="refused",
            where=cluster.where,
            why="; ".join(refused),
            untouched="Nothing was changed: each object was tried as a dry run.",
            next_step="Remove the cause, or name the others (objects), then run again.",
        )


def _failed(cluster: Cluster, one: plan.Row, made: list[str], rest: list[str], error: ClassicError) -> ClassicError:
    return ClassicError(
        f"{one.label} could not be made: {error.what}",
        code="restore_failed" if error.code == "refused" else error.code,
        where=cluster.where,
        why=None if one.of[0] == "Secret" else server_words(error.why, one.document),
        untouched=f"Made: {', '.join(made) or 'nothing'}. Not made: {', '.join(rest)}.",
        next_step="Remove the cause, then run again, which makes what is missing.",
        status=error.status,
        details={"made": made, "not_made": rest},
        changed=bool(made),
    )


def _named(one: plan.Row) -> dict[str, Any]:
    return {"kind": one.of[0], "namespace": one.of[1], "name": one.of[2]}

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of the main deployment, reached: the built-in one in its pod, an external one from here or from a pod of its cluster.

Private to this collection.
"""

from __future__ import annotations

import base64
import contextlib
from collections.abc import Callable, Iterator
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _border
from ansible_collections.coder.classic.plugins.module_utils._database import client_pod, reach
from ansible_collections.coder.classic.plugins.module_utils._database.place import SSL_MODES, Place
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell.report_release import DATABASE
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.pods import is_ready

BUILT_IN = "built_in"
#: Of the built-in one: coder-charts.md, "Versions".
POD, CONTAINER, USER, NAME = f"{DATABASE}-0", DATABASE, "coder", "coder"
PASSWORD_KEY = "password"

Described = dict[str, Any]


@contextlib.contextmanager
def reached(
    cluster: Cluster,
    wanted: dict[str, Any],
    described: Described | None,
    folder: str,
    *,
    lifetime: float,
    demand: Callable[[], None] = lambda: None,
) -> Iterator[reach.Reach]:
    """described: ``deployment.database`` of a look. wanted: options ``namespace`` and ``database_*``. folder (0700) takes a password.

    demand is called before a pod is made. Raises ClassicError: ``database_unknown``, ``database_not_ready``, ``database_secret``,
    ``pod_not_ready``, and those of the client.
    """
    if described is None:
        raise _unknown(cluster)
    if described["kind"] == BUILT_IN:
        demand_running(cluster, wanted["namespace"])
        place = Place(NAME, USER)
        yield reach.InPod(place, cluster, wanted["namespace"], POD, CONTAINER)
        return
    place = external(described, wanted, password(cluster, wanted, described))
    if not wanted["database_image"]:
        yield reach.OnController(place, folder, wanted["database_programs"])
        return
    options = {"lifetime": lifetime, "demand": demand}
    with client_pod.running(cluster, wanted["namespace"], wanted["database_image"], **options) as pod:
        yield reach.InPod(place, cluster, wanted["namespace"], pod, client_pod.CONTAINER)


def external(described: Described, wanted: dict[str, Any], secret: str | None) -> Place:
    """As the values say it; user and password may be others for a snapshot. Pure.

    Raises ClassicError ``database_unknown`` where the values do not say enough.
    """
    missing = [f"postgres.{key}" for key in ("host", "database") if not described[key]]
    missing += [] if wanted["database_user"] or described["user"] else ["postgres.user"]
    mode, port = described["ssl_mode"] or "require", str(described["port"] or 5432)
    unfit = [f"{', '.join(missing)} are not given"] if missing else []
    unfit += [] if mode in SSL_MODES else [f"postgres.sslMode is {mode}"]
    unfit += [] if port.isdecimal() else [f"postgres.port is {port}"]
    if unfit:
        raise ClassicError(
            "The values of the release do not say where the database is.",
            code="database_unknown",
            where=f"release {wanted['release']} in namespace {wanted['namespace']}",
            why="; ".join(unfit),
            untouched="Everything: nothing was begun.",
            next_step="Give them in the values file, as Coder itself needs them.",
        )
    return Place(
        str(described["database"]),
        wanted["database_user"] or str(described["user"]),
        str(described["host"]),
        int(port),
        mode,
        secret,
        wanted["database_ca_path"],
    )


def password(cluster: Cluster, wanted: dict[str, Any], described: Described) -> str | None:
    """That of the variables, else of the Secret that the values name; from now on in no output.

    Raises ClassicError ``database_secret``.
    """
    found = wanted["database_password"]
    name = described["password_secret"]
    if found is None and name and not wanted["database_user"]:
        secret = cluster.get("v1", "Secret", name, wanted["namespace"])
        encoded = ((secret or {}).get("data") or {}).get(PASSWORD_KEY)
        if not encoded:
            raise ClassicError(
                f"Secret {name} {'has no key ' + PASSWORD_KEY if secret else 'is not there'}.",
                code="database_secret",
                where=f"namespace {wanted['namespace']}, {cluster.where}",
                why="postgres.passwordSecret of the values names it, and Coder reads the password there.",
                untouched="Everything: nothing was begun.",
                next_step=f"Make it with key {PASSWORD_KEY}, or correct postgres.passwordSecret.",
            )
        found = base64.b64decode(encoded).decode(errors="replace")
        if "\n" in found or "\r" in found:
            raise ClassicError(
                f"Key {PASSWORD_KEY} of Secret {name} holds a line break.",
                code="database_secret",
                where=f"namespace {wanted['namespace']}, {cluster.where}",
                why="It would be part of the password, and no file of libpq can hold one like that.",
                untouched="Everything: nothing was begun.",
                next_step="Write it without the line break at its end (printf, not echo), or give coder_database_user and "
                "coder_database_password.",
            )
    _border.hide(found)
    return found


def demand_running(cluster: Cluster, namespace: str) -> None:
    """Raises ClassicError ``database_not_ready``."""
    live = cluster.get("v1", "Pod", POD, namespace)
    if live is not None and is_ready(live):
        return
    raise ClassicError(
        f"The built-in database does not run: pod {POD} is {'not ready' if live else 'not there'}.",
        code="database_not_ready",
        where=f"namespace {namespace}, {cluster.where}",
        why=client_pod.why_not(live) if live else f"StatefulSet {DATABASE} has made none.",
        untouched="Everything: nothing was begun.",
        next_step=f"See kubectl -n {namespace} describe statefulset,pod {DATABASE}; then run again.",
    )


def _unknown(cluster: Cluster) -> ClassicError:
    return ClassicError(
        "Which database the main deployment has is not known.",
        code="database_unknown",
        where=cluster.where,
        why="Its release was not seen, whose values say so.",
        untouched="Everything: nothing was begun.",
        next_step="status.yml says why the release cannot be seen.",
    )

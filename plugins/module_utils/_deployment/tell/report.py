# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""From an observation to what is told of the main deployment. Pure. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._coder import version_path, versions
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe.observation import MAIN
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import layout, numbers, report_release
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

Seen = dict[str, Any]
View = dict[str, Any]


def describe(seen: Seen) -> View:
    """What the module's ``deployment`` tells of what is there (its RETURN says what each key is); None: not seen."""
    coder, cluster, wanted = seen["coder"], seen["cluster"], seen["wanted"]
    release = cluster["release"]
    live, stored = layouts(cluster, wanted["release"])
    user = coder["user"] or {}
    image = main_image(live.main)
    mode = net_v2_mode(coder["version"])
    providers = None if coder["providers"] is None else [_provider(row, mode, coder) for row in coder["providers"]]
    return {
        "url": coder["url"],
        "user": {"username": user.get("username"), "roles": user.get("roles") or []},
        "server_time": coder["server_time"],
        "version": coder["version"],
        "versions": {
            "api": numbers.plain(coder["version"]),
            "release": report_release.version(release),
            "images": numbers.of_image(image),
        },
        "net_v2_mode": mode,
        "layout": live.name,
        "stored_layout": stored.name,
        "custom_ingress": is_custom(release),
        "main": _main(live.main, image),
        "entry": _entry(live.entry),
        "chart": report_release.chart(release),
        "release": report_release.describe(seen),
        "tls": report_release.tls(release, cluster["secrets"]),
        "database": report_release.database(release),
        "builtin_provider": next((row["name"] for row in providers or [] if row["built_in"]), None),
        "providers": providers,
        "satellites": _satellites(coder, wanted["regions"]),
        "kubernetes": {key: cluster[key] for key in ("where", "source", "uid", "version")},
    }


def layouts(cluster: Seen, release: str) -> tuple[layout.Layout, layout.Layout]:
    """The live one, and that of the stored manifest."""
    record = cluster["release"]
    custom = bool(is_custom(record))
    stored = record["stored"] if record else {"deployments": None, "services": None}
    names = [row["name"] for row in stored["deployments"] or [] if row["name"] in MAIN]
    named = names[0] if names else None
    # Helm writes its annotations on live objects only.
    return (
        layout.read(cluster["deployments"], cluster["services"], release=release, custom=custom, main=named),
        layout.read(stored["deployments"], stored["services"], release=release, custom=custom, main=named),
    )


def is_custom(release: Seen | None) -> bool | None:
    """Whether the site has an ingress of its own: only the value ``false`` says so."""
    return None if release is None else release["values"]["use_default_ingress"] is False


def main_image(main: Seen | None) -> str | None:
    """The image of the container that bears the Deployment's name, else of the first one."""
    images = main["images"] if main else {}
    return images.get(main["name"] if main else None) or next(iter(images.values()), None)


def net_v2_mode(version: str | None) -> str | None:
    """versions.net_v2_mode, or None for a version that is not known."""
    try:
        return versions.net_v2_mode(version)
    except ClassicError:
        return None


def _provider(row: Seen, mode: str | None, coder: Seen) -> View:
    on = {"absent": False, "always": True, "option": bool(row.get("enable_net_v2"))}
    counts = coder["workspaces"]
    return {
        **{key: row.get(key) for key in ("id", "name", "status", "status_message")},
        # Coder says it of each provider; the one of the deployment itself is the one that cannot be deleted.
        "built_in": bool(row.get("built_in")),
        "net_v2": None if mode is None else on[mode],
        "workspaces": None if counts is None else counts.get(str(row.get("id")), {"total": 0, "on": 0}),
    }


def _main(main: Seen | None, image: str | None) -> View | None:
    if main is None:
        return None
    return {**{key: main[key] for key in ("name", "replicas", "updated", "ready")}, "image": image}


def _entry(entry: Seen | None) -> View:
    row = entry or {"name": None, "type": None, "ports": [], "address": []}
    return {"service": row["name"], **{key: row[key] for key in ("type", "ports", "address")}}


def _satellites(coder: Seen, regions: list[Seen] | None) -> list[View] | None:
    """Coder does not tell a satellite's version: it comes with the regions, as their looks saw it."""
    if coder["satellites"] is None:
        return None
    seen = {row["satellite"]: row["satellite_version"] for row in regions or [] if row.get("satellite")}
    main = numbers.plain(coder["version"])
    told = []
    for row in coder["satellites"]:
        version = numbers.plain(seen.get(row.get("name")))
        lags = None if version is None or main is None else versions.parse(version) < versions.parse(main)
        told.append({"name": row.get("name"), "fingerprint": row.get("fingerprint"), "version": version, "lags": lags})
    return told


def running(view: View) -> str | None:
    """The version that counts: what Coder itself tells, as ``1.21.7``."""
    return view["versions"]["api"]


def place(view: View) -> int | None:
    """version_path.place of the running version, or None where that is not known."""
    return None if running(view) is None else version_path.place(running(view))

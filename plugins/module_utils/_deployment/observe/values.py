# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a release's values say of the main deployment, by name: nothing that holds a secret. Pure. Private to this collection."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import release_report
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks

#: What is told of an external database; passwordSecret is the name of a Secret.
DATABASE = ("host", "port", "user", "database", "sslMode", "passwordSecret")


def picked(release: Release) -> dict[str, Any]:
    """``{use_default_ingress, service_next, satellite, tls: {host, devurls}, ca_secret, database, pinned_images}``.

    Old and new names are read (coder-charts.md, "Values renamed"); where both are set the old one counts, as in the chart.
    use_default_ingress and service_next are True, False or None (not said); tls has names of Secrets or None; pinned_images
    are those of the operator's own values, as path → image.
    """
    values = merged(release.chart.get("values") or {}, release.config)
    return {
        "use_default_ingress": _flag(_at(values, "ingress.useDefault")),
        "service_next": _flag(_at(values, "coderd.serviceNext")),
        # The chart tests it for truth only, so that the text "false" turns it on.
        "satellite": bool(_at(values, "coderd.satellite.enable")),
        "tls": {
            "host": _text(values, "ingress.tls.hostSecretName", "coderd.tls.hostSecretName"),
            "devurls": _text(values, "ingress.tls.devurlsHostSecretName", "coderd.tls.devurlsHostSecretName"),
        },
        "ca_secret": _text(values, "certs.secret.name"),
        "database": {key: _shown(_at(values, f"postgres.{key}")) for key in DATABASE},
        "pinned_images": {
            path: str(image) for path, image in release_report.pinned_images(masks.masked(release.config)).items()
        },
    }


def merged(defaults: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values as helm coalesces them: mappings are merged, null takes a default away, all else replaces."""
    result = {key: value for key, value in defaults.items() if key not in given}
    for key, value in given.items():
        below = defaults.get(key)
        if isinstance(value, Mapping) and isinstance(below, Mapping):
            result[key] = merged(below, value)
        elif value is not None:
            result[key] = value
    return result


def _at(values: Any, path: str) -> Any:
    for key in path.split("."):
        values = values.get(key) if isinstance(values, Mapping) else None
    return values


def _text(values: Mapping[str, Any], *paths: str) -> str | None:
    return next((str(found) for path in paths if (found := _at(values, path))), None)


def _flag(value: Any) -> bool | None:
    # As the chart compares it, by its text.
    return {"true": True, "false": False}.get(str(value).lower())


def _shown(value: Any) -> Any:
    # A host may have been written as a URL with a password.
    return masks.masked(value) if value not in (None, "") else None

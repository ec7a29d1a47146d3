# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The states of the main deployment that a lab can begin with, as an operator of Coder made them (pure).

``1.21``: serviceNext layout, the end of the way before 1.22. ``1.20``: before it, with the chart's own nginx.
``1.20-custom-ingress``: the same behind an Ingress of the site's own, and on a database of the site's own. ``1.21-old``:
1.21.7 with the values and the layout of 1.20, reached by an upgrade that did not lose ``web-ingress``. All but the first have
the built-in provider.
"""

from __future__ import annotations

from .charts.package import REGISTRY
from .errors import LabError

NEW, OLD, CUSTOM, UPGRADED = "1.21", "1.20", "1.20-custom-ingress", "1.21-old"
PRIMARIES = (NEW, OLD, CUSTOM, UPGRADED)
#: The charts installed one after the other, as keys of ``charts`` in lab.json.
CHARTS = {NEW: ("coder",), OLD: ("coder-1.20.0",), CUSTOM: ("coder-1.20.0",), UPGRADED: ("coder-1.20.0", "coder")}

HOST, DEVURLS_HOST = "coder.example.com", "*.coder.example.com"
#: Secret of type kubernetes.io/tls to the name that its certificate is for.
TLS_SECRETS = {"coder-tls": HOST, "coder-devurls-tls": DEVURLS_HOST}
#: User and database, and the Secret with the password of one that the site runs itself.
DATABASE, DATABASE_SECRET = "coder", "coder-database"
BUILT_IN = "built-in"
BUILT_IN_WORKSPACES = (("live", "ana", "on-live"), ("idle", "ben", "on-idle"), ("off", "cem", "off"))


def refuse_impossible(primary: str, kubernetes: str) -> None:
    """LabError for a state that this Kubernetes never had: chart 1.20.0 uses APIs that went with 1.22."""
    if primary != NEW and kubernetes != "1.21":
        raise LabError(
            f"--primary {primary} needs Kubernetes 1.21: chart 1.20.0 installs an Ingress of extensions/v1beta1, which later "
            f"releases do not have. Nothing was started. Give --kubernetes 1.21, or --primary {NEW}."
        )


def values(primary: str, coder_url: str, database_port: int) -> dict:
    """What the operator gave to helm."""
    if primary == NEW:
        return {"coderd": {"serviceNext": True, "accessURL": coder_url}}
    tls = {"enable": True, **dict(zip(("hostSecretName", "devurlsHostSecretName"), TLS_SECRETS, strict=True))}
    return {
        "cemanager": {"replicas": 1, "accessURL": coder_url},
        "dashboard": {"replicas": 1},
        "envproxy": {"accessURL": f"{coder_url}/proxy"},
        # Pinned once, and forgotten.
        "envbox": {"image": f"{REGISTRY}/envbox:1.20.0"},
        "devurls": {"host": DEVURLS_HOST},
        "ingress": {"host": HOST, **({"useDefault": False} if primary == CUSTOM else {"tls": tls})},
        **({"postgres": external_database(database_port)} if primary == CUSTOM else {}),
    }


def external_database(port: int) -> dict:
    """Values of 1.20 for a database of the site's own."""
    return {
        "useDefault": False,
        "host": "127.0.0.1",
        "port": str(port),
        "user": DATABASE,
        "database": DATABASE,
        "sslMode": "require",
        "passwordSecret": DATABASE_SECRET,
    }


def custom_ingress() -> dict:
    """The site's own, served by a controller outside of the release: where the chart's ``web-ingress`` would lead."""
    api, proxy, page = (
        _path("/api", "cemanager", 8080),
        _path("/proxy", "envproxy", 8080),
        _path("/", "dashboard", 3000),
    )
    return {
        "metadata": {"name": "site-coder", "annotations": {"kubernetes.io/ingress.class": "site-proxy"}},
        "spec": {
            "tls": [{"hosts": [host], "secretName": secret} for secret, host in TLS_SECRETS.items()],
            "rules": [
                {"host": HOST, "http": {"paths": [api, proxy, page]}},
                {"host": DEVURLS_HOST, "http": {"paths": [_path("/", "envproxy", 8080)]}},
            ],
        },
    }


def _path(path: str, service: str, port: int) -> dict:
    backend = {"service": {"name": service, "port": {"number": port}}}
    return {"path": path, "pathType": "Prefix", "backend": backend}

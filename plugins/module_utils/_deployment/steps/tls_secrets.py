# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The TLS Secrets with which the main pods serve users themselves: there, whole, and for the hosts of the site. Private to this
collection.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from ansible_collections.coder.classic.plugins.module_utils._coder import tls_pair
from ansible_collections.coder.classic.plugins.module_utils._coder.value_names import SERVICE_NEXT
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps.here import Here
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import side_by_side
from ansible_collections.coder.classic.plugins.module_utils._values import paths

#: Value with a Secret's name → values that say which host it is for; 1.20's names beside those of 1.21.
SECRETS = {
    "coderd.tls.hostSecretName": ("ingress.host",),
    "coderd.tls.devurlsHostSecretName": ("coderd.devurlsHost", "devurls.host"),
}
OF_THE_URL = "coderd.tls.hostSecretName"


def demand(here: Here, values: dict[str, Any]) -> None:
    """Before the layout serviceNext is installed by these values. Raises ClassicError ``tls_secret_missing``, ``tls_secret_unfit``."""
    if paths.get(values, SERVICE_NEXT) is not True:
        # The ingress has the certificates then.
        return
    wanted = named(values, str(urlsplit(here.coder.transport.url).hostname))
    namespace = here.wanted["namespace"]
    found = side_by_side.each(lambda name: here.cluster.get("v1", "Secret", name, namespace), wanted)
    there = dict(zip(wanted, found, strict=True))
    missing = [name for name, secret in there.items() if secret is None]
    if missing:
        raise _refused(
            here,
            "tls_secret_missing",
            f"The values name TLS Secrets that are not there: {', '.join(missing)}.",
            "A pod that mounts a Secret which does not exist does not start.",
        )
    now = datetime.now(UTC)
    unfit = [f"{name}: {problem}" for name, hosts in wanted.items() for problem in unfitness(there[name], hosts, now)]
    if unfit:
        raise _refused(
            here,
            "tls_secret_unfit",
            "The TLS Secrets that the values name cannot serve the users of this site.",
            "; ".join(unfit),
        )


def named(values: dict[str, Any], url_host: str) -> dict[str, list[list[str]]]:
    """Name of each Secret → the hosts that it is for, of each of its uses those of which one will do. Pure."""
    found: dict[str, list[list[str]]] = {}
    for path, of in SECRETS.items():
        name = paths.get(values, paths.parse(path))
        if not name:
            continue
        hosts = [str(host) for one in of if (host := paths.get(values, paths.parse(one)))]
        # The site's URL may be the address of something in front of it, which has another certificate.
        found.setdefault(str(name), []).append([*hosts, *([url_host] if path == OF_THE_URL else [])])
    return found


def unfitness(secret: dict[str, Any], uses: list[list[str]], now: datetime) -> list[str]:
    """What is wrong with a Secret for any of its uses, each thing once. Pure but for a file that is gone at once."""
    found: list[str] = []
    for hosts in uses:
        by_host = [tls_pair.problems(secret, host, now) for host in hosts or [None]]
        if [] not in by_host:
            found += by_host[0]
    return list(dict.fromkeys(found))


def _refused(here: Here, code: str, what: str, why: str) -> ClassicError:
    return ClassicError(
        what,
        code=code,
        where=f"namespace {here.wanted['namespace']}, {here.cluster.where}",
        why=why,
        untouched="Everything: nothing was begun.",
        next_step="Make them there (kubectl create secret tls NAME --cert FILE --key FILE), or correct the names in the values: "
        f"{', '.join(SECRETS)}. Then run again.",
    )

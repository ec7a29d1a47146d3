# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The names of the main chart's values, and how they changed from 1.20 to 1.21. Pure; private to this collection.

Read in the charts 1.20.0, 1.21.7 and 1.22.3: 1.21 to 1.26 take both names, and where both are set the old one counts, against
what the chart's own comment says. 1.20 reads ``ingress.externalTrafficPolicy``, the chart's table of old names has
``ingress.service.externalTrafficPolicy``: both are carried over. Whether the values have the key ``cemanager`` decides what
the Deployment and the Service are called.
"""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._values.paths import Path, parse

#: Everything in it goes to coderd, known or not: its replicas, image and resources, accessURL, annotations ...
CEMANAGER, CODERD = ("cemanager",), ("coderd",)
#: What 1.20 really reads, and what never took effect beside it.
TRAFFIC_POLICY, TRAFFIC_POLICY_UNREAD = (
    parse("ingress.externalTrafficPolicy"),
    parse("ingress.service.externalTrafficPolicy"),
)

#: old → new; a path that lies within another one stands behind it
PAIRS: dict[Path, Path] = {
    parse(old): parse(new)
    for old, new in {
        "devurls.host": "coderd.devurlsHost",
        "ingress.loadBalancerIP": "coderd.serviceSpec.loadBalancerIP",
        "ingress.loadBalancerSourceRanges": "coderd.serviceSpec.loadBalancerSourceRanges",
        "ingress.externalTrafficPolicy": "coderd.serviceSpec.externalTrafficPolicy",
        "ingress.service.externalTrafficPolicy": "coderd.serviceSpec.externalTrafficPolicy",
        "ingress.tls.hostSecretName": "coderd.tls.hostSecretName",
        "ingress.tls.devurlsHostSecretName": "coderd.tls.devurlsHostSecretName",
        "storageClassName": "postgres.default.storageClassName",
        "timescale.image": "postgres.default.image",
        "timescale.resources": "postgres.default.resources",
        "timescale.resources.requests.storage": "postgres.default.resources.requests.storage",
        "postgres.useDefault": "postgres.default.enable",
        "deploymentAnnotations": "services.annotations",
        "serviceTolerations": "services.tolerations",
        "clusterDomainSuffix": "services.clusterDomainSuffix",
        "serviceType": "services.type",
        "serviceAccount.annotations": "coderd.builtinProviderServiceAccount.annotations",
        "serviceAccount.labels": "coderd.builtinProviderServiceAccount.labels",
    }.items()
}

#: A text here counts as true, "false" too. 1.20's names as well as 1.21's.
BOOLEANS: tuple[Path, ...] = tuple(
    map(
        parse,
        (
            "coderd.satellite.enable",
            "coderd.serviceNext",
            "ingress.enable",
            "ingress.useDefault",
            "ingress.tls.enable",
            "postgres.default.enable",
            "postgres.useDefault",
            "ssh.enable",
        ),
    )
)

#: Injected into the chart when it is released: what an operator's file says here stays, whatever version is installed.
IMAGES: tuple[Path, ...] = tuple(
    (*parse(part), "image")
    for part in ("coderd", "cemanager", "envproxy", "dashboard", "envbox", "timescale", "postgres.default")
)
#: Where the product's own images are.
PUBLIC = ("coderenvs", "docker.io/coderenvs", "index.docker.io/coderenvs", "registry-1.docker.io/coderenvs")

SERVICE_NEXT: Path = ("coderd", "serviceNext")
#: Read by nobody once serviceNext is on.
DEAD: tuple[Path, ...] = (("dashboard",), ("envproxy",))
#: Not read from 1.21 on; what 1.20 made for it goes with the upgrade.
UNREAD: Path = ("namespaceWhitelist",)


def new_name(path: Path) -> Path | None:
    """The name from 1.21 on of a path that is, or lies within, an old one; None for all others."""
    for old in sorted([*PAIRS, CEMANAGER], key=len, reverse=True):
        if path[: len(old)] == old:
            return (*PAIRS.get(old, CODERD), *path[len(old) :])
    return None

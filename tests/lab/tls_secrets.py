# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates that an operator gave to the main deployment, as Secrets in its namespace, issued by the lab's CA."""

from __future__ import annotations

from . import kube
from .layout import NAMESPACE, Layout
from .primaries import TLS_SECRETS
from .simulation import certificates_dir
from .simulator.tls import open_ca


def create(client: kube.Kube, layout: Layout) -> None:
    """Those that the values name. The simulated Coder has made the CA by then."""
    authority = open_ca(certificates_dir(layout.state))
    for name, host in TLS_SECRETS.items():
        leaf = authority.issue_cert(host)
        content = {
            "tls.crt": "".join(pem.bytes().decode() for pem in leaf.cert_chain_pems),
            "tls.key": leaf.private_key_pem.bytes().decode(),
        }
        body = {"metadata": {"name": name}, "type": "kubernetes.io/tls", "stringData": content}
        kube.create(client, f"/api/v1/namespaces/{NAMESPACE}/secrets", body)

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The public key that a satellite must serve, derived from the Secret its chart made. Private to this collection."""

from __future__ import annotations

import base64

from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import public_key_of
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

# Chart coder, satellite mode (1.21 and later): made at the first install, kept on upgrade, lost on uninstall.
SECRET = "coder-replica-private-key"
KEY = "privateKey"


def satellite_public_key(cluster: Cluster, namespace: str) -> str | None:
    """PEM (SubjectPublicKeyInfo) of the key in the Secret; None while there is no such Secret or key.

    The private key stays in this function. Raises ClassicError: access to the cluster, or an unusable key.
    """
    secret = cluster.get("v1", "Secret", SECRET, namespace)
    encoded = ((secret or {}).get("data") or {}).get(KEY)
    # What is no text is no key either, and public_key_of says so without showing it.
    return public_key_of(base64.b64decode(encoded).decode(errors="replace")) if encoded else None

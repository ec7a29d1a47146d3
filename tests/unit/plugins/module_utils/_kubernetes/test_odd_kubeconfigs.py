# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whatever stands at whatever place of a kubeconfig: it is used, or refused without a word of it."""

from __future__ import annotations

import base64
import copy
import json
import os

import pytest
import trustme

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import connection, kubeconfig

SECRET = "s3cret-value"
AUTHORITY = trustme.CA()
JANE = AUTHORITY.issue_cert("jane@c.test")


def data(blob) -> str:
    return base64.b64encode(blob.bytes()).decode()


def full(folder) -> dict:
    plugin = folder / "plugin"
    plugin.write_text(
        '#!/bin/sh\necho \'{"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", '
        f'"status": {{"token": "{SECRET}"}}}}\'\n'
    )
    plugin.chmod(0o755)
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "preferences": {},
        "current-context": "c",
        "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u", "namespace": "n"}}],
        "clusters": [
            {
                "name": "c",
                "cluster": {
                    "server": "https://c.test",
                    "certificate-authority-data": data(AUTHORITY.cert_pem),
                    "tls-server-name": "n.test",
                    "proxy-url": f"http://u:{SECRET}@p.test:1",
                    "extensions": [{"name": "client.authentication.k8s.io/exec", "extension": {"a": SECRET}}],
                },
            }
        ],
        "users": [
            {
                "name": "u",
                "user": {
                    "client-certificate-data": data(JANE.cert_chain_pems[0]),
                    "client-key-data": data(JANE.private_key_pem),
                    "as": "root",
                    "as-groups": ["a"],
                    "as-user-extra": {"k": ["v"]},
                    "exec": {
                        "apiVersion": "client.authentication.k8s.io/v1",
                        "command": "./plugin",
                        "args": ["--token", SECRET],
                        "env": [{"name": "A", "value": SECRET}],
                        "interactiveMode": "Never",
                        "provideClusterInfo": True,
                        "installHint": "hint",
                    },
                },
            }
        ],
    }


def places(node, path=()):
    yield path
    items = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else []
    for key, value in items:
        yield from places(value, (*path, key))


ODD = [
    None,
    1,
    1.5,
    True,
    "",
    SECRET,
    [],
    {},
    [SECRET],
    {SECRET: SECRET},
    [{"value": SECRET}],
    f"{SECRET}\n\0",
]


@pytest.mark.parametrize("odd", ODD, ids=map(repr, range(len(ODD))))
def test_no_odd_value_ends_in_a_traceback_or_in_a_message(tmp_path, odd) -> None:
    whole = full(tmp_path)
    used = refused = 0
    for path in places(whole):
        changed: object = copy.deepcopy(whole)
        if path:
            node = changed
            for key in path[:-1]:
                node = node[key]
            node[path[-1]] = odd
        else:
            changed = odd
        (tmp_path / "config").write_text(json.dumps(changed))
        # Names of contexts, clusters, users and programs may be told, and what is meant for people.
        may_be_told = path[-1:] in {
            ("name",),
            ("current-context",),
            ("command",),
            ("cluster",),
            ("user",),
            ("installHint",),
        }
        try:
            access = kubeconfig.resolve({"kubeconfig": str(tmp_path / "config")}, {"PATH": os.defpath})
            connected = connection.connect(access)
            used += 1
            assert SECRET not in repr(access) + repr(connected) or may_be_told
        except ClassicError as error:
            refused += 1
            assert error.what and error.where and error.why and error.untouched and error.next_step
            assert SECRET not in str(error.failure) or may_be_told, (path, error.failure)
    assert used and refused

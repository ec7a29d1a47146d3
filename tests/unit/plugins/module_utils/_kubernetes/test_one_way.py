# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each kind of access leads our client and helm to the same server as the same user, whatever else is said around it."""

from __future__ import annotations

import base64
import json
import os
import ssl
from typing import NamedTuple

import pytest
import trustme
import yaml
from unit.plugins.live_server import http

from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import kubeconfig
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

HOSTILE = {
    "K8S_AUTH_HOST": "https://127.0.0.1:1",
    "K8S_AUTH_API_KEY": "hostile",
    "K8S_AUTH_VERIFY_SSL": "False",
    "K8S_AUTH_IMPERSONATE_USER": "hostile",
    "K8S_AUTH_CONTEXT": "hostile",
    "KUBERNETES_SERVICE_HOST": "127.0.0.1",
    "KUBERNETES_SERVICE_PORT": "1",
    "HELM_KUBEAPISERVER": "https://127.0.0.1:1",
    "HELM_KUBETOKEN": "hostile",
    "HELM_KUBECONTEXT": "hostile",
    "HELM_DRIVER": "configmap",
}
BEARER = {"authorization": ["Bearer t0k"]}


class Place(NamedTuple):
    """Where a test's files are, and the server that is meant."""

    folder: object
    url: str
    authority: trustme.CA
    pinned: dict


def config(place: Place, user: dict, *, context="sydney-1", **cluster) -> str:
    """Writes a kubeconfig beside its authority ca.pem; gives its path."""
    place.authority.cert_pem.write_to_path(str(place.folder / "ca.pem"))
    cluster = {"server": place.url, "certificate-authority": "ca.pem", **cluster}
    document = {
        "clusters": [{"name": "c", "cluster": cluster}],
        "users": [{"name": "u", "user": user}],
        "contexts": [{"name": context, "context": {"cluster": "c", "user": "u"}}],
        "current-context": context,
    }
    path = place.folder / "config"
    path.write_text(yaml.safe_dump(document))
    return str(path)


def script(place: Place, text: str) -> str:
    path = place.folder / "plugin"
    path.write_text(f"#!/bin/sh\necho '{text}'\n")
    path.chmod(0o755)
    return "./plugin"


def issued(**status) -> str:
    return json.dumps({"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": status})


def plugin(place: Place, **status) -> dict:
    command = script(place, issued(**status))
    return {"exec": {"apiVersion": "client.authentication.k8s.io/v1", "command": command, "interactiveMode": "Never"}}


def certificate(place: Place) -> tuple[str, str]:
    made = place.authority.issue_cert("jane@c.test")
    return made.cert_chain_pems[0].bytes().decode(), made.private_key_pem.bytes().decode()


def of_two_files(place: Place):
    path = config(place, {"token": "t0k"})
    other = place.folder / "other"
    other.write_text(
        yaml.safe_dump({"current-context": "other", "contexts": [], "users": [{"name": "u2", "user": {}}]})
    )
    return {**HOSTILE, "KUBECONFIG": f"{other}:{place.folder}/nowhere:{path}"}, {"context": "sydney-1"}, BEARER


def of_a_host(place: Place):
    config(place, {})
    params = {"host": place.url, "api_key": "t0k\n", "cluster_ca_path": str(place.folder / "ca.pem")}
    return {**HOSTILE, "KUBECONFIG": "/hostile"}, params, BEARER


def of_awx(place: Place):
    environment = {"K8S_AUTH_HOST": place.url, "K8S_AUTH_API_KEY": "t0k", "K8S_AUTH_VERIFY_SSL": "False"}
    return {**HOSTILE, "K8S_AUTH_IMPERSONATE_USER": "", **environment, "KUBECONFIG": "/hostile"}, {}, BEARER


def of_a_pod(place: Place):
    (place.folder / "token").write_text("t0k\n")
    place.authority.cert_pem.write_to_path(str(place.folder / "ca.crt"))
    place.pinned["SERVICE_ACCOUNT"] = str(place.folder)
    leading = {name: value for name, value in HOSTILE.items() if not name.startswith("K8S_AUTH_")}
    host, port = place.url.removeprefix("https://").split(":")
    return {**leading, "KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}, {}, BEARER


def of_options(user, sent, **cluster):
    def make(place: Place):
        path = config(place, user(place), **cluster)
        return {**HOSTILE, "KUBECONFIG": "/hostile"}, {"kubeconfig": path, "context": "sydney-1"}, sent

    return make


def of_token_file(place: Place) -> dict:
    (place.folder / "tok").write_text("t0k\n")
    return {"tokenFile": "tok"}


def with_certificate(place: Place) -> dict:
    for name, content in zip(("jane.crt", "jane.key"), certificate(place), strict=True):
        (place.folder / name).write_text(content)
    return {"client-certificate": "jane.crt", "client-key": "jane.key"}


def plugin_with_certificate(place: Place) -> dict:
    text, key = certificate(place)
    # A shell's echo turns the line breaks of JSON into real ones.
    (place.folder / "issued").write_text(issued(clientCertificateData=text, clientKeyData=key))
    user = plugin(place)
    (place.folder / "plugin").write_text(f"#!/bin/sh\nexec cat {place.folder}/issued\n")
    return user


ACTING_AS = {"as": "root", "as-uid": "7", "as-groups": ["a", "b"], "as-user-extra": {"Scopes": ["x", "z"]}}
SENT_AS = {
    "impersonate-user": ["root"],
    "impersonate-uid": ["7"],
    "impersonate-group": ["a", "b"],
    "impersonate-extra-scopes": ["x", "z"],
}
KINDS = {
    "kubeconfig and context": of_options(lambda place: {"token": "t0k"}, BEARER),
    "context of KUBECONFIG with several files": of_two_files,
    "host and api_key": of_a_host,
    "K8S_AUTH_HOST": of_awx,
    "pod": of_a_pod,
    "tokenFile": of_options(of_token_file, BEARER),
    "exec with a token": of_options(lambda place: plugin(place, token="t0k"), BEARER),
    "exec with a certificate": of_options(plugin_with_certificate, {"certificate": "jane"}),
    "client certificate": of_options(with_certificate, {"certificate": "jane"}),
    "user and password": of_options(
        lambda place: {"username": "jane", "password": "pä:ss"},
        {"authorization": ["Basic " + base64.b64encode("jane:pä:ss".encode()).decode()]},
    ),
    "impersonation": of_options(lambda place: {"token": "t0k", **ACTING_AS}, {**BEARER, **SENT_AS}),
    "tls-server-name": of_options(lambda place: {"token": "t0k"}, BEARER, **{"tls-server-name": "api.c.test"}),
    "nobody": of_options(lambda place: {}, {}),
}


@pytest.fixture(params=KINDS.values(), ids=KINDS)
def reached(request, serve, tmp_path, monkeypatch):
    """(what our client does with it, what helm does with it, what each must send)"""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    names = ["api.c.test"] if "server-name" in request.node.callspec.id else ["127.0.0.1"]
    authority.issue_cert(*names).configure_cert(context)
    authority.configure_trust(context)
    context.verify_mode = ssl.CERT_OPTIONAL
    peers = []
    server = serve(lambda head: http(200, '{"gitVersion": "v1"}'), Recording(context, peers))
    pinned: dict = {}
    environment, params, sent = request.param(Place(tmp_path, f"https://127.0.0.1:{server.port}", authority, pinned))
    for name in ("KUBECONFIG", *HOSTILE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    for name, value in pinned.items():
        monkeypatch.setattr(kubeconfig, name, value)
    cluster = cluster_from_params(params)
    return server, peers, cluster, sent


class Recording:
    """A TLS context that notes whom its clients' certificates are for."""

    def __init__(self, context, peers) -> None:
        self.context, self.peers = context, peers

    def wrap_socket(self, accepted, server_side):
        wrapped = self.context.wrap_socket(accepted, server_side=server_side)
        self.peers.append("jane" if wrapped.getpeercert() else None)
        return wrapped


def headers(head: str) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in head.split("\r\n")[1:]:
        name, _colon, value = line.partition(": ")
        if name.lower().startswith(("authorization", "impersonate")):
            found.setdefault(name.lower(), []).append(value)
    return found


def test_our_client_gets_there_as_that_user(reached) -> None:
    server, peers, cluster, sent = reached
    assert cluster.server_version() == "v1"
    assert headers(server.heads[-1]) == {name: value for name, value in sent.items() if name != "certificate"}
    assert peers[-1] == sent.get("certificate")
    assert str(server.port) in cluster.url and str(server.port) in cluster.where and cluster.source


def test_helm_is_told_the_same_and_nothing_else(reached, tmp_path) -> None:
    server, _peers, cluster, sent = reached
    program = tmp_path / "helm"
    program.write_text(
        '#!/bin/sh\nif [ "$1" = version ]; then echo v3.22.0; exit; fi\ncat "$3"; echo; echo "$5"; env\n'
    )
    program.chmod(0o755)
    folder = tmp_path / "for-helm"
    folder.mkdir(mode=0o700)
    made = helm_command.helm_for(cluster.access, str(program), str(folder))
    text, context, *environment = helm_command.run(made, ["list"], 20).splitlines()
    told = json.loads(text)
    assert [len(told[part]) for part in ("clusters", "users", "contexts")] == [1, 1, 1]
    assert context == told["current-context"] == cluster.context
    assert told["clusters"][0]["cluster"]["server"] == f"https://127.0.0.1:{server.port}"
    assert as_sent(told["users"][0]["user"]) == sent
    assert "KUBECONFIG=/dev/null" in environment
    names = [line.split("=")[0] for line in environment]
    assert not [name for name in names if name.startswith(("K8S_AUTH_", "KUBERNETES_"))]
    assert [name for name in names if name.startswith("HELM_") and not name.endswith("_HOME")] == []
    assert os.listdir(folder) == ["kubeconfig"]


def as_sent(user: dict) -> dict:
    """What a client that follows a kubeconfig sends."""
    sent: dict = {}
    if "token" in user:
        sent["authorization"] = [f"Bearer {user['token']}"]
    if "tokenFile" in user:
        with open(user["tokenFile"]) as file:
            sent["authorization"] = [f"Bearer {file.read().strip()}"]
    if "username" in user:
        pair = f"{user['username']}:{user['password']}"
        sent["authorization"] = [f"Basic {base64.b64encode(pair.encode()).decode()}"]
    if "client-certificate-data" in user:
        sent["certificate"] = "jane"
        assert b"PRIVATE KEY" in base64.b64decode(user["client-key-data"])
    for field, name in (("as", "user"), ("as-uid", "uid"), ("as-groups", "group")):
        if field in user:
            sent[f"impersonate-{name}"] = user[field] if isinstance(user[field], list) else [user[field]]
    for key, values in user.get("as-user-extra", {}).items():
        sent[f"impersonate-extra-{key.lower()}"] = values
    return sent

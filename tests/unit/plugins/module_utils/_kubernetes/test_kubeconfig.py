# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import copy
import datetime
import json
import os
import time

import pytest
import trustme
import yaml

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import credentials, kubeconfig, tls_material

SECRET = "s3cret-value"


def config(name="c1", *, server=None, context=None, current=True, cluster=None, user=None) -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [
            {"name": f"{name}-cluster", "cluster": {"server": server or f"https://{name}.test", **(cluster or {})}}
        ],
        "users": [{"name": f"{name}-user", "user": {"token": f"token-of-{name}"} if user is None else user}],
        "contexts": [{"name": context or name, "context": {"cluster": f"{name}-cluster", "user": f"{name}-user"}}],
        **({"current-context": context or name} if current else {}),
    }


@pytest.fixture
def write(tmp_path):
    """Writes a kubeconfig (text as it is) and gives its path."""

    def do(content, name="config") -> str:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
        return str(path)

    return do


def resolve(environment=None, **params) -> kubeconfig.Access:
    return kubeconfig.resolve(params, {"HOME": "/nowhere", **(environment or {})})


def refused(environment=None, **params) -> ClassicError:
    with pytest.raises(ClassicError) as caught:
        resolve(environment, **params)
    error = caught.value
    assert error.code == "invalid" and error.where and error.why and error.untouched and error.next_step
    assert SECRET not in str(error.failure)
    return error


def pem(text: str) -> str:
    return base64.b64decode(text).decode()


# --- one rule: who says which cluster ---


def test_options_name_a_context_of_a_kubeconfig(write) -> None:
    both = config("c1")
    for part in ("clusters", "users", "contexts"):
        both[part] += config("c2")[part]
    path = write(both)
    access = resolve(kubeconfig=path, context="c2")
    assert (access.context, access.server, access.user) == ("c2", "https://c2.test", {"token": "token-of-c2"})
    assert access.source == f"kubeconfig {path} (inventory), context c2"
    assert resolve(kubeconfig=path).server == "https://c1.test"


def test_the_complete_access_has_one_of_each_and_does_not_show_its_secrets(write) -> None:
    access = resolve(kubeconfig=write(config("c1")))
    assert access.config == {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "c1-cluster", "cluster": {"server": "https://c1.test"}}],
        "users": [{"name": "c1-user", "user": {"token": "token-of-c1"}}],
        "contexts": [{"name": "c1", "context": {"cluster": "c1-cluster", "user": "c1-user"}}],
        "current-context": "c1",
    }
    assert "token-of-c1" not in repr(access) and access.secrets[0] == "token-of-c1"


EVERYTHING = {
    "K8S_AUTH_HOST": "https://elsewhere.test",
    "K8S_AUTH_API_KEY": "elsewhere",
    "K8S_AUTH_VERIFY_SSL": "False",
    "K8S_AUTH_SSL_CA_CERT": "/elsewhere",
    "K8S_AUTH_CERT_FILE": "/elsewhere",
    "K8S_AUTH_KEY_FILE": "/elsewhere",
    "K8S_AUTH_USERNAME": "elsewhere",
    "K8S_AUTH_PASSWORD": "elsewhere",
    "K8S_AUTH_PROXY": "http://elsewhere.test",
    "K8S_AUTH_IMPERSONATE_USER": "elsewhere",
    "K8S_AUTH_IMPERSONATE_GROUPS": "elsewhere",
    "K8S_AUTH_CONTEXT": "elsewhere",
    "K8S_AUTH_KUBECONFIG": "/elsewhere",
    "KUBECONFIG": "/elsewhere",
    "KUBERNETES_SERVICE_HOST": "10.0.0.1",
    "KUBERNETES_SERVICE_PORT": "443",
}


def test_nothing_of_the_environment_is_mixed_into_what_the_options_say(write) -> None:
    path = write(config("c1"))
    assert resolve(EVERYTHING, kubeconfig=path) == resolve({}, kubeconfig=path)
    assert resolve(EVERYTHING, kubeconfig=path, context="c1") == resolve({}, kubeconfig=path, context="c1")
    for params in ({"host": "https://c2.test", "api_key": "k"}, {"host": "https://c2.test"}):
        assert resolve(EVERYTHING, **params) == resolve({}, **params)


def test_a_context_alone_is_one_of_the_kubeconfig_of_the_environment(write) -> None:
    path = write(config("c1"))
    other = write(config("c2", context="c1"), "other")
    for name in ("K8S_AUTH_KUBECONFIG", "KUBECONFIG"):
        access = resolve({"K8S_AUTH_HOST": "https://elsewhere.test", name: path, "K8S_AUTH_CONTEXT": "x"}, context="c1")
        assert access.server == "https://c1.test"
        assert access.source == f"kubeconfig {path} (environment variable {name}), context c1 (inventory)"
    assert resolve({"K8S_AUTH_KUBECONFIG": path, "KUBECONFIG": other}, context="c1").server == "https://c1.test"
    home = write(config("c3"), "home/.kube/config").removesuffix("/.kube/config")
    access = resolve({"HOME": home}, context="c3")
    assert access.source == f"kubeconfig {home}/.kube/config (found by itself), context c3 (inventory)"
    assert "no kubeconfig for context c9" in refused(context="c9").what


def test_without_options_the_environment_counts_as_a_whole(write) -> None:
    path = write(config("c1"))
    environment = {
        "K8S_AUTH_HOST": "https://c9.test",
        "K8S_AUTH_API_KEY": "k",
        "K8S_AUTH_KUBECONFIG": path,
        "KUBECONFIG": path,
    }
    access = resolve(environment)
    assert (access.server, access.user, access.source) == (
        "https://c9.test",
        {"token": "k"},
        "environment variable K8S_AUTH_HOST: https://c9.test",
    )
    both = config("c1")
    for part in ("clusters", "users", "contexts"):
        both[part] += config("c2")[part]
    path = write(both, "both")
    access = resolve({"KUBECONFIG": path, "K8S_AUTH_CONTEXT": "c2"})
    assert access.server == "https://c2.test" and "(environment variable K8S_AUTH_CONTEXT)" in access.source
    assert resolve({"KUBECONFIG": path}).server == "https://c1.test"
    assert resolve({"HOME": write(both, "home/.kube/config").removesuffix("/.kube/config")}).context == "c1"


@pytest.mark.parametrize("verify", ["False", "false", "0", "no"])
def test_the_credential_that_awx_gives(tmp_path, verify: str) -> None:
    given = {"K8S_AUTH_HOST": "https://c.test", "K8S_AUTH_API_KEY": "k", "K8S_AUTH_VERIFY_SSL": verify}
    expected = {"server": "https://c.test", "insecure-skip-tls-verify": True}
    assert resolve(given).cluster == expected
    assert resolve({**given, "K8S_AUTH_SSL_CA_CERT": str(tmp_path / "nowhere")}).cluster == expected
    authority = tmp_path / "ca.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    verified = {**given, "K8S_AUTH_VERIFY_SSL": "True", "K8S_AUTH_SSL_CA_CERT": str(authority)}
    assert pem(resolve(verified).cluster["certificate-authority-data"]).strip() == authority.read_text().strip()


def test_all_that_the_environment_can_say_about_a_host(tmp_path) -> None:
    certificate = client_certificate(tmp_path)
    access = resolve(
        {
            "K8S_AUTH_HOST": "https://c.test",
            "K8S_AUTH_USERNAME": "jane",
            "K8S_AUTH_PASSWORD": "pw",
            "K8S_AUTH_PROXY": "http://proxy.test:3128",
            "K8S_AUTH_IMPERSONATE_USER": "root",
            "K8S_AUTH_IMPERSONATE_GROUPS": "a, b",
            "K8S_AUTH_CERT_FILE": certificate["client-certificate"],
            "K8S_AUTH_KEY_FILE": certificate["client-key"],
        }
    )
    assert access.cluster["proxy-url"] == "http://proxy.test:3128"
    data = ("client-certificate-data", "client-key-data")
    assert {key: value for key, value in access.user.items() if key not in data} == {
        "username": "jane",
        "password": "pw",
        "as": "root",
        "as-groups": ["a", "b"],
    }
    assert all(access.user[field] for field in data)


def pod(tmp_path, monkeypatch, token="pod-token\n") -> dict[str, str]:
    folder = tmp_path / "account"
    folder.mkdir(exist_ok=True)
    (folder / "token").write_text(token)
    trustme.CA().cert_pem.write_to_path(str(folder / "ca.crt"))
    monkeypatch.setattr(kubeconfig, "SERVICE_ACCOUNT", str(folder))
    return {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "KUBERNETES_SERVICE_PORT": "443"}


def test_last_comes_the_pods_own_account(tmp_path, monkeypatch, write) -> None:
    environment = pod(tmp_path, monkeypatch)
    access = resolve(environment)
    assert (access.context, access.server, access.source) == (
        "in-cluster",
        "https://10.0.0.1:443",
        "ServiceAccount of this pod",
    )
    assert access.user == {"token": "pod-token", "tokenFile": f"{tmp_path}/account/token"}
    assert "BEGIN CERTIFICATE" in pem(access.cluster["certificate-authority-data"])
    assert resolve({**environment, "KUBERNETES_SERVICE_HOST": "fd00::1"}).server == "https://[fd00::1]:443"
    assert resolve({**environment, "KUBECONFIG": write(config("c1"))}).server == "https://c1.test"
    # Somebody who says a file that is not there does not mean this pod's cluster.
    assert "exist" in refused({**environment, "KUBECONFIG": "/nowhere/config"}).why
    refused({**environment, "KUBECONFIG": "/nowhere/a:/nowhere/b"})


def test_no_access_at_all() -> None:
    assert "No access to the cluster is given" in refused().what


@pytest.mark.parametrize(
    ("environment", "params", "named"),
    [
        ({}, {"host": "https://c.test", "kubeconfig": "/k"}, "host, kubeconfig, context"),
        ({}, {"host": "https://c.test", "context": "c"}, "host, kubeconfig, context"),
        ({"K8S_AUTH_HOST": "https://c.test"}, {"api_key": SECRET}, "api_key"),
        ({}, {"kubeconfig": "/k", "cluster_ca_path": "/ca"}, "cluster_ca_path"),
        ({}, {"kubeconfig": "/k", "validate_cluster_certs": False}, "validate_cluster_certs"),
        ({"K8S_AUTH_API_KEY": SECRET, "KUBECONFIG": "/k"}, {}, "K8S_AUTH_API_KEY"),
        ({"K8S_AUTH_IMPERSONATE_USER": "root", "K8S_AUTH_KUBECONFIG": "/k"}, {}, "K8S_AUTH_IMPERSONATE_USER"),
        ({"K8S_AUTH_CONTEXT": "c"}, {}, "K8S_AUTH_CONTEXT"),
        ({"K8S_AUTH_HOST": "https://c.test", "K8S_AUTH_VERIFY_SSL": SECRET}, {}, "K8S_AUTH_VERIFY_SSL"),
    ],
)
def test_what_is_said_twice_or_half_is_refused(environment, params, named: str) -> None:
    error = refused(environment, **params)
    assert named in f"{error.what} {error.where}"


def test_params_may_be_null_or_empty() -> None:
    params = dict.fromkeys(["kubeconfig", "context", "api_key", "cluster_ca_path", "cluster_uid"], None)
    assert resolve(**params, host="https://c.test", validate_cluster_certs=True).user == {}
    assert resolve(kubeconfig="", context="", host="https://c.test").context == "direct"


# --- several files, relative paths ---


def test_of_several_files_the_first_entry_wins_and_missing_ones_are_skipped(write, tmp_path) -> None:
    first = write(config("c1", current=False), "one")
    second = config("c2")
    second["clusters"] += config("c1", server="https://later.test")["clusters"]
    second["contexts"] += [{"name": "mixed", "context": {"cluster": "c1-cluster", "user": "c2-user"}}]
    names = [str(tmp_path / "nowhere"), first, "", write("", "empty"), write(second, "two")]
    environment = {"KUBECONFIG": ":".join(names)}
    assert resolve(environment).context == "c2"
    assert resolve(environment, context="c1").server == "https://c1.test"
    mixed = resolve(environment, context="mixed")
    assert (mixed.server, mixed.user) == ("https://c1.test", {"token": "token-of-c2"})
    assert "Contexts in it: c1, c2, mixed." in refused(environment, context="c3").why


def test_a_name_with_a_colon_is_one_file_where_it_exists(write) -> None:
    assert resolve(kubeconfig=write(config("c1"), "a:b")).context == "c1"


def client_certificate(folder, **more) -> dict[str, str]:
    issued = trustme.CA().issue_cert("jane@c.test", **more)
    issued.cert_chain_pems[0].write_to_path(str(folder / "jane.crt"))
    issued.private_key_pem.write_to_path(str(folder / "jane.key"))
    return {"client-certificate": str(folder / "jane.crt"), "client-key": str(folder / "jane.key")}


def test_relative_paths_start_at_the_file_that_holds_the_entry(write, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "sub"
    folder.mkdir()
    trustme.CA().cert_pem.write_to_path(str(folder / "ca.pem"))
    client_certificate(folder)
    (folder / "token").write_text("from-file\n")
    user = {"client-certificate": "jane.crt", "client-key": "./jane.key", "tokenFile": "../sub/token"}
    second = write(config("c1", cluster={"certificate-authority": "ca.pem"}, user=user), "sub/config")
    monkeypatch.chdir(tmp_path)
    access = resolve({"KUBECONFIG": f"{write(config('c2'))}:sub/config"}, context="c1")
    assert pem(access.cluster["certificate-authority-data"]).strip() == (folder / "ca.pem").read_text().strip()
    assert pem(access.user["client-key-data"]) == (folder / "jane.key").read_text()
    assert access.user["token"] == "from-file" and access.user["tokenFile"] == str(folder / "token")
    assert access.config == {**resolve(kubeconfig=second).config}


@pytest.mark.parametrize(
    "name", ["arn:aws:eks:eu-west-1:123:cluster/a", "gke_p_z_c", "a b", "12:30", "2021-09-22", "ü"]
)
def test_odd_context_names(write, name: str) -> None:
    access = resolve(kubeconfig=write(config("c1", context=name)), context=name)
    assert access.context == access.config["current-context"] == name


def test_a_name_that_other_parsers_take_for_a_time_is_text(write) -> None:
    text = (
        yaml.safe_dump(config("c1", context="x")).replace("name: x", "name: 2021-09-22").replace(": x", ": 2021-09-22")
    )
    assert resolve(kubeconfig=write(text)).context == "2021-09-22"


def test_json_with_tabs(write) -> None:
    assert resolve(kubeconfig=write("\ufeff" + json.dumps(config("c1"), indent="\t"))).context == "c1"


# --- files that are none ---


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("# comment only\n", "no mapping"),
        ("$ANSIBLE_VAULT;1.1;AES256\n6135\n", "ansible-vault"),
        (f"users: [{{name: u, user: {{token: {SECRET}}}\n", "see its line"),
        (f"token: !{SECRET} x\n", "see its line 1"),
        (f"token: *{SECRET}\n", "see its line 1"),
        (f"- {SECRET}\n", "no mapping"),
        (SECRET, "no mapping"),
        (f"token: {SECRET}\0\n", "neither YAML nor JSON"),
        (f"contexts: [{{name: c, context: {{cluster: x}}}}]\ncurrent-context: c\nclusters: {SECRET}\n", "no list of"),
        (f"contexts: [{SECRET}]\ncurrent-context: c\n", "no list of mappings"),
        (f"current-context: [{SECRET}]\n", "must be text and is a list"),
        (f"current-context: c\nsops: {{mac: {SECRET}}}\n", "sops"),
        ("apiVersion: v1\nclusters: null\n", "Contexts in it: none."),
        ("contexts: [{name: c, context: {}}, {name: 1}]\n", "Contexts in it: c."),
        (f"contexts: [{{name: c, context: {SECRET}}}]\ncurrent-context: c\n", "no mapping"),
        ("contexts: [{name: c, context: {cluster: x}}]\ncurrent-context: c\nclusters: [{name: y}]\n", "clusters: y"),
        ("contexts: [{name: c, context: {user: x}}]\ncurrent-context: c\n", "empty"),
    ],
)
def test_a_file_that_cannot_be_used_is_named_and_not_quoted(write, text: str, why: str) -> None:
    path = write(text)
    error = refused(kubeconfig=path)
    assert why in error.why and path in error.where


def test_files_that_cannot_be_read(tmp_path) -> None:
    assert "is a directory" in refused(kubeconfig=str(tmp_path)).why
    assert "does not exist" in refused(kubeconfig=str(tmp_path / "nowhere")).why
    os.mkfifo(tmp_path / "pipe")
    assert "no regular file" in refused(kubeconfig=str(tmp_path / "pipe")).why
    (tmp_path / "binary").write_bytes(b"\xff\xfe" + SECRET.encode())
    assert "UTF-8" in refused(kubeconfig=str(tmp_path / "binary")).why


def test_what_the_context_names_must_be_there_once(write) -> None:
    broken = config("c1")
    broken["users"][0]["name"] = "other"
    error = refused(kubeconfig=write(broken))
    assert "names the user c1-user, which is not there" in error.what and "other" in error.why
    broken = config("c1")
    broken["clusters"] *= 2
    assert "2 entries for cluster c1-cluster" in refused(kubeconfig=write(broken)).what
    broken = config("c1")
    del broken["contexts"][0]["context"]["user"]
    assert resolve(kubeconfig=write(broken)).user == {}


# --- the cluster ---


@pytest.mark.parametrize(
    "server",
    [
        None,
        "",
        "c.test:6443",
        "ftp://c.test",
        "https://",
        f"https://jane:{SECRET}@c.test",
        f"https://c.test:{SECRET}",
        f"https://c.test/?token={SECRET}",
        f"https://c.test\n{SECRET}",
        f"https://[{SECRET}",
        {"url": SECRET},
        1,
    ],
)
def test_a_server_that_is_no_address_is_not_shown(write, server) -> None:
    broken = config("c1")
    broken["clusters"][0]["cluster"]["server"] = server
    assert "server of cluster c1-cluster" in refused(kubeconfig=write(broken)).what


def test_a_server_may_have_a_path_and_blanks_around_it(write) -> None:
    assert resolve(kubeconfig=write(config("c1", server=" https://r.test/k8s/c1/ "))).server == "https://r.test/k8s/c1"


@pytest.mark.parametrize(
    ("cluster", "field"),
    [
        ({"certificate-authority": "nowhere.pem"}, "certificate-authority"),
        ({"certificate-authority": 1}, "certificate-authority"),
        ({"certificate-authority-data": SECRET}, "certificate-authority-data"),
        ({"certificate-authority-data": base64.b64encode(SECRET.encode()).decode()}, "certificate-authority"),
        (
            {
                "certificate-authority-data": base64.b64encode(
                    b"-----BEGIN CERTIFICATE-----\ns3cret-value\n-----END CERTIFICATE-----\n"
                ).decode()
            },
            "certificate-authority",
        ),
        ({"insecure-skip-tls-verify": "yes"}, "insecure-skip-tls-verify"),
        ({"tls-server-name": [SECRET]}, "tls-server-name"),
        ({"proxy-url": f"{SECRET}:80"}, "proxy-url"),
        ({"proxy-url": f"ftp://u:{SECRET}@p.test"}, "proxy-url"),
        ({"proxy-url": f"http://u:{SECRET}@p.test:x"}, "proxy-url"),
    ],
)
def test_a_field_of_the_cluster_that_cannot_be_used(write, cluster, field: str) -> None:
    assert f"The field {field} of cluster c1-cluster" in refused(kubeconfig=write(config("c1", cluster=cluster))).what


def test_what_the_cluster_says_is_kept(write) -> None:
    cluster = {"insecure-skip-tls-verify": True, "tls-server-name": "n.test", "proxy-url": "socks5://p.test:1080"}
    access = resolve({"HTTPS_PROXY": "http://other.test"}, kubeconfig=write(config("c1", cluster=cluster)))
    assert access.cluster == {"server": "https://c1.test", **cluster}
    authority = {"insecure-skip-tls-verify": True, "certificate-authority-data": data(trustme.CA().cert_pem.bytes())}
    assert "only one of the two" in refused(kubeconfig=write(config("c1", cluster=authority))).why


def test_the_proxy_of_the_environment_is_part_of_the_access(write) -> None:
    path = write(config("c1"))
    assert resolve({"HTTPS_PROXY": "p.test:3128"}, kubeconfig=path).cluster["proxy-url"] == "http://p.test:3128"
    assert "proxy-url" not in resolve({"HTTPS_PROXY": "p.test", "NO_PROXY": "c1.test"}, kubeconfig=path).cluster
    error = refused({"HTTPS_PROXY": f"ftp://u:{SECRET}@p.test"}, kubeconfig=path)
    assert "The proxy of the environment" in error.what


def data(content: bytes) -> str:
    return base64.b64encode(content).decode()


# --- the user ---


@pytest.mark.parametrize("around", ["{}\n", " {} ", "\r\n{}\r\n", "{}\t"])
def test_line_breaks_and_blanks_around_a_token_do_not_count(write, around: str, tmp_path) -> None:
    pasted = around.format("t0k")
    assert resolve(kubeconfig=write(config("c1", user={"token": pasted}))).user == {"token": "t0k"}
    assert resolve(host="https://c.test", api_key=pasted).user == {"token": "t0k"}
    assert resolve({"K8S_AUTH_HOST": "https://c.test", "K8S_AUTH_API_KEY": pasted}).user == {"token": "t0k"}
    (tmp_path / "t").write_text(pasted)
    assert resolve(kubeconfig=write(config("c1", user={"tokenFile": "t"}))).user["token"] == "t0k"


@pytest.mark.parametrize("token", [f"{SECRET}\nx", f"{SECRET} x", f"{SECRET}\u20ac", f"{SECRET}\xfc", f"{SECRET}\x7f"])
def test_a_token_that_no_header_can_hold_is_not_shown(write, token: str, tmp_path) -> None:
    assert "token of user c1-user" in refused(kubeconfig=write(config("c1", user={"token": token}))).what
    assert "Option api_key" in refused(host="https://c.test", api_key=token).what
    environment = {"K8S_AUTH_HOST": "https://c.test", "K8S_AUTH_API_KEY": token}
    assert "variable K8S_AUTH_API_KEY" in refused(environment).what
    (tmp_path / "t").write_text(token)
    assert "tokenFile" in refused(kubeconfig=write(config("c1", user={"tokenFile": "t"}))).what


KEY = f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----\n"
GOOD = trustme.CA().issue_cert("jane@c.test")


@pytest.mark.parametrize(
    ("user", "field"),
    [
        ({"username": None, "client-key-data": data(KEY.encode())}, "client-certificate"),
        ({"client-key-data": KEY}, "client-key-data"),
        ({"client-key-data": {"x": KEY}}, "client-key-data"),
        ({"client-certificate-data": data(KEY.encode())}, "client-key"),
        ({"client-certificate-data": data(b"x"), "client-key-data": data(KEY.encode())}, "client-certificate"),
        (
            {"client-certificate-data": data(GOOD.cert_chain_pems[0].bytes()), "client-key-data": data(KEY.encode())},
            "client-certificate",
        ),
        ({"client-certificate": "nowhere", "client-key": "nowhere"}, "client-certificate"),
        ({"client-certificate": ".", "client-key": "."}, "client-certificate"),
        ({"token": 12345}, "token"),
        ({"token": [SECRET]}, "token"),
        ({"token": {SECRET: SECRET}}, "token"),
        ({"tokenFile": "nowhere"}, "tokenFile"),
        ({"username": 1, "password": SECRET}, "username"),
        ({"username": "jane", "password": [SECRET]}, "password"),
        ({"username": "jane", "password": SECRET, "token": SECRET}, "username"),
        ({"auth-provider": {"name": "gcp", "config": {"access-token": SECRET}}}, "auth-provider"),
        ({"as": ["root"]}, "as"),
        ({"as-groups": ["a"], "token": SECRET}, "as-groups"),
        ({"as": "root", "as-groups": "a"}, "as-groups"),
        ({"as": "root", "as-groups": [1]}, "as-groups"),
        ({"as": "root", "as-user-extra": {"k": "v"}}, "as-user-extra"),
        ({"as": "root\nX: y"}, "as"),
        ({"exec": "plugin"}, "exec"),
        ({"exec": {"command": SECRET}}, "exec"),
    ],
)
def test_a_field_of_the_user_that_cannot_be_used_is_named_and_not_shown(write, user, field: str) -> None:
    error = refused(kubeconfig=write(config("c1", user=user)))
    assert f"The field {field} of user c1-user" in error.what and "PRIVATE" not in str(error.failure)


def test_a_user_that_is_no_mapping(write) -> None:
    broken = config("c1")
    broken["users"][0]["user"] = SECRET
    assert "The user c1-user cannot be used" in refused(kubeconfig=write(broken)).what


def test_null_is_the_same_as_missing(write) -> None:
    nothing = dict.fromkeys(["token", "tokenFile", "username", "client-key-data", "exec", "as", "as-groups"], None)
    assert resolve(kubeconfig=write(config("c1", user=nothing))).user == {}
    assert resolve(kubeconfig=write(config("c1", user={**nothing, "token": "t"}))).user == {"token": "t"}


def test_a_certificate_that_has_expired_says_when(write, tmp_path) -> None:
    then = datetime.datetime(2024, 5, 6, 7, 8, 9, tzinfo=datetime.UTC)
    user = client_certificate(tmp_path, not_after=then, not_before=then - datetime.timedelta(days=1))
    assert "expired at 2024-05-06T07:08:09Z" in refused(kubeconfig=write(config("c1", user=user))).why
    soon = datetime.datetime.now(datetime.UTC) + datetime.timedelta(days=30)
    user = client_certificate(tmp_path, not_before=soon, not_after=soon + datetime.timedelta(days=1))
    assert "valid from" in refused(kubeconfig=write(config("c1", user=user))).why


def test_keys_that_do_not_fit_or_are_encrypted(write, tmp_path) -> None:
    user = client_certificate(tmp_path)
    trustme.CA().issue_cert("x@c.test").private_key_pem.write_to_path(user["client-key"])
    assert "another certificate" in refused(kubeconfig=write(config("c1", user=user))).why
    (tmp_path / "jane.key").write_text(KEY.replace("PRIVATE", "ENCRYPTED PRIVATE"))
    assert "encrypted" in refused(kubeconfig=write(config("c1", user=user))).why


def test_a_key_is_in_a_file_for_a_moment_only(write, tmp_path, monkeypatch) -> None:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tls_material.tempfile, "tempdir", str(folder))
    resolve(kubeconfig=write(config("c1", user=client_certificate(tmp_path))))
    assert list(folder.iterdir()) == []


def test_whom_to_act_as_is_kept(write) -> None:
    user = {
        "token": "t",
        "as": "jürgen",
        "as-uid": "u1",
        "as-groups": ["a", "b"],
        "as-user-extra": {"Scopes/x%": ["1", "2"]},
    }
    access = resolve(kubeconfig=write(config("c1", user=user)))
    assert access.user == user
    assert credentials.impersonation(access.user) == [
        ("Impersonate-User", "jürgen".encode().decode("latin-1")),
        ("Impersonate-Uid", "u1"),
        ("Impersonate-Group", "a"),
        ("Impersonate-Group", "b"),
        ("Impersonate-Extra-Scopes%2Fx%25", "1"),
        ("Impersonate-Extra-Scopes%2Fx%25", "2"),
    ]


# --- credentials that are replaced ---


def test_a_token_file_is_read_again_when_it_may_have_been_replaced(write, tmp_path, monkeypatch) -> None:
    (tmp_path / "t").write_text("first")
    access = resolve(kubeconfig=write(config("c1", user={"tokenFile": "t"})))
    (tmp_path / "t").write_text("second")
    assert kubeconfig.current(access) is access
    later = time.time() + 61
    monkeypatch.setattr(time, "time", lambda: later)
    renewed = kubeconfig.current(access)
    assert (renewed.user["token"], renewed.renew_at) == ("second", later + 60)
    assert renewed.server == access.server and kubeconfig.current(renewed) is renewed
    # What cannot be read for a moment is replaced by what was read last.
    (tmp_path / "t").unlink()
    later += 61
    assert kubeconfig.current(renewed).user["token"] == "second"


def with_plugin(tmp_path, write, seconds: int | None):
    """A user whose plugin counts its runs; seconds: how long its tokens live."""
    (tmp_path / "plugin").write_text(
        f"#!/bin/sh\necho run >> {tmp_path}/runs\nn=$(wc -l < {tmp_path}/runs)\n[ -e {tmp_path}/broken ] && exit 1\n"
        + (f'until=$(date -u -d "+{seconds} seconds" +%FT%TZ)\n' if seconds else "")
        + 'printf \'{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t%s"\' $n\n'
        + ('printf \',"expirationTimestamp":"%s"\' $until\n' if seconds else "")
        + "echo '}}'\n"
    )
    (tmp_path / "plugin").chmod(0o755)
    entry = {"apiVersion": "client.authentication.k8s.io/v1", "command": "./plugin", "interactiveMode": "Never"}
    path = write(config("c1", user={"exec": entry}))
    return resolve({"PATH": os.environ["PATH"]}, kubeconfig=path)


def test_the_token_of_a_plugin_takes_its_place_and_is_replaced_before_it_ends(write, tmp_path, monkeypatch) -> None:
    access = with_plugin(tmp_path, write, 3600)
    assert access.user == {"token": "t1"} and "exec" not in str(access.config)
    end = access.expires.timestamp()
    assert access.renew_at == end - 60
    monkeypatch.setattr(time, "time", lambda: end - 61)
    assert kubeconfig.current(access) is access
    monkeypatch.setattr(time, "time", lambda: end - 59)
    assert kubeconfig.current(access).user == {"token": "t2"}
    (tmp_path / "broken").touch()
    assert kubeconfig.current(access).user == {"token": "t1"}
    monkeypatch.setattr(time, "time", lambda: end + 1)
    with pytest.raises(ClassicError) as caught:
        kubeconfig.current(access)
    assert caught.value.code == "credential_plugin"


def test_a_token_that_lives_for_seconds_is_not_asked_for_at_every_request(write, tmp_path) -> None:
    access = with_plugin(tmp_path, write, 20)
    assert time.time() + 5 < access.renew_at < access.expires.timestamp()


def test_a_token_without_an_end_is_replaced_when_it_is_said_so(write, tmp_path) -> None:
    access = with_plugin(tmp_path, write, None)
    assert access.expires is None and kubeconfig.current(access) is access
    assert kubeconfig.current(access, at_once=True).user == {"token": "t2"}


def test_a_token_beside_a_plugin_counts(write, tmp_path) -> None:
    with_plugin(tmp_path, write, None)
    both = yaml.safe_load((tmp_path / "config").read_text())
    both = copy.deepcopy(both)
    both["users"][0]["user"]["token"] = "own"
    assert resolve(kubeconfig=write(both)).user == {"token": "own"}
    assert (tmp_path / "runs").read_text() == "run\n"

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import time
from datetime import UTC, datetime, timedelta

import pytest

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import exec_credential, program
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import Entry

V1 = "client.authentication.k8s.io/v1"
CLUSTER = {"server": "https://c.test", "certificate-authority-data": "Q0E="}


def answer(version=V1, **status) -> str:
    return json.dumps({"kind": "ExecCredential", "apiVersion": version, "status": status})


@pytest.fixture
def plugin(tmp_path):
    """Writes a plugin with that shell text and gives the user that names it."""

    def make(body: str, **entry) -> Entry:
        path = tmp_path / "bin" / "plugin"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        fields = {"exec": {"apiVersion": V1, "command": str(path), "interactiveMode": "Never", **entry}}
        return Entry("user", "jane", fields, "kubeconfig /k", str(tmp_path))

    return make


def issue(user: Entry, environment=None) -> exec_credential.Issued:
    return exec_credential.issue(user, CLUSTER, {"PATH": os.defpath, **(environment or {})})


def refused(user: Entry, code="credential_plugin") -> ClassicError:
    with pytest.raises(ClassicError) as caught:
        issue(user)
    error = caught.value
    assert error.code == code and error.where == "kubeconfig /k" and error.untouched == "Nothing was changed."
    assert error.why and error.next_step and "jane" in error.what
    return error


@pytest.mark.parametrize("version", ["v1", "v1beta1", "v1alpha1"])
def test_a_token(plugin, version: str) -> None:
    version = f"client.authentication.k8s.io/{version}"
    issued = issue(plugin(f"echo '{answer(version, token='t0k')}'", apiVersion=version))
    assert (issued.token, issued.certificate, issued.expires) == ("t0k", None, None)
    assert "t0k" not in repr(issued)


def test_a_certificate_with_its_key_and_its_end(plugin) -> None:
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    text = answer(clientCertificateData="C", clientKeyData="K", expirationTimestamp=f"{until:%Y-%m-%dT%H:%M:%SZ}")
    assert issue(plugin(f"echo '{text}'")) == (None, "C", "K", until)


def test_it_gets_its_environment_and_knows_that_nobody_is_there(plugin, tmp_path) -> None:
    body = f'echo "$KUBERNETES_EXEC_INFO" > {tmp_path}/info; cat > {tmp_path}/in; echo "$1 $A $B" > {tmp_path}/rest\n'
    user = plugin(body + f"echo '{answer(token='t')}'", args=["-x"], env=[{"name": "A", "value": "own"}])
    issue(user, {"A": "outer", "B": "outer"})
    assert (tmp_path / "rest").read_text() == "-x own outer\n" and (tmp_path / "in").read_text() == ""
    info = {"kind": "ExecCredential", "apiVersion": V1, "spec": {"interactive": False}}
    assert json.loads((tmp_path / "info").read_text()) == info
    user.fields["exec"]["provideClusterInfo"] = True
    issue(user)
    assert json.loads((tmp_path / "info").read_text())["spec"] == {"interactive": False, "cluster": CLUSTER}


def test_a_command_is_found_beside_the_kubeconfig_or_in_path(plugin, tmp_path) -> None:
    body = f"echo '{answer(token='t')}'"
    assert issue(plugin(body, command="./bin/plugin")).token == "t"
    assert issue(plugin(body, command="plugin"), {"PATH": f"{os.defpath}:{tmp_path}/bin"}).token == "t"


def test_a_missing_program_is_named_with_the_hint_of_the_kubeconfig(plugin) -> None:
    error = refused(plugin("", command="aws-no-such", installHint="Get it at example.test"))
    assert "aws-no-such of user jane was not found" in error.what and error.next_step == "Get it at example.test"
    assert "in PATH" in error.why
    assert "log in" in refused(plugin("", command="./nowhere/plugin")).next_step


def test_a_failing_plugin_has_its_own_words_but_no_secret_of_it(plugin) -> None:
    body = (
        'printf "%0900d" 0 >&2; echo; printf "\\033[31mtoken has expired: run sso login\\033[0m " >&2\n'
        'echo "$AWS_SECRET_KEY $2 eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJqYW5lIn0.c2ln" >&2; exit 3'
    )
    error = refused(
        plugin(
            "echo stdout-t0k;" + body,
            args=["--client-secret", "arg-s3cret"],
            env=[{"name": "AWS_SECRET_KEY", "value": "env-s3cret"}],
        )
    )
    assert (
        "failed with status 3" in error.what and "token has expired: run sso login ******** ******** ***" in error.why
    )
    assert len(error.why) == len("It said: ") + 500
    for secret in ("stdout-t0k", "arg-s3cret", "env-s3cret", "eyJ", "\033"):
        assert secret not in str(error)
    assert refused(plugin("exit 1")).why == "It said nothing."


def test_a_plugin_that_waits_is_ended_with_what_it_started(plugin, monkeypatch) -> None:
    monkeypatch.setattr(exec_credential, "SECONDS", 0.3)
    monkeypatch.setattr(program, "SECONDS_TO_END", 0.3)
    started = time.monotonic()
    error = refused(plugin("echo open https://login.test >&2; setsid sleep 20 & sleep 20"))
    assert "did not end within 0.3 seconds" in error.what and "a login in a browser" in error.why
    assert time.monotonic() - started < 9


def test_a_plugin_that_cannot_be_run(plugin, tmp_path) -> None:
    user = plugin("")
    (tmp_path / "bin" / "plugin").write_text("#!/no/such/shell\n")
    assert refused(user).why == "No such file or directory"
    assert "is not usable" in refused(plugin("", env=[{"name": "A", "value": "s3cret\0"}])).why


@pytest.mark.parametrize(
    ("output", "why"),
    [
        ("", "no ExecCredential"),
        ("t0k", "no ExecCredential"),
        ('["t0k"]', "no ExecCredential"),
        ('{"kind": "Status", "apiVersion": "v1"}', "no ExecCredential"),
        ('{"kind": "ExecCredential", "status": {"token": "t0k"}}', "no ExecCredential"),
        (answer(token={"t0k": 1}), "no ExecCredential"),
        (json.dumps({"kind": "ExecCredential", "apiVersion": V1, "status": "t0k"}), "no ExecCredential"),
        (answer(f"{V1}beta1", token="t0k"), "another apiVersion"),
        (answer(), "neither a token nor a client certificate"),
        (answer(clientKeyData="t0k"), "neither a token nor a client certificate"),
        (answer(clientCertificateData="t0k"), "not both"),
        (answer(token="t0k", expirationTimestamp="t0k"), "is no time"),
        (answer(token="t0k", expirationTimestamp="2020-01-01T00:00:00Z"), "ended already, at 2020-01-01T00:00:00Z"),
    ],
)
def test_what_is_no_credential_is_refused_and_not_shown(plugin, output: str, why: str) -> None:
    error = refused(plugin(f"echo '{output}'; echo t0k >&2"))
    assert "did not give a credential" in error.what and why in error.why and "t0k" not in str(error.failure)


@pytest.mark.parametrize(
    ("entry", "code"),
    [
        ({"apiVersion": "client.authentication.k8s.io/v9"}, "invalid"),
        ({"apiVersion": None}, "invalid"),
        ({"command": None}, "invalid"),
        ({"command": ["t0k"]}, "invalid"),
        ({"args": "t0k"}, "invalid"),
        ({"env": {"t0k": 1}}, "invalid"),
        ({"env": [{"name": "A", "value": 1}]}, "invalid"),
        ({"interactiveMode": "Always"}, "credential_plugin"),
    ],
)
def test_an_entry_that_cannot_be_run_so(plugin, entry, code: str) -> None:
    assert "t0k" not in str(refused(plugin("", **entry), code).failure)

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The kinds of access to a cluster that the lab writes for tests."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

from lab import accesses, cluster_files, layout
from lab.layout import Layout

REGIONS = {"frankfurt": ("frankfurt-1",)}
CLUSTER = "frankfurt-1"
KINDS = {
    "arn", "exec", "exec-fails", "exec-hangs", "exec-missing", "impersonation", "line-break", "merged", "relative-ca",
    "service-account",
}  # fmt: skip


@pytest.fixture
def lab(tmp_path, monkeypatch) -> Layout:
    ports = {name: 20000 + number for number, name in enumerate(layout.port_names(REGIONS))}
    its = Layout(tmp_path, "1.21", "plain", REGIONS, {}, ports)
    cluster_files.write(its, CLUSTER)
    monkeypatch.setattr(accesses, "service_account_token", lambda _layout, cluster: f"token-of-account-in-{cluster}")
    return its


def read(access: accesses.Access) -> dict:
    return yaml.safe_load(Path(access.kubeconfig).read_text())


def user_of(access: accesses.Access) -> dict:
    (user,) = read(access)["users"]
    return user["user"]


def token_of(lab: Layout, user: str) -> str:
    return yaml.safe_load(lab.kubeconfig(CLUSTER, user).read_text())["users"][0]["user"]["token"]


def call(access: accesses.Access) -> subprocess.CompletedProcess:
    return subprocess.run([user_of(access)["exec"]["command"]], capture_output=True, text=True, check=False, timeout=10)


def test_every_kind_is_there_and_private_and_can_be_written_again(lab):
    for _unused in range(2):
        assert set(accesses.write(lab, CLUSTER)) == KINDS
    for path in (lab.state / "accesses").rglob("*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_relative_authority_is_beside_its_file(lab):
    access = accesses.write(lab, CLUSTER)["relative-ca"]
    (cluster,) = read(access)["clusters"]
    assert not os.path.isabs(cluster["cluster"]["certificate-authority"])
    authority = Path(access.kubeconfig).parent / cluster["cluster"]["certificate-authority"]
    assert authority.read_text() == (lab.folder(CLUSTER) / "ca.pem").read_text()
    assert user_of(access)["token"] == token_of(lab, "operator")


def test_a_credential_plugin_prints_the_operators_token(lab):
    found = accesses.write(lab, CLUSTER)
    credential = json.loads(call(found["exec"]).stdout)
    assert credential["apiVersion"] == user_of(found["exec"])["exec"]["apiVersion"]
    assert (credential["kind"], credential["status"]) == ("ExecCredential", {"token": token_of(lab, "operator")})
    assert "token" not in user_of(found["exec"])


def test_a_failing_plugin_says_why_a_missing_one_is_missing_and_a_hanging_one_hangs(lab):
    found = accesses.write(lab, CLUSTER)
    failed = call(found["exec-fails"])
    assert (failed.returncode, failed.stdout, failed.stderr) == (1, "", f"{accesses.LOGIN_EXPIRED}\n")
    assert not Path(user_of(found["exec-missing"])["exec"]["command"]).exists()
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([user_of(found["exec-hangs"])["exec"]["command"]], check=False, timeout=0.3)
    assert set(accesses.BROKEN) < set(found)


def test_who_impersonates_is_not_the_operator_and_no_master(lab):
    user = user_of(accesses.write(lab, CLUSTER)["impersonation"])
    assert user == {"token": token_of(lab, "impersonator"), "as": "operator"}
    assert user["token"] != token_of(lab, "operator")
    lines = (lab.folder(CLUSTER) / "tokens.csv").read_text().splitlines()
    assert [line.split(",")[3] for line in lines if ",impersonator," in line] == ['"lab-impersonators"']


def test_a_line_break_stands_behind_the_token(lab):
    assert user_of(accesses.write(lab, CLUSTER)["line-break"])["token"] == f"{token_of(lab, 'operator')}\n"


def test_neither_half_of_two_files_is_enough(lab):
    access = accesses.write(lab, CLUSTER)["merged"]
    first, second = (yaml.safe_load(Path(path).read_text()) for path in access.kubeconfig.split(os.pathsep))
    assert (first["users"], "clusters" in second) == ([], False)
    assert first["contexts"][0]["context"]["user"] == second["users"][0]["name"]
    assert (first["current-context"], access.context) == (CLUSTER, CLUSTER)
    assert access.environment == {"KUBECONFIG": access.kubeconfig}


def test_a_context_may_have_an_odd_name(lab):
    access = accesses.write(lab, CLUSTER)["arn"]
    assert access.context == read(access)["current-context"] == read(access)["contexts"][0]["name"]
    assert ":" in access.context and "/" in access.context


def test_a_service_account_has_no_file(lab):
    access = accesses.write(lab, CLUSTER)["service-account"]
    assert access == (None, None, lab.server(CLUSTER), f"token-of-account-in-{CLUSTER}", access.ca_cert)
    assert Path(access.ca_cert).is_file()
    assert access.environment == {
        "K8S_AUTH_HOST": access.host,
        "K8S_AUTH_API_KEY": access.api_key,
        "K8S_AUTH_SSL_CA_CERT": access.ca_cert,
    }

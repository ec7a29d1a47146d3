# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kinds of access × what is tried: preflight names where each came from, and every write lands in the pinned cluster.

Some kinds move a whole region; the audit logs of all clusters tell where the writes went.
"""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace

import pytest
from site_runs import Run

from lab import accesses
from lab.accesses import Access

HERE, ELSEWHERE = "frankfurt-1", "sydney-2"
CONSENT = {"coder_confirm_rebuild": "frankfurt", "coder_confirm_retire": "frankfurt"}
NOT_SAID = Access(None, None)


@pytest.fixture(scope="module")
def ready(region_lab):
    """A lab in which every region is in phase envproxy, with every kind of access to two of its clusters."""
    region_lab.begin("fresh")
    region_lab.here = accesses.write(region_lab.lab.layout, HERE)
    region_lab.elsewhere = accesses.write(region_lab.lab.layout, ELSEWHERE)
    region_lab.forget()
    return region_lab


def said(kind: str, access: Access) -> dict[str, str | None]:
    """The access as variables of the inventory; kind is provider or satellite."""
    return {f"coder_{kind}_{name}": getattr(access, name) for name in ("kubeconfig", "context")}


def play(lab, playbook: str, environment: dict[str, str], variables: dict[str, str | None], inside=()) -> Run:
    """A run of frankfurt with more in its environment, and with other variables in its inventory; None: not there."""
    inventory = lab.inventory_with("frankfurt", variables)
    operator = replace(lab.operator, inventory=inventory, more=environment, inside=inside)
    return operator.play(playbook, limit="frankfurt", coder_backup_dir=lab.state / "backups", **CONSENT)


# -- what preflight says ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("provider", "satellite"), [("exec", "impersonation"), ("arn", "line-break")])
def test_preflight_names_the_file_and_the_context_of_each_access(ready, provider, satellite):
    accessed = {"provider": ready.here[provider], "satellite": ready.here[satellite]}
    variables = {name: value for kind, access in accessed.items() for name, value in said(kind, access).items()}
    run = play(ready, "preflight.yml", {}, variables).must_end_well()
    for kind, access in accessed.items():
        place = f"context {access.context} ({ready.clusters[HERE]['server']})"
        of = HERE if kind == "provider" else kind
        assert f"{of} {place} by kubeconfig {access.kubeconfig} (inventory), context {access.context}" in run.text
    ready.assert_nothing_written()


def test_a_context_alone_is_looked_for_in_the_files_of_the_environment(ready):
    files = os.pathsep.join([ready.here["merged"].kubeconfig, ready.elsewhere["arn"].kubeconfig])
    unsaid = {"coder_provider_kubeconfig": None, "coder_satellite_kubeconfig": None}
    run = play(ready, "preflight.yml", {"KUBECONFIG": files}, unsaid).must_end_well()
    assert f"by kubeconfig {files} (environment variable KUBECONFIG), context {HERE} (inventory)" in run.text
    ready.assert_nothing_written()


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("exec-fails", ["failing-plugin", accesses.LOGIN_EXPIRED]),
        ("exec-hangs", ["hanging-plugin", "did not end within", "browser"]),
        ("exec-missing", ["missing-plugin", "was not found"]),
    ],
)
def test_a_credential_plugin_that_gives_nothing_is_refused_in_its_own_words(ready, kind, words):
    run = play(ready, "migrate_region.yml", {}, said("provider", ready.here[kind]))
    run.must_fail("[credential_plugin]", *words, "Untouched", "Next")
    assert "anonymous" not in run.text
    ready.assert_nothing_written()


def test_an_access_that_is_only_half_said_is_refused_and_not_mixed_with_another(ready):
    environment = {"K8S_AUTH_API_KEY": ready.elsewhere["service-account"].api_key, "KUBECONFIG": "/nowhere"}
    run = play(ready, "migrate_region.yml", environment, said("provider", NOT_SAID))
    run.must_fail("K8S_AUTH_API_KEY", "half said", "Untouched", "Next")
    assert environment["K8S_AUTH_API_KEY"] not in run.output
    ready.assert_nothing_written()


# -- where the writes go ------------------------------------------------------------------------------------------


def leftovers(lab) -> dict[str, str]:
    """All that leads to other clusters, or to another place in the right one, in the environment of one run."""
    elsewhere, other = lab.elsewhere["service-account"], lab.clusters["sydney-1"]
    host, _colon, port = elsewhere.host.removeprefix("https://").partition(":")
    return {
        "KUBECONFIG": other["kubeconfig"],
        **elsewhere.environment,
        "K8S_AUTH_VERIFY_SSL": "False",
        "KUBERNETES_SERVICE_HOST": host,
        "KUBERNETES_SERVICE_PORT": port,
        "HELM_DRIVER": "configmap",
        "HELM_NAMESPACE": "default",
        "HELM_KUBEAPISERVER": elsewhere.host,
        "HELM_KUBETOKEN": elsewhere.api_key,
        "HELM_KUBECAFILE": elsewhere.ca_cert,
    }


def of_account(lab) -> tuple[dict[str, str], dict[str, str | None]]:
    return lab.here["service-account"].environment, {**said("provider", NOT_SAID), **said("satellite", NOT_SAID)}


def of_files(lab) -> tuple[dict[str, str], dict[str, str | None]]:
    return leftovers(lab), {**said("provider", lab.here["relative-ca"]), **said("satellite", lab.here["merged"])}


def in_pod_of(lab, cluster: str) -> dict[str, str]:
    host, _colon, port = lab.clusters[cluster]["server"].removeprefix("https://").partition(":")
    return {"KUBERNETES_SERVICE_HOST": host, "KUBERNETES_SERVICE_PORT": port}


@pytest.mark.skipif(
    subprocess.run(["unshare", "--map-root-user", "--mount", "true"], check=False).returncode != 0,
    reason="this kernel lets nobody mount the files of a pod",
)
@pytest.mark.parametrize(
    ("pod", "kubeconfig", "source"),
    [
        # As AWX's container group: the run is in a pod of another cluster than the one of the region.
        (ELSEWHERE, HERE, "(environment variable KUBECONFIG), context frankfurt-1"),
        (HERE, None, "by ServiceAccount of this pod"),
    ],
    ids=["kubeconfig-in-a-pod-of-another-cluster", "pod"],
)
def test_in_a_pod_every_write_lands_in_the_cluster_that_is_meant(ready, pod, kubeconfig, source):
    ready.begin("fresh")
    environment = in_pod_of(ready, pod)
    if kubeconfig:
        environment["KUBECONFIG"] = ready.clusters[kubeconfig]["kubeconfig"]
    unsaid = {**said("provider", NOT_SAID), **said("satellite", NOT_SAID)}
    run = play(ready, "migrate_region.yml", environment, unsaid, accesses.pod(ready.lab.layout, pod)).must_end_well()
    assert source in run.text
    assert {write.split()[0] for write in ready.cluster_writes()} == {HERE, "primary"}
    assert ready.phase(HERE) == "moved"


@pytest.mark.parametrize(
    ("access", "source"),
    [
        (of_account, "by environment variable K8S_AUTH_HOST: https://127.0.0.1:"),
        (of_files, "relative-ca.kubeconfig (inventory), context frankfurt-1"),
    ],
    ids=["service-account", "relative-ca-and-merged-among-leftovers"],
)
def test_every_write_of_a_migration_lands_in_the_cluster_that_is_meant(ready, access, source):
    ready.begin("fresh")
    run = play(ready, "migrate_region.yml", *access(ready)).must_end_well()
    assert source in run.text
    writes = ready.cluster_writes()
    assert {write.split()[0] for write in writes} == {HERE, "primary"}
    assert [write for write in writes if write.startswith("primary ") and "/leases" not in write] == []
    kinds = ("/namespaces", "/secrets/sh.helm", "/deployments", "/configmaps/coder-classic-migration")
    assert [kind for kind in kinds if not any(kind in write for write in writes)] == []
    # Where the lab's own helm finds the satellite, whatever was in the environment.
    assert ready.revisions(HERE, "coder-satellite", "coder-satellite") == [1]
    assert ready.phase(HERE) == "moved"

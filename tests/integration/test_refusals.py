# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What cannot go well is refused before the first write, with what, where, why, what is untouched and what to do."""

from __future__ import annotations

import json

import pytest

CONSENT = {"coder_confirm_rebuild": "frankfurt"}


#: A public key that no cluster of the lab holds.
FOREIGN_KEY = """-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERay+17xdskokUDELvZNEY7qpxRLk
zLiyT42twCUnMPckpYLSNzOwvLj5tmPxN7BVq9wkylkut9GXE/b3MXt9jw==
-----END PUBLIC KEY-----
"""


@pytest.fixture(scope="module")
def ready(region_lab):
    """A lab in which every region is in phase envproxy; refused runs leave it so."""
    region_lab.begin("fresh")
    return region_lab


@pytest.fixture
def refused(ready):
    """Runs migrate_region for frankfurt and demands a refusal with these words, and no write at all."""
    ready.forget()

    def demand(*words: str, limit: str | None = "frankfurt", playbook: str = "migrate_region.yml", **variables) -> None:
        ready.play(playbook, limit=limit, **{**CONSENT, **variables}).must_fail(*words)
        ready.assert_nothing_written()

    yield demand
    ready.lab.control("DELETE", "/faults")


@pytest.fixture
def satellite_answers(ready):
    """A fault of the address at which frankfurt's satellite will be."""

    def set_fault(**fault) -> None:
        ready.fault(listener="satellite/frankfurt", **fault)

    return set_fault


def test_unknown_provider_lists_the_known_ones(refused):
    refused("unknown_provider", "frankfurt-1", "sydney-2", "Untouched", "Next", coder_provider_name="frankfurt-9")


def test_expired_token(refused, ready):
    refused("unauthorized", "Untouched", "Next", coder_token=ready.description["coder"]["expired_token"])


def test_token_without_site_manager_rights(refused, ready):
    refused("site-manager", "Untouched", "Next", coder_token=ready.description["coder"]["member_token"])


def test_deployment_unreachable(refused):
    refused("unreachable", "Untouched", "Next", coder_url="https://127.0.0.1:1")


@pytest.mark.parametrize(
    ("version", "words"),
    [("1.20.4", "1.20.4"), ("1.21.0", "1.21.0"), ("1.21.4", "coder_allow_old_satellite_fixes")],
)
def test_deployment_of_a_version_without_good_satellites(refused, ready, version, words):
    ready.fault(listener="primary", kind="version", version=version)
    refused(words, "Untouched", "Next")


def test_satellite_url_that_answers_with_html(refused, satellite_answers):
    satellite_answers(kind="html")
    refused("not_json", "Untouched", "Next")


def test_satellite_url_that_redirects_to_another_host(refused, satellite_answers):
    satellite_answers(kind="redirect", location="https://localhost:1/login")
    refused("redirect", "Untouched", "Next")


def test_satellite_url_of_the_primary(refused, ready):
    refused("primary", "Untouched", "Next", coder_satellite_url=ready.description["coder"]["url"])


def test_another_key_at_the_satellite_url(refused, ready):
    key = {"key": FOREIGN_KEY, "fingerprint": "aa:bb"}
    ready.fault(listener="satellite/frankfurt", kind="body", text=json.dumps(key))
    refused("key_mismatch", "Untouched", "Next")


@pytest.mark.parametrize("certificate", ["untrusted", "expired"])
def test_certificate_that_must_not_be_trusted(refused, satellite_answers, certificate):
    satellite_answers(kind="certificate", certificate=certificate)
    refused(f"tls_{certificate}", "Untouched", "Next")


@pytest.mark.parametrize("name", ["ingress-nginx", "envproxy"])
def test_satellite_namespace_that_still_holds_the_old_entry(refused, ready, name):
    ready.kubectl("frankfurt-1", "create", "namespace", "old-entry")
    ready.kubectl("frankfurt-1", "-n", "old-entry", "create", "service", "clusterip", name, "--tcp=80:80")
    try:
        refused(name, "old-entry", "Untouched", "Next", coder_satellite_namespace="old-entry")
    finally:
        ready.kubectl("frankfurt-1", "delete", "namespace", "old-entry")


def test_satellite_in_the_namespace_of_the_provider(refused):
    refused("namespace", "Untouched", "Next", coder_satellite_namespace="coder")


def test_release_not_found_under_its_name_lists_candidates(refused):
    refused("release_not_found", "coder-workspace-provider", "Untouched", "Next", coder_provider_release="workspaces")


def test_service_account_of_another_release(refused, ready):
    key = "meta.helm.sh/release-name"
    ready.kubectl("frankfurt-1", "annotate", "serviceaccount", "coder", "--overwrite", f"{key}=coder")
    try:
        refused("release", "coder", "Untouched", "Next")
    finally:
        owner = f"{key}=coder-workspace-provider"
        ready.kubectl("frankfurt-1", "annotate", "serviceaccount", "coder", "--overwrite", owner)


def test_chart_that_would_drop_envproxy_too_early(refused, ready):
    chart = ready.description["charts"]["workspace-provider-keep-no-envproxy"]
    refused("envproxy", "Untouched", "Next", coder_provider_candidate_chart=chart)


def test_context_of_another_cluster_than_the_pinned_one(refused, ready):
    other = ready.clusters["sydney-1"]
    refused(
        "cluster_mismatch", other["uid"], "Untouched", "Next",
        coder_provider_kubeconfig=other["kubeconfig"], coder_provider_context=other["context"],
    )  # fmt: skip


def test_two_hosts_with_the_same_cluster(refused, ready):
    one = ready.clusters["sydney-1"]
    refused(
        "same cluster", "Untouched", "Next", limit="sydney", coder_confirm_rebuild="sydney",
        coder_provider_kubeconfig=one["kubeconfig"], coder_provider_context=one["context"],
        coder_provider_cluster_uid=one["uid"],
    )  # fmt: skip


def test_sessions_are_not_cut_without_consent(refused):
    refused("coder_confirm_rebuild=frankfurt", "frankfurt-1-live", "Untouched", "Next", coder_confirm_rebuild="sydney")


def test_retiring_without_consent(phases):
    phases.begin("moved")
    phases.play("retire_region.yml", limit="frankfurt").must_fail("coder_confirm_retire=frankfurt", "Untouched", "Next")
    phases.assert_nothing_written()


@pytest.mark.parametrize("limit", ["frankfrt", "", "frankfurt,sydny", "coder_primary"])
@pytest.mark.parametrize("playbook", ["migrate_region.yml", "retire_region.yml", "rollback_region.yml"])
def test_a_wrong_or_empty_limit(refused, limit, playbook):
    refused(limit=limit, playbook=playbook)


def test_the_same_provider_for_two_hosts(refused):
    refused("are the same provider", "Untouched", "Next", coder_provider_name="frankfurt-1")


def test_a_region_that_is_not_the_host_s_group(refused):
    refused("no group of this host", "Untouched", "Next", coder_region="sydney", coder_confirm_rebuild="sydney")


@pytest.mark.parametrize("playbook", ["migrate_region.yml", "retire_region.yml", "rollback_region.yml"])
def test_the_main_deployment_in_place_of_a_provider(refused, ready, playbook):
    primary, coder = ready.clusters["primary"], ready.description["coder"]
    refused(
        "wrong_chart", "workspace-provider", "Untouched", "Next", playbook=playbook, coder_confirm_retire="frankfurt",
        coder_provider_kubeconfig=primary["kubeconfig"], coder_provider_context=primary["context"],
        coder_provider_cluster_uid=primary["uid"], coder_provider_release=coder["release"],
        coder_provider_namespace=coder["namespace"],
    )  # fmt: skip


def test_a_canary_that_nobody_has(refused):
    refused("coder_canary_workspace", "sydney-1-off", "Untouched", "Next", coder_canary_workspace="sydney-1-off")


def test_retiring_into_the_container_of_a_job(phases):
    phases.begin("moved")
    run = phases.operator.play(
        "retire_region.yml", limit="frankfurt", coder_confirm_retire="frankfurt", awx_job_id="7"
    )  # fmt: skip
    run.must_fail("coder_backup_dir", "container", "Untouched", "Next")
    phases.assert_nothing_written()

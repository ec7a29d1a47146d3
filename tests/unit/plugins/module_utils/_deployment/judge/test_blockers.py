# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each blocker and each warning with the words that an operator needs, and that it says where, why and what to do next."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._deployment import looks
from unit.plugins.module_utils._deployment.looks import (
    both,
    none,
    of_cluster,
    of_coder,
    of_main,
    of_release,
    of_values,
    of_wanted,
    on_net_v2,
)
from unit.plugins.module_utils._deployment.scene import STAGES
from unit.plugins.module_utils._region.scene import failure

from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.assess import BLOCKERS, WARNINGS, assess

OLD, NEXT = "1.21 old layout", "1.21 service_next"
BOTH, UPDATE, SERVICE = ["update", "service_next"], ["update"], ["service_next"]
MEMBER = {"id": "m", "username": "mia", "roles": ["site-member"]}
CANDIDATE = {"name": "main", "namespace": "prod", "chart": "coder"}


def tls(host, devurls):
    return of_values(tls={"host": host, "devurls": devurls})


def managed(seen) -> None:
    seen["cluster"]["services"][0]["tools"] = ["Flux"]


def sent(of, **values):
    """A version in all three places."""
    return both(
        of_coder(version=of), of_release(app_version=of), of_main(images={"coderd": f"r/coder-service:{of}"}), *values
    )


def region(phase):
    return of_wanted(regions=[{"region": "sydney", "phase": phase, "satellite": None, "satellite_version": None}])


BLOCKED = [
    # stage, change, code, words, goals
    (
        "1.20",
        of_coder(user=None, version=None, problems=[failure("unreachable")]),
        "unreachable",
        ["It is unreachable"],
        BOTH,
    ),
    (
        "1.20",
        of_coder(user=None, version=None, problems=[failure("unauthorized")]),
        "unauthorized",
        ["session token of this run", "coder_token"],
        BOTH,
    ),
    ("1.20", of_coder(user=MEMBER), "forbidden", ["mia is neither", "site-member"], BOTH),
    ("1.20", of_coder(version=None), "unsupported_version", ["does not tell its version"], UPDATE),
    ("1.20", of_wanted(version="1.22.3"), "skipped_minor", ["1.20.3 → 1.21.7 → 1.22.3"], UPDATE),
    (NEXT, of_wanted(version="1.20.3"), "downgrade", ["cannot go back"], UPDATE),
    (NEXT, of_wanted(version="1.22.1"), "unsupported_version", ["port 80"], UPDATE),
    (NEXT, of_wanted(version="1.23.0"), "unsupported_version", ["beyond"], UPDATE),
    (NEXT, of_coder(version="1.24.0"), "unsupported_version", ["newer than what is known"], UPDATE),
    (
        NEXT,
        none,
        "networking_v2_off",
        ["built-in (built-in; 2 workspaces, 1 on)", "sydney-1 (0 workspaces, 0 on)", "switch_builtin_provider.yml"],
        UPDATE,
    ),
    ("1.21 old layout", none, "builtin_on_envproxy", ["built-in", "switch_builtin_provider.yml"], SERVICE),
    (NEXT, on_net_v2("built-in"), "networking_v2_off", ["Not on Networking v2: sydney-1"], UPDATE),
    (
        NEXT,
        both(on_net_v2(), region("switched")),
        "region_not_moved",
        ["sydney (switched)", "migrate_region.yml -l sydney"],
        UPDATE,
    ),
    (
        "1.20",
        of_cluster(problems=[failure("unauthorized")]),
        "unauthorized",
        ["Kubernetes API server does not take"],
        BOTH,
    ),
    (
        "1.20",
        of_cluster(problems=[failure("cluster_unreachable")]),
        "cluster_unreachable",
        ["cluster_unreachable"],
        BOTH,
    ),
    (
        "1.20",
        of_wanted(cluster_uid="uid-2"),
        "cluster_mismatch",
        ["not the main deployment's cluster", "coder_primary_context"],
        BOTH,
    ),
    ("1.20", of_cluster(deployments=[]), "main_not_found", ["no Deployment coderd or cemanager"], BOTH),
    (
        NEXT,
        both(
            of_main(images={"coderd": "r/coder-service:1.21.4"}),
            of_values(pinned_images={"coderd.image": "r/coder-service:1.21.4"}),
        ),
        "versions_disagree",
        ["Coder itself says 1.21.7", "the running pods' image has 1.21.4", "coderd.image: r/coder-service:1.21.4"],
        BOTH,
    ),
    (NEXT, of_coder(version="1.21.4"), "versions_disagree", ["two different deployments"], BOTH),
    (NEXT, of_main(images={"coderd": "r/coder-service:1.21.4"}), "versions_disagree", ["by hand"], BOTH),
    (NEXT, both(of_coder(version="1.21.4"), of_main(ready=1)), "versions_disagree", ["1 of 2 pods are ready"], BOTH),
    (
        "1.20",
        of_cluster(version="v1.18.20"),
        "kubernetes_too_old",
        ["v1.18.20 is too old for Coder 1.21.7", "1.19 to 1.22"],
        UPDATE,
    ),
    (NEXT, of_cluster(version="v1.18.20"), "kubernetes_too_old", ["Coder 1.22.3", "1.19 or later"], UPDATE),
    (
        "1.20",
        of_cluster(release=None, candidates=[CANDIDATE]),
        "release_not_found",
        ["no Helm release coder", "main in namespace prod"],
        BOTH,
    ),
    (
        "1.20",
        both(managed, of_cluster(release=None)),
        "release_not_found",
        ["none in this cluster", "put by Flux"],
        BOTH,
    ),
    ("1.20", of_release(chart="nginx"), "wrong_chart", ["of the chart nginx"], BOTH),
    ("1.20", of_values(satellite=True), "wrong_chart", ["a satellite"], BOTH),
    (
        "1.20",
        of_release(status="pending-upgrade", updated="2026-03-02T11:50:00Z"),
        "release_pending",
        ["pending-upgrade for 10 minutes", "helm history coder -n coder", "newer schema"],
        BOTH,
    ),
    (
        "1.20",
        of_release(status="pending-rollback", updated=None),
        "release_pending",
        ["coder is pending-rollback"],
        BOTH,
    ),
    (
        "1.20",
        of_release(status="failed", description="timed out"),
        "release_not_deployed",
        ["is failed", "timed out"],
        BOTH,
    ),
    ("1.20", managed, "managed_by_gitops", ["Service/cemanager", "Flux"], BOTH),
    (
        "1.20",
        of_release(removed_apis=[{"kind": "Ingress", "name": "web", "api_version": "extensions/v1beta1"}]),
        "removed_apis",
        ["Ingress extensions/v1beta1", "repair_upgrade.yml"],
        BOTH,
    ),
    (
        OLD,
        tls("a", None),
        "tls_half",
        ["only coderd.tls.hostSecretName is named", "add coderd.tls.devurlsHostSecretName"],
        SERVICE,
    ),
    (OLD, tls(None, "a"), "tls_half", ["broken YAML"], BOTH),
    (OLD, both(tls(None, "a"), of_values(ca_secret="ca")), "tls_half", ["without a certificate"], SERVICE),
    (NEXT, tls("a", None), "tls_half", ["only coderd.tls.hostSecretName"], UPDATE),
    (OLD, of_cluster(secrets=["coder-tls"]), "tls_secret_missing", ["not there: devurls-tls"], SERVICE),
    (NEXT, of_cluster(secrets=[]), "tls_secret_missing", ["coder-tls, devurls-tls"], UPDATE),
]

WARNED = [
    ("1.20", of_wanted(version="1.21.4"), "not_the_stop", ["1.21.4 is older than 1.21.7"]),
    (NEXT, of_wanted(version="1.21.7"), "already_there", ["at 1.21.7 already"]),
    (NEXT, of_coder(version="1.21.0"), "leave_this_version", ["ServiceAccount environments"]),
    ("1.20", of_cluster(version="v1.22.1"), "kubernetes_too_new", ["Coder 1.20", "1.19 to 1.21"]),
    ("1.20", of_cluster(version="v1.23.1"), "kubernetes_too_new", ["Coder 1.21", "1.19 to 1.22"]),
    (OLD, of_cluster(version="v1.22.1"), "nginx_too_old", ["0.33.0", "coder_service_next=true"]),
    (OLD, of_cluster(version="v1.18.1"), "kubernetes_too_old", ["Coder 1.21"]),
    (
        "1.20",
        of_main(images={"cemanager": "r/coder-service:stable"}),
        "version_not_told",
        ["stable has no version in its tag"],
    ),
    ("1.20", of_release(chart_version="1.19.0", app_version=None), "version_not_told", ["a chart from git"]),
    (
        "1.20",
        of_values(pinned_images={"cemanager.image": "r/c:1.20.3"}),
        "pinned_images",
        ["cemanager.image: r/c:1.20.3", "images of 1.21.7"],
    ),
    (OLD, of_cluster(services=[]), "layout_drift", ["none that is known", "stored manifest old"]),
    (
        OLD,
        both(of_cluster(services=[]), lambda seen: seen["cluster"]["release"]["stored"].update(services=[])),
        "layout_unknown",
        ["fits no layout"],
    ),
    (OLD, tls(None, None), "no_certificate", ["no TLS Secrets", "443"]),
    ("1.21 custom ingress", none, "routes_not_seen", ["own ingress were not looked at"]),
    (NEXT, on_net_v2(), "rebuilds_unproved", ["built-in, sydney-1", "switch_builtin_provider.yml"]),
    (NEXT, both(on_net_v2(), region("moved")), "rebuilds_unproved", ["workspaces of built-in were"]),
]


def judged(stage, change):
    seen = looks.look(stage)
    change(seen)
    return assess(seen)


@pytest.mark.parametrize(("stage", "change", "code", "words", "goals"), BLOCKED)
def test_a_blocker(stage, change, code, words, goals) -> None:
    found = [entry for entry in judged(stage, change)["blockers"] if entry["code"] == code]
    assert len(found) == 1
    _said(found[0], words)
    assert found[0]["for"] == goals


@pytest.mark.parametrize(("stage", "change", "code", "words"), WARNED)
def test_a_warning(stage, change, code, words) -> None:
    found = [entry for entry in judged(stage, change)["warnings"] if entry["code"] == code]
    assert found
    _said(found[-1], words)


def _said(entry, words) -> None:
    text = " ".join(str(value) for value in entry.values())
    assert [word for word in words if word not in text] == []
    assert entry["where"] and entry["why"] and entry["next"] and entry["untouched"]
    assert "None" not in text


@pytest.mark.parametrize("stage", STAGES)
def test_a_healthy_deployment_has_only_what_is_left_to_do(stage) -> None:
    found = judged(stage, none)
    gate = {"networking_v2_off"} if stage.startswith("1.21") else set()
    if stage in ("1.21 old layout", "1.21 custom ingress"):
        gate.add("builtin_on_envproxy")
    assert {entry["code"] for entry in found["blockers"]} == gate
    assert {entry["code"] for entry in found["warnings"]} == ({"routes_not_seen"} if "custom" in stage else set())


@pytest.mark.parametrize("part", ["deployments", "services", "secrets"])
def test_what_was_not_to_be_read_is_not_judged(part) -> None:
    found = judged("1.20", of_cluster(**{part: None}))
    assert [entry["code"] for entry in [*found["blockers"], *found["warnings"]]] == []


def test_satellites_that_lag_behind() -> None:
    regions = [{"region": "sydney", "phase": "retired", "satellite": "sydney", "satellite_version": "1.21.7"}]
    rows = [{"id": "s", "name": "sydney", "fingerprint": "f"}]
    found = assess(looks.look("1.22", satellites=rows, regions=regions))
    assert [entry["code"] for entry in found["warnings"]] == ["satellites_behind"]
    _said(found["warnings"][0], ["sydney (1.21.7)", "main deployment is 1.22.3"])


def test_each_judge_has_a_case() -> None:
    """Every blocker and warning of the lists is met by some case above."""

    def met(judges, cases):
        seen_by = set()
        for stage, change, *_expected in cases:
            seen = looks.look(stage)
            change(seen)
            view = assess(seen)
            seen_by |= {judge for judge in judges if judge(seen, view, view["target"])}
        return seen_by

    assert {judge.__name__ for judge in set(BLOCKERS) - met(BLOCKERS, BLOCKED)} == set()
    assert {judge.__name__ for judge in set(WARNINGS) - met(WARNINGS, WARNED)} == {"satellites_behind"}


def test_nothing_seen_at_all_is_still_an_answer() -> None:
    def blind(seen):
        seen["coder"].update(
            user=None, version=None, providers=None, satellites=None, server_time=None, problems=[failure("timeout")]
        )
        seen["cluster"].update(
            uid=None, version=None, release_seen=False, release=None, deployments=None, services=None, secrets=None,
            problems=[failure("cluster_unreachable")],
        )  # fmt: skip

    found = judged("1.20", blind)
    assert found["phase"] == "unknown" and found["target"] is None and found["path"] == []
    assert [entry["code"] for entry in found["blockers"]] == ["timeout", "cluster_unreachable"]
    assert found["warnings"] == []
    assert found["next_step"] == "Resolve timeout, cluster_unreachable: which version runs is not known."

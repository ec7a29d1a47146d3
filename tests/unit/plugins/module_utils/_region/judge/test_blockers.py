# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Each blocker with the words that an operator needs, the goals it stops, and that it says where and what to do next."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._region.changes import (
    both,
    cluster,
    coder,
    envproxy,
    release,
    satellite,
    satellite_release,
    staying,
    wanted,
    wanted_satellite,
    workspace_in_use,
)
from unit.plugins.module_utils._region.scene import BEFORE, candidate, failure, provider, record, scene, workspace

from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observation

ALL = ["migrate", "retire", "rollback", "update"]
FORWARD = ["migrate", "retire"]


def of_provider(**values):
    return lambda seen: seen["coder"]["providers"][0].update(values)


def owned_by(name):
    return lambda seen: seen["cluster"]["access"][0].update(owner=name)


def chart_that_drops(*names):
    return both(wanted(candidate_chart="/charts/new.tgz"), cluster(candidate=drops(*names)))


def drops(*names):
    rows = [dict(zip(("kind", "name"), name.split("/"), strict=True)) for name in names]
    return {"chart": "workspace-provider", "version": "1.21.9", "drops": rows, "keeps": [], "unkept": rows}


GONE = {"release": None, "candidates": [candidate("prov-2"), candidate("x", "other"), candidate("web", chart="nginx")]}
MEMBER = {"id": "m", "username": "mia", "roles": ["site-member"]}
PRIMARY = {**observation.primary("context primary"), "uid": "uid-1"}

CASES = [
    # phase, change, code, words, goals
    ("moved", coder(user=None, problems=[failure("unreachable")]), "unreachable", ["It is unreachable"], ALL),
    ("moved", coder(user=None, problems=[failure("not_json")]), "not_json", ["It is not_json"], ALL),
    ("moved", coder(user=None, problems=[failure("tls_expired")]), "tls_expired", ["It is tls_expired"], ALL),
    (
        "moved",
        coder(user=None, problems=[failure("unauthorized")]),
        "unauthorized",
        ["Coder does not take the session token", "because", "CODER_TOKEN"],
        ALL,
    ),
    (
        "moved",
        cluster(problems=[failure("unauthorized", why="Unauthorized")]),
        "unauthorized",
        [
            "Kubernetes API server does not take the credential",
            "Unauthorized (status 401)",
            "not Coder's session token",
        ],
        ALL,
    ),
    (
        "moved",
        satellite(problems=[failure("unauthorized")]),
        "unauthorized",
        ["Kubernetes API server does not take the credential", "renew the credential of this context"],
        FORWARD,
    ),
    ("moved", coder(user=MEMBER, providers=None), "forbidden", ["mia", "site-manager", "site-member", "1.21.7"], ALL),
    ("envproxy", coder(version="1.20.4"), "unsupported_version", ["1.20.4", "no satellites", "1.21.7"], FORWARD),
    (
        "envproxy",
        coder(version="1.21.0"),
        "unsupported_version",
        ["1.21.0", "not a version to stop at", "1.21.7"],
        FORWARD,
    ),
    ("moved", coder(version="1.22.2"), "unsupported_version", ["1.22.2", "names a port", "1.22.3"], FORWARD),
    ("envproxy", coder(version="1.21.5"), "unsupported_version", ["allow_old_satellite_fixes: true"], ["migrate"]),
    ("moved", coder(version="1.23.0"), "unsupported_version", ["1.23.0", "newer than what is known"], FORWARD),
    ("moved", coder(version=None), "unsupported_version", ["does not tell its version"], ALL),
    (
        "envproxy",
        wanted(provider="sydney-9"),
        "unknown_provider",
        ["'sydney-9'", "sydney-1 (ready), frankfurt-1 (error)"],
        ALL,
    ),
    ("envproxy", coder(providers=[provider(), provider()]), "ambiguous", ["2 workspace providers", "sydney-1"], ALL),
    (
        "moved",
        coder(providers=[provider(status="error", status_message="no route to cluster", enable_net_v2=True)]),
        "provider_error",
        ["sydney-1", "no route to cluster"],
        FORWARD,
    ),
    ("envproxy", coder(providers=[provider(status="pending")]), "provider_pending", ["pending"], FORWARD),
    (
        "moved",
        of_provider(status="cordoned"),
        "provider_not_ready",
        ["not ready but cordoned", "nothing says that it was us", "uncordon it"],
        FORWARD,
    ),
    (
        "envproxy",
        of_provider(built_in=True),
        "built_in_provider",
        ["sydney-1", "no envproxy chart", "coder.classic.coder_provider", "net_v2: true"],
        ALL,
    ),
    (
        "sealed",
        of_provider(config={"default_namespace": "coder-2"}),
        "provider_elsewhere",
        ["not in namespace coder", "coder-2", "coder_provider_name", "context sydney-1"],
        ALL,
    ),
    (
        "moved",
        both(release(chart="coder"), cluster(candidates=[candidate("prov-2"), candidate("web", chart="nginx")])),
        "wrong_chart",
        ["of the chart coder, not of workspace-provider", "prov-2 in namespace coder", "coder_provider_release"],
        ALL,
    ),
    (
        "registered",
        coder(leave_unknown=["anna"]),
        "not_found",
        ["anna", "coder_workspaces_leave", "from Coder's own at the switch nothing"],
        ["migrate"],
    ),
    (
        "moved",
        cluster(problems=[failure("cluster_unreachable")]),
        "cluster_unreachable",
        ["It is cluster_unreachable"],
        ALL,
    ),
    ("moved", cluster(uid="uid-9"), "cluster_mismatch", ["uid-9", "uid-1", "coder_provider_context"], ALL),
    ("moved", satellite(uid="uid-9"), "cluster_mismatch", ["uid-9", "uid-1", "coder_satellite_context"], FORWARD),
    (
        "moved",
        satellite(problems=[failure("cluster_unreachable")]),
        "cluster_unreachable",
        ["cluster_unreachable"],
        FORWARD,
    ),
    (
        "moved",
        cluster(rights={"record": ["patch configmaps"]}, user="jane"),
        "forbidden",
        ["record", "user jane", "patch configmaps"],
        ["migrate", "retire", "rollback"],
    ),
    (
        "moved",
        cluster(rights={"retire": ["delete clusterroles in the whole cluster"]}),
        "forbidden",
        ["retire", "delete clusterroles in the whole cluster"],
        ["retire"],
    ),
    ("moved", cluster(rights={"lock": ["create leases"]}), "forbidden", ["step lock", "create leases"], ALL),
    (
        "moved",
        both(
            wanted(primary={"namespace": "main", "cluster_uid": None}),
            lambda seen: seen.update(primary={**PRIMARY, "rights": {"lock": ["create leases"]}, "user": "jane"}),
        ),
        "forbidden",
        ["step lock", "namespace main, cluster of the main deployment, context primary", "user jane", "create leases"],
        ALL,
    ),
    ("moved", cluster(rights={"envproxy_on": ["patch scale"]}), "forbidden", ["envproxy_on"], ["retire", "rollback"]),
    (
        "envproxy",
        satellite(rights={"satellite": ["create services"]}),
        "forbidden",
        ["services"],
        ["migrate"],
    ),
    (
        "envproxy",
        cluster(**GONE),
        "release_not_found",
        ["There is no Helm release prov", "prov-2 in namespace coder, x in namespace other"],
        ALL,
    ),
    ("moved", release(status="failed"), "release_not_deployed", ["prov is failed", "Upgrade complete"], FORWARD),
    ("moved", release(status="pending-upgrade"), "release_not_deployed", ["pending-upgrade", "helm rollback"], FORWARD),
    ("idle", release(status="uninstalling"), "release_not_deployed", ["uninstalling"], ["migrate"]),
    ("sealed", release(status="uninstalling"), "release_not_deployed", ["uninstalling"], FORWARD),
    (
        "moved",
        owned_by("coder"),
        "owned_by_other_release",
        ["ServiceAccount/coder belong to release coder, not to prov"],
        ALL,
    ),
    (
        "retired",
        both(cluster(candidates=[candidate("real")]), owned_by("real")),
        "owned_by_other_release",
        ["release real"],
        ALL,
    ),
    ("moved", staying(1, live=False), "access_lost", ["Role/coder", "run helm rollback prov 3 -n coder"], ALL),
    (
        "envproxy",
        staying(0, live=False),
        "access_lost",
        ["ServiceAccount/coder", "helm rollback prov 3 -n coder", "another UID and token: give Coder the new token"],
        ALL,
    ),
    (
        "idle",
        staying(0, live=False),
        "access_lost",
        ["helm rollback prov 3 -n coder", "scales envproxy up again"],
        ALL,
    ),
    (
        "moved",
        both(staying(3, live=False), release(status="failed", revision=4)),
        "access_lost",
        ["ServiceAccount/prov-environments", "helm rollback prov REVISION (the last deployed one: helm history prov"],
        ALL,
    ),
    (
        "envproxy",
        both(cluster(release=None), lambda seen: seen["cluster"]["access"][0].update(live=False)),
        "access_lost",
        ["not uninstalled from here, so no backup was written", "install the provider's chart again as prov -n coder"],
        ALL,
    ),
    (
        "retired",
        both(
            lambda seen: seen["cluster"]["access"][0].update(live=False),
            cluster(recorded={"ServiceAccount/coder": None}),
        ),
        "access_lost",
        ["ServiceAccount/coder", "from the backup", "new ServiceAccount has another UID and token"],
        ALL,
    ),
    (
        "retired",
        cluster(recorded={"ServiceAccount/coder": "other"}),
        "access_replaced",
        ["ServiceAccount/coder is not the same object", '\'{"data":{"kept_uids":null}}\''],
        ALL,
    ),
    (
        "moved",
        staying(1, tools=["Flux"]),
        "managed_by_gitops",
        ["Role/coder of release prov", "Flux", "coder_gitops_suspended"],
        ["retire", "update"],
    ),
    (
        "moved",
        envproxy(tools=["Argo CD"]),
        "managed_by_gitops",
        ["Deployment/envproxy", "Argo CD"],
        ["retire", "update"],
    ),
    (
        "registered",
        both(satellite(tools=["Argo CD"]), wanted_satellite(values_sha256="1")),
        "managed_by_gitops",
        ["satellite's Deployment", "Argo CD", "coder_gitops_suspended"],
        ["migrate"],
    ),
    (
        "moved",
        release(removed_apis=[{"kind": "Ingress", "name": "web", "api_version": "extensions/v1beta1"}]),
        "removed_apis",
        ["Ingress extensions/v1beta1", "delete nothing"],
        ["retire", "update"],
    ),
    ("moved", release(record_bytes=1_048_400), "too_large", ["1048576", "1048400", "same chart without"], ["retire"]),
    (
        "switched",
        chart_that_drops("Deployment/envproxy"),
        "drops_envproxy",
        ["1.21.9", "Deployment/envproxy"],
        ALL,
    ),
    ("moved", chart_that_drops("Role/coder"), "drops_access", ["no Role/coder", "delete"], ALL),
    (
        "envproxy",
        both(wanted(primary={"namespace": "coder", "cluster_uid": None}), lambda seen: seen.update(primary=PRIMARY)),
        "cluster_mismatch",
        ["Namespace coder is the main deployment's"],
        ALL,
    ),
    (
        "envproxy",
        both(wanted(primary={"namespace": "x", "cluster_uid": "uid-p"}), lambda seen: seen.update(primary=PRIMARY)),
        "cluster_mismatch",
        ["not the main deployment's cluster", "uid-p"],
        ALL,
    ),
    ("envproxy", wanted_satellite(namespace="coder"), "satellite_namespace", ["coder is the provider's"], FORWARD),
    (
        "envproxy",
        satellite(foreign=["Service/ingress-nginx"]),
        "satellite_namespace",
        ["coder-satellite still holds Service/ingress-nginx"],
        FORWARD,
    ),
    (
        "satellite_up",
        satellite(namespace_terminating={"since": BEFORE, "held": ["Some resources are remaining: pods. has 2"]}),
        "namespace_terminating",
        ["satellite's namespace coder-satellite", BEFORE, "remaining: pods", "kubectl get namespace coder-satellite"],
        FORWARD,
    ),
    (
        "moved",
        cluster(namespace_terminating={"since": BEFORE, "held": []}),
        "namespace_terminating",
        ["provider's namespace coder is being deleted", "context sydney-1", BEFORE],
        ALL,
    ),
    (
        "registered",
        satellite_release(status="uninstalling"),
        "release_not_deployed",
        ["uninstalling", "helm uninstall coder-satellite -n coder-satellite"],
        ["migrate"],
    ),
    (
        "envproxy",
        wanted_satellite(chart_version="1.21.6"),
        "version_mismatch",
        ["1.21.6", "1.21.7", "coder_satellite_chart_version"],
        ["migrate"],
    ),
    ("registered", satellite(version="1.21.6"), "version_mismatch", ["runs 1.21.6", "image"], FORWARD),
    (
        "registered",
        both(satellite(version="1.21.6"), satellite_release(chart_version="1.21.6")),
        "version_mismatch",
        ["runs 1.21.6"],
        ["retire"],
    ),
    ("envproxy", satellite(served_problem=failure("not_json")), "not_json", ["It is not_json"], FORWARD),
    ("envproxy", satellite(served_problem=failure("redirected")), "redirected", ["It is redirected"], FORWARD),
    ("envproxy", satellite(served_problem=failure("tls_untrusted")), "tls_untrusted", ["tls_untrusted"], FORWARD),
    ("envproxy", satellite(served_problem=failure("tls_expired")), "tls_expired", ["tls_expired"], FORWARD),
    (
        "registered",
        satellite(served=None, same_key=None, served_problem=failure("unreachable"), address=["203.0.113.7"]),
        "unreachable",
        ["It is unreachable", "A sydney.coder.test → 203.0.113.7"],
        FORWARD,
    ),
    (
        "satellite_up",
        coder(key={"key": "SYDNEY", "fingerprint": "s:s"}),
        "key_mismatch",
        ["leads to the primary", "https://coder.test"],
        FORWARD,
    ),
    ("envproxy", wanted_satellite(url="https://coder.test/x"), "key_mismatch", ["URL is the primary's"], FORWARD),
    (
        "satellite_up",
        satellite(same_key=False),
        "key_mismatch",
        ["another key than the one in its cluster", "s:s"],
        FORWARD,
    ),
    (
        "envproxy",
        satellite(served={"key": "X", "fingerprint": "aa:bb"}, served_problem=None),
        "key_mismatch",
        ["its cluster holds none", "aa:bb"],
        FORWARD,
    ),
    (
        "registered",
        satellite(public_key=None, same_key=None),
        "key_lost",
        [
            "no Secret coder-replica-private-key with a key in namespace coder-satellite",
            "its pods still have it",
            "backup (coder_backup_dir)",
            "helm uninstall coder-satellite -n coder-satellite, delete the registration sydney",
            "migrate_region.yml -l sydney",
        ],
        FORWARD,
    ),
    (
        "satellite_up",
        satellite(public_key=None, same_key=None, served=None, served_problem=failure("timeout"), ready=False),
        "key_lost",
        ["cannot answer, whatever DNS says", "then run migrate_region.yml"],
        FORWARD,
    ),
    (
        "satellite_up",
        wanted_satellite(expected_fingerprint="e:e"),
        "key_mismatch",
        ["expected was e:e", "coder_satellite_fingerprint"],
        FORWARD,
    ),
    (
        "satellite_up",
        coder(satellites=[{"id": "s", "name": "sydney", "fingerprint": "o:o"}]),
        "key_mismatch",
        ["registered is o:o, served is s:s", "coder-replica-private-key"],
        FORWARD,
    ),
    (
        "satellite_up",
        coder(satellites=[{"id": "s", "name": "oslo", "fingerprint": "s:s"}]),
        "refused",
        ["already registered as oslo"],
        FORWARD,
    ),
    ("envproxy", lambda seen: None, "not_moved", ["phase envproxy", "migrate_region.yml -l sydney"], ["retire"]),
    (
        "moved",
        lambda seen: seen["coder"]["workspaces"][0].update(last_built_at=BEFORE),
        "not_moved",
        ["ana"],
        ["retire"],
    ),
    ("moved", satellite(ready=False), "satellite_down", ["its pods are not ready"], ["retire"]),
    ("moved", coder(satellites=[]), "satellite_down", ["Coder does not know it by that key"], ["retire"]),
    ("retired", lambda seen: None, "no_way_back", ["no way back", "the old chart with envproxy is gone"], ["rollback"]),
    ("moved", coder(version="1.22.3"), "no_way_back", ["from 1.22 on", "1.22.3"], ["rollback"]),
    (
        "moved",
        envproxy(exists=False, replicas=0),
        "no_way_back",
        ["there is no Deployment envproxy"],
        ["rollback"],
    ),
    (
        "moved",
        envproxy(ready=0),
        "envproxy_not_serving",
        ["2 replicas and no ready pod", "-n coder describe deployment envproxy", "rollback_region.yml -l sydney"],
        ["rollback"],
    ),
    (
        "retired",
        of_provider(enable_net_v2=False),
        "not_retired",
        ["Release prov is gone", "Networking v2 is off", "coder.classic.coder_provider"],
        ALL,
    ),
    (
        "retired",
        both(lambda s: s["cluster"]["access"][1].update(live=False), cluster(recorded={"Role/coder": None})),
        "not_retired",
        ["Role/coder does not exist", "Role/coder is not the one that was kept", "status.yml"],
        ALL,
    ),
    ("registered", wanted(canary="dev"), "not_found", ["dev", "known: ana, off", "coder_canary_workspace"], ALL),
    (
        "registered",
        both(wanted(canary="ana"), lambda seen: seen["coder"]["workspaces"].append(workspace("ana", id="id-2"))),
        "ambiguous",
        ["Several", "ids: id-ana, id-2"],
        ALL,
    ),
    (
        "registered",
        wanted(canary="ana", leave_workspaces=["id-ana"]),
        "invalid",
        ["ana cannot be the canary", "coder_workspaces_leave"],
        ALL,
    ),
    (
        "moved",
        both(workspace_in_use(0), wanted(canary="id-ana")),
        "no_canary",
        ["in use: ana", "coder_confirm_rebuild=sydney", "coder_canary_workspace"],
        ["retire"],
    ),
    (
        "idle",
        both(workspace_in_use(0), workspace_in_use(1)),
        "no_canary",
        ["in use: ana, off"],
        ["retire"],
    ),
]


@pytest.mark.parametrize(("phase", "change", "code", "words", "goals"), CASES, ids=[f"{c[2]}-{c[0]}" for c in CASES])
def test_what_stands_in_the_way(phase, change, code, words, goals):
    seen = scene(phase)
    change(seen)
    found = [entry for entry in assess(seen)["blockers"] if entry["code"] == code and set(entry["for"]) == set(goals)]
    assert len(found) == 1, assess(seen)["blockers"]
    text = " ".join(str(found[0][key]) for key in ("message", "where", "why", "next"))
    assert [word for word in words if word not in text] == []
    assert all(found[0][key] for key in ("message", "where", "why", "untouched", "next"))


def codes(seen, goal):
    return [entry["code"] for entry in assess(seen)["blockers"] if goal in entry["for"]]


@pytest.mark.parametrize("code", ["unreachable", "timeout", "not_found", "server_error"])
def test_a_satellite_that_is_not_deployed_yet_need_not_answer(code):
    seen = scene("envproxy")
    satellite(served_problem=failure(code))(seen)
    assert codes(seen, "migrate") == []
    assert assess(seen)["warnings"] == []


def test_old_satellite_fixes_can_be_accepted():
    seen = scene("envproxy")
    both(coder(version="1.21.3"), wanted(allow_old_satellite_fixes=True), wanted_satellite(chart_version="1.21.3"))(
        seen
    )
    assert codes(seen, "migrate") == []


def test_a_candidate_without_envproxy_is_fine_once_the_region_has_moved():
    seen = scene("moved")
    cluster(candidate={**drops("Deployment/envproxy"), "unkept": []})(seen)
    assert codes(seen, "retire") == []


def test_a_provider_in_error_can_go_back():
    seen = scene("moved")
    seen["coder"]["providers"][0]["status"] = "error"
    assert codes(seen, "rollback") == []


def test_all_findings_come_at_once_and_each_once():
    seen = scene("envproxy")
    both(
        coder(version="1.20.4", providers=[provider(status="pending")]),
        cluster(problems=[failure("forbidden"), failure("forbidden")]),
        satellite(foreign=["Deployment/envproxy"], served_problem=failure("not_json")),
        release(status="failed"),
        wanted_satellite(namespace="coder"),
    )(seen)
    assert codes(seen, "migrate") == [
        "unsupported_version",
        "provider_pending",
        "forbidden",
        "release_not_deployed",
        "satellite_namespace",
        "not_json",
    ]


def test_clusters_with_the_same_trouble_are_two_findings():
    seen = scene("envproxy")
    cluster(problems=[failure("cluster_unreachable")])(seen)
    satellite(problems=[{**failure("cluster_unreachable"), "where": "context elsewhere"}])(seen)
    assert codes(seen, "migrate").count("cluster_unreachable") == 2


def test_a_suspended_gitops_tool_stops_nothing():
    seen = scene("registered")
    both(staying(0, tools=["Flux"]), satellite(tools=["Flux"]), wanted_satellite(values_sha256="1"))(seen)
    assert {"migrate", "retire", "update"} == {
        goal for e in assess(seen)["blockers"] if "gitops" in e["code"] for goal in e["for"]
    }
    wanted(gitops_is_suspended=True)(seen)
    assert "managed_by_gitops" not in [entry["code"] for entry in assess(seen)["blockers"]]
    assert [e["for"] for e in assess(seen)["warnings"] if e["code"] == "managed_by_gitops"] == [["retire", "rollback"]]


def test_a_satellite_of_gitops_that_needs_nothing_is_left_to_it():
    seen = scene("registered")
    satellite(tools=["Flux"])(seen)
    assert codes(seen, "migrate") == []


@pytest.mark.parametrize(("satellite_there", "found"), [("moved", 4), ("registered", 4), ("envproxy", 0)])
def test_nothing_of_the_satellite_and_no_misspelt_name_keeps_a_region_from_going_back(satellite_there, found):
    seen = scene(satellite_there)
    satellite(uid="uid-9", problems=[failure("cluster_unreachable")], rights={"satellite": ["delete services"]})(seen)
    coder(leave_unknown=["anna"])(seen)
    assert codes(seen, "rollback") == []
    assert len(codes(seen, "migrate")) >= 4
    assert len([entry for entry in assess(seen)["warnings"] if entry["for"] == ["rollback"]]) == found


def test_the_own_chart_and_the_own_namespace_are_not_worth_a_word():
    seen = scene("moved")
    of_provider(built_in=False, config={"default_namespace": "coder", "cluster_address": "https://K8S.test:443"})(seen)
    region = assess(seen)
    assert (region["blockers"], region["warnings"]) == ([], [])


@pytest.mark.parametrize("change", [release(chart="coder"), of_provider(built_in=True)])
def test_the_main_deployment_has_no_phase_of_a_region_and_no_plan(change):
    seen = scene("idle")
    change(seen)
    region = assess(seen)
    assert region["phase"] == "unknown"
    assert region["plan"] == {goal: [] for goal in ALL}
    assert region["next_step"].startswith("Correct what is wrong with it")


def test_a_release_that_was_uninstalled_is_not_looked_for_under_another_name():
    seen = scene("retired")
    of_provider(enable_net_v2=False)(seen)
    assert codes(seen, "retire") == ["not_retired"]


def test_a_satellite_with_a_wrong_image_may_be_deployed_with_other_values():
    seen = scene("registered")
    both(satellite(version="1.21.6"), wanted_satellite(values_sha256="1"))(seen)
    assert codes(seen, "migrate") == []
    assert "version_mismatch" in codes(seen, "retire")


def test_a_canary_can_be_had_by_consent():
    seen = scene("sealed")
    both(workspace_in_use(0), workspace_in_use(1), wanted(consent_in_use=True))(seen)
    assert codes(seen, "retire") == []


@pytest.mark.parametrize(("canary", "found"), [(None, []), ("off", []), ("ana", ["no_canary"])])
def test_one_workspace_that_nobody_uses_is_enough_for_a_canary_unless_another_one_is_named(canary, found):
    seen = scene("sealed")
    both(workspace_in_use(0), wanted(canary=canary))(seen)
    assert codes(seen, "retire") == found


def test_only_the_proof_that_is_left_needs_a_canary_in_a_retired_region():
    seen = scene("retired")
    both(workspace_in_use(0), workspace_in_use(1))(seen)
    assert codes(seen, "retire") == []
    record(seen, retired_at=None)
    assert codes(seen, "retire") == ["no_canary"]


def test_an_interrupted_sealing_goes_on():
    seen = scene("sealed")
    release(status="pending-upgrade", interrupted_sealing=True)(seen)
    region = assess(seen)
    assert (region["phase"], region["release"]["sealed"]) == ("moved", False)
    assert codes(seen, "retire") == codes(seen, "migrate") == []
    assert "goes on with the sealing" in region["next_step"]
    assert "ServiceAccount/coder" in region["plan"]["retire"][0]["action"]


@pytest.mark.parametrize(("phase", "size"), [("moved", 1_048_064), ("sealed", 1_048_576)])
def test_a_record_that_fits_or_is_sealed_already_is_not_too_large(phase, size):
    seen = scene(phase)
    release(record_bytes=size)(seen)
    assert codes(seen, "retire") == []


@pytest.mark.parametrize("reached", ["satellite_up", "registered", "moved", "sealed", "idle"])
@pytest.mark.parametrize("ready", [True, False])
@pytest.mark.parametrize("code", ["unreachable", "timeout", "server_error"])
def test_a_satellite_whose_key_is_lost_sends_nobody_to_dns_or_to_another_migration(reached, ready, code):
    seen = scene(reached)
    gone = {"public_key": None, "served": None, "same_key": None, "served_problem": failure(code), "ready": ready}
    satellite(**gone, address=["203.0.113.7"])(seen)
    region = assess(seen)
    assert "key_lost" in codes(seen, "migrate")
    told = [*region["blockers"], *region["warnings"]]
    assert [entry["code"] for entry in told if "DNS record" in entry["next"]] == []
    assert {"satellite_down", "satellite_not_answering", "satellite_not_reachable_yet", code} & {
        entry["code"] for entry in told
    } == set()


@pytest.mark.parametrize(
    "change",
    [
        satellite_release(status="pending-install"),
        satellite(problems=[failure("forbidden")]),
        satellite(release=None),
        satellite(release_seen=False),
    ],
)
def test_a_key_that_was_not_read_or_is_not_made_yet_is_not_lost(change):
    seen = scene("satellite_up")
    both(satellite(public_key=None, same_key=None, served=None), change)(seen)
    assert "key_lost" not in codes(seen, "migrate")


@pytest.mark.parametrize("reached", ["envproxy", "registered", "switched", "moved", "sealed", "idle"])
def test_before_the_uninstall_nobody_is_sent_to_a_backup_that_does_not_exist(reached):
    seen = scene(reached)
    staying(0, live=False)(seen)
    found = next(entry for entry in assess(seen)["blockers"] if entry["code"] == "access_lost")
    assert "backup" not in found["next"] and "helm rollback prov 3 -n coder" in found["next"]


def test_only_a_new_account_needs_a_new_token():
    seen = scene("moved")
    staying(1, live=False)(seen)
    found = next(entry for entry in assess(seen)["blockers"] if entry["code"] == "access_lost")
    assert "token" not in found["next"]

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What each step writes, and in which order: a kill between two writes must leave what the next run can go on from."""

from __future__ import annotations

import functools
import json
from types import SimpleNamespace

import pytest
from unit.plugins.module_utils._region.changes import both, envproxy, satellite, satellite_release, workspace_in_use
from unit.plugins.module_utils._region.scene import BEFORE, IDLE_SINCE, SWITCHED_AT, record
from unit.plugins.module_utils._region.steps.stage import NOW, Stage, refused, stub

from ansible_collections.coder.classic.plugins.module_utils._coder import builds, rebuild, satellite_identity
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import plan, release_upgrade
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade.chart_source import Chart
from ansible_collections.coder.classic.plugins.module_utils._region.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._region.steps import address, backup, chart
from ansible_collections.coder.classic.plugins.module_utils._region.steps import envproxy as steps_envproxy
from ansible_collections.coder.classic.plugins.module_utils._region.steps import satellite as steps_satellite
from ansible_collections.coder.classic.plugins.module_utils._region.steps.table import STEPS

SATELLITE_URL, ENVPROXY_URL = "https://sydney.coder.test", "https://proxy.coder.test"
V2_ON, V2_OFF = ("PATCH ", {"enable_net_v2": True}), ("PATCH ", {"enable_net_v2": False})
SWITCHED = ("record", {"switched_at": NOW, "rolled_back_at": None, "connected_at": None})
SWITCHED_BACK = ("record", {"switched_at": None, "rolled_back_at": NOW, "idle_since": None, "connected_at": None})
CONNECTED, FORGOTTEN = {"connected_at": NOW}, {"off_before": None}
READY = {"status": {"conditions": [{"type": "Available", "status": "True"}], "availableReplicas": 1}}
ROLLED_OUT = {"spec": {"replicas": 1}, "status": {"updatedReplicas": 1, "availableReplicas": 1}}
OFF, ANA = "PATCH /api/v0/workspaces/id-off", "PATCH /api/v0/workspaces/id-ana"
STOPPED = ("PUT /api/v0/workspaces/id-off/stop", None)


@pytest.fixture(autouse=True)
def fit(monkeypatch):
    """Findings at the satellite's address, none of them; to be filled."""
    found = []
    monkeypatch.setattr(address.endpoint_look, "look", lambda url, **_options: {"findings": found})
    return found


@pytest.fixture(autouse=True)
def probed(monkeypatch):
    """The URLs through which workspaces were tried to be reached."""
    urls = []

    def probe(url, *_unused, **_options):
        urls.append(url)
        return {"reachable": True, "reason": "it answers"}

    monkeypatch.setattr(rebuild, "Builds", functools.partial(builds.Builds, probe=probe))
    return urls


def without_unchanged(wrote):
    """A rebuild's body says that nothing is to change."""
    return [(what, None if "/workspaces/" in what else body) for what, body in wrote]


def building(seen):
    seen["coder"]["workspaces"][0]["updating"] = True


# The network


def test_the_record_says_who_cordoned_before_it_is_done_and_until_it_is_undone():
    stage = Stage("registered")
    stage.act("migrate", "cordon")
    assert stage.wrote == [("record", {"cordoned_at": NOW}), ("POST /cordon", {"reason": "maintenance"})]
    # Killed in between: nobody knows whether Coder was told.
    stage.act("migrate", "cordon")
    assert stage.did[2:] == ["POST /cordon"]
    stage.wrote.clear()
    stage.act("migrate", "uncordon")
    assert stage.wrote == [("POST /uncordon", None), ("record", {"cordoned_at": None})]


@pytest.mark.parametrize(
    ("phase", "goal", "name", "wrote"),
    [
        ("registered", "migrate", "switch", [V2_ON, SWITCHED]),
        ("moved", "rollback", "switch_back", [V2_OFF, SWITCHED_BACK]),
        ("registered", "rollback", "record_switch_back", [SWITCHED_BACK]),
    ],
)
def test_the_network_is_switched_then_recorded(phase, goal, name, wrote):
    stage = Stage(phase)
    stage.cluster.scaled(2)
    stage.act(goal, name)
    assert stage.wrote == wrote


@pytest.mark.parametrize(
    ("phase", "goal", "name"), [("registered", "migrate", "switch"), ("moved", "rollback", "switch_back")]
)
@pytest.mark.parametrize(
    ("change", "options", "code", "seconds"),
    [
        (building, {}, "builds_under_way", 1200),
        (workspace_in_use(0), {}, "consent_missing", 0),
        (workspace_in_use(0), {"wait_for_idle_minutes": 10}, "consent_missing", 600),
    ],
)
def test_nobody_is_cut_or_built_across_a_switch(phase, goal, name, change, options, code, seconds):
    stage = Stage(phase, change, **options)
    error = refused(stage.act, goal, name)
    assert (error.code, stage.wrote, "ana" in error.what) == (code, [], True)
    assert seconds - 60 <= stage.seconds <= seconds
    assert bool(stage.told) is bool(seconds)


def test_with_consent_nobody_is_waited_for():
    stage = Stage("registered", workspace_in_use(0), consent_in_use=True, wait_for_idle_minutes=10)
    stage.act("migrate", "switch")
    assert (stage.did, stage.seconds) == (["PATCH ", "record"], 0)


def test_who_is_built_while_others_are_waited_for_is_waited_for_too():
    stage = Stage("registered", workspace_in_use(0), wait_for_idle_minutes=10)
    rows, sleep = stage.seen["coder"]["workspaces"], stage.sleep

    def later(seconds):
        sleep(seconds)
        rows[0]["last_connection_at"] = BEFORE
        rows[1]["updating"] = 0 < stage.seconds < 60

    stage.sleep = later
    stage.act("migrate", "switch")
    assert stage.seconds == 60 and "waiting for builds: off" in "".join(stage.told)


def test_an_address_that_is_not_fit_or_an_envproxy_that_does_not_serve_stops_the_switch(fit):
    fit += [{"code": "tls_expires_soon", "message": "14 days left"}, {"code": "dns", "message": "no name"}]
    stage = Stage("registered")
    error = refused(stage.act, "migrate", "switch")
    assert (error.code, error.why, stage.wrote) == ("address_unfit", "no name", [])
    fit.pop()
    assert stage.act("migrate", "switch")["said"] == ["14 days left"]
    stage = Stage("moved")
    stage.cluster.scaled(2, ready=0)
    assert (refused(stage.act, "rollback", "switch_back").code, stage.wrote) == ("envproxy_not_serving", [])


def test_external_connect_is_set_as_wished():
    stage = Stage("moved", external_connect=False)
    stage.seen["coder"]["providers"][0]["config"] = {"ssh_enabled": True, "tolerations": []}
    stage.act("migrate", "external_connect")
    assert stage.wrote == [("PATCH ", {"config": {"ssh_enabled": False, "tolerations": []}})]


# Workspaces


def test_who_is_off_is_recorded_before_the_rebuilds_and_forgotten_after_them(probed):
    stage = Stage("switched")
    result = stage.act("migrate", "rebuild")
    assert without_unchanged(stage.wrote) == [
        ("record", {"off_before": '["id-off"]'}), (OFF, None), STOPPED, (ANA, None), ("record", {**FORGOTTEN, **CONNECTED}),
    ]  # fmt: skip
    assert (probed, [row["name"] for row in result["workspaces"]["rebuilt"]]) == ([SATELLITE_URL], ["off", "ana"])
    assert assess(stage.seen)["phase"] == "moved"


def test_a_switch_that_nobody_recorded_is_recorded_first():
    stage = Stage("switched", lambda seen: record(seen, switched_at=None))
    stage.act("migrate", "rebuild")
    assert stage.wrote[0] == ("record", {"switched_at": NOW})


def test_what_coder_rebuilt_by_itself_is_told():
    stage = Stage("switched", lambda seen: seen["coder"]["workspaces"][0].update(last_built_at=NOW))
    assert "(Coder itself rebuilds those that run): ana" in stage.act("migrate", "rebuild")["said"][0]


def test_one_that_a_killed_run_left_on_is_stopped_again():
    stage = Stage("switched", lambda seen: record(seen, off_before=["id-off"]))
    stage.seen["coder"]["workspaces"][1].update(last_built_at=NOW, latest_stat={"container_status": "ON"})
    result = stage.act("migrate", "rebuild")
    assert without_unchanged(stage.wrote) == [(ANA, None), STOPPED, ("record", {**FORGOTTEN, **CONNECTED})]
    assert result["workspaces"]["stopped_again"] == ["off"]


def test_a_network_that_somebody_switches_meanwhile_ends_the_rebuilds():
    stage = Stage("switched")
    stage.before[OFF] = lambda: stage.seen["coder"]["providers"][0].update(enable_net_v2=False)
    error = refused(stage.act, "migrate", "rebuild")
    assert (error.code, stage.did) == ("switched_meanwhile", ["record", OFF, STOPPED[0]])
    assert "was switched off meanwhile" in error.what


def test_who_works_is_waited_for_and_then_left_by_name(probed):
    stage = Stage("switched", workspace_in_use(0), wait_for_idle_minutes=10)
    error = refused(stage.act, "migrate", "rebuild")
    assert error.code == "consent_missing" and "ana" in error.why
    assert stage.seconds >= 540 and ANA not in stage.did and "connected_at" not in json.dumps(stage.wrote)


def test_on_the_way_back_they_are_reached_through_envproxy_and_prove_nothing_of_the_satellite(probed):
    stage = Stage("registered", lambda seen: record(seen, rolled_back_at=SWITCHED_AT))
    stage.seen["coder"]["providers"][0]["envproxy_access_url"] = ENVPROXY_URL
    stage.act("rollback", "rebuild_back")
    assert without_unchanged(stage.wrote)[1:] == [(OFF, None), STOPPED, (ANA, None), ("record", FORGOTTEN)]
    assert probed == [ENVPROXY_URL]
    # Where Coder tells no such address nothing is tried.
    del stage.seen["coder"]["providers"][0]["envproxy_access_url"]
    stage.act("rollback", "rebuild_back")


@pytest.mark.parametrize(
    ("phase", "name", "recorded"),
    [("sealed", "canary", []), ("retired", "prove", [("record", {"retired_at": NOW})])],
)
def test_one_rebuild_is_the_proof(probed, phase, name, recorded):
    stage = Stage(phase, lambda seen: record(seen, idle_since=IDLE_SINCE, retired_at=None))
    stage.act("retire", name)
    rebuilt = [("record", {"off_before": '["id-off"]'}), (OFF, None), STOPPED, ("record", {**FORGOTTEN, **CONNECTED})]
    assert without_unchanged(stage.wrote) == rebuilt + recorded
    assert probed == [SATELLITE_URL]


@pytest.mark.parametrize(
    ("goal", "name", "phase"),
    [("migrate", "rebuild", "registered"), ("retire", "canary", "sealed"), ("retire", "prove", "idle")],
)
def test_a_check_run_rebuilds_nobody_and_says_whom_it_would(goal, name, phase):
    stage = Stage(phase, lambda seen: record(seen, switched_at=None), wait_for_idle_minutes=60)
    result = stage.act(goal, name, check_mode=True)
    assert (stage.wrote, stage.seconds, len(result["workspaces"]["rebuilt"]) > 0) == ([], 0, True)


# Envproxy


def test_what_envproxy_had_is_recorded_before_it_is_off_and_the_soak_counts_from_after_it():
    stage = Stage("sealed", lambda seen: record(seen, idle_since=BEFORE))
    stage.act("retire", "envproxy_off")
    # The time of an earlier rehearsal must not count for one that is killed right after the scaling.
    first = {"envproxy_replicas": "2", "idle_since": None}
    assert stage.wrote == [("record", first), ("scale", 0), ("record", {"idle_since": NOW})]
    stage = Stage("sealed", envproxy(replicas=0, ready=0))
    stage.act("retire", "envproxy_off")
    assert stage.wrote == [("record", {"idle_since": NOW})]


def test_no_build_from_before_envproxy_was_off_can_count_as_made_without_it():
    stage = Stage("sealed")
    here = stage.here()
    # Whatever the step has asked Coder before.
    here.now()
    stage.before["scale"] = stage.asked.clear
    STEPS["retire"]["envproxy_off"].act(here, assess(stage.look()))
    assert stage.asked == ["/api"]


@pytest.mark.parametrize(
    ("goal", "name"), [("rollback", "envproxy_on"), ("retire", "envproxy_on"), ("retire", "undo_envproxy_off")]
)
@pytest.mark.parametrize(("recorded", "in_manifest", "replicas"), [(3, 2, 3), (None, 2, 2), (None, None, 1)])
def test_envproxy_gets_back_what_it_had(goal, name, recorded, in_manifest, replicas):
    stage = Stage("idle", envproxy(manifest_replicas=in_manifest))
    record(stage.seen, envproxy_replicas=recorded)
    stage.act(goal, name)
    assert stage.wrote == [("scale", replicas), ("record", {"idle_since": None})]


def test_an_envproxy_that_does_not_get_ready_is_told_and_no_rehearsal_goes_on_from_it(monkeypatch):
    stage = Stage("idle", lambda seen: record(seen, envproxy_replicas=3))
    monkeypatch.setattr(stage.cluster, "scaled", lambda replicas: None)
    error = refused(stage.act, "retire", "undo_envproxy_off")
    assert (error.code, stage.did) == ("timeout", ["scale", "record"])
    assert 590 <= stage.seconds <= 600
    # Not seen: nobody guesses how many it had.
    stage = Stage("sealed", lambda seen: seen["cluster"].update(envproxy=None))
    assert (refused(stage.act, "retire", "undo_envproxy_off").code, stage.wrote) == ("envproxy_not_seen", [])


def test_the_soak_begins_when_the_last_pod_is_gone_and_ends_with_a_look_at_the_provider(monkeypatch):
    stage = Stage("idle")
    monkeypatch.setattr(steps_envproxy.envproxy, "left", lambda *_of: lambda: ["pod-1"] if stage.seconds < 100 else [])
    assert stage.act("retire", "soak")["said"] == []
    assert (stage.wrote, stage.seconds) == ([], 700)
    stage.seen["coder"]["providers"][0].update(status="error", status_message="no token")
    error = refused(stage.act, "retire", "soak")
    assert (error.code, error.why) == ("provider_error", "no token")
    monkeypatch.setattr(steps_envproxy.envproxy, "left", lambda *_of: lambda: ["pod-1"])
    stage.wanted["drain_timeout"] = 50
    assert "pod-1" in refused(stage.act, "retire", "soak").what


# The provider's chart


def row(kind, name, change):
    return plan.Row((kind, "coder", name), change, None, None, None)


@pytest.mark.parametrize(
    ("gone", "code"),
    [
        ([], None),
        ([("Service", "ingress-nginx", plan.REMOVED)], None),
        ([("Deployment", "envproxy", plan.REMOVED)], "drops_envproxy"),
        ([("ServiceAccount", "prov-environments", plan.REMOVED)], "drops_access"),
        ([("Role", "coder", plan.REMOVED), ("Deployment", "envproxy", plan.REMOVED)], "drops_envproxy"),
        # The live object is kept, whatever the chart has.
        ([("Role", "coder", plan.LEFT)], None),
    ],
)
def test_a_chart_that_drops_what_is_needed_is_refused_before_the_first_write(monkeypatch, tmp_path, gone, code):
    stage, given = Stage("envproxy"), {"envproxy": {"image": "coderenvs/coder-service:1.21.3", "token": "t"}}
    found = SimpleNamespace(config=given)
    monkeypatch.setattr(chart.release_report, "demanded", lambda *_of: found)
    stage.cluster.put({"kind": "Deployment", "metadata": {"name": "envproxy", "namespace": "coder"}, **ROLLED_OUT})

    def run(_cluster, options, _check_mode, _folder, *, tell, demand, judge):
        with open(options["values_files"][0], encoding="utf-8") as opened:
            assert json.load(opened) == {"envproxy": {"token": "t"}}
        judge(Chart("/c.tgz", "workspace-provider", "1.21.7"), [row(*one) for one in gone])
        demand()
        stage.note("helm", options)
        return {"changed": True, "diff": {}, "said": []}

    monkeypatch.setattr(release_upgrade, "run", run)
    if code:
        error = refused(stage.act, "update", "update_chart", tmp_path)
        assert (error.code, stage.wrote, error.untouched) == (code, [], "The release and all its objects.")
        return
    said = stage.act("update", "update_chart", tmp_path)["said"]
    assert "envproxy.image pins coderenvs/coder-service:1.21.3" in said[0] and stage.did == ["helm"]
    options = stage.wrote[0][1]
    assert (options["chart_name"], options["chart_version"], options["wait"]) == ("workspace-provider", "1.21.7", False)


def test_new_pods_of_envproxy_are_waited_for():
    stage = Stage("envproxy")
    stage.cluster.put({"kind": "Deployment", "metadata": {"name": "envproxy", "namespace": "coder"}, **READY})
    error = refused(steps_envproxy.await_rollout, stage.here())
    assert error.code == "timeout" and "the new ones did not get ready" in error.why


# The satellite


@pytest.fixture
def helm(monkeypatch):
    """release_upgrade.run of a stage notes its options, and what the values file holds."""

    def of(stage):
        def run(_cluster, options, check_mode, _folder, *, tell, demand, judge=lambda chart, rows: None):
            assert tell and not check_mode
            demand()
            (file,) = options["values_files"]
            with open(file, encoding="utf-8") as opened:
                stage.note("helm", {**options, "values": json.load(opened)})
            stage.satellite.put(
                {"kind": "Deployment", "metadata": {"name": "coderd", "namespace": "coder-satellite"}, **READY}
            )
            return {"changed": True, "diff": {}, "said": ["said by the upgrade"]}

        monkeypatch.setattr(release_upgrade, "run", run)

    return of


MARKED = "create ConfigMap/coder-classic-satellite"


def test_a_satellite_is_marked_as_ours_before_it_is_there(helm, tmp_path):
    stage = Stage("envproxy", satellite(namespace_exists=False))
    helm(stage)
    outcome = stage.act("migrate", "deploy_satellite", tmp_path)
    mark = {"release": "coder-satellite", "installed_at": NOW}
    assert stage.wrote[:2] == [("create Namespace/coder-satellite", None), (MARKED, mark)]
    (what, options), *more = stage.wrote[2:]
    assert (what, more, outcome["said"]) == ("helm", [], ["said by the upgrade"])
    assert {key: options[key] for key in ("name", "namespace", "chart_name", "chart_version", "install", "wait")} == {
        "name": "coder-satellite", "namespace": "coder-satellite", "chart_name": "coder", "chart_version": "1.21.7",
        "install": True, "wait": False,
    }  # fmt: skip
    assert options["values"] == stage.wanted["satellite"]["values"]


def test_a_check_run_tries_nothing_in_a_namespace_that_is_not_there(helm):
    stage = Stage("envproxy", satellite(namespace_exists=False))
    outcome = stage.act("migrate", "deploy_satellite", check_mode=True)
    assert (stage.wrote, outcome["diff"]["after"]) == ([], "release coder-satellite in namespace coder-satellite\n")


def test_an_upgrade_of_somebody_s_own_satellite_does_not_make_it_ours(helm, tmp_path):
    stage = Stage("moved", satellite_release(chart_version="1.21.6"), satellite(mark=None))
    helm(stage)
    stage.act("migrate", "deploy_satellite", tmp_path)
    assert stage.did == ["helm"]


@pytest.mark.parametrize("status", ["pending-install", "failed"])
def test_a_first_install_that_never_ended_is_gone_on_with(helm, tmp_path, status):
    left = {"revision": 1, "status": status, "chart_version": "1.21.7", "values_sha256": ""}
    stage = Stage("envproxy", satellite(namespace_exists=True, release=left))
    helm(stage)
    stage.act("migrate", "deploy_satellite", tmp_path)
    assert stage.did == [MARKED, "helm"]


def test_a_failed_install_that_coder_knows_does_not_become_ours(helm, tmp_path):
    left = {"revision": 1, "status": "failed", "chart_version": "1.21.7", "values_sha256": ""}
    stage = Stage("registered", satellite(release=left, mark=None))
    helm(stage)
    stage.act("migrate", "deploy_satellite", tmp_path)
    assert stage.did == ["helm"]


def test_pods_that_do_not_get_ready_are_told_with_what_they_wait_for(monkeypatch):
    stage = Stage("moved", satellite(ready=False))
    monkeypatch.setattr(
        steps_satellite.satellite_pods, "look", lambda *_of: {"ready": False, "waiting": ["pod: no image"]}
    )
    error = refused(stage.act, "migrate", "await_satellite")
    assert (error.code, error.why) == ("timeout", "pod: no image") and "pod: no image" in stage.told[0]


def serving(monkeypatch, key):
    def fetch(url, **_options):
        return {"key": key, "fingerprint": "s:s"} if "sydney" in url else {"key": "P", "fingerprint": "p:p"}

    monkeypatch.setattr(satellite_identity, "same_public_key", lambda one, other: one == other)
    monkeypatch.setattr(
        satellite_identity.proved_key,
        "__kwdefaults__",
        {**satellite_identity.proved_key.__kwdefaults__, "fetch": fetch},
    )


def test_a_satellite_is_registered_under_the_key_of_its_cluster(monkeypatch, fit):
    stage = Stage("satellite_up")
    serving(monkeypatch, "SYDNEY")
    stage.act("migrate", "register_satellite", check_mode=True)
    assert stage.wrote == []
    stage.act("migrate", "register_satellite")
    assert stage.wrote == [("POST /api/private/satellites", {"name": "sydney", "public_key": "SYDNEY"})]
    serving(monkeypatch, "OTHER")
    assert refused(Stage("satellite_up").act, "migrate", "register_satellite").code == "key_mismatch"
    assert (
        refused(Stage("satellite_up", satellite(public_key=None)).act, "migrate", "register_satellite").code
        == "key_missing"
    )


@pytest.mark.parametrize("check_mode", [True, False])
def test_the_satellite_goes_after_its_registration_and_its_backup_and_the_mark_goes_last(monkeypatch, check_mode):
    def begun(*changes):
        stage = Stage("registered", *changes)
        monkeypatch.setattr(steps_satellite, "release_uninstall", stub(stage, "uninstall"))
        return stage

    stage = begun()
    monkeypatch.setattr(backup, "release_backup", stub(stage, "backup", path="/backups/x.json"))
    stage.act("rollback", "unregister_satellite", check_mode=check_mode)
    assert stage.did == ([] if check_mode else ["DELETE /api/private/satellites/s1"])
    if check_mode:
        return
    assert stage.act("rollback", "remove_satellite")["said"] == ["Backup of the satellite and its key: /backups/x.json"]
    assert stage.did[1:] == ["backup", "uninstall", "delete ConfigMap/coder-classic-satellite"]
    assert stage.wrote[1][1]["directory"] == "/backups/sydney/satellite"
    # Killed before the mark went.
    stage = begun(satellite(release=None))
    stage.act("rollback", "remove_satellite")
    assert stage.did == ["uninstall", "delete ConfigMap/coder-classic-satellite"]


# The provider's chart


@pytest.fixture
def stubbed(monkeypatch):
    def of(stage):
        monkeypatch.setattr(backup, "release_backup", stub(stage, "backup", path="/backups/x.json"))
        monkeypatch.setattr(chart, "release_uninstall", stub(stage, "uninstall", diff={}))
        monkeypatch.setattr(chart, "release_keep", stub(stage, "seal", diff={}, changed_hooks=["Job/x"]))
        return stage

    return of


STAYING = [
    {"kind": kind, "name": name}
    for kind, name in (
        ("ServiceAccount", "coder"),
        ("Role", "coder"),
        ("RoleBinding", "coder"),
        ("ServiceAccount", "prov-environments"),
    )
]


def test_sealing_names_what_must_stay_and_resets_only_with_consent(stubbed):
    for consent in (True, False):
        stage = stubbed(Stage("moved", consent_resets=consent))
        assert "Job/x" in stage.act("retire", "seal")["said"][0]
        ((what, params),) = stage.wrote
        assert (what, params["objects"], params["allow_resets"]) == ("seal", STAYING, consent)


def test_backup_then_record_then_uninstall(stubbed):
    stage = stubbed(Stage("idle"))
    assert stage.act("retire", "uninstall")["said"] == ["Backup of the release: /backups/x.json"]
    uids = json.dumps(
        {f"{row['kind']}/{row['name']}": f"{row['kind']}-{row['name']}" for row in STAYING}, sort_keys=True
    )
    (first, saved), recorded, (uninstall, params) = stage.wrote
    assert (first, saved["directory"]) == ("backup", "/backups/sydney/sydney-1")
    assert recorded == ("record", {"kept_uids": uids, "retired_at": None})
    assert (uninstall, params["keep"], params["chart"]) == ("uninstall", STAYING, "workspace-provider")


def test_an_uninstall_that_goes_on_is_proved_by_what_there_was_before_it(stubbed):
    def begun(seen):
        seen["cluster"]["release"].update(status="uninstalling")

    stage = stubbed(Stage("idle", both(begun, lambda seen: record(seen, kept_uids={"Role/coder": "first"}))))
    stage.act("retire", "uninstall")
    assert stage.did == ["backup", "uninstall"]


@pytest.mark.parametrize(("phase", "wrote"), [("idle", ["backup", "uninstall"]), ("moved", ["backup"])])
def test_a_check_run_tries_the_uninstall_as_far_as_it_can(stubbed, phase, wrote):
    stage = stubbed(Stage(phase))
    stage.act("retire", "uninstall", check_mode=True)
    assert stage.did == wrote and all(with_what["check_mode"] for _what, with_what in stage.wrote)


def test_without_a_backup_nothing_goes(stubbed, monkeypatch):
    stage = stubbed(Stage("idle", backup_dir=None))
    assert (refused(stage.act, "retire", "uninstall").code, stage.wrote) == ("no_backup_place", [])

    def full(*_of):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup.release_backup, "run", full)
    stage.wanted["backup_dir"] = "/backups"
    error = refused(stage.act, "retire", "uninstall")
    assert (error.code, error.where, stage.wrote) == ("backup_failed", "/backups/sydney/sydney-1", [])
    assert "No space left" in error.why

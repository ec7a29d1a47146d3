# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The module on the real client and an API server in memory, which counts requests and carries patches out."""

from __future__ import annotations

import copy
import json
import os
import stat
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from unit.plugins.module_utils._deployment.routes.api_server import (
    GATEWAY,
    V1,
    ApiServer,
    ingress,
    of_release,
    route,
    service,
)

from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH
from ansible_collections.coder.classic.plugins.modules import coder_ingress
from ansible_collections.coder.classic.plugins.plugin_utils import in_process

NEXT = {"to_service": "coderd", "to_http_port": 80, "to_https_port": 443}
ROW = {
    *("kind", "api_version", "namespace", "name", "managed_by", "by_hand"),
    *("host", "path", "service", "port", "to_service", "to_port"),
}
SECRET = {"x.example.com/password": "hunter2"}


@pytest.fixture
def server():
    return ApiServer(
        ingress("web", ("cemanager", 8080), ("shop", 8080), annotations=dict(SECRET), managedFields=[{"manager": "x"}]),
        ingress("right", ("coderd", 80)),
        ingress("web-ingress", ("cemanager", 8080), **of_release("coder")),
        route("gate", {"name": "envproxy", "namespace": "coder", "port": 8080, "weight": 1}, namespace="edge"),
        service("cemanager", ("tcp-cemanager", 8080)),
        service("coderd", ("tcp-coderd", 80)),
        service("envproxy", ("tcp-envproxy", 8080)),
        versions=[V1, GATEWAY],
    )


@pytest.fixture
def run(server, tmp_path, monkeypatch):
    """run(**options) -> the module's result as Ansible's worker gets it; run.server may be another one."""

    def started(check_mode=False, uid=None, **options):
        monkeypatch.setattr(coder_ingress, "cluster_from_params", lambda _params: started.server.cluster(uid))
        started.server.requests.clear()
        given = {**NEXT, "rewrite": True, "backup_dir": str(tmp_path / "kept" / "primary"), **options}
        result = in_process.run("coder_ingress", coder_ingress, given, check_mode=check_mode)
        assert "hunter2" not in json.dumps(result)
        return result

    started.server = server
    return started


def leads_to(server, *of):
    obj = server.of(*of)
    if obj["kind"] == "HTTPRoute":
        return [(ref["name"], ref["port"]) for ref in obj["spec"]["rules"][0]["backendRefs"]]
    paths = obj["spec"]["rules"][0]["http"]["paths"]
    return [(path["backend"]["service"]["name"], path["backend"]["service"]["port"]["number"]) for path in paths]


def test_without_being_asked_to_it_only_tells(server, run) -> None:
    result = run(rewrite=False, backup_dir=None)
    assert not result["changed"] and "diff" not in result and result["rewritten"] == result["backups"] == []
    assert [(row["kind"], row["namespace"], row["name"], row["service"]) for row in result["routes"]] == [
        ("Ingress", "coder", "web", "cemanager"),
        ("HTTPRoute", "edge", "gate", "envproxy"),
    ]
    assert all(set(row) == ROW for row in result["routes"])
    # What is served, what of each kind, three lists, and the grants that the route of another namespace needs.
    assert len(server.requests) == 7 and all(line.startswith("GET") for line in server.requests)


def test_rewriting_changes_the_backends_and_nothing_else(server, run) -> None:
    before = copy.deepcopy(server.objects)
    result = run()
    assert result["changed"] and result["rewritten"] == ["Ingress coder/web", "HTTPRoute edge/gate"]
    assert leads_to(server, "Ingress", "web") == [("coderd", 80), ("shop", 8080)]
    assert leads_to(server, "HTTPRoute", "gate", "edge") == [("coderd", 80)]
    before["Ingress", "coder", "web"]["spec"]["rules"][0]["http"]["paths"][0]["backend"] = {
        "service": {"name": "coderd", "port": {"number": 80}}
    }
    before["HTTPRoute", "edge", "gate"]["spec"]["rules"][0]["backendRefs"][0].update(name="coderd", port=80)
    for obj in (*before.values(), *server.objects.values()):
        del obj["metadata"]["resourceVersion"]
    assert json.dumps(list(server.objects.values())) == json.dumps(list(before.values()))
    # The look as above, a dry run of each, a patch of each, and each read back.
    assert len(server.requests) == 13 and len(server.writes) == 2
    assert result["diff"]["before"].splitlines() == [
        "Ingress coder/web spec.rules.0.http.paths.0.backend.service.name: cemanager",
        "Ingress coder/web spec.rules.0.http.paths.0.backend.service.port: 8080",
        "HTTPRoute edge/gate spec.rules.0.backendRefs.0.name: envproxy",
        "HTTPRoute edge/gate spec.rules.0.backendRefs.0.port: 8080",
    ]
    assert result["diff"]["after"].splitlines()[-1] == "HTTPRoute edge/gate spec.rules.0.backendRefs.0.port: 80"


def test_each_object_is_kept_first_and_can_be_applied_again(server, run) -> None:
    old = copy.deepcopy(server.of("Ingress", "web"))
    seen = []
    server.before_patch.append(lambda of: seen.append(len(os.listdir(Path(folder)))))
    folder = run(check_mode=True)["backups"][0].rpartition("/")[0]
    result = run()
    assert seen == [2, 2] and len(result["backups"]) == 2
    for path in map(Path, result["backups"]):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    kept = yaml.safe_load(Path(result["backups"][0]).read_text())
    assert kept == {
        "apiVersion": V1,
        "kind": "Ingress",
        "metadata": {"name": "web", "namespace": "coder", "annotations": SECRET},
        "spec": old["spec"],
    }
    assert Path(result["backups"][0]).name.startswith("ingress.coder.web.")


def test_a_second_run_has_nothing_to_do(server, run) -> None:
    run()
    result = run()
    assert not result["changed"] and result["routes"] == [
        row for row in result["routes"] if row["service"] is None and row["by_hand"]
    ]
    assert not any(line.startswith("PATCH") for line in server.requests)


def test_check_mode_writes_nothing_and_says_the_same(server, run, tmp_path) -> None:
    before = copy.deepcopy(server.objects)
    would = run(check_mode=True)
    assert server.objects == before and not server.writes and not (tmp_path / "kept").exists()
    assert sum("?dryRun" in line for line in server.requests) == 2
    did = run()
    assert {**would, "invocation": 0} == {**did, "invocation": 0}


def test_an_old_backup_of_another_state_stays(server, run) -> None:
    (first, *_others) = run(to_http_port=8080, to_https_port=8443)["backups"]
    kept = Path(first).read_text()
    (again, *_others) = run()["backups"]
    assert again != first and Path(first).read_text() == kept


def test_everything_that_is_in_the_way_is_told_at_once_and_nothing_is_written(server, run, tmp_path) -> None:
    server.put(ingress("argo", ("cemanager", 8080), annotations={"argocd.argoproj.io/tracking-id": "x"}))
    server.put(ingress("flux", ("cemanager", 8080), labels={"kustomize.toolkit.fluxcd.io/name": "x"}))
    server.put(ingress("helm", ("cemanager", 8080), **of_release("site")))
    server.put(ingress("odd", ("envproxy", 2222)))
    server.put(ingress("webhook", ("cemanager", 8080), annotations=dict(SECRET)))
    server.refuses["Ingress", "coder", "webhook"] = (422, {"message": "host is taken, hunter2 says"})
    server.forbidden.add(("patch", "httproutes", "edge"))
    before = copy.deepcopy(server.objects)
    result = run()
    assert result["failed"] and result["failure"]["code"] == "routes_refused"
    whys = {row["route"]: row["why"] for row in result["failure"]["details"]}
    assert list(whys) == [
        *(f"Ingress coder/{name}" for name in ("argo", "flux", "helm", "odd", "webhook")),
        "HTTPRoute edge/gate",
    ]
    for name, word in (("argo", "Argo CD"), ("flux", "Flux"), ("helm", "release site"), ("odd", "envproxy:2222")):
        assert word in whys[f"Ingress coder/{name}"] and word in result["msg"]
    assert "host is taken" in whys["Ingress coder/webhook"]
    assert whys["HTTPRoute edge/gate"] == 'User "jane" cannot patch httproutes'
    assert server.objects == before and not server.writes and not (tmp_path / "kept").exists()
    assert {**run(check_mode=True), "invocation": 0} == {**result, "invocation": 0}


def test_a_webhook_that_knows_no_dry_run_is_asked_in_earnest(server, run) -> None:
    server.refuses["Ingress", "coder", "web"] = (400, {"message": 'admission webhook "x" does not support dry run'})
    assert run()["changed"]


def test_after_a_kill_between_two_patches_the_second_run_does_the_rest(server, run) -> None:
    def kill(of):
        if of[0] == "HTTPRoute":
            raise KeyboardInterrupt

    server.before_patch.append(kill)
    with pytest.raises(KeyboardInterrupt):
        run()
    server.before_patch.clear()
    assert leads_to(server, "Ingress", "web")[0] == ("coderd", 80) and len(server.patches) == 1
    assert run()["rewritten"] == ["HTTPRoute edge/gate"] and len(server.patches) == 2
    assert leads_to(server, "HTTPRoute", "gate", "edge") == [("coderd", 80)]


def test_an_object_that_changed_meanwhile_is_not_overwritten(server, run) -> None:
    def somebody_writes(of):
        if of[0] == "HTTPRoute":
            server.of("HTTPRoute", "gate", "edge")["metadata"]["resourceVersion"] = "new"

    server.before_patch.append(somebody_writes)
    result = run()
    assert result["failed"] and result["changed"] and result["failure"]["code"] == "conflict"
    assert result["failure"]["details"] == {"rewritten": ["Ingress coder/web"], "left": ["HTTPRoute edge/gate"]}
    assert "Run again" in result["msg"] and "Rewritten: Ingress coder/web" in result["msg"]
    server.before_patch.clear()
    assert run()["rewritten"] == ["HTTPRoute edge/gate"]


def test_a_server_that_fails_at_the_first_patch(server, run) -> None:
    server.before_patch.append(lambda of: server.refuses.update({of: (500, {"message": "hunter2 is down"})}))
    result = run()
    assert result["failure"]["code"] == "server_error" and not result.get("changed") and not server.patches
    assert result["failure"]["details"]["rewritten"] == []


def test_what_a_controller_puts_back_is_found(server, run) -> None:
    old, answer = copy.deepcopy(server.of("Ingress", "web")), server._patch

    def put_back(of, patch, dry_run):
        done = answer(of, patch, dry_run)
        if of[2] == "web" and not dry_run:
            server.put(old)
        return done

    server._patch = put_back
    result = run()
    assert result["failure"]["code"] == "verify_failed" and result["changed"] and "Ingress coder/web" in result["msg"]


@pytest.mark.parametrize("uid", ["uid-1", "uid-2"])
def test_another_cluster_than_the_pinned_one_is_not_written_to(server, run, uid, tmp_path) -> None:
    result = run(uid=uid)
    assert bool(result.get("failed")) == (uid == "uid-2")
    if result.get("failed"):
        assert result["failure"]["code"] == "cluster_mismatch" and not (tmp_path / "kept").exists()
        assert not any(line.startswith("PATCH") for line in server.requests)


def test_routes_that_cannot_be_seen(server, run) -> None:
    for plural in ("ingresses", "httproutes"):
        server.forbidden |= {("list", plural, None), ("list", plural, "coder")}
    result = run(rewrite=False)
    assert result["routes"] is None and len(result["problems"]) == 2 == len(result["warnings"])
    assert run()["failure"]["code"] == "forbidden"


def test_only_the_own_namespace_is_rewritten_where_no_other_may_be_read(server, run) -> None:
    server.forbidden.add(("list", "httproutes", None))
    result = run()
    assert result["rewritten"] == ["Ingress coder/web"] and len(result["problems"]) == 1
    assert "in namespace coder alone" in result["warnings"][0]


def test_what_is_left_to_people_is_said(run) -> None:
    annotations = {"x/snippet": "http://cemanager", "kubectl.kubernetes.io/last-applied-configuration": "{}"}
    run.server = ApiServer(ingress("web", ("cemanager", 8080), annotations=annotations))
    assert run()["warnings"] == [
        "Ingress coder/web: annotation x/snippet names cemanager",
        "Made with kubectl apply, which puts the old backends back from its files: Ingress coder/web.",
        "There is no Service coderd in namespace coder: until it is there users get errors.",
    ]
    # Told again as long as it is so, but nothing is left to be written.
    again = run()
    assert not again["changed"] and again["warnings"] == ["Ingress coder/web: annotation x/snippet names cemanager"]


def test_a_folder_that_cannot_be_written(server, run, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    for check_mode in (True, False):
        result = run(check_mode, backup_dir=str(tmp_path / "file" / "below"))
        assert result["failure"]["code"] == "invalid" and not server.writes


@pytest.mark.parametrize("folder", [None, ""])
def test_rewriting_needs_a_folder(server, run, folder) -> None:
    result = run(backup_dir=folder)
    assert (result["failure"]["code"], result["failure"]["where"]) == ("invalid", "option backup_dir")
    assert server.requests == []


def test_documentation_and_options_say_the_same() -> None:
    documented = yaml.safe_load(coder_ingress.DOCUMENTATION)["options"]
    own = {name: spec for name, spec in coder_ingress.ARGUMENTS.items() if name not in CLUSTER_AUTH}
    assert list(documented) == list(own)
    for name, spec in own.items():
        assert {key: documented[name].get(key) for key in ("type", "default", "required")} == {
            key: spec.get(key) for key in ("type", "default", "required")
        }
    assert set(yaml.safe_load(coder_ingress.RETURN)["routes"]["contains"]) == ROW
    assert [len(task) for task in yaml.safe_load(coder_ingress.EXAMPLES)] == [2, 2]


def test_as_a_process_it_answers_the_same(server, run, monkeypatch, capsys) -> None:
    in_worker = run(rewrite=False, backup_dir=None)
    monkeypatch.setattr(coder_ingress, "cluster_from_params", lambda _params: server.cluster())
    with patch_module_args({**NEXT, "_ansible_check_mode": False}), pytest.raises(SystemExit):
        coder_ingress.main()
    as_process = json.loads(capsys.readouterr().out)
    assert {key: as_process[key] for key in in_worker if key != "invocation"} == {
        key: value for key, value in in_worker.items() if key != "invocation"
    }

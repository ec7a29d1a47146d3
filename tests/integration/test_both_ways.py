# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every module both ways on a real cluster: as a process, and in Ansible's own worker. The answers are the same.

Unit tests compare the two in every case of each module (tests/unit/plugins/modules); here Ansible itself is in between.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml
from region_lab import RegionLab

MODULES = sorted(path.stem for path in (Path(__file__).resolve().parents[2] / "plugins" / "modules").glob("*.py"))
#: Which way a task goes is decided by whether it wants an environment of its own.
WAYS = {"process": {"WHICH_WAY": "process"}, "worker": {}}
#: What no two runs agree in.
MEASURED = {
    *("renewed", "since", "server_time", "p50_ms", "p95_ms"),
    # What the lab's Coder says of a workspace moves on with its clock.
    *("last_connection_at", "last_opened_at", "last_online", "time"),
}
THIS_RUN = {"host": "ops-1", "pid": "4711", "since": "2026-03-02T12:00:00Z"}


class Case(NamedTuple):
    module: str
    what: str
    options: dict[str, Any]
    fails: bool = False
    check_mode: bool = True


def cases(lab: RegionLab) -> list[Case]:
    release = {"name": "coder-workspace-provider", "namespace": "coder"}
    backups = str(lab.state / "backups" / "both-ways")
    satellite = {"name": "frankfurt", "satellite_url": lab.description["regions"]["frankfurt"]["satellite_url"]}
    helm = {"helm_binary": lab.description["programs"]["helm"]}
    primary = lab.clusters["primary"]
    main = {"kubeconfig": primary["kubeconfig"], "context": "primary", "namespace": "coder"}
    routes = {"to_service": "coderd", "to_http_port": 80, "to_https_port": 443}
    update = {**main, "version": "1.21.7", "values_file": str(lab.state / "coder-values.yaml"), **helm}
    # Whoever gives the URL does not mean the variables of the site.
    update |= {"url": lab.description["coder"]["url"]}
    nowhere = {"url": "https://127.0.0.1:1", "timeout": 2}
    charts = lab.description["charts"]
    chart = {"chart_ref": charts["workspace-provider-keep"], "chart_version": "1.21.4", "values_files": [_values(lab)]}
    staying = {"keep": [{"kind": "ServiceAccount", "name": "coder"}]}
    saved = {"path": _backup(lab)}
    return [
        Case("coder_backup_restore", "what is there", saved),
        Case("coder_backup_restore", "no such file", {"path": "/nowhere/backup.json"}, fails=True),
        Case("coder_deployment_info", "of the main deployment", main),
        Case("coder_deployment_info", "there is none", {**main, "release": "none"}),
        Case("coder_deployment_step", "the values", {**update, "step": "values"}),
        Case(
            "coder_deployment_step",
            "no step of the path",
            {**update, "step": "upgrade", "version": "1.20.0"},
            fails=True,
        ),
        Case("coder_endpoint_info", "it answers", {"samples": 1}),
        Case("coder_info", "it answers", {}),
        Case("coder_info", "nobody answers", nowhere, fails=True),
        Case("coder_ingress", "looked for", {**main, **routes}),
        Case("coder_ingress", "without a folder", {**main, **routes, "rewrite": True}, fails=True),
        Case("coder_lock", "taken", {"namespace": "coder", "run": THIS_RUN}),
        Case("coder_lock", "an option is missing", {"namespace": "coder"}, fails=True),
        Case("coder_provider", "cordoned", {"name": "frankfurt-1", "cordoned": True}),
        Case("coder_provider", "half of what it takes", {"name": "x", "hostname": "x.example.com"}, fails=True),
        Case("coder_provider_info", "all", {}),
        Case("coder_provider_info", "one that is not there", {"name": "perth-1"}, fails=True),
        Case("coder_region_info", "of the host", {}),
        Case("coder_region_step", "of the host", {"goal": "migrate", "step": "deploy_satellite"}),
        Case("coder_region_step", "out of reach", {"goal": "retire", "step": "uninstall"}, fails=True),
        Case("coder_rights_info", "of the host", {}),
        Case("coder_satellite", "registered", {**satellite, "trust_on_first_use": True}, fails=True),
        Case("coder_satellite", "no key at all", satellite, fails=True),
        Case("coder_satellite_info", "all", {}),
        Case("coder_values", "exported", {**main, "path": str(lab.state / "coder-values.yaml"), "version": "1.21.7"}),
        Case("coder_values", "no whole version", {"namespace": "coder", "path": "x", "version": "1.21"}, fails=True),
        Case("coder_workspace_info", "of a provider", {"provider": "frankfurt-1"}),
        Case("coder_workspace_rebuild", "one", {"provider": "frankfurt-1", "canary_only": True}),
        Case("coder_workspace_rebuild", "of nobody", {"provider": "frankfurt-1", "only": ["nobody"]}, fails=True),
        Case("helm_release_backup", "written", {**release, "directory": backups}),
        Case("helm_release_backup", "not there", {**release, "name": "none", "directory": backups}, fails=True),
        Case("helm_release_info", "of a release", {**release, **helm}),
        Case("helm_release_info", "not there", {**release, **helm, "name": "none"}),
        Case("helm_release_keep", "sealed", {**release, **helm, "objects": staying["keep"]}),
        Case("helm_release_repair", "that is well", {**release, **helm}),
        Case("helm_release_repair", "of another chart", {**release, **helm, "chart_ref": charts["coder"]}, fails=True),
        Case("helm_release_restore", "what is there", saved),
        Case("helm_release_restore", "not in it", {**saved, "objects": ["Secret/none"]}, fails=True),
        Case("helm_release_uninstall", "not sealed", {**release, **helm, **staying}, fails=True),
        Case("helm_release_uninstall", "an option nobody knows", {**release, "force": True, **staying}, fails=True),
        Case("helm_release_upgrade", "to the next chart", {**release, **helm, **chart}),
        Case("helm_release_upgrade", "to another chart", {**release, **helm, "chart_ref": charts["coder"]}, fails=True),
    ]


def _backup(lab: RegionLab) -> str:
    """A backup with one object, which is there."""
    path = lab.state / "both-ways-backup.json"
    account = json.loads(lab.kubectl("frankfurt-1", "get", "serviceaccount", "coder", "--output", "json"))
    path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": [account]}))
    return str(path)


def _values(lab: RegionLab) -> str:
    """A file with the release's own values."""
    path = lab.state / "both-ways-values.yaml"
    path.write_text(lab.helm("frankfurt-1", "get", "values", "coder-workspace-provider", "--output", "yaml"))
    return str(path)


def played(found: list[Case], file: Path) -> list[dict[str, Any]]:
    """A play that does each case both ways, one after the other, and writes down what was answered."""
    tasks: list[dict[str, Any]] = []
    for number, case in enumerate(found):
        tasks += [
            {
                "name": f"{case.module}: {case.what} ({way})",
                f"coder.classic.{case.module}": case.options,
                "check_mode": case.check_mode,
                "ignore_errors": True,
                "environment": environment,
                "register": f"answer_{number}_{way}",
            }
            for way, environment in WAYS.items()
        ]
    answers = {f"{n} {way}": f"{{{{ answer_{n}_{way} }}}}" for n in range(len(found)) for way in WAYS}
    write = {"content": "{{ answers | to_json }}", "dest": str(file), "mode": "0600"}
    tasks.append({"name": "Write down", "ansible.builtin.copy": write, "vars": {"answers": answers}, "diff": False})
    of_coder = {"url": "{{ coder_url }}", "token": "{{ lookup('ansible.builtin.env', 'CODER_TOKEN') }}"}
    of_cluster = {"kubeconfig": "{{ coder_provider_kubeconfig }}", "context": "{{ coder_provider_context }}"}
    defaults = {
        "group/coder.classic.coder": {**of_coder, "ca_path": "{{ coder_ca_path }}"},
        "group/coder.classic.cluster": of_cluster,
    }
    return [{"hosts": "frankfurt-1", "gather_facts": False, "module_defaults": defaults, "tasks": tasks}]


@pytest.fixture(scope="module")
def answers(region_lab: RegionLab, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Case, Any, Any]]:
    """Each case with the answers of both ways."""
    region_lab.begin("fresh")
    folder, found = tmp_path_factory.mktemp("both-ways"), cases(region_lab)
    playbook, file = folder / "play.yml", folder / "answers.json"
    playbook.write_text(yaml.safe_dump(played(found, file), sort_keys=False))
    region_lab.play(str(playbook), "--diff", limit="frankfurt-1").must_end_well()
    region_lab.assert_nothing_written()
    answered = json.loads(file.read_text())
    return [(case, answered[f"{n} process"], answered[f"{n} worker"]) for n, case in enumerate(found)]


def timeless(answer: Any) -> Any:
    if isinstance(answer, dict):
        return {key: timeless(value) for key, value in answer.items() if key not in MEASURED}
    return [timeless(row) for row in answer] if isinstance(answer, list) else answer


def test_every_module_is_among_them(answers) -> None:
    assert sorted({case.module for case, _process, _worker in answers}) == MODULES


def test_the_process_and_the_worker_answer_the_same(answers) -> None:
    for case, process, worker in answers:
        assert timeless(process) == timeless(worker), case


def test_each_did_or_failed_as_it_should(answers) -> None:
    for case, process, _worker in answers:
        assert process["failed"] is case.fails, (case, process.get("msg"))
    changed = {case.module for case, process, _worker in answers if process.get("changed")}
    assert {"coder_lock", "coder_provider", "coder_region_step", "helm_release_keep"} <= changed
    assert all(
        process["diff"] for case, process, _worker in answers if case.module == "coder_provider" and not case.fails
    )


def test_the_two_ways_were_two(region_lab: RegionLab, tmp_path: Path) -> None:
    """Only a process of its own has the environment that the task asks for."""
    task = {
        "coder.classic.coder_info": {"token": "some-token", "timeout": 2},
        "ignore_errors": True,
        "register": "answer",
    }
    for environment, said in (
        ({"CODER_URL": "https://127.0.0.1:1"}, "127.0.0.1:1"),
        ({}, "missing required arguments: url"),
    ):
        playbook = tmp_path / "play.yml"
        playbook.write_text(
            yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": [{**task, "environment": environment}]}])
        )
        assert said in region_lab.play(str(playbook), limit="frankfurt-1").must_end_well().text

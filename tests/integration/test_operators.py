# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a person gets wrong, or finds in a real deployment, ends in words that lead on, and never in a false success."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from site_runs import CHECKOUT, SITE, Run, finished

LIVE = "frankfurt-1"
CONSENT = {"coder_confirm_rebuild": "frankfurt"}


@pytest.fixture(scope="module")
def envproxy(region_lab):
    region_lab.begin("fresh")
    return region_lab


@pytest.fixture
def untouched(envproxy):
    """A lab in which every region is in phase envproxy, and in which nothing may be written.

    What uses it stands before what uses ``fresh`` and changes something.
    """
    envproxy.forget()
    yield envproxy
    envproxy.assert_nothing_written()


# -- which regions are meant --------------------------------------------------------------------------------------


@pytest.mark.parametrize("playbook", ["migrate_region.yml", "status.yml"])
def test_a_site_whose_configuration_is_ignored_is_no_success(untouched, tmp_path, playbook):
    site = Path(shutil.copytree(SITE, tmp_path / "site"))
    shutil.copytree(untouched.operator.inventory, site / "inventory", dirs_exist_ok=True)
    site.chmod(0o777)
    done = subprocess.run(
        [Path(sys.executable).with_name("ansible-playbook"), playbook, "-l", "frankfurt"],
        cwd=site, env=untouched.operator.environment(os.environ), timeout=120, check=False,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    finished(done.returncode, done.stdout).must_fail(
        "everybody can write to", "Where", "Untouched", "Next", "chmod o-w"
    )


@pytest.mark.parametrize(
    ("limit", "meant"), [("sydney[0:1]", ["sydney-1", "sydney-2"]), ("coder_regions[1:]", ["sydney-2", "frankfurt-1"])]
)
def test_every_form_of_a_limit_that_ansible_knows_is_taken(untouched, limit, meant):
    run = untouched.play("status.yml", limit=limit, coder_status_format="json").must_end_well()
    assert [one["provider"]["name"] for one in told(run)] == meant


def told(run: Run) -> list[dict[str, Any]]:
    (line,) = [line for line in run.output.splitlines() if line.startswith('{"')]
    return json.loads(line)["regions"]


def test_an_empty_limit_is_refused_for_what_it_is(untouched):
    untouched.play("status.yml", limit="").must_fail("The limit is empty", "Where", "Untouched", "Next")


# -- what is told, and when it is a failure -----------------------------------------------------------------------


def test_what_only_needs_consent_is_said_and_is_no_failure_where_nothing_changes(untouched):
    run = untouched.play("preflight.yml", limit="all:!coder_primary").must_end_well()
    for region, provider in (("sydney", "sydney-1"), ("sydney", "sydney-2"), ("frankfurt", LIVE)):
        assert f"{provider}, needs consent before it is done" in run.text
        assert f"coder_confirm_rebuild={region}" in run.text


def test_whoever_does_not_answer_is_named_in_words_and_in_bounded_time(untouched):
    untouched.fault(listener="primary", kind="stall", seconds=600)
    untouched.lab.freeze(f"{LIVE}/kube-apiserver")
    started = time.monotonic()
    try:
        run = untouched.play("status.yml", limit="frankfurt")
    finally:
        untouched.lab.thaw()
        untouched.lab.control("DELETE", "/faults")
    assert time.monotonic() - started < 120
    assert f"context {LIVE} ({untouched.clusters[LIVE]['server']})" in run.text
    assert untouched.description["coder"]["url"] in run.text
    assert "Empty" not in run.output and "Traceback" not in run.output


# -- an inventory of three regions, from docs/inventory.md alone --------------------------------------------------


def test_the_inventory_of_the_documentation_runs(untouched, tmp_path):
    inventory, kubeconfig = as_documented(untouched)
    folder = untouched.state / "inventory-as-documented"
    folder.mkdir(exist_ok=True)
    (folder / "hosts.yml").write_text(yaml.safe_dump(inventory, sort_keys=False))
    (tmp_path / "kubeconfig").write_text(yaml.safe_dump(kubeconfig))
    programs = Path(untouched.description["programs"]["helm"]).parent
    environment = {"KUBECONFIG": str(tmp_path / "kubeconfig"), "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}"}
    operator = replace(untouched.operator, inventory=folder, more=environment)
    status = operator.play("status.yml", coder_status_format="json").must_end_well()
    assert [(one["region"], one["phase"]) for one in told(status)] == [
        ("sydney", "envproxy"), ("frankfurt", "envproxy"), ("dallas", "envproxy")
    ]  # fmt: skip
    operator.play("preflight.yml").must_end_well()


def as_documented(lab) -> tuple[dict[str, Any], dict[str, Any]]:
    """The whole inventory of the documentation, and the kubeconfig with its contexts.

    Only what a person fills in is another. The lab has three providers: dallas takes the second one of sydney.
    """
    text = (CHECKOUT / "docs" / "inventory.md").read_text()
    inventory = yaml.safe_load(text.split("```yaml\n")[1].split("```")[0])
    everywhere, regions = inventory["all"]["vars"], inventory["all"]["children"]["coder_regions"]["children"]
    assert {name: len(its["vars"]) for name, its in regions.items()} == dict.fromkeys(regions, 4)
    assert {len(host) for its in regions.values() for host in its["hosts"].values()} == {2}
    regions["dallas"]["hosts"] = {"sydney-2": regions["dallas"]["hosts"]["dallas-1"]}
    del regions["sydney"]["hosts"]["sydney-2"]
    everywhere |= {"coder_url": lab.description["coder"]["url"], "coder_ca_path": lab.description["ca_path"]}
    contexts = {everywhere["coder_primary_context"]: "primary"}
    for name, its in regions.items():
        ((cluster, host),) = its["hosts"].items()
        contexts[host["coder_provider_context"]] = cluster
        host["coder_provider_cluster_uid"] = its["vars"]["coder_satellite_cluster_uid"] = lab.clusters[cluster]["uid"]
        known = lab.description["regions"].get(name, {"satellite_url": "https://127.0.0.1:1"})
        its["vars"]["coder_satellite_url"] = known["satellite_url"]
    whole: dict[str, Any] = {"apiVersion": "v1", "kind": "Config", "clusters": [], "users": [], "contexts": []}
    for context, cluster in contexts.items():
        one = yaml.safe_load(Path(lab.clusters[cluster]["kubeconfig"]).read_text())
        whole["clusters"] += one["clusters"]
        whole["users"].append({**one["users"][0], "name": cluster})
        whole["contexts"].append({"name": context, "context": {"cluster": cluster, "user": cluster}})
    return inventory, whole


# -- what stands in the way -----------------------------------------------------------------------------------------


def test_blockers_and_consents_and_the_place_for_backups_are_one_list(fresh):
    key = "meta.helm.sh/release-name"
    fresh.kubectl(LIVE, "annotate", "serviceaccount", "coder", "--overwrite", f"{key}=coder")
    # A job of AWX, whose container ends with it.
    run = fresh.operator.play("preflight.yml", limit="frankfurt", awx_job_id="7")
    run.must_fail(
        "[owned_by_other_release]", "[no_backup_place]", "coder_confirm_rebuild=frankfurt", "Untouched", "Next"
    )
    fresh.assert_nothing_written()


def test_a_namespace_that_is_being_deleted_is_refused_before_anything_is_written(fresh):
    hold = {"metadata": {"finalizers": ["lab.invalid/hold"]}}
    fresh.kubectl(LIVE, "create", "namespace", "coder-satellite")
    fresh.kubectl(LIVE, "-n", "coder-satellite", "create", "configmap", "held")
    fresh.kubectl(LIVE, "-n", "coder-satellite", "patch", "configmap", "held", "--type=merge", "-p", json.dumps(hold))
    fresh.kubectl(LIVE, "delete", "namespace", "coder-satellite", "--wait=false")
    run = fresh.play("migrate_region.yml", limit="frankfurt", **CONSENT)
    run.must_fail("[namespace_terminating]", "coder-satellite", "is being deleted", "Untouched", "Next")
    fresh.assert_nothing_written()


# -- what a real deployment does ----------------------------------------------------------------------------------


def test_numbers_that_helm_stores_in_another_way_are_no_change(fresh):
    # 1e3 is a text to Ansible; what goes to helm is JSON, where it stays one.
    numbers = {"float": 1.0, "exponent": "1e3", "long": 1234567890123456789}
    values = {"coder_satellite_values": {"lab": numbers}}
    operator = replace(fresh.operator, inventory=fresh.inventory_with("frankfurt", values))
    assert "float: 1.0\n" in (text := (operator.inventory / "group_vars" / "frankfurt.yml").read_text())
    assert "exponent: 1e3\n" in text
    variables = {"limit": "frankfurt", "coder_backup_dir": fresh.state / "backups"}
    steps = "migrate/deploy_satellite,migrate/await_satellite"
    stage = str(Path(__file__).with_name("stage.yml"))
    operator.play(stage, stage_steps=steps, **variables).must_end_well()
    stored = json.loads(fresh.helm(LIVE, "get", "values", "coder-satellite", "-n", "coder-satellite", "-o", "json"))
    assert stored["lab"] == {"float": 1, "exponent": "1e3", "long": 1234567890123456800}
    (region,) = told(operator.play("status.yml", coder_status_format="json", **variables).must_end_well())
    assert region["phase"] == "satellite_up"
    assert not {"deploy_satellite", "upgrade_satellite"} & {step["step"] for step in region["plan"]["migrate"]}


def test_pods_of_envproxy_that_still_end_after_a_chart_without_it_are_seen(fresh):
    pods = fresh.kubectl(LIVE, "get", "pods", "-l", "app=envproxy", "-o", "name").split()
    # As long as somebody's session is open.
    hold = json.dumps({"metadata": {"finalizers": ["lab.invalid/session"]}})
    for pod in pods:
        fresh.kubectl(LIVE, "patch", pod, "--type=merge", "-p", hold)
    fresh.upgrade_provider_chart(LIVE, "workspace-provider-keep-no-envproxy")
    envproxy = fresh.look(LIVE)["envproxy"]
    assert envproxy["exists"] is False
    assert {f"pod/{pod['name']}" for pod in envproxy["terminating"]} == set(pods)
    assert envproxy["off"] is False


def test_a_migration_passes_whatever_a_cordon_does_to_the_status_and_says_what_it_did_and_where(fresh):
    fresh.lab.control("PATCH", "/settings", {"cordoned_status": "cordoned"})
    run = fresh.play("migrate_region.yml", limit="frankfurt", **CONSENT).must_end_well()
    provider = fresh.provider(LIVE)
    assert (provider["status"], provider["cordoned"], provider["enable_net_v2"]) == ("ready", False, True)
    # Of the three of the plan Coder itself rebuilds the two that run.
    assert "rebuild 3 workspaces" in run.text and "1/1 rebuilt" in run.text
    said = run.text.partition("Already rebuilt since the switch")[2]
    assert "frankfurt-1-live" in said and "frankfurt-1-idle" in said
    (backup,) = (fresh.state / "backups" / "frankfurt" / "satellite").glob("*.json")
    assert str(backup) in run.text

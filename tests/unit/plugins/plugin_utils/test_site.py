# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import stat
import tempfile

import pytest
from ansible.errors import AnsibleError
from ansible.module_utils.common.arg_spec import ModuleArgumentSpecValidator

from ansible_collections.coder.classic.plugins.module_utils._arguments import REGION
from ansible_collections.coder.classic.plugins.module_utils._site.variables import BY_NAME
from ansible_collections.coder.classic.plugins.plugin_utils import run_memory, site

GROUPS = {
    "all": ["coder_primary", "sydney-1", "sydney-2", "perth-1"],
    "coder_regions": ["sydney-1", "sydney-2", "perth-1"],
    "sydney": ["sydney-1", "sydney-2"],
    "perth": ["perth-1"],
}
COMMON = {"coder_url": "https://coder.test", "coder_token": "very-secret"}
SECRET_VALUES = {"coderd": {"env": "hide-me"}}


def variables(host="sydney-1", **more):
    """A task's variables for that host; what is given is an extra variable, which every host has."""
    of = {}
    for name in GROUPS["coder_regions"]:
        region = name.rpartition("-")[0]
        of[name] = {
            **COMMON,
            "inventory_hostname": name,
            "group_names": ["coder_regions", region],
            "groups": GROUPS,
            "coder_satellite_url": f"https://{region}.coder.test",
            "coder_provider_context": name,
            "inventory_dir": "/srv/site/inventory",
            **more,
        }
    return {**of[host], "hostvars": of}


def of_host(template=lambda value: value, **more):
    return in_new_run(variables(**more), template)


def in_new_run(of, template=lambda value: value):
    with tempfile.TemporaryDirectory() as folder:
        return site.of_host(of, template, folder)


def codes(found):
    return [entry["code"] for entry in found.wrong]


def test_a_few_lines_are_a_region_and_every_option_is_one_that_the_modules_take():
    found = of_host()
    assert (found.wrong, [entry["code"] for entry in found.said]) == ([], ["unpinned_cluster"])
    options = found.options
    assert {key: options[key] for key in ("region", "provider", "release", "namespace", "backup_dir")} == {
        "region": "sydney",
        "provider": "sydney-1",
        "release": "coder-workspace-provider",
        "namespace": "coder",
        "backup_dir": "/srv/site/backups",
    }
    assert options["satellite"]["name"] == "sydney" and options["satellite"]["namespace"] == "coder-satellite"
    assert options["other_providers"] == ["sydney-2"] and "primary" not in options and "cluster_uid" not in options
    assert options["cordon_reason"] == "Region sydney is being migrated"
    assert set(options) <= set(REGION) and set(options["satellite"]) <= set(REGION["satellite"]["options"])
    assert {*site.OPTIONS.values(), *site.SATELLITE.values(), *site.PRIMARY.values(), *site.OF_OTHERS} <= set(BY_NAME)
    assert set(site.PRIMARY) <= set(REGION["primary"]["options"])
    # The modules' own defaults are the same, wherever both have one.
    both = {option: BY_NAME[name].default for option, name in site.OPTIONS.items() if BY_NAME[name].default is not None}
    assert {option: REGION[option].get("default", default) for option, default in both.items()} == both


def test_values_that_may_be_secret_are_no_options():
    found = of_host(coder_satellite_values=SECRET_VALUES)
    assert found.values["coder_satellite_values"] == SECRET_VALUES
    assert "hide-me" not in json.dumps(found.options)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"coder_rebuild_parallel": 0}, ["invalid_variable"]),
        ({"coder_soak_seconds": "-1"}, ["invalid_variable"]),
        ({"coder_provider_cluster_uid": ""}, ["invalid_variable"]),
        ({"coder_confirm_retire": "true"}, ["invalid_variable"]),
        ({"coder_confirm_retire": "sydeny"}, ["invalid_variable"]),
        ({"coder_url": None, "coder_satellite_url": None}, ["missing_variable", "missing_variable"]),
        # What was proved of one region would be consented to for another.
        ({"coder_region": "perth"}, ["wrong_region"]),
        ({"coder_region": "nowhere"}, ["wrong_region"]),
        ({"coder_provider_name": "sydney-1"}, ["same_provider"]),
        ({"coder_provider_cluster_uid": "one"}, ["same_cluster"]),
        ({"coder_provider_kubeconfig": "/k", "coder_provider_context": "one"}, ["same_cluster"]),
        ({"ansible_limit": ""}, ["wrong_limit"]),
        ({"ansible_limit": "sydney,nowhere"}, ["wrong_limit"]),
        ({"ansible_limit": "sydney[0:1]"}, []),
        # What was looked at is no variable that anybody could give.
        ({"region_look": {"region": {"cluster": {"uid": "one"}}}}, []),
    ],
)
def test_what_is_wrong_with_the_variables_is_found_before_anything_is_looked_at(more, expected):
    assert codes(of_host(**more)) == expected


def test_consents_are_lists_however_they_are_written():
    for text in ("sydney, perth", "[sydney, perth]", ["sydney", "perth"]):
        assert of_host(coder_confirm_retire=text).options["confirm_retire"] == ["sydney", "perth"]
    found = of_host(coder_confirm_retre="sydney")
    assert codes(found) == [] and found.options["confirm_retire"] == []
    assert "write coder_confirm_retire" in found.said[0]["next"]


def test_each_variable_is_templated_and_nothing_else_is():
    templated = []
    of_host(template=lambda value: templated.append(value) or value, coder_unknown="{{ x }}", other="{{ y }}")
    assert "https://coder.test" in templated and not {"{{ x }}", "{{ y }}"} & set(map(str, templated))


def test_the_clusters_that_this_run_looked_at_first_stay_the_ones(tmp_path):
    for uid in (None, "seen", "other"):
        run_memory.note_seen(str(tmp_path), "sydney-1", {"cluster": {"uid": uid}, "satellite": {"cluster_uid": uid}})
    options = site.of_host(variables(), lambda value: value, str(tmp_path)).options
    assert (options["cluster_uid"], options["satellite"]["cluster_uid"]) == ("seen", "seen")
    pinned = variables(coder_provider_cluster_uid="pinned", coder_satellite_cluster_uid="pinned-too")
    options = site.of_host(pinned, lambda value: value, str(tmp_path)).options
    assert (options["cluster_uid"], options["satellite"]["cluster_uid"]) == ("pinned", "pinned-too")
    assert "cluster_uid" not in site.of_host(variables("sydney-2"), lambda value: value, str(tmp_path)).options


def test_a_cluster_that_another_host_was_seen_to_be_is_a_twin_in_this_run(tmp_path):
    for host in ("sydney-1", "perth-1"):
        run_memory.note_seen(str(tmp_path), host, {"cluster": {"uid": "the same"}})
    assert codes(site.of_host(variables(), lambda value: value, str(tmp_path))) == ["same_cluster"]


def test_the_other_hosts_are_read_once_a_run(tmp_path):
    read = []

    class Hosts(dict):
        def __getitem__(self, name):
            read.append(name)
            return super().__getitem__(name)

    for host in GROUPS["coder_regions"]:
        of = variables(host)
        site.of_host({**of, "hostvars": Hosts(of["hostvars"])}, lambda value: value, str(tmp_path))
    assert read == GROUPS["coder_regions"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_what_another_host_says_and_nobody_can_evaluate_is_told_when_it_is_its_turn():
    class Lazy(dict):
        def __getitem__(self, name):
            if name == "coder_provider_context":
                raise AnsibleError("'nowhere' is undefined")
            return super().__getitem__(name)

    of = variables()
    of["hostvars"]["sydney-2"] = Lazy(of["hostvars"]["sydney-2"])
    assert in_new_run(of).wrong == []


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, "/srv/site/backups"),
        ({"awx_job_id": 1}, None),
        ({"tower_job_id": 1}, None),
        ({"awx_job_id": 1, "coder_backup_dir": "/mnt/b"}, "/mnt/b"),
        ({"inventory_dir": None, "playbook_dir": "/srv/site/playbooks"}, "/srv/site/backups"),
    ],
)
def test_backups_lie_beside_the_inventory_but_never_in_a_container_of_awx(more, expected):
    assert of_host(**more).options.get("backup_dir") == expected


@pytest.mark.parametrize("given", [{"coder_primary_context": "ops"}, {"coder_primary_kubeconfig": "/k"}])
def test_the_main_deployment_s_cluster_is_known_where_the_site_says_how_to_get_there(given):
    primary = of_host(**given).options["primary"]
    assert primary["namespace"] == "coder" and set(given.values()) < set(primary.values())
    assert "primary" not in of_host(coder_primary_namespace="ops").options


def test_a_region_that_cannot_be_looked_at_is_told_in_the_shape_of_one_that_can():
    region = site.blank(of_host(coder_rebuild_parallel=0, coder_confirm_retre="x"))
    assert (region["region"], region["phase"], region["provider"]["name"]) == ("sydney", "unknown", "sydney-1")
    assert [entry["code"] for entry in region["blockers"]] == ["invalid_variable"]
    assert region["warnings"] and set(region["plan"]) == set(region["consents"]) == {
        "migrate",
        "retire",
        "rollback",
        "update",
    }
    assert site.blank(of_host(coder_region="nowhere", coder_provider_name=7))["provider"]["name"] == "?"


@pytest.mark.parametrize("value", ["", " ", 1.5, [1], {"a": 1}, True, "line\nbreak", "x" * 300])
@pytest.mark.parametrize("name", sorted({*site.OPTIONS.values(), *site.SATELLITE.values(), *site.PRIMARY.values()}))
def test_a_module_is_never_called_without_what_it_demands_so_that_what_is_wrong_is_said_in_our_words(
    name, value, monkeypatch
):
    monkeypatch.delenv("CODER_TOKEN", raising=False)
    monkeypatch.delenv("CODER_URL", raising=False)
    found = of_host(**{"coder_primary_context": "main", name: value})
    if found.wrong and not site.can_be_looked_at(found):
        return
    assert ModuleArgumentSpecValidator(REGION).validate(found.options).error_messages == []

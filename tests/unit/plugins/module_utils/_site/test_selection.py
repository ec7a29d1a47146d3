# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest
from ansible.inventory.manager import InventoryManager, split_host_pattern
from ansible.parsing.dataloader import DataLoader

from ansible_collections.coder.classic.plugins.module_utils._site import host_patterns, selection

GROUPS = {
    "all": ["coder_primary", "sydney-1", "sydney-2", "frankfurt-1"],
    "ungrouped": ["coder_primary"],
    "coder_regions": ["sydney-1", "sydney-2", "frankfurt-1"],
    "sydney": ["sydney-1", "sydney-2"],
    "frankfurt": ["frankfurt-1"],
    "empty": [],
    "other": ["coder_primary", "sydney-1"],
}
HOSTS = GROUPS["all"]

RIGHT = {
    "sydney": ["sydney-1", "sydney-2"],
    "sydney-1": ["sydney-1"],
    "sydney[0]": ["sydney-1"],
    "sydney[-1]": ["sydney-2"],
    "sydney[0:1]": ["sydney-1", "sydney-2"],
    "sydney[1:]": ["sydney-2"],
    "coder_regions[1:]": ["sydney-2", "frankfurt-1"],
    "coder_regions[0:0]": ["sydney-1"],
    "coder_regions": ["sydney-1", "sydney-2", "frankfurt-1"],
    "all": ["sydney-1", "sydney-2", "frankfurt-1"],
    "*": ["sydney-1", "sydney-2", "frankfurt-1"],
    "all:!coder_primary": ["sydney-1", "sydney-2", "frankfurt-1"],
    "all,!sydney": ["frankfurt-1"],
    "!sydney": ["frankfurt-1"],
    "~syd.*": ["sydney-1", "sydney-2"],
    "syd*": ["sydney-1", "sydney-2"],
    "*-1": ["sydney-1", "frankfurt-1"],
    "sydney,frankfurt": ["sydney-1", "sydney-2", "frankfurt-1"],
    "sydney:frankfurt": ["sydney-1", "sydney-2", "frankfurt-1"],
    " sydney , frankfurt ": ["sydney-1", "sydney-2", "frankfurt-1"],
    "sydney:&coder_regions": ["sydney-1", "sydney-2"],
    "&sydney": ["sydney-1", "sydney-2"],
    "coder_regions:!sydney-1": ["sydney-2", "frankfurt-1"],
    "sydney:&all": ["sydney-1", "sydney-2"],
    "other:&sydney": ["sydney-1"],
    "other:!coder_primary": ["sydney-1"],
}
UNKNOWN = {
    "sidney": "sidney",
    "sydney,sidney": "sidney",
    "all:!sidney": "sidney",
    "sydney:&sidney": "sidney",
    "sydney:frankfort": "frankfort",
    "sydney,nobody*": "nobody*",
    "~xyz": "~xyz",
    "sydney[5]": "sydney[5]",
    "localhost": "localhost",
    "empty": "empty",
    "~(": "~(",
}
STRANGERS = ["coder_primary", "sydney,coder_primary", "ungrouped", "other", "all[0]", "~.*", "*primary"]
NOBODY = ["sydney:!sydney", "sydney:&frankfurt", "all:&ungrouped", "!coder_regions"]


def problem(limit, **others):
    return selection.problem(limit, GROUPS, HOSTS, **others)


@pytest.mark.parametrize("limit", [None, *RIGHT, "@limit.txt", "@limit.txt,sydney"])
def test_what_selects_providers_only_is_right(limit):
    assert problem(limit) is None


@pytest.fixture(scope="module")
def ansible_inventory(tmp_path_factory):
    lines = ["coder_primary"]
    lines += [f"[{group}]\n" + "\n".join(GROUPS[group]) for group in ("sydney", "frankfurt", "empty")] + [
        "[other]\ncoder_primary\nsydney-1",
        "[coder_regions:children]\nsydney\nfrankfurt",
    ]
    path = tmp_path_factory.mktemp("inventory") / "hosts.ini"
    path.write_text("\n".join(lines) + "\n")
    return InventoryManager(loader=DataLoader(), sources=[str(path)])


@pytest.mark.parametrize(("limit", "hosts"), RIGHT.items())
def test_it_means_whom_ansible_means(limit, hosts, ansible_inventory):
    ansible_inventory.subset(limit)
    found = {host.name for host in ansible_inventory.get_hosts("coder_regions")}
    choice = host_patterns.choose(host_patterns.split(limit), GROUPS, HOSTS)
    assert found == set(hosts)
    assert {*choice.hosts, *choice.others} & set(GROUPS["coder_regions"]) == found


@pytest.mark.parametrize(
    "limit", [*RIGHT, *UNKNOWN, *STRANGERS, *NOBODY, "", ",", "a b:c[0:1]:d", "@file", "a[", "~a:b"]
)
def test_a_limit_has_the_parts_that_it_has_for_ansible(limit):
    assert host_patterns.split(limit) == split_host_pattern(limit)


@pytest.mark.parametrize(("limit", "name"), UNKNOWN.items())
def test_a_name_that_is_not_in_the_inventory_is_refused(limit, name):
    found = problem(limit)
    assert found["code"] == "wrong_limit"
    assert found["message"].endswith(f": {name}")
    assert "known: sydney, frankfurt, sydney-1, sydney-2, frankfurt-1" in found["next"]


def test_the_nearest_name_is_told():
    assert problem("sidney")["next"].startswith("write sydney, if that is meant")


@pytest.mark.parametrize("limit", ["", " ", ",", " , "])
def test_an_empty_limit_would_be_every_region(limit):
    found = problem(limit)
    assert found["message"] == "The limit is empty"
    assert "every region" in found["why"]


@pytest.mark.parametrize("limit", STRANGERS)
def test_who_names_the_main_deployment_expects_something_else(limit):
    found = problem(limit)
    assert "coder_primary, which is no workspace provider" in found["message"]


@pytest.mark.parametrize("limit", NOBODY)
def test_nobody_is_not_everybody(limit):
    assert "selects no workspace provider" in problem(limit)["message"]


def test_what_a_file_selects_is_known_to_ansible_only():
    assert problem("@limit.txt", selected=["sydney-1"]) is None
    assert "selects no workspace provider" in problem("@limit.txt", selected=["coder_primary"])["message"]
    assert problem("@limit.txt,sidney")["message"].endswith(": sidney")


@pytest.mark.parametrize("groups", [{"all": []}, {}, {"all": [], "coder_regions": []}])
@pytest.mark.parametrize("limit", [None, "frankfurt", ""])
def test_an_inventory_that_was_not_read_is_told_before_any_limit(groups, limit):
    found = selection.problem(limit, groups, [], inventory="inventory (none)")
    assert (found["code"], found["where"]) == ("no_inventory", "inventory (none)")
    assert "-i is missing" in found["why"] and "everybody can write to that folder" in found["why"]
    assert selection.problem(limit, groups, [], unread="because")["why"] == "because"


def test_an_inventory_of_something_else_is_told_with_its_hosts():
    found = selection.problem(None, {"all": ["web"], "ungrouped": ["web"]}, ["web"])
    assert found["code"] == "no_regions" and "web" in found["why"]


def test_regions_are_the_groups_that_hold_only_providers():
    assert selection.region_groups(GROUPS) == ["sydney", "frankfurt"]
    assert selection.region_groups({}) == []

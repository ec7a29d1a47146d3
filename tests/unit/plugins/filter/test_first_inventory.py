# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The inventory that is guessed from the providers: what it has, and that nobody can run it without filling it in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from ansible_collections.coder.classic.plugins.filter.first_inventory import files, region_of
from ansible_collections.coder.classic.plugins.module_utils._site import intake

URL = "https://coder.example.com"


class Loader(yaml.SafeLoader):
    """Knows what Ansible calls a text that is no template."""


Loader.add_constructor("!unsafe", lambda loader, node: f"unsafe {loader.construct_scalar(node)}")


def provider(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "built_in": False, "config": {}, **fields}


def regions(*names: str) -> dict[str, list[str]]:
    """Region → hosts of the inventory that is written for providers of these names."""
    hosts = yaml.safe_load(files([provider(name) for name in names], URL)["hosts.yml"])
    children = hosts["all"]["children"]["coder_regions"]["children"]
    return {region: list(group["hosts"]) for region, group in children.items()}


@pytest.mark.parametrize(
    ("name", "region"),
    [
        ("sydney-1", "sydney"),
        ("us-east-12", "us-east"),
        ("sydney1", "sydney"),
        ("sydney", "sydney"),
        ("Sydney Office 2", "Sydney-Office"),
        ("1", "1"),
        ("all-1", "all-region"),
        ("coder_regions", "coder_regions-region"),
        ("../../etc/1", "etc"),
        ("北", "provider"),
    ],
)
def test_the_region_is_guessed_from_the_name(name, region):
    assert region_of(name) == region


def test_one_group_per_region_in_the_order_of_coder():
    assert regions("sydney-1", "frankfurt-1", "sydney-2") == {
        "sydney": ["sydney-1", "sydney-2"],
        "frankfurt": ["frankfurt-1"],
    }


def test_no_host_is_called_as_a_group_or_as_another_host():
    assert regions("sydney", "sydney-1") == {"sydney": ["sydney-2", "sydney-1"]}
    assert regions("on-1", "x y-1", "x-y-1") == {"on": ["on-1"], "x-y": ["x-y-2", "x-y-1"]}


def test_a_provider_with_another_name_than_its_host_keeps_it():
    written = files([provider("sydney")], URL)
    assert yaml.safe_load(written["host_vars/sydney-1.yml"])["coder_provider_name"] == "sydney"


def test_each_file_is_in_the_folder_and_no_value_is_more_than_a_value():
    odd = "../x\n- y: {{ z }}"
    written = files([provider(odd, config={"cluster_address": "a\nb: c", "default_namespace": "n\n- m"})], odd, odd)
    for name, text in written.items():
        assert len(Path(name).parts) <= 2 and ".." not in name
        assert yaml.load(text, Loader)
    (host,) = [name for name in written if name.startswith("host_vars")]
    variables = yaml.load(written[host], Loader)
    assert variables["coder_provider_name"] == f"unsafe {odd}"
    assert set(variables) == {
        "coder_provider_name",
        "coder_provider_context",
        "coder_provider_namespace",
    }


def test_what_coder_knows_of_a_cluster_is_told():
    config = {"cluster_address": "https://203.0.113.7:6443", "default_namespace": "work"}
    text = files([provider("sydney-1", config=config)], URL)["host_vars/sydney-1.yml"]
    assert "https://203.0.113.7:6443" in text
    assert yaml.safe_load(text)["coder_provider_namespace"] == "work"


def test_the_deployments_own_provider_is_left_out():
    assert regions_of_files(files([provider("built-in", built_in=True), provider("sydney-1")], URL)) == ["sydney"]
    assert files([provider("built-in", built_in=True)], URL) == {}


def regions_of_files(written: dict[str, str]) -> list[str]:
    return [Path(name).stem for name in written if name.startswith("group_vars") and name != "group_vars/all.yml"]


def test_as_it_is_written_only_the_address_is_missing_and_it_is_refused():
    written = files([provider("sydney-1")], URL, "/ca.pem")
    parts = ("group_vars/all.yml", "group_vars/sydney.yml", "host_vars/sydney-1.yml")
    variables = {name: value for part in parts for name, value in yaml.safe_load(written[part]).items()}

    def wrong(**filled: str) -> list[str]:
        found = intake.take(
            {**variables, **filled}, hostname="sydney-1", groups=["coder_regions", "sydney"], regions=["sydney"]
        )[1]
        return [f"{entry['code']} {entry['message']}" for entry in found]

    (only,) = wrong()
    assert only.startswith("invalid_variable coder_satellite_url is the text")
    assert wrong(coder_satellite_url="https://sydney.example.com") == []

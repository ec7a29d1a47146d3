# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The table of variables, docs/inventory.md, and what roles and playbooks use, say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from unit.plugins.module_utils._site import documented

from ansible_collections.coder.classic.plugins.module_utils._site import intake, twins
from ansible_collections.coder.classic.plugins.module_utils._site import variable as kinds
from ansible_collections.coder.classic.plugins.module_utils._site.variables import BY_NAME, TABLE

ROOT = Path(__file__).resolve().parents[5]
DOCS = (ROOT / "docs" / "inventory.md").read_text()
# What begins with coder_ in the roles without being a variable of the site.
NO_VARIABLES = {
    *(path.stem for path in (ROOT / "plugins").glob("*/coder_*.py")),
    "coder_regions",
}


def sources():
    for folder in ("roles", "playbooks"):
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in (".yml", ".j2"):
                yield path.relative_to(ROOT), path.read_text()


def test_each_variable_is_in_the_table_once():
    assert len(BY_NAME) == len(TABLE)


def test_the_documentation_has_exactly_the_rows_of_the_table():
    assert [line for line in DOCS.splitlines() if line.startswith("| `coder_")] == [documented.row(v) for v in TABLE]


def test_roles_and_playbooks_use_no_variable_that_is_not_in_the_table():
    unknown = {
        (str(path), name)
        for path, text in sources()
        for name in re.findall(r"\bcoder_[a-z_]+\b", text)
        if name not in BY_NAME and name not in NO_VARIABLES
    }
    assert not unknown


def test_where_a_role_has_a_default_of_its_own_it_is_the_one_of_the_table():
    differing = []
    for path, text in sources():
        for name, literal in re.findall(r"\b(coder_[a-z_]+) \| default\((\d+|true|false|'[^']*'|\[\])\)", text):
            value = yaml.safe_load(literal)
            default = BY_NAME[name].default
            # With '' roles write that there is none; '?' stands in messages for what is not known.
            if value != default and not (value in ("", "?") and not default) and name != "coder_notice_template":
                differing.append((str(path), name, value, default))
    assert not differing


@pytest.mark.parametrize("variable", TABLE, ids=lambda variable: variable.name)
def test_a_variable_is_whole(variable):
    assert variable.name.startswith("coder_")
    assert variable.what
    assert (variable.kind == kinds.NUMBER) == (variable.least is not None and variable.most is not None)
    assert variable.choices or variable.kind != kinds.CHOICE
    assert not variable.choices or variable.kind in (kinds.CHOICE, kinds.NAMES)
    assert not (variable.required and (variable.default is not None or variable.derived))


def test_the_inventory_of_the_documentation_is_a_whole_one_of_three_regions():
    inventory = yaml.safe_load(re.search(r"```yaml\n(.*?)```", DOCS, re.DOTALL)[1])["all"]
    regions = inventory["children"]["coder_regions"]["children"]
    assert len(regions) == 3
    for region, group in regions.items():
        assert len(group["vars"]) == 4
        for host, own in group["hosts"].items():
            assert len(own) == 2
            variables = {**inventory["vars"], **group["vars"], **own}
            values, wrong, said = intake.take(
                variables, hostname=host, groups=["coder_regions", region], regions=list(regions)
            )
            assert (wrong, said) == ([], [])
            assert (values["coder_region"], values["coder_provider_name"]) == (region, host)


def test_the_example_site_is_taken_as_it_is():
    site = ROOT / "examples" / "site" / "inventory"
    regions = yaml.safe_load((site / "hosts.yml").read_text())["all"]["children"]["coder_regions"]["children"]
    taken = {}
    for region, group in regions.items():
        for host in group["hosts"]:
            files = ["group_vars/all.yml", f"group_vars/{region}.yml", f"host_vars/{host}.yml"]
            variables = {}
            for name in files:
                variables |= yaml.safe_load((site / name).read_text()) if (site / name).exists() else {}
            taken[host], wrong, said = intake.take(
                variables, hostname=host, groups=["coder_regions", region], regions=list(regions)
            )
            assert (wrong, said) == ([], [])
    for host, values in taken.items():
        assert not twins.problems(host, values, taken)

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is tried: every way to call a playbook that could lead around its guards, without a consent. Pure but for reading files."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from ansible_collections.coder.classic.plugins.module_utils._site import variable as kinds
from ansible_collections.coder.classic.plugins.module_utils._site.variable import Variable

#: Phases in which nothing is half done, so that each write is one too many; with what there is to do in each.
PHASES = {"envproxy": "migrate", "registered": "migrate", "moved": "rollback", "idle": "retire"}
CHANGING = ("migrate_region.yml", "retire_region.yml", "rollback_region.yml")
LOOKING = ("preflight.yml", "status.yml", "rights.yml")
PARTS = ("titles", "variables", "internals", "strategies", "tags")
STRATEGIES = ("free", "host_pinned")
TAGS = (
    ("--tags", "all"),
    ("--tags", "nothing"),
    ("--tags", "never"),
    ("--skip-tags", "always"),
    ("--skip-tags", "all"),
)
BLANKS: tuple[Any, ...] = ("", " ", "line\nbreak", "{{ nowhere }}", True, 1.5, [], [1], {"a": 1})
#: By kind of variable: what is wrong, or right and not meant. None of it consents for region frankfurt.
ODD = {
    kinds.TEXT: (*BLANKS, "[]", "../elsewhere", "x" * 300),
    kinds.PATH: (*BLANKS, "/nonexistent", "/", "/dev/null"),
    kinds.URL: (*BLANKS, "frankfurt", "file:///etc/passwd", "https://127.0.0.1:1", "https://user:word@127.0.0.1:1"),
    kinds.UID: (*BLANKS, "00000000-0000-0000-0000-000000000000"),
    kinds.CHART: (*BLANKS, "/nonexistent.tgz", "https://127.0.0.1:1/chart.tgz"),
    kinds.NUMBER: (*BLANKS, "-1", "1.5", "1e3", "one", "true", "9" * 30),
    kinds.FLAG: (*BLANKS, 2, "2", "perhaps", "true", "false"),
    kinds.MAPPING: (*BLANKS, "text", "[1]", "{a: .inf}", "{a: &x [*x]}"),
    kinds.CHOICE: (*BLANKS, "everything"),
    kinds.NAMES: (*BLANKS, ",", "nobody", "[1]", "[[]]"),
    kinds.REGIONS: (
        *BLANKS,
        "true",
        "1",
        "*",
        "all",
        "coder_regions",
        "sydney",
        "FRANKFURT",
        "frankfurt-1",
        "[true]",
        1,
    ),
}
ROLE_ENTRIES = ("ansible.builtin.import_role", "ansible.builtin.include_role")
#: No playbook has a task of this title: nothing runs then, which is no success.
NOWHERE = "A title of no task"
INTERNAL: tuple[Any, ...] = ("", [], {}, True, "migrate")


class Attempt(NamedTuple):
    """variables is what -e gets, as JSON; environment (name, value) of the shell."""

    part: str
    phase: str
    playbook: str
    options: tuple[str, ...] = ()
    variables: str = ""
    environment: tuple[tuple[str, str], ...] = ()

    @property
    def command(self) -> str:
        """As somebody would type it."""
        given = [f"{name}={shlex.quote(value)}" for name, value in self.environment]
        return " ".join([*given, self.playbook, *map(shlex.quote, self.arguments)])

    @property
    def arguments(self) -> list[str]:
        return [*self.options, *(["-e", self.variables] if self.variables else [])]


def attempts(checkout: Path, table: tuple[Variable, ...]) -> Iterator[Attempt]:
    """All of them, phase after phase."""
    titles = {playbook: task_titles(checkout, playbook) for playbook in (*CHANGING, *LOOKING)}
    internals = internal_names(checkout)
    for phase, goal in PHASES.items():
        for playbook in (*CHANGING, *LOOKING):
            for title in (*titles[playbook], NOWHERE):
                yield Attempt("titles", phase, playbook, ("--start-at-task", title))
            for strategy in STRATEGIES:
                yield Attempt("strategies", phase, playbook, environment=(("ANSIBLE_STRATEGY", strategy),))
            for option in TAGS:
                yield Attempt("tags", phase, playbook, option)
        # Where there is something to do, and where it would be done if preflight were led around.
        values = [json.dumps({one.name: value}) for one in table for value in odd(one)]
        for variables in values:
            yield Attempt("variables", phase, f"{goal}_region.yml", variables=variables)
        if phase == "idle":
            for number, playbook in enumerate(LOOKING):
                # Some of each variable: all playbooks take them in at the same place, and these have nothing to write.
                for variables in values[number :: len(LOOKING) + 2]:
                    yield Attempt("variables", phase, playbook, variables=variables)
        for name in internals:
            for value in INTERNAL:
                yield Attempt("internals", phase, f"{goal}_region.yml", variables=json.dumps({name: value}))


def odd(variable: Variable) -> list[Any]:
    found = [*ODD[variable.kind], *variable.choices]
    if variable.kind == kinds.NUMBER:
        found += [variable.least - 1, variable.most + 1]
    return found


def task_titles(checkout: Path, playbook: str) -> list[str]:
    """Of all tasks of a playbook, those of its roles included: each can be the one that a run starts at."""
    plays = yaml.safe_load((checkout / "playbooks" / playbook).read_text())
    return list(dict.fromkeys(_titles(checkout, plays)))


def _titles(checkout: Path, tasks: list[dict[str, Any]]) -> Iterator[str]:
    for task in tasks:
        role = next((task[key] for key in ROLE_ENTRIES if key in task), None)
        if role:
            folder = checkout / "roles" / role["name"].rpartition(".")[2] / "tasks"
            yield from _titles(checkout, yaml.safe_load((folder / f"{role.get('tasks_from', 'main')}.yml").read_text()))
        elif "ansible.builtin.import_playbook" in task:
            yield from task_titles(checkout, task["ansible.builtin.import_playbook"].rpartition("/")[2])
        elif "hosts" not in task and "block" not in task and "name" in task:
            yield task["name"]
        for key in ("tasks", "block", "rescue", "always"):
            yield from _titles(checkout, task.get(key) or [])


def internal_names(checkout: Path) -> list[str]:
    """Variables that roles and plays have for themselves; an extra variable of such a name wins over them."""
    found = [
        name for file in sorted(checkout.glob("roles/*/[dv]*/main.yml")) for name in yaml.safe_load(file.read_text())
    ]
    for file in [*sorted(checkout.glob("roles/*/tasks/*.yml")), *sorted(checkout.glob("playbooks/*.yml"))]:
        found += _own(yaml.safe_load(file.read_text()))
    return list(dict.fromkeys(name for name in found if not name.startswith("ansible_")))


def _own(tasks: list[dict[str, Any]]) -> Iterator[str]:
    for task in tasks:
        yield from [task["register"]] if "register" in task else []
        yield from task.get("ansible.builtin.set_fact") or {}
        yield from task.get("vars") or {}
        for key in ("tasks", "block", "rescue", "always"):
            yield from _own(task.get(key) or [])

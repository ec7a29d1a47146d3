# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the collection's playbooks as an operator does: from a site's folder, with its inventory and a limit."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil

from lab import processes

CHECKOUT = Path(__file__).resolve().parents[2]
SITE = CHECKOUT / "examples" / "site"
#: At the end, by host: how many of its tasks changed something.
TOTALS = re.compile(r"^([\w, -]+): (?:stopped, )?(\d+|nothing) changed$", re.MULTILINE)
#: A step that acted, its title without what stands in brackets and before the dots.
STEP = re.compile(r"^(?:\[[\d/-]+\] )?[\w-]+  (.+) \.\.\. done \(")
#: What announces each task when it begins, as the collection's own output does not.
ANNOUNCING = {"ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.default", "ANSIBLE_DISPLAY_SKIPPED_HOSTS": "true"}

#: What of the environment of the tests must not reach a run.
OWN = ("ANSIBLE_", "CODER_", "HELM_", "K8S_AUTH_", "KUBE")

#: Seconds after which a playbook run is taken for hanging.
DEADLINE = 600


@dataclass(frozen=True)
class Run:
    """status: exit status. changed: number of changed tasks by host. text: the output with line folds undone."""

    status: int
    output: str
    changed: dict[str, int]

    @property
    def text(self) -> str:
        return " ".join(self.output.split())

    @property
    def changed_tasks(self) -> list[str]:
        """Titles of the steps that were carried out, in order."""
        return [found[1] for line in self.output.splitlines() if (found := STEP.match(line))]

    def must_end_well(self) -> Run:
        assert self.status == 0, self.output[-6000:]
        return self

    def must_fail(self, *words: str) -> Run:
        assert self.status != 0, self.output[-3000:]
        for word in words:
            assert word in self.text, f"{word!r} is not in:\n{self.output[-6000:]}"
        return self


@dataclass(frozen=True)
class Operator:
    """Who runs playbooks: an inventory (a folder of the lab), a session token, and what else is in the environment."""

    inventory: Path
    token: str
    collections: Path = CHECKOUT / "build" / "collections"
    site: Path = SITE
    more: Mapping[str, str] = field(default_factory=dict)
    # The program, with its arguments, that starts the run.
    inside: Sequence[str | Path] = ()

    def play(self, playbook: str, *options: str, limit: str | None = None, **variables: Any) -> Run:
        process = self.start(playbook, *options, limit=limit, **variables)
        try:
            output, _unused = process.communicate(timeout=DEADLINE)
        except BaseException:
            # It hangs, or the tests are being ended: nothing of it may go on.
            kill(process)
            raise
        return finished(process.returncode, output)

    def play_until(self, task: str, playbook: str, *options: str, after: float = 0.3, **arguments: Any) -> str:
        """Kills the run, with all its children, `after` seconds after it began the task; answers what it had said."""
        process = replace(self, more={**self.more, **ANNOUNCING}).start(playbook, *options, **arguments)
        said = []
        for line in process.stdout:
            said.append(line)
            if line.startswith("TASK [") and task in line:
                time.sleep(after)
                kill(process)
                return "".join(said)
        process.wait()
        raise AssertionError(f"the run ended before task {task!r}:\n{''.join(said)[-4000:]}")

    def play_while(self, goes_on: Callable[[], bool], playbook: str, *options: str, **arguments: Any) -> bool:
        """Kills the run, with all its children, as soon as it may not go on; whether that came before its end."""
        process = self.start(playbook, *options, **arguments)
        # Read all the time, so that a full pipe does not hold the run up.
        threading.Thread(target=process.stdout.read, daemon=True).start()
        while process.poll() is None:
            if not goes_on():
                kill(process)
                return True
            time.sleep(0.03)
        return False

    def start(self, playbook: str, *options: str, limit: str | None = None, **variables: Any) -> subprocess.Popen[str]:
        command = [
            *self.inside,
            Path(sys.executable).with_name("ansible-playbook"),
            playbook,
            "-i",
            self.inventory,
            *options,
        ]
        command += ["-l", limit] if limit is not None else []
        for name, value in variables.items():
            command += ["-e", f"{name}={value}"]
        return subprocess.Popen(
            [str(part) for part in command],
            cwd=self.site,
            env=self.environment(os.environ),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def environment(self, outer: Mapping[str, str]) -> dict[str, str]:
        kept = {name: value for name, value in outer.items() if not name.startswith(OWN)}
        return {
            **kept,
            "ANSIBLE_COLLECTIONS_PATH": str(self.collections),
            "ANSIBLE_NOCOLOR": "1",
            "CODER_TOKEN": self.token,
            # Should the tests be killed, whoever ends the lab ends this too.
            **processes.mark(self.inventory.parent, "playbook"),
            **self.more,
        }


def kill(process: subprocess.Popen[str]) -> None:
    """Like a machine that loses its power: the run and all that it started, workers have sessions of their own."""
    family = psutil.Process(process.pid)
    with contextlib.suppress(psutil.NoSuchProcess):
        # A worker that it forks meanwhile would live on, and reach into the next test.
        family.suspend()
        for member in family.children(recursive=True):
            with contextlib.suppress(psutil.NoSuchProcess):
                member.kill()
        family.kill()
    process.wait()


def finished(status: int, output: str) -> Run:
    changed = {
        host: 0 if number == "nothing" else int(number)
        for hosts, number in TOTALS.findall(output)
        for host in hosts.split(", ")
    }
    return Run(status, output, changed)

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job on a lab of its own: region sydney moves to its satellite and loses its old chart, frankfurt stays.

``demo.py update``: the whole way of a site with one region instead, from 1.20 to 1.22.3. Ends with where everything stands and how
long each part took. The lab is ended afterwards, also on Ctrl-C and when the terminal is closed; what a killed demo left is
ended by the next one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from lab import endings, lifecycle, primaries, processes
from lab.errors import LabError, Stopped

CHECKOUT = Path(__file__).resolve().parent.parent
SITE = CHECKOUT / "examples" / "site"
MIGRATE = "migrate_region.yml -l sydney -e coder_confirm_rebuild=sydney"
RETIRE = "retire_region.yml -l sydney -e coder_confirm_retire=sydney"
#: What an operator says who has taken one.
SNAPSHOT = "-e coder_snapshot_done=/srv/coder.dump"


class Demo(NamedTuple):
    """state: the lab's folder. primary: what the main deployment begins as. jobs: title, and what an operator types after
    ansible-playbook.
    """

    state: Path
    primary: str
    regions: tuple[str, ...]
    jobs: tuple[tuple[str, str], ...]


REGION = Demo(
    CHECKOUT / "build" / "lab-demo",
    primaries.NEW,
    ("sydney", "frankfurt"),
    (
        ("Where the regions stand", "status.yml"),
        ("Migrate sydney: all that can be undone", MIGRATE),
        ("Retire sydney: the rest", RETIRE),
        ("Where the regions stand now", "status.yml"),
    ),
)
UPDATE = Demo(
    CHECKOUT / "build" / "lab-demo-update",
    primaries.OLD,
    ("sydney",),
    (
        ("Where the site stands", "status.yml"),
        ("What the update to 1.21.7 would do", "update_coder.yml -e coder_version=1.21.7 --check --diff"),
        ("Update the main deployment to 1.21.7", f"update_coder.yml -e coder_version=1.21.7 {SNAPSHOT}"),
        ("Its built-in provider", "switch_builtin_provider.yml -e coder_confirm_rebuild=coder_primary"),
        ("The layout serviceNext", "update_coder.yml -e coder_service_next=true"),
        ("Migrate sydney: all that can be undone", MIGRATE),
        ("Retire sydney: the rest", RETIRE),
        ("Update the main deployment to 1.22.3", f"update_coder.yml -e coder_version=1.22.3 {SNAPSHOT}"),
        # In the lab's inventory the satellites' chart is pinned.
        ("Its satellite follows", f"{MIGRATE} -e coder_satellite_chart_version=1.22.3"),
        ("Where the site stands now", "status.yml"),
    ),
)
DEMOS = {"region": REGION, "update": UPDATE}


def main(name: str = "region") -> int:
    """Exit status: 0, 1 (it did not work, why is above), 130 (Ctrl-C), 128 + signal (terminated)."""
    demo = DEMOS[name]
    endings.end_on_signals()
    try:
        with alone(demo.state.with_name(f"{demo.state.name}.lock")):
            return demonstrate(demo)
    except KeyboardInterrupt:
        print("\n[demo] interrupted", file=sys.stderr)
        return 130
    except (LabError, Stopped, OSError, RuntimeError) as error:
        print(f"[demo] {error}", file=sys.stderr)
        return 1
    except subprocess.CalledProcessError as failure:
        print(f"[demo] the playbook ended with status {failure.returncode}; why is above", file=sys.stderr)
        return 1


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[None]:
    """LabError while another demo of this folder runs: both would use the same lab."""
    with lock.open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LabError(f"another demo runs in {CHECKOUT}. Nothing was done; wait for it, or end it.") from None
        yield


def demonstrate(demo: Demo) -> int:
    took: list[tuple[str, float]] = []
    try:
        # Half-way through the job is no place to begin.
        if left := lifecycle.down(demo.state):
            say(f"{left} processes that an earlier demo left were ended")
        regions = list(demo.regions)
        lab = timed(
            took, "Lab", lambda: lifecycle.up(demo.state, "1.21", regions, "plain", say, primary=demo.primary)[0]
        )
        for title, command in demo.jobs:
            timed(took, title, lambda title=title, command=command: play(demo, lab, title, command))
        print(f"\n{'HOW LONG IT TOOK':<44} SECONDS")
        print("\n".join(f"{title:<44} {seconds:>7.1f}" for title, seconds in took))
        return 0
    finally:
        with endings.uninterrupted():
            say(f"{lifecycle.down(demo.state)} processes of the lab ended")


def play(demo: Demo, lab: lifecycle.Lab, title: str, command: str) -> None:
    print(f"\n=== {title}\n$ ansible-playbook {command}", flush=True)
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "build" / "collections"),
        "CODER_TOKEN": lab.description["coder"]["token"],
        # So that whoever ends the lab ends the playbook with it.
        **processes.mark(demo.state, "demo"),
    }
    program = Path(sys.executable).with_name("ansible-playbook")
    own = {"coder_backup_dir": demo.state / "backups", "coder_values_file": demo.state / "coder-values.yaml"}
    given = [part for name, path in own.items() for part in ("-e", f"{name}={path}")]
    arguments = [*command.split(), "-i", demo.state / "inventory", *given]
    subprocess.run([program, *arguments], cwd=SITE, env=environment, check=True)


def timed(took: list[tuple[str, float]], title: str, work: Callable[[], Any]) -> Any:
    started = time.monotonic()
    result = work()
    took.append((title, time.monotonic() - started))
    return result


def say(text: str) -> None:
    print(f"[demo] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

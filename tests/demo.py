# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The main job on a lab of its own: region sydney moves to its satellite and loses its old chart, frankfurt stays.

Ends with a table of both regions and how long each part took. The lab is ended afterwards, also on Ctrl-C and when the
terminal is closed; what a killed demo left is ended by the next one.
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
from typing import Any

from lab import endings, lifecycle, processes
from lab.errors import LabError, Stopped

CHECKOUT = Path(__file__).resolve().parent.parent
STATE = CHECKOUT / "build" / "lab-demo"
SITE = CHECKOUT / "examples" / "site"
#: What an operator types, after ansible-playbook.
JOBS = (
    ("Where the regions stand", "status.yml"),
    ("Migrate sydney: all that can be undone", "migrate_region.yml -l sydney -e coder_confirm_rebuild=sydney"),
    ("Retire sydney: the rest", "retire_region.yml -l sydney -e coder_confirm_retire=sydney"),
    ("Where the regions stand now", "status.yml"),
)


def main() -> int:
    """Exit status: 0, 1 (it did not work, why is above), 130 (Ctrl-C), 128 + signal (terminated)."""
    endings.end_on_signals()
    try:
        with alone(STATE.with_name("lab-demo.lock")):
            return demonstrate()
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


def demonstrate() -> int:
    took: list[tuple[str, float]] = []
    try:
        # Half-way through the job is no place to begin.
        if left := lifecycle.down(STATE):
            say(f"{left} processes that an earlier demo left were ended")
        lab = timed(took, "Lab", lambda: lifecycle.up(STATE, "1.21", ["sydney", "frankfurt"], "plain", say)[0])
        for title, command in JOBS:
            timed(took, title, lambda title=title, command=command: play(lab, title, command))
        print(f"\n{'HOW LONG IT TOOK':<44} SECONDS")
        print("\n".join(f"{title:<44} {seconds:>7.1f}" for title, seconds in took))
        return 0
    finally:
        with endings.uninterrupted():
            say(f"{lifecycle.down(STATE)} processes of the lab ended")


def play(lab: lifecycle.Lab, title: str, command: str) -> None:
    print(f"\n=== {title}\n$ ansible-playbook {command}", flush=True)
    environment = {
        **os.environ,
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "build" / "collections"),
        "CODER_TOKEN": lab.description["coder"]["token"],
        # So that whoever ends the lab ends the playbook with it.
        **processes.mark(STATE, "demo"),
    }
    program = Path(sys.executable).with_name("ansible-playbook")
    backups = f"coder_backup_dir={STATE / 'backups'}"
    arguments = [*command.split(), "-i", STATE / "inventory", "-e", backups]
    subprocess.run([program, *arguments], cwd=SITE, env=environment, check=True)


def timed(took: list[tuple[str, float]], title: str, work: Callable[[], Any]) -> Any:
    started = time.monotonic()
    result = work()
    took.append((title, time.monotonic() - started))
    return result


def say(text: str) -> None:
    print(f"[demo] {text}", flush=True)


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m bench.dumps OPTIONS.json``: the lab's database dumped by pg_dump alone, and by a snapshot of ours.

Options: ``{"way", "place", "folder", "programs"}``. Prints ``{"seconds", "dump", "verify", "memory", "mib"}``: dump is what the dump alone
took, with what is counted before it; of pg_dump alone verify is None.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ansible_collections.coder.classic.plugins.module_utils._database import dump, facts, place, reach
from bench.measure import own_peak

if TYPE_CHECKING:
    # The process that is measured has no path to what the stage imports.
    from bench.stage import Stage

BARE = "pg_dump alone"
#: Name of what is measured → how the snapshot is proved, None where it is none of ours.
WAYS = {BARE: None, "snapshot, read": False, "snapshot, restored": True}
GIB = 1 << 30
#: What nothing compresses: two GiB of it are as much work for a disk as five of text.
SIZE, ROW = 2 * GIB, 1 << 16


def main() -> None:
    options = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(options["folder"])
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(mode=0o700)
    at = place.Place(**options["place"])
    try:
        took = bare(at, folder, options["programs"]) if WAYS[options["way"]] is None else ours(at, folder, options)
        size = sum(path.stat().st_size for path in folder.glob("*.dump"))
    finally:
        shutil.rmtree(folder)
    print(json.dumps({**took, "memory": own_peak(), "mib": size >> 20}))


def bare(at: place.Place, folder: Path, programs: str) -> dict[str, Any]:
    """As somebody types it, to the same disk."""
    passwords = folder / "pgpass"
    passwords.touch(mode=0o600)
    passwords.write_text(place.password_line(at))
    environment = {**os.environ, **place.environment(at), "PGPASSFILE": str(passwords)}
    command = [f"{programs}/pg_dump", "--format=custom", f"--file={folder / 'coder.dump'}"]
    began = time.monotonic()
    subprocess.run(command, env=environment, check=True)
    with (folder / "coder.dump").open("rb") as file:
        os.fsync(file.fileno())
    seconds = time.monotonic() - began
    return {"seconds": seconds, "dump": seconds, "verify": None}


def ours(at: place.Place, folder: Path, options: dict[str, Any]) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as private:
        where = reach.OnController(at, private, options["programs"])
        began = time.monotonic()
        restore = WAYS[options["way"]]
        made = dump.take(where, str(folder), facts.look(where), {"version": None}, restore=restore, seconds=3600)
        return {"seconds": time.monotonic() - began, **made["seconds"]}


def seed(stage: Stage) -> None:
    """What is dumped: a table of random bytes."""
    stage.begin("fresh")
    stage.lab.control("POST", "/database/rows", {"table": "bench", "count": SIZE // ROW, "bytes": ROW})


def options(stage: Stage, way: str) -> dict[str, Any]:
    """For this module in a process of its own."""
    database = stage.plain["database"]
    at = {key: database[key] for key in ("database", "user", "host", "port")}
    at |= {"ssl_mode": "require", "password": Path(database["password_path"]).read_text().strip()}
    return {"way": way, "place": at, "folder": str(stage.folder / "dumps"), "programs": database["programs"]}


if __name__ == "__main__":
    main()

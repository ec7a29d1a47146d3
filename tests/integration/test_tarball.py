# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The collection as users get it: built, installed into an empty folder, and only what may be used at run time."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from site_runs import CHECKOUT, Operator

RUN_TIME = {"meta", "plugins", "roles", "playbooks", "MANIFEST.json", "FILES.json"}


def test_the_installed_collection_runs_by_its_full_name(fresh, tmp_path):
    collection = installed(tmp_path)
    for entry in collection.iterdir():
        if entry.name not in RUN_TIME:
            shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    operator = Operator(fresh.operator.inventory, fresh.operator.token, tmp_path / "collections", elsewhere)
    operator.play("coder.classic.migrate_region", limit="frankfurt", coder_confirm_rebuild="frankfurt").must_end_well()
    operator.play(
        "coder.classic.retire_region", limit="frankfurt", coder_confirm_retire="frankfurt",
        coder_backup_dir=str(tmp_path / "backups"),
    ).must_end_well()  # fmt: skip
    assert fresh.phase("frankfurt-1") == "retired"


def installed(folder: Path) -> Path:
    """The built tarball in folder/collections."""
    galaxy = Path(sys.executable).with_name("ansible-galaxy")
    source = folder / "source"
    subprocess.run(["git", "clone", "--quiet", CHECKOUT, source], check=True)
    subprocess.run(
        [galaxy, "collection", "build", "--output-path", folder, source], check=True, stdout=subprocess.DEVNULL
    )
    (tarball,) = folder.glob("coder-classic-*.tar.gz")
    collections = folder / "collections"
    subprocess.run(
        [galaxy, "collection", "install", "--offline", "-p", collections, tarball],
        check=True, stdout=subprocess.DEVNULL, env={**os.environ, "ANSIBLE_COLLECTIONS_PATH": str(collections)},
    )  # fmt: skip
    return collections / "ansible_collections" / "coder" / "classic"

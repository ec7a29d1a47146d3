# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The database of a lab's main deployment as the tests look at it, by the lab's own superuser and its socket."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from main_site import CLUSTER, Site
from main_site import NAME as PROVIDER
from region_lab import RegionLab

from ansible_collections.coder.classic.plugins.module_utils._database import scratch
from lab import database

NAME = "coder"
#: What a lab has by itself, with its own copies.
OF_THE_LAB = ("postgres", "template0", "template1")
COPY = "snapshot_"


class Database:
    def __init__(self, lab: RegionLab) -> None:
        self.lab = lab

    def sql(self, *statements: str, name: str = NAME) -> str:
        return database.sql(self.lab.lab.layout, *statements, database=name).strip()

    def names(self) -> list[str]:
        """Of its databases, without those that the lab has for itself."""
        found = self.sql("SELECT datname FROM pg_database ORDER BY 1", name="postgres").split()
        return [one for one in found if one not in OF_THE_LAB and not one.startswith(COPY)]

    def ours(self) -> list[str]:
        """Those in which a dump is tried, or that are prepared to take the place of the one there is."""
        return [name for name in self.names() if name.startswith(scratch.PREFIX)]

    def content(self, name: str = NAME) -> dict[str, str]:
        """A checksum of each table: whatever row is another one, or is not there, it differs."""
        tables = json.loads(
            self.sql(
                "SELECT coalesce(json_agg(format('%I.%I', schemaname, tablename) ORDER BY 1), '[]') FROM pg_tables "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
                name=name,
            )
        )
        parts = (
            f"SELECT '{table}', md5(coalesce(string_agg(t::text, chr(10) ORDER BY t::text), '')) FROM {table} t"
            for table in tables
        )
        return dict(line.split("|") for line in self.sql(" UNION ALL ".join(parts), name=name).splitlines())

    def schema(self) -> tuple[int | None, bool]:
        """(number, whether it is dirty)."""
        found = self.lab.state_of_coder()["database"]
        return found["schema"], found["dirty"]

    def add_rows(self, count: int, size: int = 200, table: str = "audit_logs") -> None:
        self.lab.lab.control("POST", "/database/rows", {"table": table, "count": count, "bytes": size})

    @contextlib.contextmanager
    def session(self, application: str) -> Iterator[None]:
        """Somebody of that name is in the database."""
        at = self.lab.description["database"]
        command = [
            f"{at['programs']}/psql",
            "-X",
            "-q",
            "-h",
            at["sockets"],
            "-p",
            str(at["port"]),
            "-U",
            "postgres",
            "-d",
            NAME,
        ]
        environment = {**os.environ, "PGAPPNAME": application}
        with subprocess.Popen(command, stdin=subprocess.PIPE, env=environment) as psql:
            try:
                asked = f"SELECT 1 FROM pg_stat_activity WHERE application_name = '{application}'"
                self.lab.until(lambda: self.sql(asked) != "", 30)
                yield
            finally:
                psql.stdin.close()
                psql.wait()

    def role(self, **wanted: Any) -> None:
        self.lab.lab.control("POST", "/database/role", wanted)


def files(site: Site) -> list[str]:
    """Everything in the folder of the snapshots."""
    folder = site.backups / "database"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


def snapshots(site: Site) -> list[Path]:
    """The dumps that have a description, the oldest first."""
    folder = site.backups / "database"
    found = folder.glob("*.json") if folder.exists() else ()
    return sorted(path.with_suffix(".dump") for path in found)


def described(dump: Path) -> dict[str, Any]:
    return json.loads(dump.with_suffix(".json").read_text())


def begin(site: Site, state: str) -> None:
    site.lab.begin(state)
    shutil.rmtree(site.backups, ignore_errors=True)
    for file in site.values.parent.glob(f"{site.values.name}*"):
        file.unlink()


def what_stays(site: Site) -> dict[str, Any]:
    """Whatever happens to the release: the workspaces, with their pods, and every claim."""
    listed = site.lab.kubectl(CLUSTER, "get", "persistentvolumeclaims", "-o", "json")
    claims = {one["metadata"]["name"]: one["metadata"]["uid"] for one in json.loads(listed)["items"]}
    pods = {name: (site.metadata("pod", f"ws-{name}") or {}).get("uid") for name in site.lab.workspaces(PROVIDER)}
    return {"claims": claims, "pods": pods}

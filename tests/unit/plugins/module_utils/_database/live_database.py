# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A real PostgreSQL of the tests' own, of the programs that the lab has."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import trustme

from ansible_collections.coder.classic.plugins.module_utils._database.place import Place
from ansible_collections.coder.classic.plugins.module_utils._database.reach import OnController
from lab import database as of_lab

TESTS = Path(of_lab.TESTS)
SUPERUSER = "postgres"
#: With what a password file, a shell and SQL each want escaped.
PASSWORD = r"s3cret:of\the'test$"
#: coder owns the databases and may make others; boss is a superuser; other is somebody else.
ROLES = {"coder": "CREATEDB", "boss": "SUPERUSER", "other": "", "poor": ""}


class LiveServer:
    """Over TCP with TLS and password; its superuser by the socket."""

    def __init__(self) -> None:
        # A socket's path has a length that tmp_path exceeds.
        self.folder = Path(tempfile.mkdtemp(prefix="classic-pg-"))
        self.programs = of_lab.programs()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(TESTS), "LC_ALL": "C"}
        authority, pair = trustme.CA(), self.folder / "certificate.pem"
        self.ca_path = str(self.folder / "ca.pem")
        authority.cert_pem.write_to_path(self.ca_path)
        authority.issue_cert("127.0.0.1").private_key_and_cert_chain_pem.write_to_path(str(pair))
        pair.chmod(0o600)
        self._data = self.folder / "data"
        made = ["-D", str(self._data), "-U", SUPERUSER, "-E", "UTF8", "--locale=C.UTF-8", "--auth=trust", "--no-sync"]
        subprocess.run(self._own("initdb", *made), check=True, capture_output=True, env=self._environment)
        (self._data / "pg_hba.conf").write_text(of_lab.ACCESS)
        own = {"port": self.port, "unix_socket_directories": self.folder, "ssl_cert_file": pair, "ssl_key_file": pair}
        settings = [part for key, value in (of_lab.SETTINGS | own).items() for part in ("-c", f"{key}={value}")]
        self._process = subprocess.Popen(
            self._own("postgres", "-D", str(self._data), *settings),
            env=self._environment,
            stdout=subprocess.DEVNULL,
            stderr=(self.folder / "log").open("wb"),
            start_new_session=True,
        )
        self._await()
        self.version = int(self.sql("SHOW server_version_num")) // 10_000
        for name, options in ROLES.items():
            word = PASSWORD.replace("'", "''")
            self.sql(f"CREATE ROLE {name} LOGIN {options} PASSWORD '{word}'")

    def _own(self, program: str, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "lab.unprivileged", str(of_lab.server_programs() / program), *arguments]

    def _await(self) -> None:
        asked = [str(self.programs / "pg_isready"), "-q", "-h", str(self.folder), "-p", str(self.port)]
        until = time.monotonic() + 30
        while subprocess.run(asked, check=False, env=self._environment).returncode:
            assert self._process.poll() is None and time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.05)

    def psql(self, database: str, user: str = SUPERUSER) -> list[str]:
        """Its command line by the socket, where nobody is asked for a password."""
        where = ["-h", str(self.folder), "-p", str(self.port), "-U", user, "-d", database]
        return [str(self.programs / "psql"), "-XqAt", "-v", "ON_ERROR_STOP=1", *where]

    def sql(self, text: str, database: str = SUPERUSER, user: str = SUPERUSER) -> str:
        done = subprocess.run(
            self.psql(database, user),
            input=text,
            text=True,
            check=False,
            capture_output=True,
            env=self._environment,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def session(self, database: str, text: str, user: str = SUPERUSER) -> subprocess.Popen:
        """One that stays open after it has done that."""
        process = subprocess.Popen(
            self.psql(database, user),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
        )
        process.stdin.write(f"{text};\n\\echo done\n")
        process.stdin.flush()
        while process.stdout.readline() not in ("done\n", ""):
            pass
        return process

    def databases(self) -> set[str]:
        return set(self.sql("SELECT datname FROM pg_database WHERE NOT datistemplate").split()) - {SUPERUSER}

    def reach(self, folder: Path, database: str, user: str = "coder", password: str | None = PASSWORD, **more):
        place = Place(database, user, "127.0.0.1", self.port, more.pop("ssl_mode", "require"), password, **more)
        own = folder / f"of-{user}-{len(list(folder.iterdir()))}"
        own.mkdir()
        return OnController(place, str(own), str(self.programs))

    def close(self) -> None:
        self._process.send_signal(signal.SIGINT)
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

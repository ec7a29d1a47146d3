# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook inventory, against a Coder that knows nothing but its providers."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[3]
PROVIDERS = [
    {"id": name, "name": name, "status": "ready", "built_in": name == "built-in"} for name in ("built-in", "sydney-1")
]
FILES = ["group_vars/all.yml", "group_vars/sydney.yml", "host_vars/sydney-1.yml", "hosts.yml"]


class FakeCoder(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps({"kubernetes": PROVIDERS}).encode())

    def log_message(self, *_words):
        pass


@pytest.fixture
def play(tmp_path):
    """Runs the playbook as somebody does who has no inventory yet, in a folder of theirs."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), FakeCoder)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    url = f"coder_url=http://127.0.0.1:{server.server_address[1]}"

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        program = Path(sys.executable).with_name("ansible-playbook")
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "CODER_"))}
        environment |= {
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "build" / "collections"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_STDOUT_CALLBACK": "coder.classic.brief",
            "CODER_TOKEN": "session-token-of-the-test",
            "PWD": str(tmp_path),
        }
        return subprocess.run(
            [program, "coder.classic.inventory", "-e", url, *options],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    yield run
    server.shutdown()
    server.server_close()


def test_it_writes_a_folder_once_and_leaves_it_alone_afterwards(play, tmp_path):
    folder = tmp_path / "first_inventory"
    done = play()
    assert done.returncode == 0, done.stdout
    written = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*.yml")}
    assert sorted(written) == FILES
    assert {path.stat().st_mode & 0o777 for path in written.values()} == {0o644}
    assert "token-of-the-test" not in "".join(path.read_text() for path in written.values())
    for path in written.values():
        path.write_text("mine")
    again = play()
    assert again.returncode == 2
    assert "is there already" in again.stdout
    assert {path.read_text() for path in written.values()} == {"mine"}


def test_a_check_run_says_what_it_would_write_and_writes_nothing(play, tmp_path):
    done = play("--check", "-e", "coder_inventory_dir=sites/new")
    assert done.returncode == 0, done.stdout
    for name in FILES:
        assert f"- {name}" in done.stdout.splitlines()
    assert list(tmp_path.iterdir()) == []


def test_without_an_address_it_says_what_to_give(play):
    done = play("-e", "coder_url=")
    assert done.returncode == 2
    assert "-e coder_url=https://" in done.stdout

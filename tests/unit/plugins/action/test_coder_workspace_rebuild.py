# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The action shows what the module does, and changes nothing else about it."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace

import pytest

from ansible_collections.coder.classic.plugins.action import coder_workspace_rebuild as action
from ansible_collections.coder.classic.plugins.plugin_utils import in_process, progress

CHECKOUT = Path(__file__).resolve().parents[4]
TOKEN = "session-token-of-the-test"
PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  module_defaults:
    group/coder.classic.coder:
      url: "{{ coder_url }}"
      token: "{{ lookup('ansible.builtin.env', 'TOKEN_OF_THE_TEST') }}"
  tasks:
    - name: Rebuild
      coder.classic.coder_workspace_rebuild:
        provider: sydney-1
        only: "{{ item }}"
      loop: [[ana], [ben]]
      register: made

    - name: The results are the module's own
      ansible.builtin.assert:
        that:
          - made.results | map(attribute='rebuilt') | flatten | map(attribute='name') == ['ana', 'ben']
          - made is changed
"""


class FakeCoder(BaseHTTPRequestHandler):
    """Two workspaces that are built as soon as they are asked for."""

    built: dict[str, str]
    tokens: set[str]

    def do_GET(self):
        rows = [self.row(name) for name in ("ana", "ben")]
        name = self.path.rpartition("/")[2]
        if name == "resource-pools":
            return self.answer({"kubernetes": [{"id": "p1", "name": "sydney-1", "status": "ready"}]})
        return self.answer(rows if name == "workspaces" else self.row(name))

    def do_PATCH(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.built[self.path.rpartition("/")[2]] = "2026-03-02T12:00:00Z"
        self.answer({})

    def row(self, name):
        built = self.built.get(name, "2026-03-01T00:00:00Z")
        return {
            "id": name,
            "name": name,
            "updating": False,
            "last_built_at": built,
            "last_connection_at": "2026-01-01T00:00:00Z",
            "latest_stat": {"container_status": "ON"},
        }

    def answer(self, body):
        self.tokens.add(self.headers["Session-Token"])
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_words):
        pass


@pytest.fixture
def coder():
    handler = type("Handler", (FakeCoder,), {"built": {}, "tokens": set()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler, f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def test_the_lines_come_while_the_module_runs(coder, tmp_path):
    handler, url = coder
    playbook, temporary = tmp_path / "rebuild.yml", tmp_path / "temporary"
    playbook.write_text(PLAYBOOK)
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "CODER_"))}
    environment |= {
        "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "build" / "collections"),
        "ANSIBLE_LOCAL_TEMP": str(temporary),
        "ANSIBLE_NOCOLOR": "1",
        "TOKEN_OF_THE_TEST": TOKEN,
    }
    program = Path(sys.executable).with_name("ansible-playbook")
    run = subprocess.Popen(
        [program, "-i", "localhost,", "-e", f"coder_url={url}", "-e", f"ansible_python_interpreter={sys.executable}", playbook],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    seen = [(time.monotonic(), line.strip()) for line in run.stdout]
    lines = [line for _moment, line in seen]
    assert run.wait() == 0, "\n".join(lines)
    assert handler.tokens == {TOKEN}
    assert TOKEN not in "\n".join(lines)
    moments = {line: moment for moment, line in seen}
    for name in ("ana", "ben"):
        begun = f"sydney-1: 0/1 rebuilt, {name}: rebuild (it is idle)"
        ended = next(line for line in lines if line.startswith(f"sydney-1: 1/1 rebuilt, {name}: rebuilt ("))
        told = f"changed: [localhost] => (item=['{name}'])"
        assert lines.index(begun) < lines.index(ended) < lines.index(told)
        # Not held back in a buffer until the end.
        assert moments[told] - moments[begun] > 0.05
    assert not [path for path in temporary.rglob("*") if path.is_file()]


def module_run(monkeypatch, connection="local", module=lambda arguments: None, **task):
    """(what was shown, the module's arguments, the task's arguments afterwards) of one run of the action."""
    shown, seen = [], {}
    fields = {
        "args": {"provider": "sydney-1"},
        "async_val": 0,
        "no_log": False,
        "check_mode": False,
        "name": "Rebuild",
        **task,
    }

    def normal_run(self, tmp=None, task_vars=None):
        seen.update(self._task.args)
        module(self._task.args)
        return {"changed": True}

    monkeypatch.setattr(in_process.NormalAction, "run", normal_run)
    monkeypatch.setattr(in_process.display, "display", lambda line, stderr: shown.append((line, stderr)))
    made = object.__new__(action.ActionModule)
    made._task, made._connection = SimpleNamespace(**fields), SimpleNamespace(transport=connection)
    # With become the module is a process.
    made._play_context, made._templar = SimpleNamespace(become=True), SimpleNamespace(template=lambda value: value)
    try:
        assert made.run(task_vars={}) == {"changed": True}
    finally:
        assert made._task.args == fields["args"]
    return shown, seen


def append(arguments):
    with open(arguments["progress_file"], "a", encoding="utf-8") as file:
        file.write("1/2 rebuilt, ana: rebuilt (3 s)\n1/2 rebuilt, bén: reb")
        file.flush()
        time.sleep(2 * progress.POLL_SECONDS)
        file.write("uild (it is idle)\n")


def test_every_line_is_shown_once_and_whole(monkeypatch):
    shown, seen = module_run(monkeypatch, module=append)
    wanted = ["sydney-1: 1/2 rebuilt, ana: rebuilt (3 s)", "sydney-1: 1/2 rebuilt, bén: rebuild (it is idle)"]
    assert shown == [(line, True) for line in wanted]
    assert not os.path.exists(seen["progress_file"])


def test_the_file_is_private(monkeypatch):
    modes = []
    module_run(monkeypatch, module=lambda arguments: modes.append(os.stat(arguments["progress_file"]).st_mode))
    assert [stat.S_IMODE(mode) for mode in modes] == [0o600]


@pytest.mark.parametrize(
    "case",
    [{"connection": "ssh"}, {"async_val": 60}, {"no_log": True}],
)
def test_unwatched_the_module_runs_as_it_is(monkeypatch, case):
    assert module_run(monkeypatch, **case) == ([], {"provider": "sydney-1"})


def test_a_file_of_the_task_s_own_is_kept(monkeypatch, tmp_path):
    given = {"provider": "sydney-1", "progress_file": str(tmp_path / "lines")}
    assert module_run(monkeypatch, args=given, module=append) == ([], given)


def test_the_file_is_gone_when_the_module_fails(monkeypatch):
    paths = []

    def killed(arguments):
        paths.append(arguments["progress_file"])
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        module_run(monkeypatch, module=killed)
    assert not os.path.exists(paths[0])

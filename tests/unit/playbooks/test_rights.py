# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The playbook rights, against an API server with a release: what it prints can be given to kubectl."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from unit.plugins.module_utils._kubernetes.fake_cluster import record, secret
from unit.plugins.module_utils._region.rights.test_rights_manifest import PUBLISHED, plural

from ansible_collections.coder.classic.plugins.module_utils._helm import manifest
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import discovery

CHECKOUT = Path(__file__).resolve().parents[3]
RELEASE = "coder-workspace-provider"
HOSTS = ("sydney-1", "sydney-2")
OBJECTS = [
    *manifest.objects(PUBLISHED, "coder"),
    {"api_version": "v1", "kind": "Secret"},
    {"api_version": "v1", "kind": "Pod"},
]


class ApiServer(BaseHTTPRequestHandler):
    """Holds one release; every right is there."""

    uid: str

    def do_GET(self):
        path = self.path.partition("?")[0]
        if path == "/api/v1/namespaces/kube-system":
            return self.answer({"metadata": {"name": "kube-system", "uid": self.uid}})
        kinds = {one["kind"] for one in OBJECTS if discovery.group_path(one["api_version"]) == path}
        if kinds:
            resources = [(kind, plural("", kind)) for kind in sorted(kinds)]
            return self.answer(
                {
                    "resources": [
                        {"kind": kind, "name": it.plural, "namespaced": it.namespaced} for kind, it in resources
                    ]
                }
            )
        kept = secret(record(PUBLISHED, name=RELEASE))
        if "/secrets/" in path:
            return self.answer(kept)
        if path.endswith("/secrets"):
            return self.answer({"items": [kept], "metadata": {}})
        return self.answer({"items": [], "metadata": {}})

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer({"status": {"allowed": True}})

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_words):
        pass


@pytest.fixture
def play(tmp_path):
    servers = {name: ThreadingHTTPServer(("127.0.0.1", 0), type(name, (ApiServer,), {"uid": name})) for name in HOSTS}
    for server in servers.values():
        threading.Thread(target=server.serve_forever, daemon=True).start()
    urls = {name: f"http://127.0.0.1:{server.server_address[1]}" for name, server in servers.items()}
    kubeconfig = {
        "clusters": [{"name": name, "cluster": {"server": url}} for name, url in urls.items()],
        "users": [{"name": "u", "user": {"token": "token-of-the-test"}}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": "u"}} for name in HOSTS],
    }
    (tmp_path / "kubeconfig").write_text(json.dumps(kubeconfig))
    hosts = {name: {"coder_provider_context": name, "coder_provider_cluster_uid": name} for name in HOSTS}
    region = {"hosts": hosts, "vars": {"coder_satellite_url": "https://sydney.example.com"}}
    everywhere = {"coder_url": "https://coder.example.com", "coder_provider_kubeconfig": str(tmp_path / "kubeconfig")}
    inventory = {"all": {"vars": everywhere, "children": {"coder_regions": {"children": {"sydney": region}}}}}
    (tmp_path / "hosts.yml").write_text(json.dumps(inventory))

    def run(*options: str) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("ANSIBLE_", "CODER_", "K8S_"))
        }
        environment |= {
            "ANSIBLE_COLLECTIONS_PATH": str(CHECKOUT / "build" / "collections"),
            "ANSIBLE_STDOUT_CALLBACK": "coder.classic.brief",
        }
        program = Path(sys.executable).with_name("ansible-playbook")
        return subprocess.run(
            [program, "-i", "hosts.yml", "coder.classic.rights", *options],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip

    yield run
    for server in servers.values():
        server.shutdown()
        server.server_close()


def test_what_it_prints_is_one_document_for_each_provider_and_nothing_else(play):
    done = play("-e", "coder_rights_goals=look,retire", "-e", "coder_rights_group=people")
    assert done.returncode == 0, done.stdout + done.stderr
    documents = list(yaml.safe_load_all(done.stdout))
    assert [document["kind"] for document in documents] == ["List", "List"]
    for document in documents:
        assert {subject["name"] for one in document["items"] for subject in one.get("subjects", [])} == {"people"}
        names = {one["metadata"]["name"] for one in document["items"]}
        assert {"coder-classic-look", "coder-classic-retire"} <= names
        assert "coder-classic-migrate" not in names
    assert [line for line in done.stdout.splitlines() if line.startswith("#")] == ["# sydney-1", "# sydney-2"]


def test_what_is_wrong_with_the_variables_is_on_standard_error_in_four_parts(play):
    done = play("-l", "sydney-1", "-e", "coder_rights_group=")
    assert done.returncode == 2
    assert done.stdout == ""
    for part in ("coder_rights_group is an empty text", "Where: ", "Why: ", "Untouched: ", "Next: "):
        assert part in done.stderr


def test_a_goal_that_is_none_is_refused(play):
    done = play("-l", "sydney-1", "-e", "coder_rights_goals=retirement")
    assert done.returncode == 2
    assert "look, migrate, retire" in done.stderr

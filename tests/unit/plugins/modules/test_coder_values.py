# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import hashlib
import json
import os
import signal
import stat
from pathlib import Path

import pytest
import yaml
from ansible.module_utils.testing import patch_module_args
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret
from unit.plugins.module_utils._values.test_edit import lines_that_differ

from ansible_collections.coder.classic.plugins.module_utils import _border
from ansible_collections.coder.classic.plugins.modules import coder_values
from ansible_collections.coder.classic.plugins.plugin_utils import in_process

SECRETS = ("planted-4711", "planted-4712", "planted-4713")
CONFIG = {
    "cemanager": {"image": "coderenvs/coder-service:1.20.0", "accessURL": "https://coder.example.com"},
    "devurls": {"host": "*.example.com"},
    "dashboard": {"replicas": 1},
    "postgres": {"password": SECRETS[0], "passwordSecret": "db", "useDefault": False, "port": 5432},
    "sidecar": {"image": "nginx:1.19", "script": "a\n  b\n"},
    "texts": {"a": "yes", "b": "1e3", "c": None, "d": 1.5},
}
TEXT = f"""\
# Jane's values
cemanager:
  image: "coderenvs/coder-service:1.20.0"   # pinned
  replicas: 3   # three

# the database
postgres:
    password:  '{SECRETS[0]}'
    useDefault: false
devurls: {{}}
"""


@pytest.fixture(autouse=True)
def nothing_hidden(monkeypatch) -> None:
    monkeypatch.setattr(_border, "_hidden", set())


@pytest.fixture
def cluster(monkeypatch) -> FakeCluster:
    found = FakeCluster([secret(record("", name="coder", revision=r, config=CONFIG)) for r in (3, 12)])
    monkeypatch.setattr(coder_values, "cluster_from_params", lambda params: found)
    return found


@pytest.fixture
def path(tmp_path) -> Path:
    return tmp_path / "coder.yaml"


@pytest.fixture
def run(cluster, path, capsys):
    """run(check_mode=False, **options) → the result; no secret is in anything that is printed."""

    def ran(check_mode: bool = False, **options) -> dict:
        arguments = {"namespace": "coder", "path": str(path), "version": "1.21.7", **options}
        as_worker = json.dumps(in_process.run("x", coder_values, arguments, check_mode=True))
        with patch_module_args({**arguments, "_ansible_check_mode": check_mode}), pytest.raises(SystemExit):
            coder_values.main()
        printed = capsys.readouterr()
        for text in (as_worker, printed.out, printed.err):
            assert not [one for one in SECRETS if one in text]
        result = json.loads(printed.out)
        # Both ways answer the same: the first one only looked.
        known = {key: value for key, value in json.loads(as_worker).items() if key not in ("warnings", "exception")}
        assert {**known, "invocation": 0} == {**{k: result[k] for k in known if k in result}, "invocation": 0}
        return {"warnings": json.loads(as_worker).get("warnings"), **result}

    return ran


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def folder_of(path: Path) -> list[str]:
    return sorted(os.listdir(path.parent))


def test_the_release_is_exported_once_cleaned_and_migrated(run, path) -> None:
    result = run()
    assert (result["changed"], result["exported"], result["backup"], result["path"]) == (True, True, None, str(path))
    text = path.read_text()
    first, rest = text.split("\n", 1)
    assert first == (
        "# Exported from the release coder revision 12 in namespace coder (chart workspace-provider 1.21.3); "
        "from now on this file is the source."
    )
    assert "{" not in rest and "  script: |\n    a\n      b\n" in rest
    assert yaml.safe_load(text) == {
        "dashboard": {"replicas": 1},
        "postgres": {"password": SECRETS[0], "passwordSecret": "db", "port": 5432, "default": {"enable": False}},
        "sidecar": CONFIG["sidecar"],
        "texts": CONFIG["texts"],
        "coderd": {"accessURL": "https://coder.example.com", "devurlsHost": "*.example.com"},
    }
    assert mode_of(path) == 0o600 and folder_of(path) == ["coder.yaml"]
    assert [note["what"] for note in result["notes"]].count("renamed") == 3
    assert "nginx:1.19" in str(result["notes"]) and result["diff"]["before_header"].startswith(
        "release coder revision 12"
    )


def test_from_then_on_the_file_is_the_source(run, path, cluster) -> None:
    first = run()
    cluster.objects.clear()
    text = path.read_text()
    again = run()
    assert (again["changed"], again["exported"], again["sha256"]) == (False, False, first["sha256"])
    assert (
        path.read_text() == text
        and folder_of(path) == ["coder.yaml"]
        and again["diff"]["before"] == again["diff"]["after"]
    )


def test_only_the_lines_concerned_are_edited(run, path) -> None:
    path.write_text(TEXT)
    path.chmod(0o640)
    result = run(service_next=True, set={"coderd.replicas": 5, "coderd.a-b.c": ["x"]})
    gone, come = lines_that_differ(TEXT, path.read_text())
    assert gone == [
        "cemanager:\n",
        '  image: "coderenvs/coder-service:1.20.0"   # pinned\n',
        "  replicas: 3   # three\n",
        "    useDefault: false\n",
    ]
    assert "# Jane's values\ncoderd:\n  replicas: 5   # three\n" in path.read_text()
    assert (
        f"# the database\npostgres:\n    password:  '{SECRETS[0]}'\n" in path.read_text()
        and "  serviceNext: true\n" in come
    )
    assert mode_of(path) == 0o640 and not result["exported"]
    assert "chmod 600" in str(result["warnings"])
    assert {note["path"]: note["differs"] for note in result["notes"] if note["what"] == "set"} == {
        "coderd.replicas": True,
        'coderd."a-b".c': True,
        "coderd.serviceNext": True,
    }
    again = run(service_next=True, set={"coderd.replicas": 5, "coderd.a-b.c": ["x"]})
    assert not again["changed"] and again["sha256"] == result["sha256"]


def test_what_was_there_is_kept_beside_once(run, path) -> None:
    path.write_text(TEXT)
    name = f"coder.yaml.before-{hashlib.sha256(TEXT.encode()).hexdigest()[:12]}"
    assert run()["backup"] == str(path.parent / name)
    assert (path.parent / name).read_text() == TEXT and mode_of(path.parent / name) == 0o600
    assert run()["backup"] is None and folder_of(path) == ["coder.yaml", name]
    path.write_text(TEXT)
    run()
    assert folder_of(path) == ["coder.yaml", name]


@pytest.mark.parametrize("text", [None, TEXT])
def test_check_mode_writes_nothing_and_answers_the_same(run, path, text) -> None:
    if text:
        path.write_text(text)
    before = folder_of(path)
    checked = run(check_mode=True, set={"a.b": 1})
    assert folder_of(path) == before and (text is None or path.read_text() == text)
    done = run(set={"a.b": 1})
    assert all(checked[key] == done[key] for key in ("changed", "diff", "notes", "sha256", "exported", "backup"))


@pytest.mark.parametrize("text", [None, TEXT])
@pytest.mark.parametrize("at", ["fsync", "chmod", "replace"])
def test_who_is_interrupted_leaves_what_was_there(run, path, monkeypatch, at: str, text) -> None:
    if text:
        path.write_text(text)
    options = {"namespace": "coder", "path": str(path), "version": "1.21.7"}
    with monkeypatch.context() as patched, pytest.raises(SystemExit):
        patched.setattr(os, at, lambda *arguments: os.kill(os.getpid(), signal.SIGTERM))
        in_process.run("x", coder_values, options, check_mode=False)
    left = [name for name in folder_of(path) if ".before-" not in name]
    assert left == (["coder.yaml"] if text else []) and (text is None or path.read_text() == text)
    assert run()["changed"]


def test_what_somebody_else_wrote_meanwhile_stays(run, path, monkeypatch) -> None:
    path.write_text(TEXT)
    chmod = os.chmod
    monkeypatch.setattr(os, "chmod", lambda *arguments: (path.write_text("other: 1\n"), chmod(*arguments)))
    options = {"namespace": "coder", "path": str(path), "version": "1.21.7"}
    result = in_process.run("x", coder_values, options, check_mode=False)
    assert result["failure"]["code"] == "conflict" and path.read_text() == "other: 1\n"


def test_a_link_stays_one(run, path, tmp_path) -> None:
    (tmp_path / "real.yaml").write_text(TEXT)
    path.symlink_to("real.yaml")
    assert run()["path"] == str(tmp_path / "real.yaml") and path.is_symlink() and "coderd:" in path.read_text()


def test_a_changed_secret_is_told_and_not_shown(run, path) -> None:
    path.write_text(TEXT)
    diff = run(set={"postgres.password": SECRETS[1], "coderd.token": SECRETS[2]})["diff"]
    assert "password: '******** (changed)'" in diff["after"] and "token: '********'" in diff["after"]
    assert SECRETS[1] in path.read_text()


def test_a_registry_of_ones_own_gets_the_new_tag(run, path) -> None:
    path.write_text("coderd:\n  image: 'reg.local:5000/coder-service:1.20.0'  # ours\n")
    result = run()
    assert path.read_text() == "coderd:\n  image: 'reg.local:5000/coder-service:1.21.7'  # ours\n"
    assert result["notes"][0]["action"] == "retagged"
    path.write_text("coderd:\n  replicas: 1\n  image: reg.local/x:1.20.0\n")
    run(pinned_images="remove")
    assert path.read_text() == "coderd:\n  replicas: 1\n"


def test_an_image_that_the_task_sets_is_not_cleaned_in_every_run(run, path) -> None:
    path.write_text("coderd:\n  image: reg.local/x:1.20.0\n")
    options = {"set": {"coderd.image": "reg.local/x:1.20.0"}, "pinned_images": "remove"}
    assert not run(**options)["changed"]


def test_before_1_21_nothing_is_renamed_but_cleaned(run, path) -> None:
    path.write_text(TEXT)
    result = run(version="1.20.6", pinned_images="retag")
    assert (
        'image: "coderenvs/coder-service:1.20.6"   # pinned\n' in path.read_text() and "cemanager:" in path.read_text()
    )
    assert [note["what"] for note in result["notes"]] == ["image"]


def test_without_migration_the_old_names_stay(run, path) -> None:
    path.write_text("cemanager:\n  replicas: 3\n")
    assert not run(migrate=False)["changed"]


def test_what_is_dead_goes_with_service_next(run, path) -> None:
    path.write_text("coderd: # main\n  replicas: 1\ndashboard:\n  replicas: 1\nenvproxy: {}\n")
    run(remove_dead=True)
    assert "dashboard:" in path.read_text()
    run(remove_dead=True, service_next=True)
    assert path.read_text() == "coderd: # main\n  replicas: 1\n  serviceNext: true\n"


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"version": "1.21"}, "whole version"),
        ({"version": "v1.21.7"}, "whole version"),
        ({"version": "1.20.0", "service_next": True}, "before 1.21"),
        ({"set": {"cemanager.replicas": 1}}, "coderd.replicas"),
        ({"set": {"a..b": 1, "db.password": SECRETS[1], "c..token": SECRETS[2]}}, "path"),
        ({"set": {"coderd.serviceNext": False}, "service_next": True}, "contradict"),
    ],
)
def test_options_that_do_not_go_together_are_refused_first(run, path, options: dict, word: str) -> None:
    result = run(**options)
    assert result["failure"]["code"] == "invalid" and word in result["msg"] and not path.exists()


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (f"a: 1\npostgres: &db {{password: {SECRETS[0]}, useDefault: false}}\nother: *db\n", 2),
        (f"password: '{SECRETS[0]}\n", None),
        (f"postgres:\n  password: {SECRETS[0]}\n  password: {SECRETS[1]}\n", 3),
        ("coderd:\n  serviceNext: 'false'\n", 2),
        ('postgres:\n  useDefault: "true"\n', 2),
    ],
)
def test_a_file_that_cannot_be_edited_is_named_with_its_line(run, path, text: str, line) -> None:
    path.write_text(text)
    failure = run()["failure"]
    assert failure["code"] == "unsupported_values" and failure["where"].startswith(str(path)) and failure["next"]
    assert line is None or failure["where"].endswith(f"line {line}")
    assert path.read_text() == text and folder_of(path) == ["coder.yaml"]


def test_a_text_in_place_of_a_boolean_can_be_set_right_by_the_task(run, path, cluster) -> None:
    bad = {"coderd": {"satellite": {"enable": "true"}}}
    cluster.put(secret(record("", name="coder", revision=13, config=bad)))
    failure = run()["failure"]
    assert "revision 13" in failure["where"] and "option set" in failure["next"] and not path.exists()
    assert run(set={"coderd.satellite.enable": False})["changed"]
    assert yaml.safe_load(path.read_text()) == {"coderd": {"satellite": {"enable": False}}}


@pytest.mark.parametrize("kind", ["missing", "open"])
def test_a_folder_that_will_not_do_is_refused(run, path, kind: str) -> None:
    folder = path.parent / "below"
    if kind == "open":
        folder.mkdir()
        folder.chmod(0o777)
    result = run(path=str(folder / "coder.yaml"), check_mode=True)
    assert (result["failure"]["code"], result["failure"]["where"]) == ("invalid", str(folder))


def test_a_folder_in_place_of_the_file_is_named(run, path) -> None:
    path.mkdir()
    failure = run()["failure"]
    assert (failure["code"], failure["where"]) == ("invalid", str(path)) and failure["why"]


def test_a_file_that_is_no_text_is_named(run, path) -> None:
    path.write_bytes(b"a: \xff\n")
    assert run()["failure"]["code"] == "unsupported_values"


def test_an_unknown_release_is_refused_with_the_known_ones(run, path) -> None:
    failure = run(name="nope")["failure"]
    assert failure["code"] == "release_not_found" and "coder" in failure["why"] and not path.exists()


def test_a_release_without_values_makes_a_file_that_can_be_edited(run, path, cluster) -> None:
    cluster.put(secret(record("", name="coder", revision=13, config={})))
    run()
    assert path.read_text().count("\n") == 1 and not run()["changed"]
    assert run(service_next=False)["changed"] and path.read_text().endswith("source.\ncoderd:\n  serviceNext: false\n")

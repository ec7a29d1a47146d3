# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the products of one source in a throw-away Go module."""

from __future__ import annotations

import json
from pathlib import Path

from . import openapi, versions
from .cache import copy_writable
from .errors import ToolchainError
from .golang import Go
from .gomodule import wrapper
from .pins import Source
from .process import Work, run
from .progress import compilation, downloads
from .recipe import BUILD_FLAGS, link_flags


def fetch(source: Source, go: Go, work: Work) -> dict:
    """Download the source's module: ``go mod download -json`` (Dir: its folder, GoMod: its go.mod)."""
    command = [go.program, "mod", "download", "-json", f"{source.module}@{source.version}"]
    return json.loads(run(work, "fetching the source", command, go.environment, downloads))


def prepare(source: Source, go: Go, work: Work, fetched: dict) -> None:
    """Make ``work.folder`` a module in which the source's packages can be built."""
    described = run(work, "reading go.mod", [go.program, "mod", "edit", "-json", fetched["GoMod"]], go.environment)
    go_mod = work.folder / "go.mod"
    text = wrapper(json.loads(described), source.module, source.version, source.staging, source.dependencies)
    go_mod.write_text(text)
    if source.openapi:
        generated = openapi.generate(source, go, work)
        # Go refuses an overlay over its module cache, so the file joins a copy of the module.
        copy_writable(Path(fetched["Dir"]), work.folder / "source")
        generated.rename(work.folder / "source" / source.openapi / generated.name)
        go_mod.write_text(f"{text}replace {source.module} => ./source\n")


def program(source: Source, name: str, go: Go, work: Work) -> Path:
    """Build one program in a prepared ``work.folder``, try it, and return the folder that holds nothing else."""
    package = source.programs[name]
    flags = [*BUILD_FLAGS, "-ldflags", link_flags(source)]
    # Without the program's own package: that one is always stale, since it is not installed anywhere.
    stale = '{{if and .Stale (ne .Name "main")}}{{.ImportPath}}{{end}}'
    listing = [go.program, "list", "-deps", *BUILD_FLAGS, "-f", stale, package]
    total = len(run(work, f"{name}: listing packages", listing, go.environment, downloads).split())
    folder = work.folder / "finished" / name
    folder.mkdir(parents=True)
    # Go itself runs as many compilers at once as there are cores, not more.
    command = [go.program, "build", "-v", *flags, "-o", folder / name, package]
    run(work, f"{name}: compiling", command, go.environment, lambda text: compilation(text, total))
    said = versions.ask(name, folder / name)
    if said != source.version:
        raise ToolchainError(
            f"{work.title}: the {name} that was built says it is {said}, not {source.version}; it is not kept. "
            f"The variables of {source.name} in pins.toml do not fit this version, or it cannot run on this machine. "
            f"Log: {work.log}"
        )
    return folder


def folder(source: Source, name: str, work: Work, fetched: dict) -> Path:
    """Copy one folder of the source; returns the folder that holds nothing but the copy."""
    target = work.folder / "finished" / name
    copy_writable(Path(fetched["Dir"]) / source.folders[name], target / name)
    return target

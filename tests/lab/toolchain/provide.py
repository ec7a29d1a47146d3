# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Chooses for each product of a source: cached, found on PATH, or built now."""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from . import build, golang, versions
from . import cache as caches
from .errors import ToolchainError
from .pins import GoPin, Source
from .process import Work
from .recipe import folder_name


class Provided(NamedTuple):
    """One usable product: ``origin`` is "cached", "found" (on PATH) or "built"; ``seconds`` it took to get it."""

    name: str
    version: str
    path: Path
    origin: str
    seconds: float


def provide(source: Source, pin: GoPin, cache: Path, report: Callable[[str], None]) -> list[Provided]:
    """Everything that ``source`` is for; builds what is neither cached nor on PATH at exactly the pinned version."""
    provided, missing = look(source, cache)
    if missing:
        name = f"{source.name}-{source.version}"
        with caches.locked(cache, name, report):
            # Another process may have built it while this one waited.
            provided, missing = look(source, cache)
            if missing:
                _build(source, missing, pin, cache, name, report, provided)
    return [provided[product] for product in (*source.programs, *source.folders)]


def look(source: Source, cache: Path) -> tuple[dict[str, Provided], dict[str, str]]:
    """What is there already, and what is missing with the reason."""
    provided, missing = {}, {}
    for product in (*source.programs, *source.folders):
        started = time.monotonic()
        path, origin = _cached(source, product, cache)
        if path is None:
            not_cached = origin
            path, origin = _on_path(source, product)
        if path is None:
            missing[product] = f"{not_cached}, {origin}"
        else:
            provided[product] = Provided(product, source.version, path, origin, time.monotonic() - started)
    return provided, missing


def _cached(source: Source, product: str, cache: Path) -> tuple[Path | None, str]:
    """The product and "cached", or None and why the cache does not have it."""
    folder = cache / folder_name(source, product)
    if not caches.claim(cache, folder):
        return None, "not cached"
    path = folder / product
    # A program must run and say what it is: that takes a moment, and a damaged one would fail far from here.
    whole = any(path.rglob("*.*")) if product in source.folders else versions.ask(product, path) == source.version
    return (path, "cached") if whole else (None, f"damaged in {folder}")


def _on_path(source: Source, product: str) -> tuple[Path | None, str]:
    """The program and "found", or None and why PATH does not have it."""
    if product in source.folders:
        return None, "part of the source"
    found = shutil.which(product)
    if found is None:
        return None, "not on PATH"
    said = versions.ask(product, Path(found))
    if said != source.version:
        return None, f"on PATH {found} is {said or 'of unknown version'}"
    return Path(found).absolute(), "found"


def _build(
    source: Source,
    missing: dict[str, str],
    pin: GoPin,
    cache: Path,
    name: str,
    report: Callable[[str], None],
    provided: dict[str, Provided],
) -> None:
    """Build and publish one product after the other, so that what is finished survives what fails later."""
    for product, why in missing.items():
        report(f"{source.title}: {product} must be made ({why})")
    go = golang.find(source.go, pin, cache, report)
    log = caches.log_file(cache, name)
    report(f"{source.title}: from {source.module} with Go {go.version} ({go.program}), log {log}")
    with _room(source, cache), caches.workplace(cache, name) as folder:
        work = Work(source.title, folder, log, report)
        started = time.monotonic()
        fetched = build.fetch(source, go, work)
        if any(product in source.programs for product in missing):
            build.prepare(source, go, work, fetched)
        for product in missing:
            if product in source.folders:
                finished = build.folder(source, product, work, fetched)
            else:
                finished = build.program(source, product, go, work)
            target = cache / folder_name(source, product)
            caches.publish(finished, target)
            seconds = time.monotonic() - started
            report(f"{source.title}: {product} made in {seconds:.0f} s")
            provided[product] = Provided(product, source.version, target / product, "built", seconds)
            started = time.monotonic()


@contextlib.contextmanager
def _room(source: Source, cache: Path) -> Iterator[None]:
    """What the system refuses (a full disk, a folder of somebody else) becomes a ToolchainError."""
    try:
        yield
    except OSError as error:
        free = shutil.disk_usage(cache).free // 2**20
        raise ToolchainError(
            f"{source.title}: {error}. {cache} has {free} MB free; a whole build takes several GB, most of it in Go's "
            "own caches. What was finished before is kept. Make room, or let XDG_CACHE_HOME name another place, and run the "
            "same command again."
        ) from error

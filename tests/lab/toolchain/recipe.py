# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What determines a product, and the name of its cache folder (pure)."""

from __future__ import annotations

import hashlib
import json
import platform

from .pins import Source

BUILD_FLAGS = ("-trimpath", "-buildvcs=false")


def link_flags(source: Source) -> str:
    """Value of ``-ldflags``: no symbol tables, and the pinned variables."""
    return " ".join(["-s", "-w", *(f"-X {name}={value}" for name, value in sorted(source.variables.items()))])


def recipe(source: Source, product: str) -> dict:
    """All that a change of which must lead to another build of ``product``, a program or a folder of ``source``.

    The version of Go is not part of it: a newer Go on PATH is no reason to build for minutes again.
    """
    if product in source.folders:
        return {"module": source.module, "version": source.version, "folder": source.folders[product]}
    # Only where there are some: what is built without any keeps its name, and need not be built again.
    dependencies = {"dependencies": dict(source.dependencies)} if source.dependencies else {}
    return {
        "module": source.module,
        "version": source.version,
        "package": source.programs[product],
        "staging": source.staging,
        "openapi": source.openapi,
        "flags": [*BUILD_FLAGS, link_flags(source)],
        "platform": [platform.system(), platform.machine()],
        **dependencies,
    }


def folder_name(source: Source, product: str) -> str:
    """Name of the cache folder: ``<product>-<version>-<12 hex digits of the recipe's hash>``."""
    text = json.dumps(recipe(source, product), sort_keys=True)
    return f"{product}-{source.version}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads ``pins.toml``: which program comes from which Go module, at which version (pure but for reading the file)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from .errors import ToolchainError

PINS = Path(__file__).with_name("pins.toml")
KUBERNETES = ("1.21", "current")
ALWAYS = ("helm", "etcd", "kwok")
#: What no lab needs, and some tests do.
ON_DEMAND = ("helm4",)
NONE: Mapping[str, str] = MappingProxyType({})


class GoPin(NamedTuple):
    """The Go toolchain on PyPI: name of the distribution and its version, without ``v``."""

    distribution: str
    version: str


class Source(NamedTuple):
    """One Go module at one version and what is made of it.

    ``programs``: program name to Go package. ``folders``: product name to a folder of the module that is copied as it
    is. ``variables``: Go variables set at link time. ``go``: oldest Go that will do. ``staging``: version under which
    the folders that the module's go.mod points to are published. ``openapi``: package folder in which the module
    lacks the generated OpenAPI definitions. ``dependencies``: module to the version that is taken in place of the one
    that the go.mod names.
    """

    name: str
    module: str
    version: str
    go: str
    programs: Mapping[str, str]
    folders: Mapping[str, str] = NONE
    variables: Mapping[str, str] = NONE
    staging: str | None = None
    openapi: str | None = None
    dependencies: Mapping[str, str] = NONE

    @property
    def title(self) -> str:
        """Name and version, as the terminal says them."""
        return f"{self.name} {self.version}"


def read(path: Path = PINS) -> dict:
    """The pins as TOML gives them."""
    with path.open("rb") as file:
        return tomllib.load(file)


def go_pin(pins: dict) -> GoPin:
    """The Go toolchain to fetch where PATH has none."""
    return GoPin(**pins["go"])


def sources(pins: dict, kubernetes: str) -> list[Source]:
    """What a lab with this Kubernetes ("1.21" or "current") is made of, in the order in which it is built."""
    if kubernetes not in KUBERNETES:
        raise ToolchainError(f"there is no Kubernetes {kubernetes!r} in {PINS}: choose one of {', '.join(KUBERNETES)}")
    common = {key: value for key, value in pins["kubernetes"].items() if key != "releases"}
    tables = {name: pins[name] for name in ALWAYS}
    tables["kubernetes"] = common | pins["kubernetes"]["releases"][kubernetes]
    return [_source(name, table) for name, table in tables.items()]


def source(pins: dict, name: str) -> Source:
    """One of ON_DEMAND."""
    return _source(name, pins[name])


def _source(name: str, table: dict) -> Source:
    source = Source(name=name, **table)
    major, minor = source.version.removeprefix("v").split(".")[:2]
    filled = {
        variable: value.format(version=source.version, major=major, minor=minor)
        for variable, value in source.variables.items()
    }
    return source._replace(variables=filled)

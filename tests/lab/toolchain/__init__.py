# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The programs of the lab: helm, etcd, kwok, the Kubernetes control plane and kubectl, at pinned versions.

Needs nothing but Python with pip, and a way to Go modules and PyPI. See ``pins.toml`` for what and ``provide`` for how.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from . import cache, golang, pins, recipe
from .errors import ToolchainError
from .provide import Provided, provide

__all__ = ["Provided", "ToolchainError", "ensure", "ensure_all", "ensure_one"]


def ensure(kubernetes: str = "1.21", report: Callable[[str], None] = print) -> dict[str, Path]:
    """Absolute paths of ``helm``, ``etcd``, ``kwok``, ``kube-apiserver``, ``kube-controller-manager``,
    ``kube-scheduler`` and ``kubectl``, and under ``kwok-stages`` the folder of kwok's stock stages.

    ``kubernetes`` is "1.21" or "current". What is not cached is built, which takes minutes and is told to ``report``.
    Raises ToolchainError when a program cannot be had.
    """
    return {provided.name: provided.path for provided in ensure_all(kubernetes, report)}


def ensure_all(kubernetes: str, report: Callable[[str], None]) -> list[Provided]:
    """As ``ensure``, with version, origin and seconds of each product."""
    pinned = pins.read()
    go, root = pins.go_pin(pinned), cache.root()
    provided = [one for source in pins.sources(pinned, kubernetes) for one in provide(source, go, root, report)]
    cache.remove_unused(root, {golang.wheel_folder(go, root).name, *product_folders(pinned)}, report)
    return provided


def ensure_one(name: str, report: Callable[[str], None] = print) -> Path:
    """The program of one of pins.ON_DEMAND. Raises as ``ensure`` does."""
    pinned = pins.read()
    (provided,) = provide(pins.source(pinned, name), pins.go_pin(pinned), cache.root(), report)
    return provided.path


def product_folders(pinned: dict) -> set[str]:
    """Names of the cache folders of everything that the pins name, for every Kubernetes (pure)."""
    sources = [source for kubernetes in pins.KUBERNETES for source in pins.sources(pinned, kubernetes)]
    sources += [pins.source(pinned, name) for name in pins.ON_DEMAND]
    return {
        recipe.folder_name(source, product) for source in sources for product in (*source.programs, *source.folders)
    }

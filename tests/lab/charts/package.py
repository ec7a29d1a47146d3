# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Packages the fixture charts: ``python -m lab.charts.package HELM FOLDER``.

A chart is made of layers (folders beside this file), laid over each other in the order given: Chart.yaml and values.yaml
are merged, templates are copied. As for the product, packaging sets the version and the image values.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import yaml

SOURCES = Path(__file__).resolve().parent
REGISTRY = "registry.example.com/coderenvs"


class Chart(NamedTuple):
    """``key`` names the package in lab.json, ``images`` are (dotted value, repository) pairs that get the version as tag."""

    key: str
    version: str
    layers: tuple[str, ...]
    images: tuple[tuple[str, str], ...]


MAIN_IMAGES = (
    ("coderd.image", "coder-service"),
    ("envbox.image", "envbox"),
    ("postgres.default.image", "timescale"),
)
ENVPROXY_IMAGE = (("envproxy.image", "coder-service"),)
OLD_IMAGES = (
    ("cemanager.image", "coder-service"),
    ("dashboard.image", "dashboard"),
    ("envbox.image", "envbox"),
    ("timescale.image", "timescale"),
)

CHARTS = (
    Chart("coder", "1.21.7", ("coder/base", "coder/only-1.21"), MAIN_IMAGES + ENVPROXY_IMAGE),
    Chart("coder-1.21.4", "1.21.4", ("coder/base", "coder/only-1.21"), MAIN_IMAGES + ENVPROXY_IMAGE),
    # Nothing in common with its successors but names: a chart of one layer.
    Chart("coder-1.20.0", "1.20.0", ("coder/only-1.20",), OLD_IMAGES + ENVPROXY_IMAGE),
    Chart("coder-1.22.3", "1.22.3", ("coder/base", "coder/only-1.22"), MAIN_IMAGES),
    # Which state was published under which number is not known: the numbers are the fixture's own.
    Chart(
        "workspace-provider-plain",
        "1.21.3",
        ("workspace-provider/base", "workspace-provider/unkept", "workspace-provider/envproxy"),
        ENVPROXY_IMAGE,
    ),
    Chart(
        "workspace-provider-keep",
        "1.21.4",
        ("workspace-provider/base", "workspace-provider/kept", "workspace-provider/envproxy"),
        ENVPROXY_IMAGE,
    ),
    Chart("workspace-provider-keep-no-envproxy", "1.21.5", ("workspace-provider/base", "workspace-provider/kept"), ()),
)


def package_all(helm: str | Path, folder: Path) -> dict[str, Path]:
    """Fills ``folder`` with every chart and an index.yaml; answers {key: .tgz}. A failing helm raises with its words."""
    folder.mkdir(parents=True, exist_ok=True)
    packages = {}
    with tempfile.TemporaryDirectory() as work:
        for chart in CHARTS:
            source = lay_out(chart, Path(work) / chart.key)
            _run(helm, "package", source, "--destination", folder)
            packages[chart.key] = folder / f"{source.name}-{chart.version}.tgz"
    _run(helm, "repo", "index", folder)
    return packages


def lay_out(chart: Chart, work: Path) -> Path:
    """Writes the chart's source under ``work`` and answers its folder, which bears the chart's name as helm wants it."""
    metadata = {"version": chart.version, "appVersion": chart.version}
    values: dict = {}
    templates = work / "templates"
    for layer in chart.layers:
        merge(metadata, _read(SOURCES / layer / "Chart.yaml"))
        merge(values, _read(SOURCES / layer / "values.yaml"))
        shutil.copytree(SOURCES / layer / "templates", templates, dirs_exist_ok=True)
    # Named so in the sources, because they are no YAML before helm has rendered them.
    for template in templates.glob("*.yaml.tpl"):
        template.rename(template.with_suffix(""))
    for dotted, repository in chart.images:
        *parents, last = dotted.split(".")
        target = values
        for parent in parents:
            target = target[parent]
        target[last] = f"{REGISTRY}/{repository}:{chart.version}"
    source = work / metadata["name"]
    source.mkdir()
    templates.rename(source / "templates")
    (source / "Chart.yaml").write_text(yaml.safe_dump(metadata))
    (source / "values.yaml").write_text(yaml.safe_dump(values))
    return source


def merge(into: dict, other: dict) -> None:
    """Deep merge in place; lists and scalars of ``other`` replace."""
    for key, value in other.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            merge(into[key], value)
        else:
            into[key] = value


def _read(path: Path) -> dict:
    return yaml.safe_load(path.read_text()) if path.exists() else {}


def _run(helm: str | Path, *arguments: str | Path) -> None:
    command = [str(helm), *map(str, arguments)]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}: {done.stderr.strip()}")


if __name__ == "__main__":
    for key, path in package_all(sys.argv[1], Path(sys.argv[2])).items():
        print(f"{key}\t{path}")

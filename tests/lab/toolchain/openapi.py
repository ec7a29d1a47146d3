# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Generates the OpenAPI definitions that old Kubernetes modules lack (their release process made them from the source).

The packages are those whose source has a ``+k8s:openapi-gen=`` tag, in all staging modules that the programs use:
what the Makefile of that time took, seen from inside the Go module cache. The generator is the one that the same go.mod
pins. What it makes lives only as long as the build.
"""

from __future__ import annotations

from pathlib import Path

from .golang import Go
from .pins import Source
from .process import Work, run
from .progress import downloads

TAG = b"+k8s:openapi-gen="
GENERATOR = "k8s.io/kube-openapi/cmd/openapi-gen"
FILE = "zz_generated.openapi"
# Package path, a tab, folder and version of its module, for packages of modules that another version replaces.
_MODULES = "{{with .Module}}{{if .Replace}}{{.Path}}\t{{.Dir}}\t{{.Replace.Version}}{{end}}{{end}}"


def generate(source: Source, go: Go, work: Work) -> Path:
    """Run the generator in the build module at ``work.folder``; the file it wrote. Takes half a minute."""
    listing = [go.program, "list", "-deps", "-f", _MODULES, *source.programs.values()]
    modules = staging_modules(run(work, "listing modules", listing, go.environment, downloads), source.staging)
    packages = tagged_packages(modules)
    generator = work.folder / "openapi-gen"
    run(work, "building openapi-gen", [go.program, "build", "-o", generator, GENERATOR], go.environment, downloads)
    package = f"{source.module}/{source.openapi}"
    licence, output = work.folder / "no-licence-header", work.folder / "generated"
    licence.touch()
    names = ["-i", ",".join(packages), "-p", package, "-O", FILE, "-h", licence, "-o", output]
    command = [generator, "--logtostderr", *names, "-r", work.folder / "violations"]
    # The generator calls `go` by name to find the packages' folders.
    path = f"{go.program.parent}:{go.environment.get('PATH', '')}"
    run(work, f"generating OpenAPI definitions of {len(packages)} packages", command, go.environment | {"PATH": path})
    return output / package / f"{FILE}.go"


def staging_modules(listing: str, staging: str | None) -> dict[str, Path]:
    """Module path to folder, of the modules that were replaced by the staging version."""
    lines = (line.split("\t") for line in set(listing.splitlines()) if line)
    return {path: Path(folder) for path, folder, version in lines if version == staging}


def tagged_packages(modules: dict[str, Path]) -> list[str]:
    """Import paths of all packages in these modules of which a file has the tag, sorted."""
    return sorted(
        {
            "/".join((module, *file.parent.relative_to(folder).parts))
            for module, folder in modules.items()
            for file in folder.rglob("*.go")
            if TAG in file.read_bytes()
        }
    )

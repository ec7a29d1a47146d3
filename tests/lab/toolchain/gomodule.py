# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The go.mod of the throw-away module in which a program is built (pure)."""

from __future__ import annotations

from collections.abc import Mapping

from .pins import NONE

MODULE_NAME = "lab.invalid/build"


def wrapper(
    upstream: dict, module: str, version: str, staging: str | None, dependencies: Mapping[str, str] = NONE
) -> str:
    """Text of a go.mod that builds ``module`` at ``version`` with the dependencies its authors chose.

    ``upstream`` is what ``go mod edit -json`` says of the module's own go.mod. Go ignores ``replace``, ``exclude`` and
    ``godebug`` of a dependency, so they are repeated here. A replacement by a folder cannot be repeated: that folder
    is a module of its own, published as ``staging`` (Kubernetes: v1.21.14 has v0.21.14), or, without ``staging``,
    under the version which the go.mod requires anyway. ``dependencies``: module to the version that is taken whatever
    the go.mod says.
    """
    lines = [f"module {MODULE_NAME}", f"go {upstream['Go']}"]
    lines += [f"godebug {setting['Key']}={setting['Value']}" for setting in upstream.get("GoDebug") or []]
    lines += [f"require {module} {version}"]
    lines += [f"exclude {old['Path']} {old['Version']}" for old in upstream.get("Exclude") or []]
    for replacement in upstream.get("Replace") or []:
        line = _replace(replacement["Old"], replacement["New"], staging)
        if line and replacement["Old"]["Path"] not in dependencies:
            lines.append(line)
    lines += [f"replace {path} => {path} {chosen}" for path, chosen in dependencies.items()]
    return "\n".join(lines) + "\n"


def _replace(old: dict, new: dict, staging: str | None) -> str | None:
    is_folder = "Version" not in new
    if is_folder and staging is None:
        return None
    left = " ".join(filter(None, (old["Path"], old.get("Version"))))
    right = f"{old['Path']} {staging}" if is_folder else f"{new['Path']} {new['Version']}"
    return f"replace {left} => {right}"

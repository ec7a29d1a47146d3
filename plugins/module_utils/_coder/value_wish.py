# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a task wants of the operator's values, from its options to operations. Pure; private to this collection."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._coder import value_changes
from ansible_collections.coder.classic.plugins.module_utils._coder.value_changes import Changed
from ansible_collections.coder.classic.plugins.module_utils._coder.value_names import (
    BOOLEANS,
    IMAGES,
    SERVICE_NEXT,
    new_name,
)
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._values import paths
from ansible_collections.coder.classic.plugins.module_utils._values.operations import applied, set_
from ansible_collections.coder.classic.plugins.module_utils._values.paths import Path

RENAMED_IN = (1, 21)
AUTO = "auto"


class Wish(NamedTuple):
    """version: ``1.21.7``. is_new: from 1.21 on. migrate: under 1.21's names. settings: they win over the file. images: as images.cleaning's mode."""

    version: str
    is_new: bool
    migrate: bool
    settings: dict[Path, Any]
    remove_dead: bool
    images: str | None


def wish_of(params: dict[str, Any]) -> Wish:
    """Raises ClassicError ``invalid`` for options that do not go together, before anything is read."""
    match = re.fullmatch(r"(\d+)\.(\d+)\.\d+", params["version"])
    if not match:
        raise _wrong("version must be a whole version number, such as 1.21.7.", "Images are compared with it.")
    is_new = (int(match[1]), int(match[2])) >= RENAMED_IN
    settings = {paths.parse(str(path)): paths.plain(value) for path, value in (params["set"] or {}).items()}
    if params["service_next"] is not None:
        if not is_new:
            raise _wrong("service_next cannot be used before 1.21.", "coderd.serviceNext came with 1.21.")
        if settings.setdefault(SERVICE_NEXT, params["service_next"]) is not params["service_next"]:
            raise _wrong("set and service_next contradict each other.", "Both give coderd.serviceNext.")
    wish = Wish(
        params["version"],
        is_new,
        is_new and params["migrate"],
        settings,
        params["remove_dead"],
        None if params["pinned_images"] == AUTO else params["pinned_images"],
    )
    for path in settings:
        renamed = new_name(path) if wish.migrate else None
        if renamed:
            why = f"From 1.21 on {paths.text(path)} is {paths.text(renamed)}."
            raise _wrong(f"set has the old name {paths.text(path)}.", why)
    return wish


def fulfilled(values: dict[str, Any], wish: Wish) -> Changed:
    """Cleaned, migrated, set, and without what is dead, in this order. What is right already needs no operation.

    Raises ClassicError as value_changes and paths.put do.
    """
    given = set(wish.settings)
    leave = [image for image in IMAGES if any(image[:length] in given for length in range(1, len(image) + 1))]
    parts = [value_changes.cleaned(values, wish.version, mode=wish.images, leave=leave)]
    if wish.migrate:
        parts.append(value_changes.migrated(parts[-1].values))
    parts.append(_with_settings(parts[-1].values, wish))
    if wish.is_new:
        parts.append(value_changes.without_dead(parts[-1].values, remove_them=wish.remove_dead))
    return Changed(
        parts[-1].values,
        [operation for part in parts for operation in part.operations],
        [note for part in parts for note in part.notes],
    )


def booleans_of(wish: Wish) -> list[Path]:
    """The paths at which the file must have a boolean, if it has something: those that the task does not set itself."""
    return [path for path in BOOLEANS if path not in wish.settings and (new_name(path) or path) not in wish.settings]


def _with_settings(values: dict[str, Any], wish: Wish) -> Changed:
    operations, notes = [], []
    for path, value in wish.settings.items():
        is_same = paths.has(values, path) and paths.same(paths.get(values, path), value)
        over = ", over what was there" if paths.has(values, path) and not is_same else ""
        message = f"{paths.text(path)} is set by the task{over}."
        notes.append({"what": "set", "path": paths.text(path), "message": message, "differs": not is_same})
        operations += [] if is_same else [set_(path, value)]
    return Changed(applied(values, operations), operations, notes)


def _wrong(what: str, why: str) -> ClassicError:
    return ClassicError(
        what,
        code="invalid",
        why=why,
        untouched="Nothing was read or changed.",
        next_step="Correct the options of the task, then run again.",
    )

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The operator's values file: made of the release once, edited from then on. Private to this collection."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils import _border
from ansible_collections.coder.classic.plugins.module_utils._coder import value_wish
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.backup import demand_writable
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import private_folder, write_secret
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._values import difference, edit, paths, yaml_out, yaml_text

MODE = 0o600


class Outcome(NamedTuple):
    """result: what a module answers. values: what the file holds now, or would (secret!). is_open: others can read it."""

    result: dict[str, Any]
    values: dict[str, Any]
    is_open: bool


class _Texts(NamedTuple):
    """The values before and after, what was there as bytes (None: no file), and as what it is to be written."""

    before: dict[str, Any]
    after: dict[str, Any]
    old: bytes | None
    new: bytes
    notes: list[dict[str, Any]]
    source: str


def run(params: dict[str, Any], release: Callable[[], Release], *, check_mode: bool) -> Outcome:
    """Writes the file as the options want it, the text before beside it, and nothing that is right already.

    release is only asked for where there is no file. Raises ClassicError: ``invalid`` for options or a folder that will not do,
    ``unsupported_values`` for a file that cannot be read or edited; OSError.
    """
    _hide_secrets(params["set"] or {})
    wish = value_wish.wish_of(params)
    # Of a link, what it points to: the link stays.
    path = Path(os.path.realpath(params["path"]))
    _demand_good_folder(path.parent)
    _demand_regular(path)
    old = path.read_bytes() if path.exists() else None
    try:
        texts = _exported(release(), wish) if old is None else _edited(old, str(path), wish)
    except ClassicError as error:
        if error.code == "unsupported_values":
            error.where = ", ".join(filter(None, (str(path), error.where)))
        raise
    changed = texts.old != texts.new
    kept = path.with_name(f"{path.name}.before-{hashlib.sha256(old).hexdigest()[:12]}") if old and changed else None
    if changed:
        demand_writable(path.parent)
    if changed and not check_mode:
        _write(path, texts, kept)
    before, after = difference.texts(texts.before, texts.after)
    result = {
        "changed": changed,
        "path": str(path),
        "exported": old is None,
        "backup": kept and str(kept),
        "notes": texts.notes,
        "diff": {"before": before, "after": after, "before_header": texts.source, "after_header": str(path)},
    }
    return Outcome(result, texts.after, is_open=old is not None and bool(stat.S_IMODE(path.stat().st_mode) & 0o077))


def _hide_secrets(settings: dict[str, Any]) -> None:
    """A task's options are shown with its result, also with a failure: not what is a secret in them."""
    for written, value in settings.items():
        try:
            path = paths.parse(str(written))
        except ClassicError:
            path = tuple(str(written).split("."))
        for secret in difference.secrets(paths.put({}, path, value)):
            _border.hide(secret)


def _exported(release: Release, wish: value_wish.Wish) -> _Texts:
    before = paths.plain(release.config)
    done = value_wish.fulfilled(before, wish)
    try:
        edit.demand_booleans(before, value_wish.booleans_of(wish))
    except ClassicError as error:
        error.where = release.place
        error.next_step = "Give the boolean with the option set, then run again."
        raise
    chart = f"{release.chart_name} {release.chart_version}"
    head = f"# Exported from the {release.place} (chart {chart}); from now on this file is the source.\n"
    text = head + yaml_out.block(done.values)
    if not paths.same(yaml_text.load(text), done.values):
        raise yaml_text.unsupported("The values of the release cannot be written as YAML.")
    return _Texts(before, done.values, None, text.encode(), done.notes, release.place)


def _edited(old: bytes, source: str, wish: value_wish.Wish) -> _Texts:
    try:
        text = old.decode()
    except UnicodeDecodeError:
        raise yaml_text.unsupported("The values file is not UTF-8 text.") from None
    before = yaml_text.load(text)
    edit.demand_booleans(before, value_wish.booleans_of(wish), text)
    done = value_wish.fulfilled(before, wish)
    # Steps that end where they began are none: no line moves for them.
    new = text if paths.same(before, done.values) else edit.edited(text, done.operations)
    return _Texts(before, done.values, old, new.encode(), done.notes, source)


def _write(path: Path, texts: _Texts, kept: Path | None) -> None:
    """In one piece: whoever is interrupted leaves the old file or the new one."""
    mode = MODE if texts.old is None else stat.S_IMODE(path.stat().st_mode)
    with private_folder(str(path.parent)) as folder:
        if kept and texts.old is not None and not kept.exists():
            os.replace(write_secret(os.path.join(folder, kept.name), texts.old, MODE), kept)
        partial = write_secret(os.path.join(folder, path.name), texts.new, MODE)
        os.chmod(partial, mode)
        if (path.read_bytes() if path.exists() else None) != texts.old:
            raise ClassicError(
                "The values file was changed by somebody else meanwhile.",
                code="conflict",
                where=str(path),
                untouched="The file is as they left it.",
                next_step="Run again.",
            )
        os.replace(partial, path)
    descriptor = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _demand_regular(path: Path) -> None:
    if path.exists() and not path.is_file():
        raise ClassicError(
            "The values file is no file.",
            code="invalid",
            where=str(path),
            why="It is a folder, a device, a pipe or a socket, and would be replaced.",
            untouched="Nothing was changed.",
            next_step="Choose another path, then run again.",
        )


def _demand_good_folder(folder: Path) -> None:
    why = None
    if not folder.is_dir():
        why = "It is no folder, or not there."
    elif folder.stat().st_mode & stat.S_IWOTH:
        why = "Everybody may write in it, and the file decides what is deployed."
    if why:
        raise ClassicError(
            "The folder of the values file will not do.",
            code="invalid",
            where=str(folder),
            why=why,
            untouched="Nothing was changed.",
            next_step="Make the folder, writable for its owner alone, or choose another path; then run again.",
        )

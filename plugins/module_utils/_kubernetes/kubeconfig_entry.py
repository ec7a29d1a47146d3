# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One cluster, user or context of a kubeconfig (or the same said by options), its fields read by type.

Access data are never quoted, nor is what a library says about them: an error names the file, the entry, the field and what
is wrong with it. Private to this collection.
"""

from __future__ import annotations

import base64
import binascii
import errno
import os
import stat
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

BIGGEST_FILE = 10 * 1024 * 1024
KINDS = {dict: "a mapping", list: "a list", bool: "true or false", int: "a number", float: "a number", str: "text"}
NEXT_STEP = "Correct it, then run again. kubectl --kubeconfig FILE --context NAME version shows whether it can be used."


class Entry(NamedTuple):
    """kind is cluster, user or context, place the file or who said it, folder what relative paths start from, labels what
    a person calls a field (else by its name).
    """

    kind: str
    name: str
    fields: dict[str, Any]
    place: str
    folder: str
    labels: Mapping[str, str] = MappingProxyType({})

    def __repr__(self) -> str:
        return f"Entry({self.kind} {self.name} of {self.place})"


def unusable(what: str, *, where: str, why: str, next_step: str = NEXT_STEP) -> ClassicError:
    """The error for access data that cannot be used."""
    return ClassicError(
        what, code="invalid", where=where, why=why, untouched="Nothing was changed.", next_step=next_step
    )


def refusal(entry: Entry, field: str, why: str, next_step: str = NEXT_STEP) -> ClassicError:
    """The error for one field."""
    label = entry.labels.get(field) or f"The field {field} of {entry.kind} {entry.name}"
    return unusable(f"{label} cannot be used.", where=entry.place, why=why, next_step=next_step)


def text(entry: Entry, field: str) -> str | None:
    """None where it is missing, null or empty."""
    return _typed(entry, field, str)


def flag(entry: Entry, field: str) -> bool:
    return bool(_typed(entry, field, bool))


def mapping(entry: Entry, field: str) -> dict[str, Any]:
    return _typed(entry, field, dict) or {}


def texts(entry: Entry, field: str) -> list[str]:
    found = _typed(entry, field, list) or []
    if not all(isinstance(item, str) for item in found):
        raise refusal(entry, field, "It must be a list of texts.")
    return found


def _typed(entry: Entry, field: str, kind: type) -> Any:
    value = entry.fields.get(field)
    if value in (None, ""):
        return None
    if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
        raise refusal(entry, field, f"It must be {KINDS[kind]} and is {KINDS.get(type(value), 'something else')}.")
    return value


def content(entry: Entry, field: str) -> bytes | None:
    """What FIELD-data holds (base64), or the file that FIELD names; None without both."""
    data = text(entry, f"{field}-data")
    if data:
        try:
            return base64.b64decode("".join(data.split()), validate=True)
        except (binascii.Error, ValueError):
            raise refusal(entry, f"{field}-data", "It is not base64.") from None
    path = path_of(entry, field)
    return file_content(entry, field, path) if path else None


def path_of(entry: Entry, field: str) -> str | None:
    """The absolute path that a field names, relative to the file that holds the entry, as for kubectl."""
    path = text(entry, field)
    return path and os.path.normpath(os.path.join(entry.folder, path))


def file_content(entry: Entry, field: str, path: str) -> bytes:
    try:
        return read(path)
    except OSError as error:
        raise refusal(entry, field, f"The file {path} {reason(error)}.") from None


def read(path: str) -> bytes:
    """The content of a regular file. Raises OSError."""
    # What is no regular file may make its reader wait for ever.
    mode = os.stat(path).st_mode
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, "")
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, "")
    with open(path, "rb") as file:
        found = file.read(BIGGEST_FILE + 1)
    if len(found) > BIGGEST_FILE:
        raise OSError(errno.EFBIG, "")
    return found


def reason(error: OSError) -> str:
    """What follows the name of a file that read could not read."""
    known = {
        errno.ENOENT: "does not exist",
        errno.ENOTDIR: "does not exist",
        errno.EACCES: "may not be read by this user",
        errno.EISDIR: "is a directory",
        errno.EINVAL: "is no regular file",
        errno.EFBIG: f"is bigger than {BIGGEST_FILE // 1024 // 1024} MiB",
    }
    return known.get(error.errno or 0) or f"cannot be read ({os.strerror(error.errno or 0)})"

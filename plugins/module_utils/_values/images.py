# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Images that values pin: each keeps its version running, whatever version of a chart is installed. Pure.

Finding and deciding are two things: pinned tells all, cleaning touches only the keys that its caller names. What somebody
else's chart part runs (nginx:1.19) is told, never changed. Private to this collection.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._values import operations, paths
from ansible_collections.coder.classic.plugins.module_utils._values.operations import Operation
from ansible_collections.coder.classic.plugins.module_utils._values.paths import Path

# As the registries' own grammar has it (distribution/reference): no scheme, no user, a port only behind the first part.
REFERENCE = re.compile(
    r"(?P<repository>(?:[A-Za-z0-9.-]+(?::[0-9]+)?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)"
    r"(?::(?P<tag>[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(?:@(?P<digest>[a-z0-9]+:[0-9a-f]{32,}))?"
)
RELEASE = re.compile(r"v?(\d+(?:\.\d+)+)(?:[-+._].*)?")
IMAGE_KEY = re.compile(r"image(s|ref|reference)?$|^image", re.IGNORECASE)
# Of these two keys a mapping names its image; which of the first, charts differ in.
REPOSITORY_KEYS = ("repository", "image", "name")
PIN_KEYS = ("tag", "digest")


class Pinned(NamedTuple):
    """One reference: where, the text of it, its parts, and why it holds an old version, None if it does not.

    is_mapping: written as ``{repository, tag, digest}``, then value is put together of them.
    """

    path: Path
    value: str
    repository: str
    tag: str | None
    digest: str | None
    reason: str | None
    is_mapping: bool = False


def pinned(values: Any, version: str | None = None) -> list[Pinned]:
    """Every image reference with a tag that is a version, or with a digest, in the order of the values.

    version: the one that is wanted, ``1.21.7``; a reference holds an old version when its tag is another one, or when a
    digest chooses it. Without a version each of them does.
    """
    return list(_found(values, (), version))


def cleaning(
    rows: Iterable[Pinned],
    version: str,
    *,
    named: Collection[Path],
    mode: str | None = None,
    public: Collection[str] = (),
) -> tuple[list[Operation], list[dict[str, Any]]]:
    """What is to be done with the rows that hold an old version, as operations, and notes on all of these.

    named: the paths that may be changed. mode: ``remove`` (the chart's own image counts then), ``retag`` (the registry stays,
    the tag becomes the version; a digest goes) or ``tell``; None: remove for repositories that begin with one of public,
    retag for others. A note is ``{what: "image", path, action: removed|retagged|told, message}``. Raises ClassicError
    ``invalid`` for another mode.
    """
    if mode not in (None, "remove", "retag", "tell"):
        raise ClassicError(
            f"There is no mode {mode!r} for pinned images.",
            code="invalid",
            untouched="Nothing was changed.",
            next_step="Choose remove, retag or tell.",
        )
    made: list[Operation] = []
    notes = []
    for row in rows:
        if row.reason is None:
            continue
        action = "tell" if row.path not in set(named) else mode or _mode(row.repository, public)
        made += {"remove": _removal, "retag": _retagging, "tell": lambda *_: []}[action](row, version)
        said = {
            "remove": ("removed", "removed, so that the chart's own image counts"),
            "retag": ("retagged", f"set to {version} in the same registry: that image must be there"),
            "tell": ("told", "left as it is: change it by hand if it belongs to this version"),
        }[action]
        lost = " Its digest is gone; add that of the new image." if action == "retag" and row.digest else ""
        message = f"{paths.text(row.path)} pins {row.value} ({row.reason}); {said[1]}.{lost}"
        notes.append({"what": "image", "path": paths.text(row.path), "action": said[0], "message": message})
    return made, notes


def _found(value: Any, path: Path, version: str | None) -> Iterator[Pinned]:
    if isinstance(value, dict):
        row = _of_mapping(value, path, version)
        if row:
            yield row
        for key, item in value.items():
            if not (row and key in (*REPOSITORY_KEYS, *PIN_KEYS)):
                yield from _found(item, (*path, key), version)
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _found(item, (*path, index), version)
    elif isinstance(value, str) and (match := REFERENCE.fullmatch(value.strip())):
        is_image_key = any(isinstance(key, str) and IMAGE_KEY.search(key) for key in path[-2:])
        repository, tag, digest = match["repository"], match["tag"], match["digest"]
        is_version = tag is not None and RELEASE.fullmatch(tag) is not None
        # host:1.5 and 12:30 are references by their form only.
        if digest or (is_version and (is_image_key or "/" in repository)):
            yield Pinned(path, value.strip(), repository, tag, digest, _reason(tag, digest, version))


def _of_mapping(value: dict[str, Any], path: Path, version: str | None) -> Pinned | None:
    tag, digest = (None if value.get(key) in (None, "") else str(value[key]) for key in PIN_KEYS)
    repository = next((value[key] for key in REPOSITORY_KEYS if isinstance(value.get(key), str)), "")
    is_image_key = bool(path) and isinstance(path[-1], str) and IMAGE_KEY.search(path[-1]) is not None
    is_version = tag is not None and RELEASE.fullmatch(tag) is not None
    if not (is_version or digest) or not (repository or is_image_key) or not REFERENCE.fullmatch(repository or "x"):
        return None
    written = repository + (f":{tag}" if tag else "") + (f"@{digest}" if digest else "")
    return Pinned(path, written, repository, tag, digest, _reason(tag, digest, version), is_mapping=True)


def _reason(tag: str | None, digest: str | None, version: str | None) -> str | None:
    if digest:
        return "a digest is one image, whatever its tag says"
    release = RELEASE.fullmatch(tag or "")
    wanted = RELEASE.fullmatch(version or "")
    # 1.21.7-mirror is 1.21.7, and 1.21 may be.
    if release and wanted and f"{wanted[1]}.".startswith(f"{release[1]}."):
        return None
    return f"the tag is not {version}" if version else "the tag is a version"


def _mode(repository: str, public: Collection[str]) -> str:
    return "remove" if any(f"{repository}/".startswith(f"{prefix.rstrip('/')}/") for prefix in public) else "retag"


def _removal(row: Pinned, _version: str) -> list[Operation]:
    return [operations.remove(row.path)]


def _retagging(row: Pinned, version: str) -> list[Operation]:
    if not row.is_mapping:
        return [operations.set_(row.path, f"{row.repository}:{version}")]
    made = [operations.set_((*row.path, "tag"), version)]
    return [*made, operations.remove((*row.path, "digest"))] if row.digest else made

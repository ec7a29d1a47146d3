# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a reinstall must know when it goes on after its release's record is gone: a file, written before the uninstall.

It holds names, UIDs and addresses, and no secrets. Private to this collection.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import backup
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending


@dataclass(frozen=True)
class Journal:
    """cluster: its UID; updated: when the revision was written, which tells it from a later one of the same number; doomed:
    what goes, as {api_version, kind, namespace, name, uid}; addresses and hosts: as in addresses.py; claims: as in claims.py. note:
    what the caller wants to know again.
    """

    cluster: str
    host: str
    name: str
    namespace: str
    revision: int
    updated: str | None
    chart: str
    values_file: str
    backup_file: str
    backup_sha256: str
    doomed: list[dict[str, Any]] = field(default_factory=list)
    addresses: dict[str, list[str]] = field(default_factory=dict)
    hosts: dict[str, list[str]] = field(default_factory=dict)
    claims: dict[str, str] = field(default_factory=dict)
    note: Any = None

    @property
    def is_of_here(self) -> bool:
        return self.host == pending.host_label()


def path(directory: str, cluster_uid: str, name: str, namespace: str) -> Path:
    return Path(directory) / f"{namespace}.{name}.{cluster_uid[:8]}.reinstall.json"


def read(file: Path) -> Journal | None:
    """None where there is none. Raises ClassicError ``invalid`` for one that cannot be read."""
    try:
        return Journal(**json.loads(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, TypeError) as error:
        raise ClassicError(
            "What a reinstall noted cannot be read.",
            code="invalid",
            where=str(file),
            why=type(error).__name__,
            untouched="Nothing was changed.",
            next_step="Make it readable, or move it away if no reinstall is under way, then run again.",
        ) from None


def write(file: Path, journal: Journal) -> None:
    backup.write(file, json.dumps(asdict(journal), indent=2, sort_keys=True) + "\n")


def unfinished(journal: Journal | None, history: Sequence[Release]) -> str | None:
    """What is left of the reinstall to do; None where none was begun, or the release is still as it was. history: all revisions,
    oldest first. Pure.
    """
    if journal is None:
        return None
    if not history:
        return f"revision {journal.revision} was uninstalled, and the install did not begin"
    newest = history[-1]
    if any(is_the_one(journal, one) for one in history):
        # An uninstall takes all records with it: this one was not carried out.
        return "the uninstall was ended in the middle" if newest.status == "uninstalling" else None
    if newest.status == "deployed":
        return "the release is installed anew, and its addresses are not compared yet"
    return f"the install was ended in the middle (revision {newest.revision} is {newest.status})"


def is_the_one(journal: Journal, release: Release) -> bool:
    """Whether it is the revision that was to be uninstalled: a number alone may be that of a later one. Pure."""
    return (release.revision, release.updated) == (journal.revision, journal.updated)

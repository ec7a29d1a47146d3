# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A snapshot on disk: the dump, and beside it what is known of it. Private to this collection.

``<name>.dump`` is pg_dump's custom format, ``<name>.json`` its description, written last: a dump without one is none. What is not
whole ends with ``.partial``.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import re
from datetime import UTC, datetime
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_command import write_secret

FORMAT = 1
DUMP, DESCRIPTION, PARTIAL = ".dump", ".json", ".partial"
#: How much of it was proved: restored and compared, or read to its end.
RESTORED, READ = "restored", "read"
TIME = "%Y-%m-%dT%H:%M:%SZ"
PIECE = 1024 * 1024

Snapshot = dict[str, Any]


def name_of(database: str, version: str | None, now: datetime) -> str:
    """``coder-1.20.0-20261130T063000Z``. Pure."""
    safe = re.sub(r"[^A-Za-z0-9._-]", "_", f"{database}-{version}" if version else database)
    return f"{safe}-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def folder(path: str) -> str:
    """Makes it (0700) where it is not there. Raises ClassicError ``backup_failed``."""
    try:
        os.makedirs(path, mode=0o700, exist_ok=True)
        if not os.access(path, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, "it cannot be written into")
    except OSError as error:
        raise unwritable(path, error) from None
    return path


def begin(path: str) -> int:
    """A new partial dump (0600); its file descriptor, which is locked as long as it is open. Raises ClassicError ``backup_failed``."""
    try:
        file = os.open(f"{path}{DUMP}{PARTIAL}", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with contextlib.suppress(OSError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file
    except OSError as error:
        raise unwritable(path, error) from None


def drop_partial(path: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.remove(f"{path}{DUMP}{PARTIAL}")


def finish(path: str, description: Snapshot) -> Snapshot:
    """The partial dump becomes whole, its description beside it. Raises ClassicError ``backup_failed``, ``disk_full``."""
    content = json.dumps({"format": FORMAT, **description}, indent=2, sort_keys=True).encode()
    written = f"{path}{DESCRIPTION}{PARTIAL}"
    try:
        with contextlib.suppress(FileNotFoundError):
            os.remove(written)
        # All that takes room comes before the first of the names.
        write_secret(written, content)
        os.replace(f"{path}{DUMP}{PARTIAL}", f"{path}{DUMP}")
        os.replace(written, f"{path}{DESCRIPTION}")
        _keep(os.path.dirname(path) or ".")
    except OSError as error:
        with contextlib.suppress(OSError):
            os.remove(written)
        raise unwritable(path, error) from None
    return {**description, "path": f"{path}{DUMP}"}


def read(path: str) -> Snapshot:
    """The description of a dump, with ``path``. Raises ClassicError ``no_snapshot``."""
    stem = path.removesuffix(DESCRIPTION).removesuffix(DUMP)
    try:
        with open(f"{stem}{DESCRIPTION}", encoding="utf-8") as file:
            found = json.load(file)
        size = os.path.getsize(f"{stem}{DUMP}")
    except (OSError, ValueError) as error:
        raise _no_snapshot(path, f"{type(error).__name__}: {os.path.basename(stem)}{DUMP} or {DESCRIPTION}") from None
    if not isinstance(found, dict) or found.get("format") != FORMAT or not _is_whole(found):
        raise _no_snapshot(path, "Its description is not one that this version writes.")
    if size != found["dump_bytes"]:
        raise _no_snapshot(path, f"It has {size} bytes, not the {found['dump_bytes']} that were written.")
    return {**found, "path": f"{stem}{DUMP}"}


def demand_unchanged(snapshot: Snapshot) -> None:
    """Reads the whole dump. Raises ClassicError ``no_snapshot`` where its checksum is another one."""
    digest = hashlib.sha256()
    try:
        with open(snapshot["path"], "rb") as file:
            while piece := file.read(PIECE):
                digest.update(piece)
    except OSError as error:
        raise _no_snapshot(snapshot["path"], str(error.strerror)) from None
    if digest.hexdigest() != snapshot["sha256"]:
        raise _no_snapshot(snapshot["path"], "Its checksum is not the one that was written: it was changed or damaged.")


def all_in(path: str) -> list[Snapshot]:
    """Those that are whole, the newest first; what cannot be read is none."""
    try:
        names = sorted(name for name in os.listdir(path) if name.endswith(DUMP))
    except OSError:
        return []
    found = []
    for name in names:
        with contextlib.suppress(ClassicError):
            found.append(read(os.path.join(path, name)))
    return sorted(found, key=lambda one: one["taken"], reverse=True)


def partials(path: str) -> list[str]:
    """What runs that were ended in the middle left in the folder; not what somebody writes just now, of another deployment."""
    try:
        found = sorted(os.path.join(path, name) for name in os.listdir(path) if name.endswith(PARTIAL))
    except OSError:
        return []
    return [one for one in found if not _is_written(one)]


def _is_written(path: str) -> bool:
    try:
        file = os.open(path, os.O_RDONLY)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(file)
    return False


def age_seconds(snapshot: Snapshot, now: datetime) -> float:
    """Pure."""
    return (now - datetime.strptime(snapshot["taken"], TIME).replace(tzinfo=UTC)).total_seconds()


def to_remove(snapshots: list[Snapshot], keep: int) -> list[Snapshot]:
    """Those beyond the newest ones. Of each version the newest that was restored and compared always stays. Pure."""
    proved: dict[Any, str] = {}
    for one in snapshots:
        if one["verified"] == RESTORED:
            proved.setdefault(one["of"].get("version"), one["path"])
    return [one for one in snapshots[max(1, keep) :] if one["path"] not in proved.values()]


def remove(snapshot: Snapshot) -> None:
    """The description first: a dump without one is none."""
    stem = snapshot["path"].removesuffix(DUMP)
    for end in (DESCRIPTION, DUMP):
        with contextlib.suppress(FileNotFoundError):
            os.remove(f"{stem}{end}")


def _is_whole(found: Snapshot) -> bool:
    kinds = {
        "taken": str,
        "database": str,
        "server_version": str,
        "extensions": dict,
        "sha256": str,
        "dump_bytes": int,
        "verified": str,
        "server": int,
        "counts": dict,
        "sequences_after": dict,
        "of": dict,
    }
    if not all(isinstance(found.get(key), kind) for key, kind in kinds.items()):
        return False
    try:
        datetime.strptime(found["taken"], TIME)
    except ValueError:
        return False
    return all(isinstance(found["counts"].get(key), dict) for key in ("tables", "sequences", "bytes"))


def _keep(path: str) -> None:
    """To the disk: the names, too."""
    directory = os.open(path, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def unwritable(path: str, error: OSError) -> ClassicError:
    return ClassicError(
        "The snapshot cannot be written.",
        code="disk_full" if error.errno == errno.ENOSPC else "backup_failed",
        where=path,
        why=str(error.strerror),
        untouched="The database, the deployment, and all snapshots that there are.",
        next_step="Make room there, or let coder_backup_dir name another folder, then run again.",
    )


def _no_snapshot(path: str, why: str) -> ClassicError:
    return ClassicError(
        "This is no snapshot that can be used.",
        code="no_snapshot",
        where=path,
        why=why,
        untouched="The database and the deployment.",
        next_step="Name another one (status.yml lists them), or take a new one with snapshot_database.yml.",
    )

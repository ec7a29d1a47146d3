# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""How large a release record will be, and whether Kubernetes takes it. Private to this collection."""

from __future__ import annotations

import base64
import gzip
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record
from ansible_collections.coder.classic.plugins.module_utils._helm.helm_record import Release
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster

#: Bytes that all values of one Secret may have together (Kubernetes: MaxSecretSize).
LIMIT = 1024 * 1024
#: Room for the policies of one sealing, and for what helm writes into a record later (status, description, times).
ROOM = 512
# A compressor of another make comes to about a hundredth more or less: below this no comparison is needed.
SURELY_SMALL = LIMIT * 9 // 10


def refuse_too_large(cluster: Cluster, release: Release, rehearsed: str) -> None:
    """rehearsed: the next revision's record as helm prints it. Raises ClassicError ``too_large``; writes nothing."""
    size = packed_size(rehearsed.strip().encode())
    if size <= SURELY_SMALL:
        return
    name = f"{helm_record.PREFIX}{release.name}.v{release.revision}"
    size = size_by_comparison(size, cluster.get("v1", "Secret", name, release.namespace))
    if size + ROOM <= LIMIT:
        return
    raise ClassicError(
        "The sealed release record would be too large for Kubernetes.",
        code="too_large",
        where=f"{release.place}, {cluster.where}",
        why=f"helm keeps each revision in one Secret, which takes {LIMIT} bytes. The sealed one would take about {size}"
        + (f", the present one has {release.record_bytes}." if release.record_bytes else "."),
        untouched="Nothing was changed: this was the rehearsal.",
        next_step=NEXT_STEP,
        details={"bytes": size, "limit": LIMIT},
    )


NEXT_STEP = (
    "Make the record smaller: it holds the chart with all its files, the values and the manifest. Upgrade the release to "
    "the same chart without what it does not need (README, examples, tests), or shorten its values, then run again."
)


def packed_size(record: bytes) -> int:
    """Bytes of a record as helm stores it: base64 of gzip at its best, with this machine's compressor. Pure."""
    return _in_base64(len(gzip.compress(record, 9, mtime=0)))


def size_by_comparison(size: int, stored: dict[str, Any] | None) -> int:
    """The size as helm's compressor would make it, told by what it made of the stored record. Pure."""
    try:
        packed = base64.b64decode((stored or {})["data"]["release"])
        text = gzip.decompress(base64.b64decode(packed))
    except (KeyError, TypeError, ValueError, OSError, EOFError):
        return size
    return round(size * len(packed) / packed_size(text)) if text else size


def _in_base64(size: int) -> int:
    return (size + 2) // 3 * 4

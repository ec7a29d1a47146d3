# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every object of a release in a file, from the options to the result. Private to this collection."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm import backup
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster


def run(cluster: Cluster, params: dict[str, Any], check_mode: bool) -> dict[str, Any]:
    found = backup.collect(cluster, params["namespace"], params["name"])
    path = Path(params["directory"]) / f"{found.release.name}.v{found.release.revision}.json"
    left_alone = backup.holds_more(path, found.items)
    changed = not left_alone and not backup.is_written(path, found.text)
    if changed and check_mode:
        backup.demand_writable(path.parent)
    elif changed:
        backup.write(path, found.text)
    content = path.read_bytes() if left_alone else found.text.encode()
    return {
        "changed": changed,
        "path": str(path),
        "objects": len(found.saved),
        "absent": found.absent,
        "left_alone": left_alone,
        "sha256": hashlib.sha256(content).hexdigest(),
    }

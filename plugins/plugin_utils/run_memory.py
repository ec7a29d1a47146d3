# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What all workers of one run of Ansible know, in files of the run's own folder.

Ansible puts a host's variables together anew each time somebody asks for them. Were each host to ask for those of all others
at each step, a hundred regions would take ten thousand times as long as one. Private to this collection.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _run_folder

SEEN = "coder-classic-seen"


def once(folder: str, key: Any, make: Callable[[], Any]) -> Any:
    """What make answered (JSON) when it was first asked for that key (JSON) in this run. What cannot be kept is made anew."""
    path = os.path.join(folder, f"coder-classic-once-{_run_folder.name_of(key)}.json")
    with contextlib.suppress(OSError, ValueError), open(path, encoding="utf-8") as file:
        return json.load(file)
    made = make()
    with contextlib.suppress(OSError, TypeError):
        _run_folder.write(path, json.dumps(made))
    return made


def note_seen(folder: str, host: str, region: dict[str, Any]) -> None:
    """Keeps the UIDs of the clusters that a look at this host found. region: of coder_region_info."""
    uids = {part: (region.get(part) or {}).get(key) for part, key in (("cluster", "uid"), ("satellite", "cluster_uid"))}
    if any(uids.values()):
        with contextlib.suppress(OSError):
            _run_folder.append(os.path.join(folder, SEEN), json.dumps({"host": host, **uids}) + "\n")


def seen(folder: str) -> dict[str, dict[str, str]]:
    """By host: ``{cluster, satellite}``, the UID of each that was seen first; contexts move while a run goes on."""
    found: dict[str, dict[str, str]] = {}
    with contextlib.suppress(OSError), open(os.path.join(folder, SEEN), encoding="utf-8") as file:
        for line in file:
            entry = json.loads(line)
            known = found.setdefault(entry.pop("host"), {})
            known.update({part: uid for part, uid in entry.items() if uid and part not in known})
    return found

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a server is asked once a run: what it serves, and what its user may do. Private to this collection.

What somebody else changes meanwhile is seen after forget, so that is called before a run's first write and after a failure.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import threading
from collections.abc import Callable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils import _run_folder
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import identity
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig import Access

PREFIX = "coder-classic-answers-"
#: What a server serves (discovery), and its version.
SERVED = re.compile(r"/version|/apis(/[^/]+/[^/]+)?|/api/[^/]+")


def is_lasting(method: str, path: str, query: Mapping[str, str] | None) -> bool:
    """Whether the answer can be expected to stay the same for a run; a dry run asks whether one may. Pure."""
    if method == "GET":
        return SERVED.fullmatch(path) is not None
    return not identity.is_write(method, path) or (query or {}).get("dryRun") == "All"


class KeptAnswers:
    """Of one access. Errors are not kept."""

    def __init__(self, folder: str, access: Access) -> None:
        self._path = os.path.join(folder, f"{PREFIX}{_whose(access)}.jsonl")
        self._lock = threading.Lock()
        self._known: dict[str, Any] | None = None

    def answer(self, question: Any, ask: Callable[[], Any]) -> Any:
        """question: what tells one request from another (JSON). Where nothing can be kept, it is asked each time."""
        key = json.dumps(question, sort_keys=True)
        known = self._all()
        if key not in known:
            known[key] = answer = ask()
            with contextlib.suppress(OSError):
                _run_folder.append(self._path, json.dumps({"question": key, "answer": answer}) + "\n")
        return known[key]

    def _all(self) -> dict[str, Any]:
        """Read once: the threads of a look come at the same time."""
        with self._lock:
            if self._known is None:
                self._known = self._read()
            return self._known

    def _read(self) -> dict[str, Any]:
        try:
            with open(self._path, encoding="utf-8") as file:
                # The last line of a process that was killed may be half a one.
                rows = [json.loads(line) for line in file if line.endswith("\n")]
        except (OSError, ValueError):
            return {}
        return {row["question"]: row["answer"] for row in rows}


def forget(folder: str | None) -> None:
    """All answers of a run, of whatever access."""
    if folder is None:
        return
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(PREFIX):
                os.unlink(entry.path)


def _whose(access: Access) -> str:
    """A credential that its plugin gives anew for each process is the same one."""
    user = {} if access.renew else access.user
    return _run_folder.name_of([access.source, access.context, access.cluster, user])

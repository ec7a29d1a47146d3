# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Faults on demand: which ones exist, and which one meets a request or a build. Applied in gate.py, builds.py,
migrations.py, tls.py."""

from __future__ import annotations

import fnmatch
import re
import uuid
from typing import Any

REQUEST_KINDS = ("status", "html", "body", "redirect", "reset", "stall", "ignore", "version")
LISTENER_KINDS = ("wrong_key", "not_forwarding", "certificate")
BUILD_KINDS = ("build_fail", "build_hang", "build_slow")
MIGRATION_KINDS = ("migration_slow", "migration_fail")
NEEDED = {
    "status": ("status",),
    "body": ("text",),
    "redirect": ("location",),
    "version": ("version",),
    "wrong_key": ("listener",),
    "not_forwarding": ("listener",),
    "certificate": ("listener", "certificate"),
    "build_fail": ("workspace",),
    "build_hang": ("workspace",),
    "build_slow": ("workspace", "seconds"),
    "migration_slow": ("seconds",),
}
CERTIFICATES = ("expired", "untrusted", "wrong_name")


class Faults:
    def __init__(self) -> None:
        self.active: list[dict] = []
        #: By id, what holds a build or a migration; a limited one is no longer active by then.
        self._held: dict[str, dict] = {}

    def add(self, fault: dict[str, Any]) -> str:
        """Answers the new fault's id. ValueError says what is wrong with it."""
        kind = fault.get("kind")
        if kind not in REQUEST_KINDS + LISTENER_KINDS + BUILD_KINDS + MIGRATION_KINDS:
            raise ValueError(f"kind {kind!r} is not known")
        missing = [key for key in NEEDED.get(kind, ()) if key not in fault]
        if missing:
            raise ValueError(f"a fault of kind {kind} needs {', '.join(missing)}")
        if kind == "certificate" and fault["certificate"] not in CERTIFICATES:
            raise ValueError(f"certificate must be one of {', '.join(CERTIFICATES)}")
        try:
            re.compile(fault.get("path", ""))
        except re.error as error:
            raise ValueError(f"path is no regular expression: {error}") from error
        entry = {"listener": "*", "times": None, "after": 0, **fault, "id": uuid.uuid4().hex[:8]}
        self.active.append(entry)
        return entry["id"]

    def remove(self, fault_id: str) -> dict | None:
        found = next((fault for fault in self.listed() if fault["id"] == fault_id), None)
        if found:
            self.active = [fault for fault in self.active if fault["id"] != fault_id]
            self._held.pop(fault_id, None)
        return found

    def clear(self) -> None:
        self.active.clear()
        self._held.clear()

    def listed(self) -> list[dict]:
        return self.active + [fault for fault in self._held.values() if fault not in self.active]

    def hold(self, fault: dict) -> None:
        self._held[fault["id"]] = fault

    def release(self, fault: dict) -> None:
        self._held.pop(fault["id"], None)

    def is_held(self, fault: dict) -> bool:
        return fault["id"] in self._held

    def for_request(self, listener: str, method: str, path: str) -> dict | None:
        """The first request fault that meets this request; a limited one is used up by it."""
        for fault in self.active:
            if (
                fault["kind"] in REQUEST_KINDS
                and fnmatch.fnmatchcase(listener, fault["listener"])
                and fault.get("method", method).upper() == method
                and re.search(fault.get("path", ""), path)
                and self._due(fault)
            ):
                return fault
        return None

    def at_listener(self, kind: str, listener: str) -> bool:
        return any(
            fault["kind"] == kind and fnmatch.fnmatchcase(listener, fault["listener"]) and self._due(fault)
            for fault in list(self.active)
        )

    def for_build(self, kind: str, workspace: str) -> dict | None:
        for fault in self.active:
            if fault["kind"] == kind and fnmatch.fnmatchcase(workspace, fault["workspace"]) and self._due(fault):
                return fault
        return None

    def for_migration(self, kind: str) -> dict | None:
        return next((fault for fault in list(self.active) if fault["kind"] == kind and self._due(fault)), None)

    def _due(self, fault: dict) -> bool:
        if fault["after"] > 0:
            fault["after"] -= 1
            return False
        if fault["times"] is not None:
            fault["times"] -= 1
            if fault["times"] <= 0:
                self.active.remove(fault)
        return True

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one family of errors of this collection.

Everything below a module's main() raises ClassicError; only main() turns it into the end of the run, with
fail_json(msg=str(error), failure=error.failure). Private to this collection.
"""

from __future__ import annotations

from typing import Any


class ClassicError(Exception):
    """What went wrong, where, why, what is untouched and what to run next.

    code is a short constant for playbooks and tests to match (``unauthorized``, ``key_mismatch`` ...), status the HTTP
    status where there was one, details anything machine-readable, changed whether something was changed all the same, None
    where that is not said. Never put a token or a private key into any of them.
    """

    def __init__(
        self,
        what: str,
        *,
        code: str,
        where: str | None = None,
        why: str | None = None,
        untouched: str | None = None,
        next_step: str | None = None,
        status: int | None = None,
        details: Any = None,
        changed: bool | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.code = code
        self.where = where
        self.why = why
        self.untouched = untouched
        self.next_step = next_step
        self.status = status
        self.details = details
        self.changed = changed

    @property
    def failure(self) -> dict[str, Any]:
        """The machine-readable side: ``{code, message, where, why, untouched, next, status, details}``."""
        return {
            "code": self.code,
            "message": self.what,
            "where": self.where,
            "why": self.why,
            "untouched": self.untouched,
            "next": self.next_step,
            "status": self.status,
            "details": self.details,
        }

    def __str__(self) -> str:
        parts = [("Where", self.where), ("Why", self.why), ("Untouched", self.untouched), ("Next", self.next_step)]
        return "\n".join([self.what, *(f"{label}: {text}" for label, text in parts if text)])

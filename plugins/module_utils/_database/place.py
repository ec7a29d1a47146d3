# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Where a PostgreSQL database is, and what its programs need to get there. Pure. Private to this collection."""

from __future__ import annotations

from typing import NamedTuple

#: What libpq takes, weakest first.
SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")


class Place(NamedTuple):
    """host None: programs that run beside the server reach it by its socket, without a password. ca_path: the authority of the
    server's certificate, a file of the controller.
    """

    database: str
    user: str
    host: str | None = None
    port: int = 5432
    ssl_mode: str | None = None
    password: str | None = None
    ca_path: str | None = None

    def __repr__(self) -> str:
        return self.words

    @property
    def words(self) -> str:
        """For people: ``coder at db.example.com:5432 (user coder)``."""
        return f"database {self.database}{f' at {self.host}:{self.port}' if self.host else ''} (user {self.user})"


def environment(place: Place, database: str | None = None) -> dict[str, str]:
    """libpq's variables, without the password. database: another one of the same server."""
    found = {
        "PGUSER": place.user,
        "PGDATABASE": database or place.database,
        "PGCONNECT_TIMEOUT": "15",
        # The words of the programs are read here and told.
        "LC_ALL": "C",
    }
    if place.host is not None:
        found |= {"PGHOST": place.host, "PGPORT": str(place.port)}
    if place.ssl_mode:
        found["PGSSLMODE"] = place.ssl_mode
    return found


def password_line(place: Place) -> str:
    """The one line of libpq's password file; empty without a password. Secret."""
    if place.password is None or place.host is None:
        return ""
    escaped = place.password.replace("\\", "\\\\").replace(":", "\\:")
    return f"*:*:*:*:{escaped}\n"

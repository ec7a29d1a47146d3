# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The schema of Coder's database: which version of Coder works on which. Pure but for reading the migrations' files.

A number for each minor version of Coder: 1.21.7 needs 121. Migrations raise it, and nothing but a restored dump lowers it:
neither a rollback by helm nor an older chart does. How the product behaves on a schema that is not its own is not known; here
it answers 500 to everything.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from .versions import parse

FOLDER = Path(__file__).with_name("migrate")
HALF_WAY = "\n-- half way\n"


class Known(NamedTuple):
    """What Coder found in its database. ``number``: None where it found no table of migrations. ``problem``: why it could not
    look."""

    number: int | None = None
    dirty: bool = False
    problem: str = ""


class Step(NamedTuple):
    """One migration, in the two transactions that it is made of."""

    number: int
    first: str
    second: str


def of(version: str) -> int:
    """What that version works on."""
    major, minor, _unused = parse(version)
    return major * 100 + minor


def steps(present: int, version: str) -> list[Step]:
    """What ``coderd migrate up`` of that version does to a schema of that number, in order; to a newer one nothing."""
    wanted = range(present + 1, of(version) + 1)
    files = {int(re.sub(r"\D", "", path.stem)): path for path in FOLDER.glob("*.sql")}
    found = [Step(number, *files[number].read_text().split(HALF_WAY)) for number in sorted(files) if number in wanted]
    if wanted and (not found or found[-1].number != wanted[-1]):
        # A version that nobody wrote a migration for.
        found.append(Step(wanted[-1], "", ""))
    return found


def complaint(version: str, known: Known) -> str:
    """What stops the code of that version, in the database's or its own words; empty when nothing does."""
    if known.problem:
        return known.problem
    if known.number is None:
        return 'relation "users" does not exist'
    if known.dirty:
        return f"the schema is dirty: the migration to {known.number} ended in the middle"
    if known.number != of(version):
        return f"the schema is {'newer' if known.number > of(version) else 'older'} than this program"
    return ""

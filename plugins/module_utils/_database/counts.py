# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is in a database, counted: rows of each table, state of each sequence. Private to this collection."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._database.sql import literal

OF_THE_SITE = "n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'"
#: What an extension makes comes by the extension: pg_dump leaves its rows out, all or those that it does not call the site's.
NOT_OF_AN_EXTENSION = "NOT EXISTS (SELECT 1 FROM pg_depend e WHERE e.classid = 'pg_class'::regclass AND e.objid = c.oid AND e.deptype = 'e')"
#: ``[[quoted name, bytes], ...]``; a partitioned table has no rows of its own, and a materialized view is made anew by a restore.
TABLES = (
    "SELECT coalesce(json_agg(json_build_array(format('%I.%I', n.nspname, c.relname), pg_table_size(c.oid)) "
    "ORDER BY n.nspname, c.relname), '[]') FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    f"WHERE c.relkind = 'r' AND c.relpersistence = 'p' AND {OF_THE_SITE} AND {NOT_OF_AN_EXTENSION};"
)
#: ``{quoted name: last value or null}``
SEQUENCES = (
    "SELECT coalesce(json_object_agg(format('%I.%I', schemaname, sequencename), last_value), '{}') FROM pg_sequences s "
    "JOIN pg_namespace n ON n.nspname = s.schemaname JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = s.sequencename "
    f"WHERE {NOT_OF_AN_EXTENSION};"
)
#: Statements are answered in one line each, and a line has a length that everybody takes.
TABLES_AT_ONCE = 200

Ask = Callable[[str], Any]
Counts = dict[str, Any]


def look(ask: Ask, rows_ask: Ask | None = None) -> Counts:
    """``{tables: {name: rows}, sequences: {name: last value}, bytes: {name: bytes}}``.

    ask answers one statement with its JSON; rows_ask the counting ones, which take as long as the tables are long.
    """
    sizes = dict(ask(TABLES))
    names, rows = list(sizes), {}
    for start in range(0, len(names), TABLES_AT_ONCE):
        rows |= (rows_ask or ask)(counting(names[start : start + TABLES_AT_ONCE]))
    return {"tables": rows, "sequences": ask(SEQUENCES), "bytes": sizes}


def counting(names: list[str]) -> str:
    """One statement that answers ``{name: rows}``; names are quoted as SQL wants them. Pure."""
    # No function: it takes 100 arguments at most.
    parts = ", ".join(f"({literal(name)}, (SELECT count(*) FROM ONLY {name}))" for name in names)
    return f"SELECT json_object_agg(name, number) FROM (VALUES {parts}) counted (name, number);"


def differences(saved: Counts, found: Counts, sequences_later: dict[str, int | None] | None = None) -> list[str]:
    """What of saved is not so in found, for people. Pure.

    sequences_later: their state after the dump. No snapshot holds a sequence still, so that any value between is right.
    """
    told = []
    before, now = saved["tables"], found["tables"]
    told += [f"table {name} is missing" for name in before if name not in now]
    told += [f"table {name} is there and was not" for name in now if name not in before]
    told += [f"table {n} has {now[n]} rows, not {before[n]}" for n in before if n in now and now[n] != before[n]]
    later, now = sequences_later or saved["sequences"], found["sequences"]
    for name, value in saved["sequences"].items():
        if name not in now:
            told.append(f"sequence {name} is missing")
        elif not _between(value, now[name], later.get(name, value)):
            told.append(f"sequence {name} is at {now[name]}, not at {value}")
    return told


def _between(value: int | None, found: int | None, later: int | None) -> bool:
    if found is None:
        return value is None or later is None
    # One that was never called is before the first value that it may give.
    ends = (value or 0, later or 0)
    return (value is not None or later is not None) and min(ends) <= found <= max(ends)

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a database says of itself, and the programs that would save it. Reads only. Private to this collection."""

from __future__ import annotations

import re
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._database import reach, sql
from ansible_collections.coder.classic.plugins.module_utils._database.counts import OF_THE_SITE
from ansible_collections.coder.classic.plugins.module_utils._database.reach import Reach

#: One question, one row: a database may be far away. tablespace: where a new database would not be by itself.
QUESTION = f"""
SELECT json_build_object(
  'server', current_setting('server_version_num')::int / 10000,
  'server_version', current_setting('server_version'),
  'user', current_user,
  'superuser', r.rolsuper,
  'may_create', r.rolsuper OR r.rolcreatedb,
  'owns', pg_has_role(current_user, d.datdba, 'USAGE'),
  'owner', pg_get_userbyid(d.datdba),
  'is_replica', pg_is_in_recovery(),
  'encoding', pg_encoding_to_char(d.encoding), 'collate', d.datcollate, 'ctype', d.datctype,
  'tablespace', (SELECT spcname FROM pg_tablespace t WHERE t.oid = d.dattablespace
    AND t.oid <> (SELECT dattablespace FROM pg_database WHERE datname = 'template0')),
  'bytes', pg_database_size(d.oid),
  'table_bytes', (SELECT coalesce(sum(pg_table_size(c.oid)), 0)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'm') AND {OF_THE_SITE}),
  'unreadable', (SELECT coalesce(json_agg(format('%I.%I', n.nspname, c.relname) ORDER BY 1), '[]')
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'S') AND {OF_THE_SITE}
      AND NOT has_table_privilege(current_user, c.oid, 'SELECT')),
  'extensions', (SELECT coalesce(json_object_agg(extname, extversion), '{{}}') FROM pg_extension),
  'contrib', EXISTS (SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'),
  'sessions', (SELECT coalesce(json_object_agg(name, number), '{{}}') FROM (
    SELECT coalesce(nullif(application_name, ''), usename) AS name, count(*) AS number FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
    GROUP BY 1) s))
FROM pg_database d, pg_roles r WHERE d.datname = current_database() AND r.rolname = current_user;
"""

Facts = dict[str, Any]


def look(where: Reach) -> Facts:
    """QUESTION's keys, and ``client``: the major version of pg_dump there.

    Raises ClassicError with the codes of reach.code_of, ``program_missing``, ``timeout``, and those of pod_exec.start.
    """
    return {**sql.ask(where, QUESTION), "client": client(where)}


def client(where: Reach) -> int | None:
    """Major version of the programs; None where they say something unknown."""
    ended = reach.run(where, ["pg_dump", "--version"], 30)
    if ended.status:
        raise reach.failed(where, "pg_dump", ended)
    return major(ended.output.decode(errors="replace"))


def major(text: str) -> int | None:
    """Of ``pg_dump (PostgreSQL) 15.18 (Debian ...)``. Pure."""
    found = re.search(r"\(PostgreSQL\) (\d+)", text)
    return int(found[1]) if found else None

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import itertools

import pytest
from unit.plugins.module_utils._database.live_database import LiveServer

NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server():
    made = LiveServer()
    yield made
    made.close()


@pytest.fixture
def database(server):
    """The name of an empty one, which coder owns; nothing that a test leaves is there for the next one."""
    name = f"coder{next(NUMBERS)}"
    server.sql(f"CREATE DATABASE {name} OWNER coder TEMPLATE template0")
    yield name
    for left in server.databases():
        server.sql(f'DROP DATABASE "{left}" WITH (FORCE)')


@pytest.fixture
def at(server, database, tmp_path):
    """How coder reaches it."""
    return server.reach(tmp_path, database)


@pytest.fixture
def folder(tmp_path):
    """Where its snapshots go."""
    return str(tmp_path / "backups" / "database")

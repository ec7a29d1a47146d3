# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that say how the database of the main deployment is reached, saved and brought back. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._site.variable import (
    CHOICE,
    DEPLOYMENT,
    FLAG,
    NUMBER,
    PATH,
    TEXT,
    Variable,
)

WEEK = 7 * 86400

DATABASE = (
    Variable(
        "coder_database_image",
        TEXT,
        DEPLOYMENT,
        "an image with PostgreSQL's client programs: with it an external database is reached from a pod of its cluster, in place of the "
        "controller",
    ),
    Variable(
        "coder_database_programs",
        PATH,
        DEPLOYMENT,
        "the folder of PostgreSQL's client programs on the controller",
        derived="`PATH`",
    ),
    Variable(
        "coder_database_user",
        TEXT,
        DEPLOYMENT,
        "who saves and brings back an external database",
        derived="`postgres.user` of the values",
    ),
    Variable(
        "coder_database_password",
        TEXT,
        DEPLOYMENT,
        "the password of that user",
        derived="the Secret `postgres.passwordSecret`",
        secret=True,
    ),
    Variable(
        "coder_database_ca_path",
        PATH,
        DEPLOYMENT,
        "file with the authorities to trust for the database, for `postgres.sslMode` verify-ca and verify-full",
    ),
    Variable(
        "coder_snapshot_verify",
        CHOICE,
        DEPLOYMENT,
        "how a snapshot is proved: restored into a database beside it and compared (`restore`), or only read to its end (`read`)",
        "restore",
        choices=("restore", "read"),
    ),
    Variable(
        "coder_snapshot_keep", NUMBER, DEPLOYMENT, "how many snapshots of the database are kept", 5, least=1, most=1000
    ),
    Variable(
        "coder_snapshot_timeout",
        NUMBER,
        DEPLOYMENT,
        "seconds for a dump, and for a restore",
        14400,
        least=10,
        most=WEEK,
    ),
    Variable(
        "coder_snapshot_max_age_hours",
        NUMBER,
        DEPLOYMENT,
        "how old the snapshot may be that an update rests on; what is younger is lost with a restore",
        1,
        least=1,
        most=720,
    ),
    Variable(
        "coder_restore_snapshot",
        PATH,
        DEPLOYMENT,
        "the snapshot that `restore_database.yml` brings back: its file",
    ),
    Variable(
        "coder_confirm_restore",
        TEXT,
        DEPLOYMENT,
        "the name of the database: consent to putting the snapshot in its place, with what was written since",
    ),
    Variable(
        "coder_restore_drop_former",
        FLAG,
        DEPLOYMENT,
        "drop the database as it was before the restore, once Coder answers again",
        False,
    ),
)

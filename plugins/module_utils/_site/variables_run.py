# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that say how it is done and what is consented to. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._site.variable import (
    CHOICE,
    CONSENT,
    FLAG,
    HOW,
    NAMES,
    NUMBER,
    PATH,
    REGIONS,
    TEXT,
    Variable,
)

DAY, WEEK = 86400, 7 * 86400
WEEK_OF_MINUTES = WEEK // 60


def _number(name: str, what: str, default: int, least: int, most: int) -> Variable:
    return Variable(name, NUMBER, HOW, what, default, least=least, most=most)


def _consent(name: str, what: str) -> Variable:
    return Variable(name, REGIONS, CONSENT, what, [])


RUN = (
    # With 0 nobody would count as being at work, which is what consent is for.
    _number("coder_idle_minutes", "a workspace without a connection for that long is idle", 60, 1, WEEK_OF_MINUTES),
    _number("coder_rebuild_parallel", "builds at the same time", 5, 1, 100),
    _number("coder_rebuild_max_failures", "workspaces that may fail before no further one is started", 0, 0, 10000),
    _number("coder_rebuild_timeout", "seconds for one build", 1200, 1, DAY),
    _number("coder_rebuild_deadline", "seconds for all builds", 14400, 1, WEEK),
    Variable(
        "coder_cordon_reason",
        TEXT,
        HOW,
        "what developers read while the provider is cordoned",
        derived="`Region <region> is being migrated`",
    ),
    _number("coder_soak_seconds", "how long envproxy is off before the old chart goes", 600, 0, WEEK),
    _number("coder_envproxy_drain_timeout", "seconds for the last session through envproxy to end", 14700, 1, WEEK),
    _number("coder_envproxy_timeout", "seconds until envproxy is ready where it is scaled back", 600, 1, DAY),
    _number("coder_uninstall_timeout", "seconds until everything that goes is gone", 900, 1, DAY),
    Variable("coder_allow_old_satellite_fixes", FLAG, HOW, "accept Coder 1.21.1 to 1.21.5", False),
    Variable("coder_notice_template", PATH, HOW, "template of the text for the users", derived="ours"),
    Variable("coder_status_format", CHOICE, HOW, "what `status.yml` shows", "table", choices=("table", "json")),
    Variable("coder_status_file", PATH, HOW, "file into which `status.yml` writes the same as JSON", written=True),
    Variable("coder_status_query", TEXT, HOW, "what to pick from that JSON, by JMESPath: `regions[].phase`"),
    Variable(
        "coder_goal",
        CHOICE,
        HOW,
        "what `preflight.yml` looks for by itself",
        "migrate",
        choices=("migrate", "retire", "rollback", "update"),
    ),
    Variable(
        "coder_rights_goals",
        NAMES,
        HOW,
        "what `rights.yml` prints rights for",
        derived="`look`, `migrate` and `retire`",
        choices=("look", "migrate", "retire", "update"),
    ),
    Variable("coder_rights_group", TEXT, HOW, "the users to whom it gives them", "coder-operators"),
    Variable(
        "coder_inventory_dir",
        PATH,
        HOW,
        "folder that `inventory.yml` makes, in the current one; one that is there is left alone",
        "first_inventory",
    ),
)

CONSENTS = (
    _consent("coder_confirm_rebuild", "cutting the sessions of workspaces in use"),
    Variable(
        "coder_wait_for_idle_minutes",
        NUMBER,
        CONSENT,
        "instead, in minutes: waiting that long until nobody uses them",
        0,
        least=0,
        most=WEEK_OF_MINUTES,
    ),
    _consent("coder_confirm_retire", "removing the old chart, from which there is no way back"),
    _consent(
        "coder_allow_resets",
        "sealing although helm then sets live objects back to what the stored manifest says (a replica count changed by hand)",
    ),
    _consent(
        "coder_gitops_suspended",
        "the Flux or Argo CD application that owns the release is suspended: it would bring the old chart back",
    ),
    _consent(
        "coder_lock_takeover",
        "taking over the lock of a run that does not live any more (a killed one); never that of one that still lives",
    ),
)

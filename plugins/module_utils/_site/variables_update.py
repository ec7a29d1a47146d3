# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that say how the main deployment itself is updated. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._site.variable import (
    CHART,
    CHOICE,
    DEPLOYMENT,
    FLAG,
    MAPPING,
    NUMBER,
    PATH,
    TEXT,
    URL,
    Variable,
)

DAY = 86400

UPDATE = (
    Variable("coder_primary_release", TEXT, DEPLOYMENT, "its Helm release", "coder"),
    Variable("coder_version", TEXT, DEPLOYMENT, "the version to update to, one step of the path: `1.21.7`"),
    Variable("coder_chart_ref", CHART, DEPLOYMENT, "the chart: its name in a repository, a file or a URL", "coder"),
    Variable(
        "coder_chart_repo_url",
        URL,
        DEPLOYMENT,
        "the chart's repository; a chart that is a file or a URL takes none",
        derived="`https://helm.coder.com`",
    ),
    Variable(
        "coder_values_file",
        PATH,
        DEPLOYMENT,
        "the Helm values of the main deployment. Where there is no such file it is exported once; from then on it is the source",
        derived="`coder-values.yaml` beside the inventory",
        written=True,
    ),
    Variable(
        "coder_values",
        MAPPING,
        DEPLOYMENT,
        "paths into the values, with dots, and what they must be: this wins over the file, and is written into it",
        {},
        secret=True,
    ),
    Variable(
        "coder_pinned_images",
        CHOICE,
        DEPLOYMENT,
        "what becomes of images in the values that are pinned to an older version: the product's own go and others get the new "
        "tag (`auto`), or all `remove`, `retag`, or only `tell`",
        "auto",
        choices=("auto", "remove", "retag", "tell"),
    ),
    Variable("coder_service_next", FLAG, DEPLOYMENT, "change to the layout serviceNext, in a run of its own", False),
    Variable(
        "coder_rewrite_routes",
        FLAG,
        DEPLOYMENT,
        "let Ingresses and HTTPRoutes of the site follow to Service `coderd`, with a backup, in the step to serviceNext",
        False,
    ),
    Variable(
        "coder_remove_dead_values", FLAG, DEPLOYMENT, "take away values that nothing reads with serviceNext", False
    ),
    Variable(
        "coder_update_timeout",
        NUMBER,
        DEPLOYMENT,
        "seconds until the new version is ready, its migration of the database included",
        3600,
        least=60,
        most=DAY,
    ),
    Variable(
        "coder_answer_timeout",
        NUMBER,
        DEPLOYMENT,
        "seconds until Coder answers users with the new version",
        600,
        least=1,
        most=DAY,
    ),
    Variable(
        "coder_snapshot_done",
        TEXT,
        DEPLOYMENT,
        "the snapshot of the database that was taken before by other means: its file, or words. Without it `update_coder.yml` takes one",
    ),
)

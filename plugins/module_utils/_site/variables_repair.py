# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that say how a failed update is repaired. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._helm.repair.diagnose import STEPS
from ansible_collections.coder.classic.plugins.module_utils._site.variable import (
    CHOICE,
    DEPLOYMENT,
    FLAG,
    NAMES,
    TEXT,
    Variable,
)

REPAIR = (
    Variable(
        "coder_repair_up_to",
        CHOICE,
        DEPLOYMENT,
        "the heaviest step that `repair_upgrade.yml` takes in one run; without it one step, the mildest that helps",
        choices=STEPS,
    ),
    Variable(
        "coder_repair_adopt",
        NAMES,
        DEPLOYMENT,
        "objects (`ServiceAccount/coder`) that become the release's where no living release has them, or `all`",
        [],
    ),
    Variable(
        "coder_repair_remove_unserved",
        NAMES,
        DEPLOYMENT,
        "objects that go out of the stored manifest where the cluster has no successor of their API, or `all`",
        [],
    ),
    Variable(
        "coder_confirm_reinstall",
        TEXT,
        DEPLOYMENT,
        "the release's name: consent to uninstalling it and installing it anew, the last step of a repair",
    ),
    Variable(
        "coder_schema_untouched",
        FLAG,
        DEPLOYMENT,
        "say that the migration of the failed update never began, so that the code may go back without the database",
        False,
    ),
)

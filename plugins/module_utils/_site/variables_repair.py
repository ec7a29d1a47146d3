# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The variables that say how a failed update is repaired, and objects are brought back. Private to this collection."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._helm.repair.step_names import STEPS
from ansible_collections.coder.classic.plugins.module_utils._site.variable import (
    CHOICE,
    DEPLOYMENT,
    FLAG,
    HOW,
    NAMES,
    PATH,
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

RESTORE_OBJECTS = (
    Variable(
        "coder_restore_backup", PATH, HOW, "the backup of which `restore_objects.yml` brings back objects: its file"
    ),
    Variable(
        "coder_restore_of",
        CHOICE,
        HOW,
        "into which cluster: that of the selected `provider`, of its region's `satellite`, or of the main deployment (`primary`)",
        "provider",
        choices=("provider", "satellite", "primary"),
    ),
    Variable(
        "coder_restore_objects",
        NAMES,
        HOW,
        "only these objects (`ServiceAccount/coder`); without any all that are missing",
        [],
    ),
    Variable(
        "coder_restore_empty_claims",
        NAMES,
        HOW,
        "PersistentVolumeClaims that may be made although they will be empty, or `all`",
        [],
    ),
)
#: Option of coder_backup_restore → variable.
OF_BACKUP = {
    "path": "coder_restore_backup",
    "objects": "coder_restore_objects",
    "empty_claims": "coder_restore_empty_claims",
}

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every variable that the inventory and the command line may give: the one table of them. Private to this collection.

docs/inventory.md says the same to people; a test compares the two, and with what roles and playbooks use.
"""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._site.variable import Variable
from ansible_collections.coder.classic.plugins.module_utils._site.variables_database import DATABASE
from ansible_collections.coder.classic.plugins.module_utils._site.variables_place import OF_PROVIDER, OF_REGION, PRIMARY
from ansible_collections.coder.classic.plugins.module_utils._site.variables_repair import REPAIR, RESTORE_OBJECTS
from ansible_collections.coder.classic.plugins.module_utils._site.variables_run import CONSENTS, RUN
from ansible_collections.coder.classic.plugins.module_utils._site.variables_update import UPDATE

TABLE: tuple[Variable, ...] = (
    *PRIMARY,
    *UPDATE,
    *DATABASE,
    *REPAIR,
    *RESTORE_OBJECTS,
    *OF_REGION,
    *OF_PROVIDER,
    *RUN,
    *CONSENTS,
)
BY_NAME: dict[str, Variable] = {variable.name: variable for variable in TABLE}

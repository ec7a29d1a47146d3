# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Looks at the main deployment that the variables say."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._site import of_deployment as deployment
from ansible_collections.coder.classic.plugins.modules import coder_deployment_info
from ansible_collections.coder.classic.plugins.plugin_utils import of_deployment


class ActionModule(of_deployment.ActionModule):
    MODULE = coder_deployment_info
    OPTIONS = deployment.LOOK

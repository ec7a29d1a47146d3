# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the module of the same name, in the cluster that the variables say where no backup is given."""

from __future__ import annotations

from typing import Any, NamedTuple

from ansible import constants as C

from ansible_collections.coder.classic.plugins.module_utils._arguments import CLUSTER_AUTH
from ansible_collections.coder.classic.plugins.module_utils._lock import names
from ansible_collections.coder.classic.plugins.module_utils._site import of_deployment as deployment
from ansible_collections.coder.classic.plugins.module_utils._site.variables_repair import OF_BACKUP
from ansible_collections.coder.classic.plugins.modules import coder_backup_restore
from ansible_collections.coder.classic.plugins.plugin_utils import in_process, of_deployment, site


class ActionModule(in_process.ActionModule):
    MODULE = coder_backup_restore

    def run(self, tmp=None, task_vars=None):
        given = self._task.args
        if "path" in given:
            return self.result(given, task_vars)
        is_main = task_vars["inventory_hostname"] == "localhost"
        meant = self._main_deployment(task_vars) if is_main else self._host(task_vars)
        wrong = [*meant.wrong, *of_deployment.unknown(task_vars)]
        if wrong:
            return site.refusal(wrong)
        options = {option: meant.values[name] for option, name in OF_BACKUP.items() if name in meant.values}
        if "path" not in options:
            return site.refusal([deployment.missing("coder_restore_backup")])
        return self.result({**_access(meant.of), **options, "lock": _lock(meant), **given}, task_vars)

    def _main_deployment(self, task_vars):
        values, wrong = of_deployment.taken(self._templar.template, task_vars)
        options = deployment.options(values, deployment.LOOK)
        return Meant(values, wrong, options, options, names.MAIN_DEPLOYMENT, "the main deployment", deployment.NAME)

    def _host(self, task_vars):
        of_site = site.of_host(task_vars, self._templar.template, C.DEFAULT_LOCAL_TMP)
        values, options = of_site.values, of_site.options
        region = values.get("coder_region", "")
        of = options["satellite"] if values.get("coder_restore_of") == "satellite" else options
        locked_in = options.get("primary") or options
        return Meant(values, of_site.wrong, of, locked_in, names.of_region(region), f"region {region}", region)


class Meant(NamedTuple):
    """of and locked_in: options with the access to the cluster of the objects, and to that of the lock with its namespace."""

    values: dict[str, Any]
    wrong: list[Any]
    of: dict[str, Any]
    locked_in: dict[str, Any]
    lock: str
    what: str
    word: str


def _lock(meant):
    return {
        **_access(meant.locked_in),
        "namespace": meant.locked_in["namespace"],
        "name": meant.lock,
        "of": meant.what,
        "word": meant.word,
        "takeover": meant.word in meant.values.get(deployment.TAKEOVER, []),
    }


def _access(options):
    return {name: options[name] for name in CLUSTER_AUTH if name in options}

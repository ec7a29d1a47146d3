# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Changes to a scene, each a function of the observation."""

from __future__ import annotations

from unit.plugins.module_utils._region.scene import NOW


def coder(**values):
    return lambda seen: seen["coder"].update(values)


def cluster(**values):
    return lambda seen: seen["cluster"].update(values)


def satellite(**values):
    return lambda seen: seen["satellite"].update(values)


def release(**values):
    return lambda seen: seen["cluster"]["release"].update(values)


def satellite_release(**values):
    return lambda seen: seen["satellite"]["release"].update(values)


def wanted(**values):
    return lambda seen: seen["wanted"].update(values)


def wanted_satellite(**values):
    return lambda seen: seen["wanted"]["satellite"].update(values)


def both(*changes):
    return lambda seen: [change(seen) for change in changes]


def staying(index, **values):
    return lambda seen: seen["cluster"]["release"]["must_stay"][index].update(values)


def envproxy(**values):
    return lambda seen: seen["cluster"]["envproxy"].update(values)


def workspace_in_use(index):
    return lambda seen: seen["coder"]["workspaces"][index].update(
        latest_stat={"container_status": "ON"}, last_connection_at=NOW.isoformat()
    )

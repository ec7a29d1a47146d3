# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A look at a scene, and changes to what it saw, each a function of the observation."""

from __future__ import annotations

from typing import Any

from unit.plugins.fake_coder import FakeSession, coder
from unit.plugins.module_utils._deployment.scene import STAGES, WANTED, builtin, calls, live, provider
from unit.plugins.module_utils._region.observe.test_observe_cluster import Cluster

from ansible_collections.coder.classic.plugins.module_utils._deployment.observe import observe


def cluster_of(objects: list[dict[str, Any]], **more: Any) -> Cluster:
    return Cluster(objects, uid="uid-primary", **more)


def look(stage: str = "1.21 service_next", *, providers=None, satellites=None, cluster=None, **wanted: Any):
    """What observe.look sees of a stage; by default the built-in provider and sydney-1 are not on Networking v2."""
    of = STAGES[stage]
    session = FakeSession(
        *calls(of.version, [builtin(), provider()] if providers is None else providers, satellites), in_order=False
    )
    seen = observe.look(
        coder(session),
        {**WANTED, **wanted},
        connect=lambda _access: cluster or cluster_of(live(of)),
    )
    session.finish()
    return {**seen, "wanted": {**WANTED, **wanted}}


def both(*changes):
    return lambda seen: [change(seen) for change in changes]


def of_coder(**values):
    return lambda seen: seen["coder"].update(values)


def of_cluster(**values):
    return lambda seen: seen["cluster"].update(values)


def of_release(**values):
    return lambda seen: seen["cluster"]["release"].update(values)


def of_values(**values):
    return lambda seen: seen["cluster"]["release"]["values"].update(values)


def of_wanted(**values):
    return lambda seen: seen["wanted"].update(values)


def of_main(**values):
    return lambda seen: seen["cluster"]["deployments"][0].update(values)


def on_net_v2(*names):
    def change(seen):
        for row in seen["coder"]["providers"]:
            row["enable_net_v2"] = row["name"] in names or not names

    return change


def none(_seen) -> None:
    """Nothing is changed."""

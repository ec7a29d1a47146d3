# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a trial tells of an upgrade."""

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._helm import drift
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import plan, trial
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.masks import HIDDEN


def changed(name, *fields):
    told = [{"path": path, "live": live, "manifest": manifest} for path, live, manifest in fields]
    return {"kind": "Service", "namespace": "ns", "name": name, "change": plan.CHANGED, "fields": told}


def test_what_many_objects_have_in_common_is_one_line_and_nothing_else_is_left_out() -> None:
    label, hidden = ("metadata.labels.chart", "shop-1", "shop-2"), ("data.key", HIDDEN, HIDDEN)
    found = [changed("a", label, ("spec.x", 1, 2)), changed("b", label, hidden), changed("c", label, hidden)]
    found += [changed("d", hidden), {**changed("gone"), "change": plan.REMOVED}]
    assert trial.diff(found) == {
        "before": "3 objects metadata.labels.chart: shop-1\nService/a spec.x: 1\n"
        + "".join(f"Service/{name} data.key: {HIDDEN}\n" for name in "bcd")
        + "Service/gone\n",
        "after": "3 objects metadata.labels.chart: shop-2\nService/a spec.x: 2\n"
        + "".join(f"Service/{name} data.key: {HIDDEN}\n" for name in "bcd"),
    }
    assert trial.diff(found[:2])["before"].startswith("Service/a metadata.labels.chart: shop-1\n")


def test_the_keep_policy_is_a_change_of_an_upgrade_and_none_of_what_is_sealed() -> None:
    before = {"metadata": {"annotations": {}, "resourceVersion": "1"}}
    after = {"metadata": {"annotations": {"helm.sh/resource-policy": "keep"}, "resourceVersion": "2"}}
    assert [row["manifest"] for row in drift.fields_that_differ("Role", before, after)] == ["keep"]
    assert drift.fields_that_differ("Role", before, after, drift.NOT_DRIFT) == []

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import objects
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import plan

OURS = {
    "labels": {"app.kubernetes.io/managed-by": "Helm"},
    "annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "ns"},
}


def found(text):
    return objects(text, "ns")


def ingress(api_version):
    return f"apiVersion: {api_version}\nkind: Ingress\nmetadata: {{name: web}}\n"


def live(**metadata):
    return {"metadata": {"name": "web", **metadata}}


def changes(stored, rendered, there):
    rows = plan.rows(found(stored), found(rendered), {("Ingress", "ns", "web"): there})
    return [row.change for row in rows]


NEW, OLD = "networking.k8s.io/v1", "extensions/v1beta1"


@pytest.mark.parametrize(
    ("stored", "rendered", "there", "expected"),
    [
        ("", ingress(NEW), None, ["created"]),
        (ingress(NEW), ingress(NEW), live(), ["changed"]),
        # Another version of the same group is the same object for helm too.
        (ingress("networking.k8s.io/v1beta1"), ingress(NEW), live(), ["changed"]),
        (ingress(OLD), ingress(NEW), live(), ["lost"]),
        (ingress(OLD), ingress(NEW), None, ["created"]),
        (ingress(OLD), "", live(), ["removed"]),
        (ingress(OLD), "", None, []),
        (ingress(OLD), "", live(annotations={"helm.sh/resource-policy": "keep"}), ["left"]),
        # What an upgrade left protected is not meant to stay.
        (ingress(OLD), "", live(annotations={"helm.sh/resource-policy": "keep", plan.MARK: "true"}), ["removed"]),
        (
            ingress(OLD).replace("name: web", "name: web, annotations: {helm.sh/resource-policy: keep}"),
            "",
            live(),
            ["left"],
        ),
    ],
)
def test_what_becomes_of_an_object(stored, rendered, there, expected):
    assert changes(stored, rendered, there) == expected


@pytest.mark.parametrize(
    ("stored", "there", "is_foreign"),
    [
        ("", live(), True),
        ("", live(**OURS), False),
        ("", live(**{**OURS, "labels": {}}), True),
        ("", live(**{**OURS, "annotations": {**OURS["annotations"], "meta.helm.sh/release-namespace": "other"}}), True),
        (ingress(NEW), live(), False),
        ("", None, False),
    ],
)
def test_what_is_there_and_not_the_release_s_is_foreign(stored, there, is_foreign):
    rows = plan.rows(found(stored), found(ingress(NEW)), {("Ingress", "ns", "web"): there})
    assert bool(plan.foreign(rows, "ns", "shop")) is is_foreign

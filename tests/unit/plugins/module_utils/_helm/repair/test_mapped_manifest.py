# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import objects
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.mapped_manifest import converted, mapped

WEB = ("Deployment", "shop", "web")
TEXT = """---
# Source: shop/templates/web.yaml
# a comment
apiVersion: "apps/v1beta2"   # old
kind: Deployment
metadata: {name: web}
spec: {selector: {matchLabels: {app: web}}}
---
# Source: shop/templates/policy.yaml
apiVersion: policy/v1beta1
kind: PodSecurityPolicy
metadata: {name: strict}
---
apiVersion: v1
kind: Service
metadata: {name: web}
"""


def test_only_the_version_is_another_one():
    new = mapped(TEXT, "shop", {(WEB, "apps/v1beta2"): "apps/v1"})
    assert new == TEXT.replace('"apps/v1beta2"', '"apps/v1"')


def test_nothing_to_map_leaves_every_byte():
    assert mapped(TEXT, "shop", {}) == TEXT


@pytest.mark.parametrize("name", ["web", "strict", "last"])
def test_what_has_no_successor_is_taken_out_wherever_it_stands(name):
    text = TEXT + "---\napiVersion: old/v1\nkind: Thing\nmetadata: {name: last}\n"
    of = {obj["name"]: (obj["kind"], obj["namespace"], obj["name"]) for obj in objects(text, "shop")[::-1]}
    of["web"] = WEB
    version = {"web": "apps/v1beta2", "strict": "policy/v1beta1", "last": "old/v1"}[name]
    new = mapped(text, "shop", {(of[name], version): None})
    before = [(obj["kind"], obj["name"]) for obj in objects(text, "shop")]
    after = [(obj["kind"], obj["name"]) for obj in objects(new, "shop")]
    assert after == [one for one in before if one != (of[name][0], name)]


def test_an_ingress_gets_the_fields_of_its_new_version():
    old = {
        "apiVersion": "extensions/v1beta1",
        "kind": "Ingress",
        "metadata": {"name": "web"},
        "spec": {
            "backend": {"serviceName": "a", "servicePort": "http"},
            "rules": [{"host": "h", "http": {"paths": [{"path": "/", "backend": {"serviceName": "b", "servicePort": 80}}]}}],
        },
    }  # fmt: skip
    new = converted(old, "networking.k8s.io/v1")
    assert new["spec"] == {
        "defaultBackend": {"service": {"name": "a", "port": {"name": "http"}}},
        "rules": [
            {
                "host": "h",
                "http": {
                    "paths": [
                        {
                            "path": "/",
                            "pathType": "ImplementationSpecific",
                            "backend": {"service": {"name": "b", "port": {"number": 80}}},
                        }
                    ]
                },
            }
        ],
    }
    assert "backend" in old["spec"], "what was read is not changed"
    # The version between has the old fields.
    assert converted(old, "networking.k8s.io/v1beta1")["spec"] == old["spec"]


def test_an_ingress_in_a_manifest_keeps_the_line_that_says_where_it_is_from():
    text = """# Source: shop/templates/i.yaml
apiVersion: extensions/v1beta1
kind: Ingress
metadata: {name: web, annotations: {a: "1e3"}}
spec: {backend: {serviceName: a, servicePort: 80}}
"""
    new = mapped(text, "shop", {(("Ingress", "shop", "web"), "extensions/v1beta1"): "networking.k8s.io/v1"})
    (obj,) = objects(new, "shop")
    assert new.startswith("# Source: shop/templates/i.yaml\n") and obj["api_version"] == "networking.k8s.io/v1"
    assert obj["document"]["metadata"]["annotations"] == {"a": "1e3"} and "defaultBackend" in obj["document"]["spec"]


def test_a_workload_gets_the_selector_that_the_server_made_before():
    old = {"apiVersion": "extensions/v1beta1", "kind": "Deployment", "metadata": {"name": "web"}}
    old["spec"] = {"template": {"metadata": {"labels": {"app": "web"}}}, "rollbackTo": {"revision": 1}}
    new = converted(old, "apps/v1")["spec"]
    assert new["selector"] == {"matchLabels": {"app": "web"}} and "rollbackTo" not in new


def test_items_of_a_list():
    text = """apiVersion: v1
kind: List
items:
- {apiVersion: apps/v1beta2, kind: Deployment, metadata: {name: web}, spec: {selector: {a: b}}}
- {apiVersion: v1, kind: ConfigMap, metadata: {name: c}, data: {a: "on"}}
- {apiVersion: old/v1, kind: Thing, metadata: {name: t}}
"""
    successors = {(WEB, "apps/v1beta2"): "apps/v1", (("Thing", "shop", "t"), "old/v1"): None}
    found = objects(mapped(text, "shop", successors), "shop")
    assert [(obj["api_version"], obj["name"]) for obj in found] == [("apps/v1", "web"), ("v1", "c")]
    assert found[1]["document"]["data"] == {"a": "on"}

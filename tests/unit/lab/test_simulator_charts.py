# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The layers of the fixture charts, without helm."""

from __future__ import annotations

import pytest
import yaml

from lab.charts.package import CHARTS, lay_out, merge

BY_KEY = {chart.key: chart for chart in CHARTS}


def laid_out(key, folder):
    source = lay_out(BY_KEY[key], folder / key)
    metadata, values = (yaml.safe_load((source / name).read_text()) for name in ("Chart.yaml", "values.yaml"))
    return source, metadata, values


@pytest.mark.parametrize("chart", CHARTS, ids=BY_KEY)
def test_every_chart_has_its_name_version_and_images(chart, tmp_path):
    source, metadata, values = laid_out(chart.key, tmp_path)
    assert source.name == metadata["name"] == chart.layers[0].partition("/")[0]
    assert metadata["version"] == metadata["appVersion"] == chart.version
    for dotted, repository in chart.images:
        image = values
        for part in dotted.split("."):
            image = image[part]
        assert image == f"registry.example.com/coderenvs/{repository}:{chart.version}"


def test_only_1_22_demands_a_kubernetes_version_and_knows_the_super_admin(tmp_path):
    for key, is_1_22 in (("coder", False), ("coder-1.22.3", True)):
        _unused, metadata, values = laid_out(key, tmp_path)
        assert ("kubeVersion" in metadata) is is_1_22
        assert ("superAdmin" in values["coderd"]) is is_1_22


def test_keys_that_decide_by_being_there_are_no_defaults(tmp_path):
    _unused, _unused, values = laid_out("coder", tmp_path)
    assert not {"cemanager", "dashboard"} & values.keys()
    assert "serviceNext" not in values["coderd"]


def test_the_three_states_of_the_provider_chart(tmp_path):
    seen = {}
    for key in ("plain", "keep", "keep-no-envproxy"):
        source, _unused, _unused = laid_out(f"workspace-provider-{key}", tmp_path)
        kept = "helm.sh/resource-policy: keep" in (source / "templates" / "_annotations.tpl").read_text()
        seen[key] = (kept, (source / "templates" / "envproxy.yaml").exists())
    assert seen == {"plain": (False, True), "keep": (True, True), "keep-no-envproxy": (True, False)}


@pytest.mark.parametrize("key", ["plain", "keep"])
def test_the_provider_chart_has_what_the_published_one_has(key, tmp_path):
    source, _unused, _unused = laid_out(f"workspace-provider-{key}", tmp_path)
    envproxy, nginx, policy = (
        (source / "templates" / f"{name}.yaml").read_text() for name in ("envproxy", "nginx", "pod-security-policy")
    )
    assert "kind: Secret" not in envproxy and "secretKeyRef" not in envproxy
    assert "- name: CEMANAGER_TOKEN\n              value: {{ required" in envproxy
    assert "        coder.deployment: envproxy\n" in envproxy
    assert "kind: Deployment\nmetadata:\n  name: nginx-ingress-controller\n" in nginx
    assert "kind: Service\nmetadata:\n  name: ingress-nginx\n" in nginx
    assert 'range list "custom-headers" "nginx-configuration" "tcp-services" "udp-services"' in nginx
    assert policy.count("  name: coder-restricted\n") == 3


def test_a_merge_goes_deep_and_replaces_lists():
    values = {"a": {"b": 1, "c": [1, 2]}, "d": 1}
    merge(values, {"a": {"c": [3]}, "d": {"e": 1}})
    assert values == {"a": {"b": 1, "c": [3]}, "d": {"e": 1}}

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""update_coder.yml killed right after one of its writes: the same command goes on to the same end.

After some of them here; after each in ``make sweep`` (``--every-write``).
"""

from __future__ import annotations

import pytest
from kills import Scene, sample
from main_site import CLUSTER, SNAPSHOT, Site

PLAYBOOK = "update_coder.yml"


@pytest.fixture(scope="module")
def hop(region_lab, tmp_path_factory) -> Scene:
    """1.20 to 1.21.7, with the chart's own ingress."""
    region_lab.begin("fresh")
    site = Site(region_lab, tmp_path_factory.mktemp("hop"))
    before = site.ingress()

    def demand_end() -> None:
        assert (site.version(), site.ingress()) == ("1.21.7", before)
        annotations = site.metadata("ingresses.networking.k8s.io", "web-ingress")["annotations"]
        assert not {name for name in annotations if "protected" in name or "resource-policy" in name}

    return Scene(site, "primary-1.20", PLAYBOOK, {"version": "1.21.7", **SNAPSHOT}, demand_end)


@pytest.fixture(scope="module")
def service_next(region_lab, tmp_path_factory) -> Scene:
    """1.21.7 with an ingress of the site's own to the layout serviceNext, its routes rewritten."""
    region_lab.begin("fresh")
    folder = tmp_path_factory.mktemp("service-next")
    site = Site(region_lab, folder, ingress={"useDefault": False})
    region_lab.kubectl(CLUSTER, "create", "ingress", "of-the-site", "--rule=coder.example.com/=cemanager:8080")
    site.play(**SNAPSHOT).must_end_well()
    asked = {"version": None, "coder_service_next": "true", "coder_rewrite_routes": "true"}

    def demand_end() -> None:
        assert site.routes() == ["coderd:80"] and site.metadata("service", "cemanager") is None

    return Scene(site, "custom-1.21.7", PLAYBOOK, asked, demand_end)


SAMPLES = {
    "hop": (
        "create /apis/coordination.k8s.io",
        "patch /apis/networking.k8s.io/v1/namespaces/coder/ingresses/web-ingress",
        "create /api/v1/namespaces/coder/secrets",
        "create /apis/apps/v1/namespaces/coder/deployments",
        "update /api/v1/namespaces/coder/secrets",
    ),
    "service_next": ("ingresses/of-the-site", "delete /api/v1/namespaces/coder/services"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_killed_after_a_write_the_same_command_gets_to_the_same_end(region_lab, request, name):
    scene = request.getfixturevalue(name)
    scene.kill_after_each(sample(*SAMPLES[name]), every=request.config.getoption("every_write"))

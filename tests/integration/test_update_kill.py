# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""update_coder.yml killed right after one of its writes: the same command goes on to the same end.

After some of them here; after each in ``make sweep`` (``--every-write``).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from main_site import CLUSTER, SNAPSHOT, Site

#: Writes that do not say where a run is: it renews its lock by time.
LOCK_RENEWED = "update /apis/coordination.k8s.io"
LOCK = ("lease", "coder-classic--main-deployment")


class Scene:
    """A saved state, the command, and what must be so at its end."""

    def __init__(self, site: Site, state: str, asked: dict[str, Any], demand_end: Callable[[], None]) -> None:
        self.site, self.state, self.asked, self.demand_end = site, state, asked, demand_end
        self.values = site.values.read_bytes() if site.values.exists() else None
        site.lab.lab.snapshot(state)

    def begin(self) -> None:
        self.site.lab.begin(self.state)
        for file in self.site.values.parent.glob(f"{self.site.values.name}*"):
            file.unlink()
        if self.values is not None:
            self.site.values.write_bytes(self.values)

    def writes(self) -> list[str]:
        return [write for write in self.site.lab.cluster_writes(CLUSTER) if LOCK_RENEWED not in write]

    def play(self) -> None:
        self.site.play(**self.asked).must_end_well()

    def killed_after(self, count: int) -> str:
        """The run is killed as soon as it has written so often; what the last of these was."""
        self.begin()
        arguments = self.site.arguments(**self.asked)
        assert self.site.lab.operator.play_while(lambda: len(self.writes()) < count, "update_coder.yml", **arguments)
        return self.writes()[-1]

    def demand_same_end(self) -> None:
        self.play()
        self.demand_end()
        assert self.site.metadata(*LOCK) is None
        assert self.site.play(**self.asked).must_end_well().changed == {"localhost": 0}


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

    return Scene(site, "primary-1.20", {"version": "1.21.7", **SNAPSHOT}, demand_end)


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

    return Scene(site, "custom-1.21.7", {**asked, "coder_backup_dir": str(folder / "backups")}, demand_end)


def sample(writes: list[str], *parts: str) -> list[int]:
    """Numbers of the first write with each of the parts, beginning with 1."""
    return [next(number for number, write in enumerate(writes, 1) if part in write) for part in parts]


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
    scene.begin()
    scene.play()
    writes = scene.writes()
    numbers = sample(writes, *SAMPLES[name])
    if request.config.getoption("every_write"):
        # After the last one nothing is left to be killed for.
        numbers = list(range(1, len(writes)))
        print(f"\n{name}: {len(writes)} writes")
    for number in numbers:
        last = scene.killed_after(number)
        print(f"killed after {number}: {last}")
        scene.demand_same_end()

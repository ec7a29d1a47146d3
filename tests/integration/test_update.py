# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""update_coder.yml on a main deployment of 1.20 with the chart's own ingress, by somebody who has only the rights of the example."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from region_lab import RegionLab
from site_runs import SITE, Run

CLUSTER = "primary"
SNAPSHOT = {"coder_snapshot_done": "/srv/coder.dump"}
PLANTED = "planted-database-password"
#: What a site had given to the release.
VALUES = {
    "cemanager": {"replicas": 1},
    "ingress": {"host": "coder.example.com", "additionalAnnotations": ["a.example.com/b: c"]},
    "devurls": {"host": "*.coder.example.com"},
    "envbox": {"image": "registry.example.com/coderenvs/envbox:1.20.0"},
    "mail": {"smtpPassword": PLANTED},
}


class Site:
    """The lab with a main deployment of 1.20, and its operator."""

    def __init__(self, lab: RegionLab, folder: Path) -> None:
        self.lab, self.values = lab, folder / "coder-values.yaml"
        folder.mkdir(exist_ok=True)
        self.charts = lab.description["charts"]
        given = folder / "given.yaml"
        url = lab.description["coder"]["url"]
        given.write_text(yaml.safe_dump({**VALUES, "cemanager": {**VALUES["cemanager"], "accessURL": url}}))
        lab.helm(CLUSTER, "uninstall", "coder", "--wait")
        lab.helm(CLUSTER, "install", "coder", self.charts["coder-1.20.0"], "--values", str(given), "--wait")
        # From now on the operator has the rights of the examples there, and no other.
        lab.kubectl(CLUSTER, "delete", "clusterrolebinding", "lab-operator")
        for file in ("primary", "primary-update"):
            lab.kubectl(CLUSTER, "apply", "-f", str(SITE / "rbac" / f"{file}.yml"))
        lab.forget()

    def play(self, *options: str, version: str | None = "1.21.7", **more: Any) -> Run:
        return self.lab.operator.play("update_coder.yml", *options, **self.arguments(version, **more))

    def arguments(self, version: str | None, **more: Any) -> dict[str, Any]:
        chart = self.charts["coder" if version in (None, "1.21.7") else f"coder-{version}"]
        given = {"coder_version": version} if version else {}
        return {**given, "coder_chart_ref": chart, "coder_values_file": str(self.values), **more}

    def metadata(self, kind: str, name: str) -> dict[str, Any] | None:
        text = self.lab.kubectl(CLUSTER, "get", kind, name, "--ignore-not-found", "-o", "json")
        return json.loads(text)["metadata"] if text else None

    def ingress(self) -> str | None:
        return (self.metadata("ingresses.networking.k8s.io", "web-ingress") or {}).get("uid")

    def address(self) -> str:
        return self.lab.kubectl(
            CLUSTER, "get", "service", "ingress-nginx", "-o", "jsonpath={.status.loadBalancer.ingress}"
        )

    def revisions(self) -> list[int]:
        return self.lab.revisions(CLUSTER, "coder")

    def version(self) -> str | None:
        return self.lab.coder("GET", "/api").headers.get("coder-version")

    @contextmanager
    def sampled(self) -> Iterator[list[tuple[str | None, str]]]:
        """(UID of web-ingress, the load balancer's address), again and again."""
        found: list[tuple[str | None, str]] = []
        ended = threading.Event()

        def sample() -> None:
            while not ended.wait(0.2):
                found.append((self.ingress(), self.address()))

        thread = threading.Thread(target=sample)
        thread.start()
        try:
            yield found
        finally:
            ended.set()
            thread.join()


@pytest.fixture
def site(region_lab, tmp_path):
    region_lab.begin("fresh")
    return Site(region_lab, tmp_path / "site")


def test_the_first_steps_of_the_way(site):
    site.play(version=None).must_fail("coder_version is not given", "Untouched: Everything")
    site.play().must_fail("nobody said that there is a snapshot", "-e coder_snapshot_done=")
    planned = site.play("--check", "--diff").must_end_well()
    assert "Service/cemanager" in planned.output and "coder-service:1.21.7" in planned.output
    site.lab.assert_nothing_written()
    assert not site.values.exists() and site.version() == "1.20.0"
    before, address = site.ingress(), site.address()
    with site.sampled() as seen:
        run = site.play("--diff", **SNAPSHOT).must_end_well()
    assert run.changed == {"localhost": 2} and "no DNS record has to change" in run.text
    assert len(seen) > 5 and set(seen) == {(before, address)}
    assert site.version() == "1.21.7" and site.metadata("deployment", "coderd")
    assert "update_coder.yml -e coder_service_next=true" in run.text
    # The operator's own file from now on; what is secret in it is in no output.
    assert site.values.stat().st_mode & 0o777 == 0o600
    values = yaml.safe_load(site.values.read_text())
    assert values["coderd"]["devurlsHost"] == "*.coder.example.com" and "cemanager" not in values
    assert values["mail"] == VALUES["mail"] and PLANTED not in planned.output + run.output
    revisions = site.revisions()
    again = site.play(**SNAPSHOT).must_end_well()
    assert again.changed == {"localhost": 0} and site.revisions() == revisions

    site.values.write_text("# ours: keep\n" + site.values.read_text())
    run = site.play(version=None, coder_service_next="true").must_end_well()
    assert "# ours: keep" in site.values.read_text() and "serviceNext: true" in site.values.read_text()
    assert (site.ingress(), site.address()) == (None, address)
    assert site.metadata("deployment", "envproxy") is None and site.version() == "1.21.7"
    assert site.play(version=None, coder_service_next="true").must_end_well().changed == {"localhost": 0}
    # The regions come first.
    site.lab.forget()
    run = site.play(version="1.22.3", **SNAPSHOT).must_fail("Not on Networking v2", "migrate_region.yml")
    site.lab.assert_nothing_written()


@pytest.mark.parametrize("written", ["/leases", "status=pending-upgrade"])
def test_killed_it_goes_on_by_the_same_command(site, written):
    before = site.ingress()
    pending = ("get", "secret", "-l", "status=pending-upgrade", "-o", "name")

    def goes_on() -> bool:
        if written.startswith("/"):
            return not any(written in write for write in site.lab.cluster_writes(CLUSTER))
        return not site.lab.kubectl(CLUSTER, *pending)

    assert site.lab.operator.play_while(goes_on, "update_coder.yml", **site.arguments("1.21.7", **SNAPSHOT))
    site.play(**SNAPSHOT).must_end_well()
    assert (site.version(), site.ingress()) == ("1.21.7", before)
    annotations = site.metadata("ingresses.networking.k8s.io", "web-ingress")["annotations"]
    assert not {name for name in annotations if "protected" in name or "resource-policy" in name}
    assert site.metadata("lease", "coder-classic--main-deployment") is None
    assert site.play(**SNAPSHOT).must_end_well().changed == {"localhost": 0}


def test_what_is_no_step_of_the_way_is_not_begun(site):
    lab, chart = site.lab, site.charts["coder"]
    for version, words in (("1.22.3", "1.21.7"), ("1.21.0", "ServiceAccount environments"), ("1.19.0", "restore")):
        site.play(version="1.21.7", **{**SNAPSHOT, "coder_version": version}).must_fail(words, "Untouched: Everything")
    provider = site.charts["workspace-provider-keep"]
    site.play(**SNAPSHOT, coder_chart_ref=provider).must_fail("another chart than the one that is meant")
    repository = {"coder_chart_ref": "coder", "coder_chart_repo_url": "http://127.0.0.1:1"}
    site.play(**SNAPSHOT, **repository).must_fail("cannot be had", "Nothing was changed")
    site.play(**SNAPSHOT, coder_primary_release="none").must_fail("There is no Helm release none")
    site.play(**SNAPSHOT, coder_chart_ref=chart, coder_update_timeout="soon").must_fail("coder_update_timeout is")
    # The values were made what the version needs, which is no part of the release; nothing else was.
    assert [write for write in lab.cluster_writes(CLUSTER) if "/leases" not in write] == []
    assert (site.revisions(), lab.coder_writes()) == ([1], [])

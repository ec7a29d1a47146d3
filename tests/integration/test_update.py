# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""update_coder.yml on a main deployment of 1.20 with the chart's own ingress, by somebody who has only the rights of the example."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest
import yaml
from main_site import CLUSTER, PLANTED, SNAPSHOT, VALUES, Site
from sampling import sampled

EMPTY_PAIR = ("--from-literal=tls.crt=", "--from-literal=tls.key=")


@pytest.fixture
def site(region_lab, tmp_path):
    region_lab.begin("fresh")
    return Site(region_lab, tmp_path / "site")


def test_the_first_steps_of_the_way(site):
    site.play(version=None).must_fail("coder_version is not given", "Untouched: Everything")
    # A job of AWX has no folder that stays.
    site.play(awx_job_id=7, coder_backup_dir=None).must_fail("There is no folder to keep a snapshot in", "Untouched")
    planned = site.play("--check", "--diff").must_end_well()
    assert "Service/cemanager" in planned.output and "coder-service:1.21.7" in planned.output
    site.lab.assert_nothing_written()
    assert not site.values.exists() and site.version() == "1.20.0"
    before, address = site.ingress(), site.address()
    with sampled(lambda: (site.ingress(), site.address()), every=0.2) as seen:
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


def test_a_site_with_an_ingress_of_its_own(region_lab, tmp_path):
    region_lab.begin("fresh")
    site = Site(region_lab, tmp_path / "site", ingress={"useDefault": False})
    rules = ["--rule=coder.example.com/=cemanager:8080", "--rule=other.example.com/=shop:80"]
    region_lab.kubectl(CLUSTER, "create", "ingress", "of-the-site", *rules)
    site.play(**SNAPSHOT).must_end_well()
    # Until the next step its routes lead where they did.
    assert site.metadata("service", "cemanager") and site.routes() == ["cemanager:8080", "shop:80"]
    site.lab.forget()
    step = {"version": None, "coder_service_next": "true", "coder_backup_dir": str(tmp_path / "backups")}
    values = site.values.read_text()
    site.play(**step).must_fail(
        "coder.example.com/ to cemanager:8080, must be coderd:80", "-e coder_rewrite_routes=true"
    )
    assert site.values.read_text() == values
    planned = site.play("--check", "--diff", **step, coder_rewrite_routes="true").must_end_well()
    assert "of-the-site" in planned.output and site.routes()[0] == "cemanager:8080"
    assert [write for write in site.lab.cluster_writes(CLUSTER) if "leases" not in write] == []
    # A certificate for somebody else cuts everybody off.
    region_lab.kubectl(CLUSTER, "create", "secret", "generic", "empty", *EMPTY_PAIR)
    tls = '{"coderd.tls.hostSecretName":"empty","coderd.tls.devurlsHostSecretName":"nowhere"}'
    site.play(**step, coder_rewrite_routes="true", coder_values=tls).must_fail(
        "TLS Secrets that are not there: nowhere"
    )
    tls = tls.replace("nowhere", "empty")
    site.play(**step, coder_rewrite_routes="true", coder_values=tls).must_fail(
        "empty: it has no tls.crt and no tls.key"
    )
    assert site.values.read_text() == values
    site.play(**step, coder_rewrite_routes="true").must_end_well()
    assert site.routes() == ["coderd:80", "shop:80"] and site.metadata("service", "cemanager") is None
    assert len(list((tmp_path / "backups" / "routes").iterdir())) == 1
    assert site.play(**step, coder_rewrite_routes="true").must_end_well().changed == {"localhost": 0}


def of_kubernetes(chart: str, demanded: str, folder: Path) -> str:
    """The chart for other releases of Kubernetes."""
    with tarfile.open(chart) as archive:
        archive.extractall(folder / "chart", filter="data")
    about = folder / "chart" / "coder" / "Chart.yaml"
    about.write_text(yaml.safe_dump({**yaml.safe_load(about.read_text()), "kubeVersion": demanded}))
    return str(about.parent)


def test_what_is_no_step_of_the_way_is_not_begun(site, tmp_path):
    lab, chart = site.lab, site.charts["coder"]
    for version, words in (("1.22.3", "1.21.7"), ("1.21.0", "ServiceAccount environments"), ("1.19.0", "restore")):
        site.play(version="1.21.7", **{**SNAPSHOT, "coder_version": version}).must_fail(words, "Untouched: Everything")
    provider = site.charts["workspace-provider-keep"]
    site.play(**SNAPSHOT, coder_chart_ref=provider).must_fail("another chart than the one that is meant")
    repository = {"coder_chart_ref": "coder", "coder_chart_repo_url": "http://127.0.0.1:1"}
    site.play(**SNAPSHOT, **repository).must_fail("cannot be had", "Nothing was changed")
    site.play(**SNAPSHOT, coder_primary_release="none").must_fail("There is no Helm release none")
    site.play(**SNAPSHOT, coder_chart_ref=chart, coder_update_timeout="soon").must_fail("coder_update_timeout is")
    # -- the operator's own file
    kept = site.values.read_text()
    site.values.write_text("- a list\n")
    site.play(**SNAPSHOT).must_fail("coder-values.yaml", "Untouched")
    site.values.write_text(kept)
    # -- what helm would meet in the middle
    site.play(**SNAPSHOT, coder_chart_ref=of_kubernetes(chart, "<1.20.0", tmp_path)).must_fail(
        "requires kubeVersion: <1.20.0"
    )
    site.play(**SNAPSHOT, coder_chart_ref=of_kubernetes(chart, ">=1.99.0", tmp_path)).must_fail(
        "requires kubeVersion: >=1.99.0"
    )
    claims = '{"postgres.default.resources.requests.storage":"77Gi"}'
    site.play(**SNAPSHOT, coder_values=claims).must_fail("StatefulSet/timescale", "each object was tried as a dry run")
    site.values.write_text(kept)
    lab.kubectl(CLUSTER, "create", "service", "clusterip", "coderd", "--tcp=80")
    site.play(**SNAPSHOT).must_fail('Service "coderd" in namespace "coder" exists and cannot be imported')
    lab.kubectl(CLUSTER, "delete", "service", "coderd")
    lab.kubectl(CLUSTER, "label", "deployment", "cemanager", "argocd.argoproj.io/instance=site")
    site.play(**SNAPSHOT).must_fail("Argo CD", "Untouched: Everything")
    lab.kubectl(CLUSTER, "label", "deployment", "cemanager", "argocd.argoproj.io/instance-")
    # -- somebody else's helm, which runs or was killed
    lab.leave_release(CLUSTER, "coder", "coder", "pending-upgrade")
    site.play(**SNAPSHOT).must_fail("Release coder is pending-upgrade", "Untouched: Everything")
    # The values were made what the version needs, which is no part of the release; nothing else was.
    assert [write for write in lab.cluster_writes(CLUSTER) if "/leases" not in write] == []
    assert (site.revisions(), lab.coder_writes()) == ([1], [])

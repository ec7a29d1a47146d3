# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""repair_upgrade.yml on a main deployment whose update failed, each time as it comes about in reality; check runs say the same."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest
import yaml
from database_site import Database, begin, snapshots, what_stays
from main_site import CLUSTER, Site, with_builtin, with_headless_service
from site_runs import Run

PLAYBOOK = "repair_upgrade.yml"
#: What docs/rights.md names for it, and the right to exec for the update and its snapshot.
FOR_REPAIR = ("primary", "primary-update", "primary-repair")


@pytest.fixture(scope="module")
def site(region_lab, tmp_path_factory) -> Site:
    """1.20 with workspaces of the built-in provider, kept as repair-1.20."""
    region_lab.begin("fresh")
    site = Site(region_lab, tmp_path_factory.mktemp("repair"))
    with_builtin(region_lab, tmp_path_factory.mktemp("coder"))
    site.limit_to(*FOR_REPAIR, "primary-database")
    region_lab.lab.snapshot("repair-1.20")
    return site


@pytest.fixture
def old(site) -> Site:
    begin(site, "repair-1.20")
    return site


def repair(site: Site, *options: str, version: str | None = None, **more) -> Run:
    # Without a version nothing of a chart is asked for.
    run = site.play(*options, playbook=PLAYBOOK, version=version, **more)
    while "a helm works on it on this machine" in run.text:
        # That of another lab beside this one: nobody can tell them apart from outside.
        time.sleep(1)
        run = site.play(*options, playbook=PLAYBOOK, version=version, **more)
    return run


def checked(site: Site, *words: str, **more) -> None:
    """A check run says what the real one would do, and writes nothing."""
    site.lab.forget()
    planned = repair(site, "--check", "--diff", **more).must_end_well()
    for word in words:
        assert word in planned.text, planned.output[-4000:]
    site.lab.assert_nothing_written()


def assert_well(site: Site, version: str | None = None) -> None:
    revisions = site.revisions()
    again = repair(site, version=version).must_end_well()
    assert again.changed == {"localhost": 0} and "The release is well" in again.text
    assert site.revisions() == revisions


def refused(site: Site, *words: str, **more) -> None:
    site.lab.forget()
    repair(site, **more).must_fail(*words, "Next")
    assert [write for write in site.lab.cluster_writes() if "/leases" not in write] == []


def administrator(site: Site) -> None:
    site.lab.kubectl(
        CLUSTER, "create", "clusterrolebinding", "lab-operator", "--clusterrole=cluster-admin", "--user=operator"
    )


def release_status(site: Site) -> str:
    listed = json.loads(site.lab.helm(CLUSTER, "list", "--all", "-o", "json"))
    return next(one["status"] for one in listed if one["name"] == "coder")


def killed_update(site: Site, **asked) -> None:
    """update_coder.yml and its helm, killed while the new pods wait for a migration that has not begun."""
    site.lab.fault(kind="migration_slow", seconds=600, times=1)

    def goes_on() -> bool:
        return release_status(site) != "pending-upgrade" or not waiting(site)

    assert site.lab.operator.play_while(goes_on, "update_coder.yml", **site.arguments(**asked))
    assert release_status(site) == "pending-upgrade"


def waiting(site: Site) -> bool:
    return "Init:0/1" in site.lab.kubectl(CLUSTER, "get", "pods")


def test_an_ingress_that_helm_lost_is_put_back(old):
    site = old
    # By hand, as the product's documentation has it.
    site.lab.helm(CLUSTER, "upgrade", "coder", site.charts["coder"], "--reset-then-reuse-values", "--wait")
    assert (site.ingress(), site.lab.state_of_coder()["entered"]) == (None, False)
    site.limit_to(*FOR_REPAIR)
    checked(site, "lost_objects", "Ingress/web-ingress")
    run = repair(site).must_end_well()
    assert run.changed == {"localhost": 1} and "restore_lost" in run.text
    assert site.ingress() and site.lab.state_of_coder()["entered"] is True
    assert_well(site)


def test_a_killed_helm_is_rolled_back_only_where_the_schema_allows_it(old):
    site, database = old, Database(old.lab)
    before, stays = database.content(), what_stays(site)
    killed_update(site, version="1.21.7")
    # As a helm leaves it that was killed a moment earlier: what the new revision does not have is not deleted yet.
    create_again(site, "Service", "cemanager")
    words = ("must not be rolled back to revision 1", "may have migrated the database", "restore_database.yml")
    refused(site, *words, "coder_schema_untouched=true")
    untouched = {"coder_schema_untouched": "true"}
    checked(site, "stuck", "rollback", **untouched)
    run = repair(site, **untouched).must_end_well()
    assert run.changed == {"localhost": 1} and "rolled back to revision 1" in run.text
    assert (site.version(), release_status(site), database.schema()) == ("1.20.0", "deployed", (120, False))
    assert (database.content(), what_stays(site)) == (before, stays)
    assert site.metadata("service", "cemanager") and site.metadata("deployment", "coderd") is None
    assert_well(site)


def create_again(site: Site, kind: str, name: str) -> None:
    documents = yaml.safe_load_all(site.lab.helm(CLUSTER, "get", "manifest", "coder", "--revision", "1"))
    one = next(one for one in documents if one and (one["kind"], one["metadata"]["name"]) == (kind, name))
    one["metadata"].setdefault("labels", {})["app.kubernetes.io/managed-by"] = "Helm"
    marks = {"meta.helm.sh/release-name": "coder", "meta.helm.sh/release-namespace": "coder"}
    one["metadata"].setdefault("annotations", {}).update(marks)
    file = site.values.with_name("again.yaml")
    file.write_text(yaml.safe_dump(one))
    site.lab.kubectl(CLUSTER, "apply", "-f", str(file))


def test_within_a_version_the_code_may_go_back(old):
    site = old
    site.play().must_end_well()
    limits = '{"coderd.resources.limits.cpu":"2"}'
    killed_update(site, version="1.21.7", coder_values=limits)
    checked(site, "stuck", "rollback")
    run = repair(site).must_end_well()
    assert run.changed == {"localhost": 1} and (site.version(), release_status(site)) == ("1.21.7", "deployed")
    assert_well(site)


def test_what_nobody_owns_is_adopted_and_the_update_goes_on(old):
    site, asked = old, {"version": "1.21.7"}
    site.lab.kubectl(CLUSTER, "create", "service", "clusterip", "coderd", "--tcp=80")
    site.play().must_fail('Service "coderd" in namespace "coder" exists and cannot be imported', "repair_upgrade.yml")
    assert site.revisions() == [1]
    refused(site, "Nobody said that the release may have Service/coderd", "coder_repair_adopt", **asked)
    adopt = {"coder_repair_adopt": '["Service/coderd"]'}
    checked(site, "foreign_objects", "adopt: Service/coderd", **asked, **adopt)
    run = repair(site, **asked, **adopt).must_end_well()
    assert run.changed == {"localhost": 1} and site.version() == "1.20.0"
    kept = snapshots(site)
    site.play().must_end_well()
    assert site.version() == "1.21.7" and snapshots(site) == kept


def test_what_force_broke_is_upgraded_without_it(old, tmp_path):
    site = old
    site.play(playbook="snapshot_database.yml", version=None).must_end_well()
    chart = with_headless_service(site.charts["coder"], tmp_path)
    with pytest.raises(AssertionError, match="failed to replace object"):
        site.lab.helm(CLUSTER, "upgrade", "coder", chart, "--reset-then-reuse-values", "--force")
    assert release_status(site) == "failed"
    refused(site, "without --force", "Run repair_upgrade.yml -e coder_version=")
    checked(site, "replaced_by_force", version="1.21.7")
    repair(site, version="1.21.7").must_end_well()
    assert (site.version(), release_status(site)) == ("1.21.7", "deployed")
    assert_well(site, "1.21.7")


@contextlib.contextmanager
def slow_to_go(site: Site, kind: str, name: str, *, seconds: float) -> Iterator[None]:
    """Somebody's finalizer, which that one takes off so long after the object was deleted."""

    def finalizers(names: list[str] | None) -> None:
        site.lab.kubectl(CLUSTER, "patch", kind, name, "-p", json.dumps({"metadata": {"finalizers": names}}))

    def clean_up() -> None:
        site.lab.until(lambda: (site.metadata(kind, name) or {}).get("deletionTimestamp"), 120)
        time.sleep(seconds)
        finalizers(None)

    finalizers(["slow.example.com/cleanup"])
    with ThreadPoolExecutor(1) as somebody:
        done = somebody.submit(clean_up)
        yield
    done.result()


def test_a_reinstall_keeps_workspaces_claims_and_the_database(old):
    site, database, asked = old, Database(old.lab), {"version": "1.21.7"}
    site.play().must_end_well()
    values = yaml.safe_load(site.values.read_text())
    values["postgres"] = {"default": {"resources": {"requests": {"storage": "77Gi"}}}}
    site.values.write_text(yaml.safe_dump(values))
    site.play().must_fail("StatefulSet/timescale", "each object was tried as a dry run")
    before, stays, address = database.content(), what_stays(site), site.entry()
    refused(site, "would be uninstalled and installed again", "coder_confirm_reinstall", **asked)
    site.limit_to(*FOR_REPAIR)
    consent = {"coder_confirm_reinstall": "coder"}
    # In the old layout it makes a ClusterRole anew, which is for administrators.
    refused(site, 'cannot create resource "clusterroles"', **asked, **consent)
    administrator(site)
    checked(site, "refused_by_server", "reinstall", **asked, **consent)
    with slow_to_go(site, "ingress", "web-ingress", seconds=4):
        run = repair(site, **asked, **consent).must_end_well()
    assert "waiting until it is gone: Ingress/web-ingress (finalizers: slow.example.com/cleanup; since" in run.text
    assert (site.version(), release_status(site), database.schema()) == ("1.21.7", "deployed", (121, False))
    assert (database.content(), what_stays(site)) == (before, stays)
    if site.entry() != address:
        assert f"had the address {address} and has {site.entry()}" in run.text and "DNS" in run.text
    assert_well(site, "1.21.7")
    # What it saved is good for bringing back what is lost later.
    (saved,) = (site.backups / "repair").rglob("coder.v*.json")
    account = ("serviceaccount", "environments")
    site.lab.kubectl(CLUSTER, "delete", *account)
    objects = {"coder_restore_of": "primary", "coder_restore_backup": saved}
    play = partial(site.play, playbook="restore_objects.yml", version=None, **objects)
    assert "ServiceAccount/environments" in play("--check", "--diff").must_end_well().text
    assert site.metadata(*account) is None
    assert play().must_end_well().changed == {"localhost": 1}
    assert site.metadata(*account) and play().must_end_well().changed == {"localhost": 0}
    assert_well(site, "1.21.7")

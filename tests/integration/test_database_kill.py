# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""snapshot_database.yml, restore_database.yml and repair_upgrade.yml killed right after one of their writes: the same command goes on
to the same end. After some of them here; after each in ``make kills`` (``--every-write``).
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from database_site import Database, described, files, snapshots, what_stays
from kills import Scene, sample
from main_site import CLUSTER, FOR_UPDATE, Site, with_builtin, with_headless_service


@pytest.fixture(scope="module")
def site(region_lab, tmp_path_factory) -> Site:
    region_lab.begin("fresh")
    site = Site(region_lab, tmp_path_factory.mktemp("site"))
    with_builtin(region_lab, tmp_path_factory.mktemp("coder"))
    site.limit_to(*FOR_UPDATE, "primary-repair")
    # So much that a dump and a restore take a moment.
    Database(region_lab).add_rows(4, 1_000_000, "ballast")
    return site


@pytest.fixture(scope="module")
def snapshot(site) -> Scene:
    database = Database(site.lab)

    def demand_end() -> None:
        assert database.names() == ["coder"] and [name for name in files(site) if name.endswith(".partial")] == []
        # That of the run that was killed may have been whole already.
        assert len(snapshots(site)) in (1, 2) and described(snapshots(site)[-1])["verified"] == "restored"
        assert len(files(site)) == 2 * len(snapshots(site))

    def demand_whole() -> None:
        # A dump has its description last: whatever is listed is whole.
        assert all(one.stat().st_size == described(one)["dump_bytes"] for one in snapshots(site))

    asked = {"version": None}
    return Scene(site, "kill-1.20", "snapshot_database.yml", asked, demand_end, demand_whole, is_once=False)


@pytest.fixture(scope="module")
def restore(site, snapshot) -> Scene:
    """From 1.21.7 back to 1.20, with the database."""
    database = Database(site.lab)
    snapshot.begin()
    before, stays = database.content(), what_stays(site)
    site.play().must_end_well()
    (dump,) = snapshots(site)
    database.add_rows(20)
    later = database.content()

    def demand_end() -> None:
        assert (site.version(), database.schema(), database.content()) == ("1.20.0", (120, False), before)
        assert what_stays(site) == stays and database.ours() == []
        # Nothing of the newer version is left that would migrate it again.
        assert site.metadata("deployment", "cemanager") and site.metadata("deployment", "coderd") is None
        (former,) = [name for name in database.names() if name != "coder"]
        assert database.content(former) == later
        assert [name for name in files(site) if name.endswith(".partial")] == []

    def demand_whole() -> None:
        assert "coder" in database.names() and database.content() in (before, later)

    asked = {"version": None, "coder_restore_snapshot": dump, "coder_confirm_restore": "coder"}
    return Scene(site, "kill-1.21.7", "restore_database.yml", asked, demand_end, demand_whole)


@pytest.fixture(scope="module")
def reinstall(site, restore) -> Scene:
    restore.begin()
    database = Database(site.lab)
    values = yaml.safe_load(site.values.read_text())
    values["postgres"] = {"default": {"resources": {"requests": {"storage": "77Gi"}}}}
    site.values.write_text(yaml.safe_dump(values))
    # It makes a ClusterRole anew.
    admin = ("create", "clusterrolebinding", "lab-operator", "--clusterrole=cluster-admin", "--user=operator")
    site.lab.kubectl(CLUSTER, *admin)
    content, stays = database.content(), what_stays(site)

    def demand_end() -> None:
        assert (site.version(), database.content(), what_stays(site)) == ("1.21.7", content, stays)

    asked = {"version": "1.21.7", "coder_confirm_reinstall": "coder"}
    return Scene(site, "kill-reinstall", "repair_upgrade.yml", asked, demand_end)


@pytest.fixture(scope="module")
def rollback(site, restore) -> Scene:
    """An upgrade within 1.21.7 whose helm was killed."""
    restore.begin()
    site.lab.helm(
        CLUSTER, "upgrade", "coder", site.charts["coder"], "--reset-then-reuse-values", "--set", "ssh.enable=true"
    )
    site.lab.leave_release(CLUSTER, "coder", "coder", "failed")

    def demand_end() -> None:
        assert site.version() == "1.21.7" and site.revisions()[-1] > 3

    return Scene(site, "kill-rollback", "repair_upgrade.yml", {"version": None}, demand_end)


@pytest.fixture(scope="module")
def adopt(site, snapshot) -> Scene:
    """An update to which a Service that nobody owns was in the way."""
    snapshot.begin()
    site.lab.kubectl(CLUSTER, "create", "service", "clusterip", "coderd", "--tcp=80")
    site.play().must_fail("exists and cannot be imported")

    def demand_end() -> None:
        owner = site.metadata("service", "coderd")["annotations"]["meta.helm.sh/release-name"]
        assert (site.version(), owner) == ("1.20.0", "coder")

    asked = {"version": "1.21.7", "coder_repair_adopt": '["Service/coderd"]'}
    return Scene(site, "kill-adopt", "repair_upgrade.yml", asked, demand_end)


@pytest.fixture(scope="module")
def forced(site, snapshot, tmp_path_factory) -> Scene:
    """An update as the guide's own way has left it: failed, by --force."""
    snapshot.begin()
    site.play(playbook="snapshot_database.yml", version=None).must_end_well()
    chart = with_headless_service(site.charts["coder"], tmp_path_factory.mktemp("forced"))
    with pytest.raises(AssertionError, match="failed to replace object"):
        site.lab.helm(CLUSTER, "upgrade", "coder", chart, "--reset-then-reuse-values", "--force")
    # Whose pods it replaced; a state is saved only where nothing goes on.
    for name in ("cemanager", "envproxy", "dashboard"):
        site.lab.kubectl(CLUSTER, "rollout", "status", f"deployment/{name}", "--timeout=90s")
    database = Database(site.lab)

    def demand_end() -> None:
        assert (site.version(), database.schema()) == ("1.21.7", (121, False))

    return Scene(site, "kill-forced", "repair_upgrade.yml", {"version": "1.21.7"}, demand_end)


@pytest.fixture(scope="module")
def lost(site, restore) -> Scene:
    """1.21.7, of which somebody has deleted some."""
    restore.begin()
    gone = (("ingress", "web-ingress"), ("service", "envproxy"), ("serviceaccount", "environments"))
    for kind, name in gone:
        site.lab.kubectl(CLUSTER, "delete", kind, name)

    def demand_end() -> None:
        assert site.version() == "1.21.7" and all(site.metadata(kind, name) for kind, name in gone)

    return Scene(site, "kill-lost", "repair_upgrade.yml", {"version": None}, demand_end)


@pytest.fixture(scope="module")
def mapped(site, restore) -> Scene:
    """1.21.7 after the cluster was upgraded under it: its record has an API version that is not served any more."""
    restore.begin()
    old, new = "apiVersion: apps/v1\nkind: Deployment", "apiVersion: extensions/v1beta1\nkind: Deployment"

    def change(record: dict[str, Any]) -> None:
        assert old in record["manifest"]
        record["manifest"] = record["manifest"].replace(old, new)

    site.lab.change_record(CLUSTER, "coder", "coder", change)

    def demand_end() -> None:
        assert site.version() == "1.21.7"
        assert "extensions/v1beta1" not in site.lab.helm(CLUSTER, "get", "manifest", "coder")

    return Scene(site, "kill-mapped", "repair_upgrade.yml", {"version": None}, demand_end)


SAMPLES = {
    "snapshot": ("CREATE DATABASE",),
    "restore": (
        "apps/v1/namespaces/coder/deployments",
        "file coder-1.21.7",
        "create /api/v1/namespaces/coder/secrets",
        # By helm's rollback, which loses what has changed its API group.
        "ingresses/web-ingress",
    ),
    "reinstall": ("delete /",),
    "rollback": ("create /api/v1/namespaces/coder/secrets",),
    "adopt": ("patch /api/v1/namespaces/coder/services/coderd",),
    "lost": ("create /api/v1/namespaces/coder/serviceaccounts",),
    "mapped": ("/secrets/sh.helm.release.v1.coder",),
    "forced": (),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_killed_after_a_write_the_same_command_gets_to_the_same_end(region_lab, request, name):
    every = request.config.getoption("every_write")
    if not SAMPLES[name] and not every:
        pytest.skip("in make kills")
    request.getfixturevalue(name).kill_after_each(sample(*SAMPLES[name]), every=every)

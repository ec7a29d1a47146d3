# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is written, in which order, and what is told where it stops: on a cluster in memory, with a helm that is played."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command, helm_record, manifest
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import adopt, owners, release_repair, rollback
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending

OLD = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: settings}\ndata: {a: '1'}\n"
NEW = OLD.replace("'1'", "'2'") + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: extra}\n"
HELM = helm_command.Helm("/bin/helm", (3, 22), [], {}, "/f")
RECORD = ("Secret", "shop", "sh.helm.release.v1.shop.v{}")


class Server(FakeCluster):
    """Takes merge patches and new objects; broken: names that it turns down; writes: all that reached it."""

    def __init__(self, objects=(), **more) -> None:
        self.writes: list[str] = []
        self.broken: set[str] = set()
        super().__init__(objects, **more)

    def put(self, obj):
        obj["metadata"].setdefault("resourceVersion", "7")
        super().put(obj)

    def uid(self):
        return "uid-of-the-cluster"

    def create(self, obj, *, dry_run=False):
        of = (obj["kind"], obj["metadata"].get("namespace"), obj["metadata"]["name"])
        if of in self.objects:
            raise ClassicError("there", code="refused", status=409)
        if not dry_run:
            self._write("create", of)
            self.put(json.loads(json.dumps(obj)))
        return obj

    def patch(self, api_version, kind, name, namespace, body, content_type="", *, dry_run=False):
        live = self.objects[(kind, namespace, name)]
        for field in ("uid", "resourceVersion"):
            if (body.get("metadata") or {}).get(field, live["metadata"][field]) != live["metadata"][field]:
                raise ClassicError("changed", code="refused", status=409)
        if dry_run:
            live = json.loads(json.dumps(live))
        else:
            self._write("patch", (kind, namespace, name))
        merge(live, body)
        return live

    def delete(self, api_version, kind, name, namespace=None, *, dry_run=False):
        assert dry_run

    def _write(self, verb, of):
        self.prove_identity()
        if of[2] in self.broken:
            raise ClassicError(f"{verb} was answered", code="forbidden", why="no", status=403)
        self.writes.append(f"{verb} {of[0]}/{of[2]}")

    def equivalent(self, api_version, kind):
        if self.serves(api_version, kind):
            return api_version
        return "apps/v1" if kind == "Deployment" else None


def merge(live: dict[str, Any], patch: dict[str, Any]) -> None:
    for key, value in patch.items():
        if isinstance(value, dict):
            merge(live.setdefault(key, {}), value)
        else:
            live[key] = value


def release(revision=1, status="deployed", manifest=OLD, **info) -> dict[str, Any]:
    content = record(manifest, name="shop", namespace="shop", revision=revision, status=status)
    content["info"].update(info)
    return secret(content)


def live(name: str, data="1", **metadata) -> dict[str, Any]:
    marks = {
        "labels": {"app.kubernetes.io/managed-by": "Helm"},
        "annotations": {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "shop"},
    }
    of = {"name": name, "namespace": "shop", **marks, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": of, "data": {"a": data}}


@pytest.fixture(autouse=True)
def nobody(monkeypatch):
    monkeypatch.setattr(pending, "_processes", lambda: iter([]))


@pytest.fixture
def helm(monkeypatch):
    """In place of helm; commands are noted, and then: what each does."""
    commands: list[list[str]] = []
    played = {"then": lambda: None}

    def run(_helm, arguments, seconds, secrets=None):
        commands.append(arguments)
        played["then"]()
        return ""

    monkeypatch.setattr(helm_command, "run", run)
    monkeypatch.setattr(helm_command, "helm_for", lambda *_arguments, **_more: HELM)
    played["commands"] = commands
    return played


def repaired(cluster, tmp_path, *, check_mode=False, **params):
    params = {"name": "shop", "namespace": "shop", **params}
    return release_repair.run(cluster, params, check_mode, str(tmp_path))


def fails(function, *arguments, **more) -> ClassicError:
    with pytest.raises(ClassicError) as caught:
        function(*arguments, **more)
    return caught.value


def test_a_release_that_is_well(tmp_path):
    cluster = Server([release(), live("settings")])
    result = repaired(cluster, tmp_path)
    assert (result["changed"], result["taken"], result["next"], result["findings"]) == (False, [], None, [])
    assert cluster.writes == [] and result["diff"] == {"before": "", "after": ""}


def test_no_release(tmp_path):
    assert fails(repaired, Server(), tmp_path).code == "release_not_found"


def foreign(cluster, *names):
    found = [owners.look(cluster, ("ConfigMap", "shop", name), cluster.get("v1", "ConfigMap", name, "shop"), ("shop", "shop"))
             for name in names]  # fmt: skip
    assert not any(one.living for one in found)
    return found


def test_an_adoption_that_stops_half_way_says_how_far_it_came():
    cluster = Server([live(name, labels={}, annotations={}) for name in "abc"])
    wanted = foreign(cluster, *"abc")
    cluster.broken = {"b"}
    error = fails(adopt.adopt, cluster, wanted, "shop", "shop", lambda: None)
    assert (error.code, error.changed, cluster.writes) == ("forbidden", True, ["patch ConfigMap/a"])
    assert error.untouched == "As they were: ConfigMap/b, ConfigMap/c. Given to it: ConfigMap/a."
    cluster.broken = set()
    assert adopt.adopt(cluster, wanted[1:], "shop", "shop", lambda: None) == ["ConfigMap/b", "ConfigMap/c"]
    assert cluster.objects[("ConfigMap", "shop", "b")]["metadata"]["annotations"] == {
        "meta.helm.sh/release-name": "shop",
        "meta.helm.sh/release-namespace": "shop",
    }


@pytest.mark.parametrize("change", [{"uid": "another"}, {"resourceVersion": "8"}])
def test_one_that_changed_since_it_was_looked_at_is_not_adopted(change):
    cluster = Server([live("a", labels={}, annotations={})])
    wanted = foreign(cluster, "a")
    cluster.objects[("ConfigMap", "shop", "a")]["metadata"].update(change)
    assert fails(adopt.adopt, cluster, wanted, "shop", "shop", lambda: None).status == 409 and cluster.writes == []


def test_each_write_is_demanded_first():
    cluster = Server([live("a", labels={}, annotations={})])

    def no():
        raise ClassicError("somebody else holds the lock", code="locked")

    assert (
        fails(adopt.adopt, cluster, foreign(cluster, "a"), "shop", "shop", no).code == "locked" and cluster.writes == []
    )


#: Whose helm goes back is in the revision before the one that it makes.
MARKED = "patch Secret/sh.helm.release.v1.shop.v2"


def stuck(**more) -> Server:
    newest = release(2, "pending-upgrade", NEW, last_deployed="2026-01-02T03:04:05Z")
    return Server([release(), newest, live("settings", "2"), live("extra")], **more)


def rolled_back(cluster, *, status="deployed", manifest=OLD):
    def then():
        cluster.put(release(3, status, manifest))
        cluster.objects.pop(("ConfigMap", "shop", "extra"), None)

    return then


def test_a_rollback_has_a_deadline_and_cleans_nothing_up(tmp_path, helm):
    cluster = stuck()
    planned = repaired(cluster, tmp_path, check_mode=True)
    assert helm["commands"] == [] and planned["next"] == "reinstall"
    helm["then"] = rolled_back(cluster)
    done = repaired(cluster, tmp_path, timeout=60, history_max=5)
    assert done["taken"] == planned["taken"] and "ConfigMap/extra: removed" in done["taken"][0]["did"]
    assert helm["commands"] == [
        ["rollback", "shop", "1", "--namespace", "shop", "--timeout", "60s", "--history-max", "5", "--wait", "--wait-for-jobs"]
    ]  # fmt: skip
    assert cluster.writes == [MARKED] and done["release"]["revision"] == 3


def test_helm_4_waits_in_the_old_way():
    four = HELM._replace(version=(4, 0))
    assert "--wait=legacy" in rollback.arguments(four, "shop", "shop", 1, wait=True, seconds=9, history_max=3)
    assert "--wait" not in "".join(rollback.arguments(four, "shop", "shop", 1, wait=False, seconds=9, history_max=3))


def test_what_a_rollback_loses_is_put_back(tmp_path, helm):
    cluster = stuck()

    def then():
        rolled_back(cluster)()
        del cluster.objects[("ConfigMap", "shop", "settings")]

    helm["then"] = then
    done = repaired(cluster, tmp_path)
    assert cluster.writes == [MARKED, "create ConfigMap/settings"] and any("put back" in line for line in done["said"])


@pytest.mark.parametrize(
    ("status", "manifest", "says"),
    [("failed", OLD, "is failed, not deployed"), ("deployed", NEW, "not those of revision 1")],
)
def test_a_rollback_is_proved(tmp_path, helm, status, manifest, says):
    cluster = stuck()
    helm["then"] = rolled_back(cluster, status=status, manifest=manifest)
    error = fails(repaired, cluster, tmp_path)
    assert error.code == "verify_failed" and says in error.why and error.changed


@pytest.mark.parametrize("begun", [True, False])
def test_a_rollback_that_fails_says_what_is_there(tmp_path, helm, begun):
    cluster = stuck()

    def then():
        if begun:
            rolled_back(cluster, status="failed")()
        raise ClassicError("helm rollback failed with status 1.", code="helm_failed", why="very-secret is wrong")

    helm["then"] = then
    error = fails(repaired, cluster, tmp_path)
    assert (error.code, error.changed) == ("rollback_failed", begun) and "very-secret" not in str(error)
    assert ("revision 3 is failed" if begun else "revision 2 is pending-upgrade") in error.what


def test_what_an_interrupted_helm_has_not_deleted_is_in_its_record_before_another_goes_back(tmp_path, helm):
    cluster = stuck()
    # The target has one that the newest revision has not; a rollback that was killed left one that neither has.
    cluster.put(release(1, manifest=OLD + "---\n" + OLD.replace("settings", "old-service")))
    cluster.put(release(3, "pending-rollback", OLD, last_deployed="2026-01-02T03:04:05Z"))
    for name in ("old-service", "foreign"):
        cluster.put(live(name))
    cluster.objects[("ConfigMap", "shop", "foreign")]["metadata"]["annotations"] = {}
    recorded = []

    def then():
        newest = helm_record.decode(cluster.objects[("Secret", "shop", "sh.helm.release.v1.shop.v3")])
        recorded.extend(obj["name"] for obj in manifest.objects(newest.manifest, "shop"))
        assert pending.is_made_here(cluster, replace(newest, revision=4, status="pending-rollback"))
        raise ClassicError("enough", code="helm_failed")

    helm["then"] = then
    fails(repaired, cluster, tmp_path)
    assert recorded == ["settings", "old-service", "extra"]


def test_in_another_cluster_nothing_is_rolled_back(tmp_path, helm):
    cluster = stuck()
    cluster.is_another = True
    assert fails(repaired, cluster, tmp_path).code == "cluster_mismatch" and helm["commands"] == []


def test_a_release_that_changes_meanwhile_is_left_alone(tmp_path, helm, monkeypatch):
    cluster = stuck()
    rows = rollback.rows

    def late(*arguments):
        cluster.put(release(3, "deployed", NEW))
        return rows(*arguments)

    monkeypatch.setattr(rollback, "rows", late)
    error = fails(repaired, cluster, tmp_path)
    assert error.code == "refused" and "revision 3, deployed" in error.why and helm["commands"] == []


def claim(uid="1") -> dict[str, Any]:
    return {"kind": "PersistentVolumeClaim", "metadata": {"name": "data", "namespace": "shop", "uid": uid}}


def test_a_claim_that_goes_meanwhile_is_told(tmp_path, helm):
    cluster = stuck()
    cluster.put(claim())

    def then():
        rolled_back(cluster)()
        cluster.put(claim("2"))

    helm["then"] = then
    error = fails(repaired, cluster, tmp_path)
    assert error.code == "verify_failed" and "PersistentVolumeClaim/data" in error.what


WEB = "apiVersion: extensions/v1beta1\nkind: Deployment\nmetadata: {name: web}\nspec: {selector: {a: b}}\n"
GONE = {("extensions/v1beta1", "Deployment"), ("old/v1", "Thing")}


def deployment() -> dict[str, Any]:
    found = live("web")
    return {**found, "apiVersion": "apps/v1", "kind": "Deployment"}


def test_a_record_is_saved_before_it_is_written_over_and_read_back(tmp_path):
    cluster = Server([release(manifest=WEB), deployment()], removed=GONE)
    old = json.loads(json.dumps(cluster.objects[("Secret", "shop", RECORD[2].format(1))]))
    folder = tmp_path / "saved"
    planned = repaired(cluster, tmp_path, check_mode=True, backup_dir=str(folder))
    assert cluster.writes == [] and not folder.exists()
    done = repaired(cluster, tmp_path, backup_dir=str(folder))
    assert done["taken"] == planned["taken"] and cluster.writes == ["patch Secret/sh.helm.release.v1.shop.v1"]
    now = helm_record.current(cluster, "shop", "shop")
    assert now.manifest == WEB.replace("extensions/v1beta1", '"apps/v1"') and now.config == {
        "envproxy": {"token": "very-secret"}
    }
    (file,) = map(Path, done["files"])
    assert json.loads(file.read_text())["items"][0]["data"] == old["data"] and file.stat().st_mode & 0o777 == 0o600
    assert repaired(cluster, tmp_path, backup_dir=str(folder))["changed"] is False


def test_without_a_place_for_the_old_record_nothing_is_written(tmp_path):
    cluster = Server([release(manifest=WEB), deployment()], removed=GONE)
    (tmp_path / "file").write_text("")
    error = fails(repaired, cluster, tmp_path, backup_dir=str(tmp_path / "file"))
    assert error.code == "backup_failed" and cluster.writes == []


def test_what_does_not_fit_its_new_version_is_not_mapped(tmp_path, monkeypatch):
    cluster = Server([release(manifest=WEB), deployment()], removed=GONE)

    def refuse(obj, *, dry_run=False):
        raise ClassicError("refused", code="refused", why="spec.selector: Required value", status=422)

    monkeypatch.setattr(cluster, "create", refuse)
    error = fails(repaired, cluster, tmp_path, backup_dir=str(tmp_path / "saved"))
    assert error.code == "not_mappable" and "Required value" in error.why and cluster.writes == []
    assert not (tmp_path / "saved").exists()


def test_both_records_that_helm_reads_are_mapped(tmp_path):
    thing = "---\napiVersion: old/v1\nkind: Thing\nmetadata: {name: t}\n"
    newest = release(2, "failed", WEB + thing, description='Upgrade "shop" failed: x')
    cluster = Server([release(manifest=WEB), newest, deployment()], removed=GONE)
    options = {"backup_dir": str(tmp_path / "saved")}
    assert fails(repaired, cluster, tmp_path, **options).details["objects"] == ["Thing/t"]
    done = repaired(cluster, tmp_path, remove_unserved=["Thing/t"], **options)
    assert len(cluster.writes) == len(done["files"]) == 2 and done["next"] == "rollback"
    assert "Thing" not in helm_record.current(cluster, "shop", "shop").manifest


def test_as_many_steps_as_are_allowed(tmp_path, helm):
    newest = release(2, "failed", WEB, description='Upgrade "shop" failed: x')
    cluster = Server([release(manifest=WEB), newest, deployment()], removed=GONE)

    def then():
        cluster.put(
            release(3, manifest=helm_record.decode(cluster.objects[("Secret", "shop", RECORD[2].format(1))]).manifest)
        )

    helm["then"] = then
    done = repaired(cluster, tmp_path, up_to="rollback", backup_dir=str(tmp_path / "saved"))
    assert [one["step"] for one in done["taken"]] == ["map_apis", "rollback"] and done["next"] is None


def test_further_steps_stop_where_a_word_is_missing(tmp_path):
    newest = release(2, "failed", WEB, description='Upgrade "shop" failed: x')
    cluster = Server([release(manifest=WEB), newest, deployment()], removed=GONE)
    options = {"backup_dir": str(tmp_path / "saved"), "rollback_allowed": False, "rollback_reason": "The schema."}
    done = repaired(cluster, tmp_path, up_to="rollback", **options)
    assert [one["step"] for one in done["taken"]] == ["map_apis"] and done["next"] == "rollback"
    assert any(line.startswith("Not gone on with: The release must not be rolled back") for line in done["said"])


def test_lost_objects_come_back_as_the_release_s(tmp_path):
    cluster = Server([release()])
    done = repaired(cluster, tmp_path)
    assert done["taken"][0]["did"] == ["ConfigMap/settings: put back as the release's"]
    assert cluster.objects[("ConfigMap", "shop", "settings")]["metadata"]["labels"] == {
        "app.kubernetes.io/managed-by": "Helm"
    }

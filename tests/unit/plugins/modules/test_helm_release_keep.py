# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import copy
import gzip
import json
import random
import stat
from pathlib import Path

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record, secret

from ansible_collections.coder.classic.plugins.module_utils._coder.provider_roots import roots
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import (
    helm_command,
    helm_record,
    manifest,
    record_size,
    seal_resume,
)
from ansible_collections.coder.classic.plugins.modules import helm_release_keep

TEXT = """---
kind: ServiceAccount
metadata: {name: coder}
---
kind: Role
metadata: {name: coder}
---
kind: RoleBinding
metadata: {name: coder}
roleRef: {kind: Role, name: coder}
---
kind: ServiceAccount
metadata: {name: provider-environments}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: envproxy}
spec: {replicas: 1, selector: {matchLabels: {app: envproxy}}}
"""
ALL_FOUR = ["Role/coder", "RoleBinding/coder", "ServiceAccount/coder", "ServiceAccount/provider-environments"]
PARAMS = {
    "name": "provider",
    "namespace": "coder",
    "objects": None,
    "roots": [{"kind": of[0], "name": of[2]} for of, _reason in roots("provider", "coder")],
    "allow_resets": False,
    "helm_binary": "helm",
    "timeout": 60,
}


class FakeHelm:
    """In place of the helm program: the record that an upgrade with its post-renderer writes; spoil changes it."""

    def __init__(self, cluster: FakeCluster, monkeypatch) -> None:
        self.cluster = cluster
        self.commands: list[list[str]] = []
        self.modes: dict[str, int] = {}
        self.spoil = lambda new, dry_run: None
        monkeypatch.setattr(helm_command, "run", self.run)
        made = helm_command.Helm("/bin/helm", (3, 22), [], {}, "")
        monkeypatch.setattr(helm_command, "helm_for", lambda access, binary, folder: made._replace(folder=folder))

    def run(self, helm, arguments, seconds, secrets=None):
        self.commands.append(arguments)
        if arguments[0] == "rollback":
            return self.roll_back(int(arguments[2]))
        folder = Path(helm.folder)
        self.modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
        dry_run = "--dry-run=server" in arguments
        old = helm_record.current(self.cluster, "coder", "provider")
        new = record((folder / "manifest.yaml").read_text(), revision=old.revision + 1)
        new["config"] = json.loads((folder / "values.yaml").read_text())
        self.spoil(new, dry_run)
        if not dry_run:
            self.cluster.put(secret(new))
        return json.dumps(new)

    def roll_back(self, revision: int) -> str:
        history = helm_record.history(self.cluster, "coder", "provider")
        target = next(one for one in history if one.revision == revision)
        self.cluster.put(secret(record(target.manifest, revision=history[-1].revision + 1)))
        return "Rollback was a success!"

    @property
    def writes(self) -> int:
        return sum("--dry-run=server" not in command for command in self.commands)


@pytest.fixture
def cluster() -> FakeCluster:
    found = FakeCluster([secret(record(TEXT))])
    for obj in manifest.objects(TEXT, "coder"):
        found.put(copy.deepcopy(obj["document"] | {"metadata": {"name": obj["name"], "namespace": "coder"}}))
    return found


@pytest.fixture
def helm(cluster, monkeypatch) -> FakeHelm:
    return FakeHelm(cluster, monkeypatch)


def run(cluster, tmp_path, check_mode=False, **params) -> dict:
    folder = tmp_path / f"folder{len(list(tmp_path.iterdir()))}"
    folder.mkdir()
    return helm_release_keep.run(cluster, {**PARAMS, **params}, check_mode, str(folder))


def refused(cluster, tmp_path, check_mode=False, **params) -> ClassicError:
    with pytest.raises(ClassicError) as caught:
        run(cluster, tmp_path, check_mode, **params)
    return caught.value


def test_sealing_makes_one_revision_and_a_second_run_none(cluster, helm, tmp_path) -> None:
    result = run(cluster, tmp_path)
    assert (result["changed"], result["sealed"], result["release"]["revision"]) == (True, ALL_FOUR, 2)
    assert result["diff"] == {"before": {"kept": []}, "after": {"kept": ALL_FOUR}}
    assert {"kind": "Role", "name": "coder", "uid": "uid-role-coder"} in result["kept"]
    kept = [
        obj["name"]
        for obj in manifest.objects(helm_record.current(cluster, "coder", "provider").manifest, "coder")
        if obj["keep"]
    ]
    assert kept == ["coder", "coder", "coder", "provider-environments"]
    again = run(cluster, tmp_path)
    assert (again["changed"], again["sealed"], again["release"]["revision"], helm.writes) == (False, [], 2, 1)


def test_check_mode_rehearses_and_writes_nothing(cluster, helm, tmp_path) -> None:
    result = run(cluster, tmp_path, check_mode=True)
    assert (result["changed"], result["sealed"], result["release"]["revision"]) == (True, ALL_FOUR, 1)
    assert (len(helm.commands), helm.writes) == (1, 0)


def test_the_rehearsal_is_the_same_command(cluster, helm, tmp_path) -> None:
    run(cluster, tmp_path)
    rehearsal, real = helm.commands
    assert rehearsal == [*real, "--dry-run=server"]


@pytest.fixture
def killed(cluster, helm, monkeypatch) -> FakeHelm:
    """A sealing that ended after its first write: its revision is pending for ever."""
    monkeypatch.setattr(seal_resume, "SECONDS_TO_END", 0)
    everything = {manifest.identity(obj) for obj in manifest.objects(TEXT, "coder") if obj["kind"] != "Deployment"}
    pending = record(manifest.with_keep(TEXT, everything, "coder"), revision=2, info={"status": "pending-upgrade"})
    cluster.put(secret(pending))
    return helm


def test_a_sealing_that_was_killed_is_rolled_back_and_done(cluster, killed, tmp_path) -> None:
    result = run(cluster, tmp_path)
    assert [command[0] for command in killed.commands] == ["rollback", "upgrade", "upgrade"]
    assert killed.commands[0][1:3] == ["provider", "1"]
    assert (result["changed"], result["sealed"], result["release"]["revision"]) == (True, ALL_FOUR, 4)


def test_a_check_run_after_a_sealing_that_was_killed_writes_nothing(cluster, killed, tmp_path) -> None:
    result = run(cluster, tmp_path, check_mode=True)
    assert (result["changed"], result["sealed"], killed.commands) == (True, ALL_FOUR, [])


def test_in_another_cluster_nothing_is_sealed(cluster, helm, tmp_path) -> None:
    cluster.is_another = True
    assert refused(cluster, tmp_path).code == "cluster_mismatch" and helm.writes == 0


def test_in_another_cluster_nothing_is_rolled_back(cluster, killed, tmp_path) -> None:
    cluster.is_another = True
    assert refused(cluster, tmp_path).code == "cluster_mismatch" and killed.commands == []


def test_another_upgrade_that_is_pending_is_nobody_s_to_roll_back(cluster, helm, tmp_path) -> None:
    cluster.put(
        secret(record(TEXT.replace("replicas: 1", "replicas: 3"), revision=2, info={"status": "pending-upgrade"}))
    )
    assert refused(cluster, tmp_path).failure["code"] == "refused"
    assert helm.commands == []


def test_files_are_for_the_user_only_and_no_secret_is_in_the_command(cluster, helm, tmp_path) -> None:
    run(cluster, tmp_path)
    assert helm.modes == {"chart.tgz": 0o600, "values.yaml": 0o600, "manifest.yaml": 0o600, "post-renderer": 0o700}
    assert "very-secret" not in str(helm.commands)


def test_only_the_chosen_objects(cluster, helm, tmp_path) -> None:
    result = run(cluster, tmp_path, objects=[{"kind": "Role", "name": "coder"}])
    assert result["sealed"] == ["Role/coder"]


def test_unknown_objects_are_refused_with_candidates(cluster, helm, tmp_path) -> None:
    error = refused(cluster, tmp_path, objects=[{"kind": "Role", "name": "nope"}])
    assert error.code == "not_found" and "Role/nope" in error.what
    assert "Deployment/envproxy" in error.next_step and helm.commands == []


def test_an_empty_list_is_not_taken_for_success(cluster, helm, tmp_path) -> None:
    assert refused(cluster, tmp_path, objects=[]).code == "invalid"


def test_a_release_that_holds_nothing_of_coder_is_refused(helm, cluster, tmp_path) -> None:
    cluster.put(secret(record("kind: Service\nmetadata: {name: x}\n")))
    error = refused(cluster, tmp_path)
    assert error.code == "not_found" and "ServiceAccount/coder" in error.what


@pytest.mark.parametrize("status", ["failed", "pending-upgrade", "pending-install", "uninstalling", "uninstalled"])
def test_a_release_that_is_not_deployed_is_refused(cluster, helm, tmp_path, status: str) -> None:
    cluster.put(secret(record(TEXT.replace("replicas: 1", "replicas: 3"), revision=2, status=status)))
    error = refused(cluster, tmp_path)
    assert error.code == "refused" and f"is {status}, not deployed" in error.what and helm.commands == []


@pytest.mark.parametrize("check_mode", [False, True])
def test_what_was_sealed_and_is_half_uninstalled_needs_nothing_more(cluster, helm, tmp_path, check_mode: bool) -> None:
    run(cluster, tmp_path)
    sealed, commands = helm_record.current(cluster, "coder", "provider"), len(helm.commands)
    cluster.put(secret(record(sealed.manifest, revision=2, status="uninstalling")))
    result = run(cluster, tmp_path, check_mode=check_mode)
    assert (result["changed"], result["sealed"], result["release"]["status"]) == (False, [], "uninstalling")
    assert len(helm.commands) == commands


def test_an_unknown_release_is_refused_with_the_known_ones(cluster, helm, tmp_path) -> None:
    error = refused(cluster, tmp_path, name="nope")
    assert error.code == "release_not_found" and error.details == {"candidates": ["provider"]}


def test_removed_apis_are_refused(cluster, helm, tmp_path) -> None:
    cluster.removed.add(("apps/v1", "Deployment"))
    error = refused(cluster, tmp_path)
    assert error.code == "refused" and "Deployment/envproxy in apps/v1" in error.why


def test_live_changes_that_helm_would_put_back_need_a_word(cluster, helm, tmp_path) -> None:
    live = cluster.get("apps/v1", "Deployment", "envproxy", "coder")
    cluster.objects[("Deployment", "coder", "envproxy")]["spec"]["replicas"] = 0
    cluster.after_patch[("Deployment", "envproxy")] = live
    error = refused(cluster, tmp_path)
    assert error.code == "refused" and "spec.replicas from 0 to 1" in error.why and helm.commands == []
    result = run(cluster, tmp_path, allow_resets=True)
    assert result["changed"] and result["resets"][0]["name"] == "envproxy"


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda new: new.update(version=5), "somebody else changed the release"),
        (lambda new: new.update(config={}), "the values of the release differ"),
        (lambda new: new["chart"]["values"].update(x=1), "the chart's values differ"),
        (lambda new: new["chart"]["templates"].clear(), "the chart's templates differ"),
        (lambda new: new.update(manifest=new["manifest"].replace("replicas: 1", "replicas: 2")), "spec.replicas"),
        (
            lambda new: new.update(manifest=new["manifest"].replace('"keep"', '"no"', 1)),
            "does not carry the keep policy",
        ),
        (
            lambda new: new.update(manifest=new["manifest"] + "---\nkind: A\nmetadata: {name: b}\n"),
            "A/b differs at the whole",
        ),
    ],
)
def test_a_rehearsal_that_changes_more_stops_before_any_write(cluster, helm, tmp_path, spoil, words: str) -> None:
    helm.spoil = lambda new, dry_run: spoil(new)
    error = refused(cluster, tmp_path)
    assert error.code == "verify_failed" and words in error.why and helm.writes == 0
    assert "very-secret" not in str(error)


def test_an_answer_that_is_no_record_is_not_quoted(cluster, helm, tmp_path, monkeypatch) -> None:
    for answer in ("very-secret {", "{}", "[]"):
        monkeypatch.setattr(helm_command, "run", lambda *arguments, answer=answer: answer)
        error = refused(cluster, tmp_path)
        assert error.code == "helm_failed" and "rehearsal" in error.what and "very-secret" not in str(error)


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_failing_helm_says_what_is_untouched_and_what_to_do(cluster, helm, tmp_path, dry_run: bool) -> None:
    def fail(new, in_rehearsal) -> None:
        if in_rehearsal == dry_run:
            raise ClassicError("helm upgrade failed with status 1.", code="helm_failed")

    helm.spoil = fail
    error = refused(cluster, tmp_path)
    assert "release provider revision 1 in namespace coder" in error.where
    if dry_run:
        assert error.untouched.startswith("Nothing was changed") and "Seal with an upgrade" in error.next_step
    else:
        assert "revision 1 is still in the history" in error.untouched and "helm rollback provider 1" in error.next_step


def test_a_cluster_that_does_not_answer_after_the_upgrade_is_not_taken_for_untouched(cluster, helm, tmp_path) -> None:
    def unreachable(*_arguments):
        raise ClassicError("no answer", code="cluster_unreachable", untouched="This request changed nothing.")

    def cut_off(_new, dry_run) -> None:
        if not dry_run:
            cluster.get = unreachable

    helm.spoil = cut_off
    error = refused(cluster, tmp_path)
    assert error.code == "verify_failed" and "cannot be read back: no answer" in error.why
    assert "Do not uninstall" in error.next_step


def test_an_object_that_helm_makes_anew_is_not_taken_for_replaced(cluster, helm, tmp_path) -> None:
    role = cluster.objects.pop(("Role", "coder", "coder"))
    assert "Role/coder created" in refused(cluster, tmp_path).why

    def create(_new, dry_run) -> None:
        if not dry_run:
            cluster.put({**role, "metadata": {**role["metadata"], "uid": "new"}})

    helm.spoil = create
    result = run(cluster, tmp_path, allow_resets=True)
    assert {"kind": "Role", "name": "coder", "uid": "new"} in result["kept"]


def test_an_object_that_stands_twice_is_sealed_twice(cluster, helm, tmp_path) -> None:
    once = "---\nkind: Role\nmetadata: {name: coder, annotations: {helm.sh/resource-policy: keep}}\n"
    cluster.put(secret(record(TEXT + once)))
    result = run(cluster, tmp_path, objects=[{"kind": "Role", "name": "coder"}])
    assert result["sealed"] == ["Role/coder"]
    text = helm_record.current(cluster, "coder", "provider").manifest
    assert [obj["keep"] for obj in manifest.objects(text, "coder") if obj["kind"] == "Role"] == [True, True]


def test_the_same_name_in_two_namespaces_is_sealed_in_both(cluster, helm, tmp_path) -> None:
    other = "---\nkind: Role\nmetadata: {name: coder, namespace: other, annotations: {helm.sh/resource-policy: keep}}\n"
    cluster.put(secret(record(TEXT + other)))
    cluster.put({"kind": "Role", "metadata": {"name": "coder", "namespace": "other", "uid": "other"}})
    result = run(cluster, tmp_path, objects=[{"kind": "Role", "name": "coder"}])
    assert (result["changed"], result["sealed"]) == (True, ["Role/coder"])


def test_an_item_of_a_list_is_not_sealed(cluster, helm, tmp_path) -> None:
    listed = "---\nkind: List\nitems:\n- {kind: ConfigMap, metadata: {name: a}}\n"
    cluster.put(secret(record(TEXT + listed)))
    error = refused(cluster, tmp_path, objects=[{"kind": "ConfigMap", "name": "a"}])
    assert error.code == "invalid" and "item of a List" in error.why and helm.commands == []


def test_of_several_deployed_records_the_newest_counts(cluster, helm, tmp_path) -> None:
    cluster.put(secret(record(TEXT, revision=2)))
    assert run(cluster, tmp_path)["release"]["revision"] == 3


def test_the_new_record_is_read_back(cluster, helm, tmp_path) -> None:
    helm.spoil = lambda new, dry_run: dry_run or new["info"].update(status="failed")
    error = refused(cluster, tmp_path)
    assert (
        error.code == "verify_failed" and "its status is failed" in error.why and "Do not uninstall" in error.next_step
    )


def test_a_replaced_object_is_found(cluster, helm, tmp_path) -> None:
    def replace(_new, dry_run) -> None:
        if not dry_run:
            cluster.objects[("Role", "coder", "coder")]["metadata"]["uid"] = "other"

    helm.spoil = replace
    error = refused(cluster, tmp_path)
    assert "Role/coder was replaced: UID uid-role-coder before, other now" in error.why


def test_hooks_that_helm_renders_anew_are_named(cluster, helm, tmp_path) -> None:
    helm.spoil = lambda new, dry_run: new.update(hooks=[{"name": "job", "manifest": "x"}])
    assert run(cluster, tmp_path)["changed_hooks"] == ["job"]


PUBLISHED_TOKEN = "a1b2c3d4-published-token"
PUBLISHED = TEXT.replace(
    "spec: {replicas: 1, ",
    "spec: {template: {spec: {containers: [{name: envproxy, env: "
    f"[{{name: CEMANAGER_TOKEN, value: {PUBLISHED_TOKEN}}}]}}]}}}}, replicas: 1, ",
)


def test_the_token_in_the_environment_of_the_published_chart_is_nowhere_shown(cluster, helm, tmp_path) -> None:
    cluster.put(secret(record(PUBLISHED)))
    document = manifest.objects(PUBLISHED, "coder")[-1]["document"]
    metadata = {"name": "envproxy", "namespace": "coder"}
    other = json.loads(json.dumps(document).replace(PUBLISHED_TOKEN, "changed-by-hand-1"))
    cluster.put({**other, "metadata": metadata})
    cluster.after_patch[("Deployment", "envproxy")] = {**document, "metadata": metadata}
    error = refused(cluster, tmp_path)
    assert "env.0.value differs (hidden)" in error.why
    result = run(cluster, tmp_path, allow_resets=True)
    assert result["resets"][0]["fields"][0]["live"] == "********"
    for text in (str(error), json.dumps(error.failure), json.dumps(result)):
        assert PUBLISHED_TOKEN not in text and "changed-by-hand-1" not in text


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_helm_that_quotes_the_api_server_is_not_quoted(cluster, helm, tmp_path, dry_run: bool) -> None:
    cluster.put(secret(record(PUBLISHED)))

    def fail(new, in_rehearsal) -> None:
        if in_rehearsal == dry_run:
            why = f'cannot patch "envproxy": env[0].value: Invalid value: "{PUBLISHED_TOKEN}"'
            raise ClassicError("helm upgrade failed with status 1.", code="helm_failed", why=why)

    helm.spoil = fail
    error = refused(cluster, tmp_path, allow_resets=True)
    assert 'cannot patch "envproxy"' in error.why and PUBLISHED_TOKEN not in json.dumps(error.failure)


def test_the_description_of_a_failed_revision_does_not_quote_its_objects(cluster, helm, tmp_path) -> None:
    words = f'Upgrade "provider" failed: Deployment "envproxy": Invalid value: "{PUBLISHED_TOKEN}"'
    cluster.put(secret(record(PUBLISHED, revision=2, info={"status": "failed", "description": words})))
    error = refused(cluster, tmp_path)
    assert 'Upgrade "provider" failed' in error.why and PUBLISHED_TOKEN not in error.why


def large_record(wanted: int) -> dict:
    """A release whose record, as this machine packs it, has about so many bytes: values that cannot be compressed."""
    values = {"envproxy": {"token": "very-secret"}, "filler": ""}
    noise = base64.b64encode(random.Random(1).randbytes(wanted)).decode()
    low, high = 0, len(noise)
    while high - low > 16:
        values["filler"] = noise[: (low + high) // 2]
        size = record_size.packed_size(json.dumps(record(TEXT, config=values)).encode())
        low, high = ((low + high) // 2, high) if size < wanted else (low, (low + high) // 2)
    return secret(record(TEXT, config=values))


@pytest.fixture(scope="module")
def nearly_full() -> dict:
    return large_record(record_size.LIMIT - 300)


@pytest.mark.parametrize("check_mode", [False, True])
def test_a_record_that_would_not_fit_is_foreseen_before_anything_is_written(
    cluster, helm, tmp_path, nearly_full, check_mode: bool
) -> None:
    cluster.put(copy.deepcopy(nearly_full))
    error = refused(cluster, tmp_path, check_mode=check_mode)
    assert error.code == "too_large" and helm.writes == 0 and len(helm.commands) == 1
    assert "1048576 bytes" in error.why and error.details["bytes"] > record_size.LIMIT - record_size.ROOM
    assert all((error.where, error.untouched, error.next_step))
    assert "very-secret" not in str(error)


def test_a_large_record_that_fits_is_sealed(cluster, helm, tmp_path) -> None:
    cluster.put(large_record(record_size.LIMIT - 10_000))
    assert run(cluster, tmp_path)["release"]["revision"] == 2
    sealed = cluster.get("v1", "Secret", "sh.helm.release.v1.provider.v2", "coder")
    assert len(base64.b64decode(sealed["data"]["release"])) <= record_size.LIMIT


def test_the_size_is_told_by_what_helm_s_own_compressor_made_of_the_stored_record() -> None:
    text = json.dumps(record(TEXT)).encode()
    packed = base64.b64encode(gzip.compress(text, 1))
    stored = {"data": {"release": base64.b64encode(packed).decode()}}
    assert record_size.size_by_comparison(record_size.packed_size(text), stored) == len(packed)
    assert record_size.size_by_comparison(7, None) == record_size.size_by_comparison(7, {"data": {"release": "%"}}) == 7

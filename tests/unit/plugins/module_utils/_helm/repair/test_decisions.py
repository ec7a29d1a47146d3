# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is wrong, and which step is taken: from observations, without a network."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster, record

from ansible_collections.coder.classic.plugins.module_utils._helm import helm_record
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import objects
from ansible_collections.coder.classic.plugins.module_utils._helm.repair import (
    adopt,
    at_work,
    diagnose,
    ladder,
    owners,
    refusals,
    release_repair,
    revisions,
)
from ansible_collections.coder.classic.plugins.module_utils._helm.repair.diagnose import Observation, Unserved
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import pending

OF_FORCE = (
    'Upgrade "shop" failed: failed to replace object: Service "web" is invalid: spec.clusterIP: Invalid value: "": '
    "field is immutable"
)
OTHER_FAILURE = 'Upgrade "shop" failed: context deadline exceeded'


def revision(number: int, status: str, description: str = "Upgrade complete", **more) -> helm_record.Release:
    found = helm_record.from_json(record("", name="shop", namespace="shop", revision=number, status=status))
    return replace(found, description=description, **more)


def seen(*history: helm_record.Release, **more) -> Observation:
    return Observation("shop", "shop", list(history), **more)


GOOD = revision(1, "deployed")
CONFIG = ("ConfigMap", "shop", "settings")


def foreign(name="settings", *, living=False, owner="is of no release") -> owners.Foreign:
    return owners.Foreign(("ConfigMap", "shop", name), "v1", "u", "7", owner, living)


NAMESPACE = owners.Foreign(("Namespace", None, "shop"), "v1", "u", "7", "is of no release", False)


def gone(name="web", successor: str | None = "apps/v1") -> Unserved:
    return Unserved(("Deployment", "shop", name), "extensions/v1beta1", successor, 1)


def stored(kind: str, name: str) -> dict:
    return objects(f"kind: {kind}\nmetadata: {{name: {name}}}\n", "shop")[0]


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([], None),
        ([("superseded", ""), ("deployed", "")], 2),
        ([("deployed", ""), ("failed", OTHER_FAILURE)], 1),
        ([("deployed", ""), ("pending-upgrade", "Preparing upgrade")], 1),
        ([("superseded", ""), ("deployed", ""), ("pending-rollback", "Rollback to 1")], 2),
        # Nothing ever stood.
        ([("failed", 'Release "shop" failed: x')], None),
        ([("pending-install", "Initial install underway")], None),
        # A rollback that fails marks what was before it as superseded, whatever that was.
        ([("superseded", "Install complete"), ("superseded", OTHER_FAILURE), ("failed", 'Rollback "shop" failed: y')], 1),
        ([("superseded", "Install complete"), ("superseded", "Preparing upgrade"), ("failed", "x")], 1),
        ([("superseded", "ours"), ("superseded", pending.DESCRIPTION), ("failed", "x")], 1),
        ([("superseded", OTHER_FAILURE), ("failed", "x")], None),
        # A description of the operator's own that only speaks of it.
        ([("superseded", "repairs the failed login"), ("failed", "x")], 1),
        # What is being uninstalled stood, unless another is still deployed.
        ([("superseded", ""), ("uninstalling", "Deletion in progress (or silently failed)")], 2),
        ([("deployed", ""), ("uninstalling", "Deletion in progress (or silently failed)")], 1),
    ],
)  # fmt: skip
def test_the_last_revision_that_stood(history, expected):
    found = revisions.last_good([revision(at, *one) for at, one in enumerate(history, 1)])
    assert (found and found.revision) == expected


@pytest.mark.parametrize(
    ("status", "description", "expected"),
    [
        ("failed", OF_FORCE, True),
        ("failed", 'Upgrade "a" failed: failed to replace object: Job.batch "b" is invalid: spec: field is immutable', True),
        # The same words without --force: the upgrade itself wants what cannot be.
        ("failed", 'Upgrade "a" failed: cannot patch "b": spec.selector: field is immutable', False),
        ("failed", OTHER_FAILURE, False),
        ("deployed", OF_FORCE, False),
    ],
)  # fmt: skip
def test_a_failure_that_comes_from_force(status, description, expected):
    assert revisions.is_of_force(revision(2, status, description)) is expected


CASES = {
    "well": (seen(GOOD), []),
    "well with a chart": (seen(GOOD, has_chart=True), []),
    "foreign": (seen(GOOD, foreign=[foreign()]), [("foreign_objects", ("adopt",))]),
    "unserved": (seen(GOOD, unserved=[gone()]), [("unserved_apis", ("map_apis",))]),
    "lost": (seen(GOOD, missing=[stored("ConfigMap", "x")]), [("lost_objects", ("restore_lost",))]),
    "failed": (seen(GOOD, revision(2, "failed", OTHER_FAILURE)), [("failed", ("rollback", "reinstall"))]),
    "lost and failed: the rollback brings it": (
        seen(GOOD, revision(2, "failed", OTHER_FAILURE), missing=[stored("ConfigMap", "x")]),
        [("failed", ("rollback", "reinstall"))],
    ),
    "force": (
        seen(GOOD, revision(2, "failed", OF_FORCE)),
        [("replaced_by_force", ("upgrade", "rollback", "reinstall"))],
    ),
    "force, and refused without it too": (
        seen(GOOD, revision(2, "failed", OF_FORCE), has_chart=True, refused=["Service/web: immutable"]),
        [("replaced_by_force", ("rollback", "reinstall"))],
    ),
    "stuck": (seen(GOOD, revision(2, "pending-upgrade")), [("stuck", ("rollback", "reinstall"))]),
    # Whoever gives the chart of that revision wants to go on with it.
    "stuck, on": (
        seen(GOOD, revision(2, "pending-upgrade"), has_chart=True, is_its_chart=True),
        [("stuck", ("upgrade", "rollback", "reinstall"))],
    ),
    "failed, on": (
        seen(GOOD, revision(2, "failed", OTHER_FAILURE), has_chart=True, is_its_chart=True),
        [("failed", ("upgrade", "rollback", "reinstall"))],
    ),
    "stuck, and refused": (
        seen(GOOD, revision(2, "pending-upgrade"), has_chart=True, is_its_chart=True, refused=["Service/web: immutable"]),
        [("stuck", ("rollback", "reinstall"))],
    ),
    "stuck rollback, its chart": (
        seen(GOOD, revision(2, "pending-rollback"), has_chart=True, is_its_chart=True),
        [("stuck", ("rollback", "reinstall"))],
    ),
    "failed rollback, its chart": (
        seen(GOOD, revision(2, "failed", 'Rollback "shop" failed: y'), has_chart=True, is_its_chart=True),
        [("failed", ("rollback", "reinstall"))],
    ),
    "stuck rollback": (seen(GOOD, revision(2, "pending-rollback")), [("stuck", ("rollback", "reinstall"))]),
    "stuck first install": (
        seen(revision(1, "pending-install", "Initial install underway")),
        [("stuck", ("upgrade", "reinstall"))],
    ),
    "failed first install": (
        seen(revision(1, "failed", 'Release "shop" failed: x')),
        [("failed", ("upgrade", "reinstall"))],
    ),
    "uninstalling": (seen(revision(1, "uninstalling", "Deletion in progress")), [("stuck", ("rollback", "reinstall"))]),
    "refused": (seen(GOOD, refused=["Service/web: immutable"]), [("refused_by_server", ("reinstall",))]),
    "unfit": (seen(GOOD, unfit=["Service/web: no such port"]), [("chart_does_not_fit", ())]),
    "force, and unfit": (
        seen(GOOD, revision(2, "failed", OF_FORCE), has_chart=True, unfit=["Service/web: no such port"]),
        [("replaced_by_force", ("rollback", "reinstall"))],
    ),
    "no record, and objects in the way": (Observation("shop", "shop", foreign=[foreign()]), [("foreign_objects", ("adopt",))]),
    "several": (
        seen(GOOD, foreign=[foreign()], unserved=[gone()], missing=[stored("ConfigMap", "x")]),
        [("foreign_objects", ("adopt",)), ("unserved_apis", ("map_apis",)), ("lost_objects", ("restore_lost",))],
    ),
    "unfinished reinstall": (
        Observation("shop", "shop", unfinished="revision 3 was uninstalled"),
        [("unfinished_reinstall", ("reinstall",))],
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_what_is_wrong(case):
    observation, expected = CASES[case]
    assert [(one.problem, one.remedies) for one in diagnose.diagnose(observation)] == expected


def decided(observation: Observation, **consent) -> ladder.Decision:
    return ladder.decide(observation, diagnose.diagnose(observation), refusals.Consent(**consent))


STUCK = seen(GOOD, revision(2, "pending-upgrade"))
FORCED = seen(GOOD, revision(2, "failed", OF_FORCE), has_chart=True)
REFUSED = seen(GOOD, has_chart=True, refused=["Service/web: immutable"])
AGREED = {"confirm_reinstall": "shop", "has_backup_dir": True}


@pytest.mark.parametrize(
    ("observation", "consent", "step", "code"),
    [
        (seen(GOOD), {}, None, None),
        (STUCK, {}, "rollback", None),
        (STUCK, {"rollback_allowed": False}, "rollback", "rollback_not_allowed"),
        (STUCK, {"steps": ("adopt",)}, None, "step_not_allowed"),
        (replace(STUCK, busy="a helm works on it on this machine"), {}, None, "pending"),
        (replace(STUCK, going=["Service/web (finalizers: x)"]), {}, "rollback", "terminating"),
        (replace(STUCK, unserved=[gone()]), {"has_backup_dir": True}, "map_apis", None),
        (replace(STUCK, unserved=[gone()]), {"steps": ("rollback",)}, "rollback", "step_not_allowed"),
        (FORCED, {}, "upgrade", None),
        (replace(FORCED, has_chart=False), {}, "upgrade", "chart_needed"),
        (replace(FORCED, has_chart=False), {"steps": ("rollback",)}, "rollback", None),
        (replace(FORCED, foreign=[foreign()]), {"steps": ("upgrade",)}, "upgrade", "step_not_allowed"),
        (replace(FORCED, foreign=[foreign()]), {"adopt": ("all",)}, "adopt", None),
        (seen(GOOD, foreign=[foreign()]), {}, "adopt", "consent_needed"),
        (seen(GOOD, foreign=[foreign()]), {"adopt": ("ConfigMap/settings",)}, "adopt", None),
        (seen(GOOD, foreign=[foreign()]), {"adopt": ("ConfigMap/other",)}, "adopt", "consent_needed"),
        # One that is not named stops the others too: helm would refuse the upgrade all the same.
        (seen(GOOD, foreign=[foreign(), foreign("b")]), {"adopt": ("ConfigMap/settings",)}, "adopt", "consent_needed"),
        # What holds all else is not meant by "all": helm uninstall would take it with it.
        (seen(GOOD, foreign=[NAMESPACE]), {"adopt": ("all",)}, "adopt", "consent_needed"),
        (seen(GOOD, foreign=[NAMESPACE, foreign()]), {"adopt": ("all", "Namespace/shop")}, "adopt", None),
        # No word takes an object from a living owner.
        (seen(GOOD, foreign=[foreign(living=True)]), {"adopt": ("all",)}, "adopt", "foreign_owner"),
        (seen(GOOD, unserved=[gone()]), {}, "map_apis", "backup_needed"),
        (seen(GOOD, unserved=[gone()]), {"has_backup_dir": True}, "map_apis", None),
        (seen(GOOD, unserved=[gone(successor=None)]), {"has_backup_dir": True}, "map_apis", "consent_needed"),
        (
            seen(GOOD, unserved=[gone(successor=None)]),
            {"has_backup_dir": True, "remove_unserved": ("Deployment/web",)}, "map_apis", None,
        ),
        (seen(GOOD, missing=[stored("ConfigMap", "x")]), {}, "restore_lost", None),
        (seen(GOOD, missing=[stored("PersistentVolumeClaim", "x")]), {}, "restore_lost", "consent_needed"),
        (
            seen(GOOD, missing=[stored("PersistentVolumeClaim", "x")]),
            {"empty_claims": ("PersistentVolumeClaim/x",)}, "restore_lost", None,
        ),
        (REFUSED, {}, "reinstall", "consent_needed"),
        (REFUSED, {"confirm_reinstall": "other", "has_backup_dir": True}, "reinstall", "consent_needed"),
        (REFUSED, {"confirm_reinstall": "shop"}, "reinstall", "backup_needed"),
        (replace(REFUSED, has_chart=False), AGREED, "reinstall", "chart_needed"),
        (REFUSED, AGREED, "reinstall", None),
        (seen(GOOD, unfit=["Service/web: no such port"]), AGREED, None, "chart_does_not_fit"),
        (replace(STUCK, tools=["Flux"]), {}, None, "gitops"),
        (replace(STUCK, tools=["Flux"]), {"gitops_suspended": True}, "rollback", None),
        # Consent to the last step does not skip the milder one.
        (STUCK, AGREED, "rollback", None),
        (STUCK, {**AGREED, "steps": ("reinstall",)}, "reinstall", "chart_needed"),
        (replace(STUCK, has_chart=True), {**AGREED, "steps": ("reinstall",)}, "reinstall", None),
    ],
)  # fmt: skip
def test_the_mildest_step_that_helps(observation, consent, step, code):
    found = decided(observation, **consent)
    assert (found.step, found.refusal and found.refusal.code) == (step, code)
    if found.refusal:
        assert found.refusal.what and found.refusal.next_step


def test_a_refusal_has_the_exact_list_to_say_yes_with():
    refusal = decided(seen(GOOD, foreign=[foreign(), foreign("b")])).refusal
    assert "adopt: [ConfigMap/settings, ConfigMap/b]" in refusal.next_step
    refusal = decided(STUCK, rollback_allowed=False, rollback_reason="The schema was migrated.").refusal
    assert refusal.why == "The schema was migrated." and "revision 1" in refusal.what


def test_the_plan_is_the_ladder_from_here_on():
    found = decided(replace(STUCK, foreign=[foreign()]), adopt=("all",))
    assert [step for step, _why in found.plan] == ["adopt", "rollback", "reinstall"]
    assert ladder.after(found.plan, "adopt") == "rollback" and ladder.after(found.plan, "reinstall") is None


@pytest.mark.parametrize(
    ("taken", "step", "up_to", "expected"),
    [
        (["adopt"], "rollback", None, False),
        (["adopt"], "rollback", "rollback", True),
        (["adopt"], "reinstall", "rollback", False),
        (["adopt"], "adopt", "rollback", False),
    ],
)
def test_one_step_a_run_unless_more_is_said(taken, step, up_to, expected):
    decision = ladder.Decision(step, None, None)
    assert release_repair._may_go_on([{"step": one} for one in taken], decision, up_to) is expected


NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("release", "is_seen", "is_here", "says"),
    [
        (revision(2, "pending-upgrade", updated="2026-11-22T11:59:00Z"), False, False, "for 60 seconds"),
        (revision(2, "pending-upgrade", updated="2026-11-22T11:59:00Z"), False, True, None),
        (revision(2, "pending-upgrade", updated="2026-11-22T11:59:00Z"), True, True, "on this machine"),
        (revision(2, "pending-upgrade", updated="2026-11-22T10:00:00Z"), True, False, "on this machine"),
        (revision(2, "pending-upgrade", updated="2026-11-22T10:00:00Z"), False, False, None),
        (revision(2, "pending-upgrade", updated=None), False, False, "not known"),
        # An uninstall has a time of its own.
        (revision(2, "uninstalling", updated="2026-01-01T00:00:00Z", deleted="2026-11-22T11:59:00Z"), False, False, "60"),
        (revision(2, "uninstalling", updated="2026-01-01T00:00:00Z", deleted=None), False, False, "not known"),
        (revision(2, "uninstalling", deleted="2026-11-22T10:00:00Z"), False, False, None),
    ],
)  # fmt: skip
def test_whether_a_helm_may_still_be_at_work(release, is_seen, is_here, says):
    found = at_work.judge(release, is_seen=is_seen, is_here=is_here, seconds=600, now=NOW)
    assert found is None if says is None else says in found


def test_one_with_half_of_its_own_marks_is_nobody_else_s():
    half = {"meta.helm.sh/release-name": "shop", "meta.helm.sh/release-namespace": "shop"}
    found = owners.look(FakeCluster(), CONFIG, live(annotations=half), ("shop", "shop"))
    assert not found.living and found.owner == "is of no release"


def test_how_to_undo_an_adoption_gives_back_what_was_there():
    one = owners.judge(CONFIG, live(labels=OF_HELM, annotations=OTHER), ("there", "other"), has_record=False)
    (line,) = adopt.undo([one])
    assert "release-name=other" in line and "release-namespace=there" in line and "managed-by=Helm" in line
    (line,) = adopt.undo([owners.judge(CONFIG, live(), None, has_record=None)])
    assert "release-name- " in line and line.endswith("managed-by-") and "-n shop annotate" in line


def live(*, labels=None, annotations=None, **more) -> dict:
    metadata = {"name": "settings", "namespace": "shop", "uid": "u", "resourceVersion": "7", **more}
    return {"apiVersion": "v1", "metadata": {**metadata, "labels": labels or {}, "annotations": annotations or {}}}


OF_HELM = {"app.kubernetes.io/managed-by": "Helm"}
OTHER = {"meta.helm.sh/release-name": "other", "meta.helm.sh/release-namespace": "there"}


@pytest.mark.parametrize(
    ("obj", "has_record", "living", "says"),
    [
        (live(), None, False, "is of no release"),
        (live(labels=OF_HELM), None, False, "is of no release"),
        (live(labels=OF_HELM, annotations=OTHER), True, True, "is of release other in namespace there"),
        (live(labels=OF_HELM, annotations=OTHER), False, False, "no record any more"),
        # What may not be read counts as living.
        (live(labels=OF_HELM, annotations=OTHER), None, True, "may not be read"),
        # Half a mark is one too.
        (live(annotations=OTHER), True, True, "is of release other"),
        (live(annotations={"meta.helm.sh/release-name": "other"}), False, False, "in namespace shop"),
        (live(labels={"app.kubernetes.io/managed-by": "somebody"}), None, True, "is managed by somebody"),
        (live(ownerReferences=[{"kind": "Thing", "name": "x"}]), None, True, "belongs to Thing/x"),
        (live(labels=OF_HELM, annotations=OTHER, ownerReferences=[{"kind": "T", "name": "x"}]), False, True, "and belongs to"),
        (live(annotations={"argocd.argoproj.io/tracking-id": "x"}), None, True, "Argo CD"),
        (live(deletionTimestamp="2026-11-22T03:00:00Z"), None, True, "is being deleted"),
    ],
)  # fmt: skip
def test_whose_an_object_is(obj, has_record, living, says):
    owner = owners.named(obj, "shop")
    found = owners.judge(CONFIG, obj, owner, has_record=has_record)
    assert found.living is living and says in found.owner

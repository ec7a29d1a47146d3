# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a step at the main deployment demands, by what was seen."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._deployment import looks

from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.assess import assess
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import guard, proof
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

OLD, NEW, LAST = "1.20", "1.21 service_next", "1.22"


def refused(stage, change=looks.none, *, check_mode=False, **options):
    """The code of the refusal, None without one."""
    seen = looks.look(stage)
    change(seen)
    wanted = {
        "version": "1.21.7",
        "service_next": None,
        "snapshot_done": "/srv/coder.dump",
        "snapshot_max_age_hours": 1,
        "backup_dir": None,
        "namespace": "coder",
        "release": "coder",
        **options,
    }
    seen["wanted"] = {**seen["wanted"], "version": wanted["version"]}
    try:
        guard.demand(wanted, assess(seen), check_mode=check_mode)
    except ClassicError as error:
        assert error.untouched.startswith("Everything") and error.next_step
        return error.code
    return None


@pytest.mark.parametrize(
    ("stage", "change", "options", "code"),
    [
        (OLD, looks.none, {}, None),
        (OLD, looks.none, {"snapshot_done": " "}, "consent_missing"),
        (OLD, looks.none, {"snapshot_done": None, "check_mode": True}, None),
        (OLD, looks.none, {"version": "1.22.3"}, "skipped_minor"),
        (OLD, looks.none, {"version": "1.21.0"}, "unsupported_version"),
        (OLD, looks.none, {"version": "1.19.2"}, "downgrade"),
        (OLD, looks.none, {"service_next": True}, "invalid"),
        (NEW, looks.none, {"version": "1.22.3"}, "networking_v2_off"),
        (NEW, looks.on_net_v2(), {"version": "1.22.3"}, None),
        # The same once more: nothing is migrated, so that no snapshot is asked for.
        (NEW, looks.none, {"snapshot_done": None}, None),
        ("1.21 old layout", looks.on_net_v2(), {"service_next": True, "snapshot_done": None}, None),
        ("1.21 old layout", looks.none, {"service_next": True}, "builtin_on_envproxy"),
        ("1.21 custom ingress", looks.none, {}, None),
        (LAST, looks.none, {"version": "1.21.7"}, "downgrade"),
        (OLD, looks.of_cluster(release=None), {}, "release_not_found"),
    ],
)
def test_what_is_begun_and_what_is_not(stage, change, options, code):
    assert refused(stage, change, **options) == code


def half_done(status, *, api="1.20.3", version="1.21.7"):
    def change(seen):
        seen["cluster"]["release"].update(status=status, chart_version=version, app_version=version)
        seen["coder"]["version"] = api

    return change


@pytest.mark.parametrize("status", ["pending-upgrade", "failed", "deployed"])
def test_a_change_of_the_layout_goes_on_while_coder_is_down(status):
    down = looks.both(looks.on_net_v2(), half_done(status, api=None))
    assert refused("1.21 old layout", down, service_next=True, snapshot_done=None) is None
    # Not where another version was asked for, too.
    assert refused("1.21 old layout", down, service_next=True, version="1.22.3") is not None


@pytest.mark.parametrize("status", ["pending-upgrade", "failed"])
@pytest.mark.parametrize("api", ["1.20.3", "1.21.7", None])
def test_an_update_that_was_ended_in_the_middle_goes_on_by_the_same_command_alone(status, api):
    assert refused(OLD, half_done(status, api=api)) is None
    assert refused(OLD, half_done(status, api=api), snapshot_done=None) == "consent_missing"
    assert refused(OLD, half_done(status, api=api), version="1.21.6") is not None


@pytest.mark.parametrize("status", ["pending-upgrade", "failed"])
@pytest.mark.parametrize("stage", ["1.21 old layout", NEW])
def test_the_layout_alone_needs_no_snapshot_also_where_it_was_ended_in_the_middle(stage, status):
    killed = looks.both(looks.on_net_v2(), looks.of_release(status=status))
    assert refused(stage, killed, service_next=True, snapshot_done=None) is None


@pytest.mark.parametrize("api", ["1.20.3", "1.21.0", None])
def test_what_is_never_installed_is_not_finished_either(api):
    assert refused(OLD, half_done("failed", api=api, version="1.21.0"), version="1.21.0") is not None


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (["192.0.2.1"], ["192.0.2.1"], "no DNS record has to change"),
        (["192.0.2.1"], ["192.0.2.9"], "from 192.0.2.1 to 192.0.2.9: let coder.test and *.coder.test point to it"),
        ([], ["192.0.2.9"], None),
        (["192.0.2.1"], [], None),
    ],
)
def test_which_records_have_to_change_is_told(before, after, said):
    names = proof.hosts("https://coder.test:8443/x", {"devurls": {"host": "*.coder.test"}})
    lines = proof.entry_lines({"address": before}, {"address": after}, names)
    assert (said in lines[0]) if said else lines == []

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run of rebuilds, every request in order; time passes only by sleeping."""

from __future__ import annotations

import pytest
from unit.plugins.fake_coder import TOKEN, Call, FakeSession, coder

from ansible_collections.coder.classic.plugins.module_utils._coder import builds
from ansible_collections.coder.classic.plugins.module_utils._coder.rebuild_progress import Lines
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.modules import coder_workspace_rebuild

POOLS = "/api/private/resource-pools"
UNCHANGED = dict.fromkeys(["image_id", "image_tag", "cpu_cores", "memory_gb", "disk_gb", "gpus", "template_id"])
OLD, NEW = "2026-03-01T00:00:00Z", "2026-03-02T12:00:30Z"
SATELLITE = "https://sydney.example.com"
PROVIDERS = Call("GET", POOLS, {"kubernetes": [{"id": "p1", "name": "sydney-1", "status": "ready"}]})
DEFAULTS = {
    **{name: option.get("default") for name, option in coder_workspace_rebuild.ARGUMENTS.items()},
    "provider": "sydney-1",
    "built_before": "2026-03-02T11:00:00Z",
}


@pytest.fixture(autouse=True)
def even_polls(monkeypatch):
    """Two seconds from one poll to the next, so that a test can count them."""
    monkeypatch.setattr(builds.patience, "pause", lambda waited: 2.0)


def row(name, status="OFF", built=OLD, **fields):
    stat = {"container_status": status}
    return {"id": name, "name": name, "last_built_at": built, "updating": False, "latest_stat": stat, **fields}


def live(name, **fields):
    return row(name, "ON", last_connection_at="2026-03-02T11:59:59Z", **fields)


def idle(name):
    return row(name, "ON", last_connection_at=OLD)


def listed(*rows):
    return Call("GET", POOLS + "/p1/workspaces", list(rows))


def look(workspace, **options):
    return Call("GET", f"/api/v0/workspaces/{workspace['id']}", workspace, **options)


def ask(name, **options):
    return Call("PATCH", f"/api/v0/workspaces/{name}", sent=UNCHANGED, **{"answer": {}, **options})


def stop(name, **options):
    return Call("PUT", f"/api/v0/workspaces/{name}/stop", **options)


def canary_stopped(name, **options):
    """A canary stays on until it has proved all, so it is looked at once more."""
    return [good(name), stop(name, **options)]


def begun(workspace):
    return [look(workspace), ask(workspace["id"])]


def building(name):
    return look(row(name, "CREATING", updating=True))


def good(name):
    return look(row(name, "ON", built=NEW))


def bad(name):
    return look(row(name, "FAILED", updated_at=NEW))


class Setting:
    """A clock that only sleep() moves, a probe and a build log that were written down."""

    def __init__(self, probes=(), log=()):
        self.now = 0.0
        self.probes = list(probes)
        self.probed = []
        self.lines = log
        self.told = []

    def sleep(self, seconds):
        self.now += seconds

    def probe(self, url, workspace_id, token, **_options):
        self.probed.append((url, workspace_id, token))
        status = self.probes.pop(0)
        return {"reachable": status == 101, "status": status, "reason": f"status {status}", "milliseconds": 1.0}

    def log(self, _transport, _workspace_id, _seconds):
        return list(self.lines)

    def run(self, calls, check_mode=False, **params):
        session = FakeSession(PROVIDERS, *calls)
        tools = {"clock": lambda: self.now, "sleep": self.sleep, "probe": self.probe, "log": self.log}
        tools["write"] = self.told.append
        try:
            return coder_workspace_rebuild.run(coder(session), {**DEFAULTS, **params}, check_mode, **tools)
        finally:
            session.finish()


def failure(calls, setting=None, **params):
    with pytest.raises(ClassicError) as caught:
        (setting or Setting()).run(calls, **params)
    return caught.value


def names(entries):
    return [entry["name"] for entry in entries]


def test_the_canary_alone_then_the_others_together():
    calls = [
        listed(idle("a"), row("b"), idle("c")),
        *begun(row("b")),
        building("b"),
        good("b"),
        *canary_stopped("b"),
        *begun(idle("a")),
        *begun(idle("c")),
        building("a"),
        good("c"),
        good("a"),
    ]
    changed, result, before, after = Setting().run(calls)
    assert changed
    assert [(entry["name"], entry["was"]) for entry in result["rebuilt"]] == [
        ("b", "off"),
        ("c", "idle"),
        ("a", "idle"),
    ]
    assert result["canary"] == "b"
    assert result["rebuilt"][0] == {"id": "b", "name": "b", "was": "off", "seconds": 4.0, "stopped": True}
    assert (before["a"]["last_built_at"], after["a"]["last_built_at"]) == (OLD, "now")


def test_no_more_than_so_many_at_a_time():
    calls = [
        listed(row("a"), row("b"), row("c"), row("d")),
        *begun(row("a")),
        good("a"),
        *canary_stopped("a"),
        *begun(row("b")),
        *begun(row("c")),
        good("b"),
        stop("b"),
        building("c"),
        *begun(row("d")),
        good("c"),
        stop("c"),
        good("d"),
        stop("d"),
    ]
    _changed, result, _before, _after = Setting().run(calls, parallel=2)
    assert names(result["rebuilt"]) == ["a", "b", "c", "d"]


def test_a_second_run_asks_for_nothing():
    changed, result, before, after = Setting().run([listed(row("a", "ON", built=NEW), row("b", built=NEW))])
    assert not changed
    assert before == after
    assert (result["rebuilt"], result["canary"]) == ([], None)


def test_check_mode_returns_the_order_without_a_write():
    changed, result, _before, _after = Setting().run([listed(idle("a"), row("b"), live("c"))], check_mode=True)
    assert changed
    assert names(result["rebuilt"]) == ["b", "a"]
    assert names(result["not_rebuilt"]) == ["c"]


def test_check_mode_of_canary_only():
    _changed, result, _before, _after = Setting().run([listed(idle("a"), row("b"))], check_mode=True, canary_only=True)
    assert names(result["rebuilt"]) == ["b"]


def test_builds_under_way_are_awaited_and_not_repeated():
    under_way = row("a", "CREATING", updating=True)
    calls = [listed(under_way), listed(under_way), listed(row("a", "ON", built=NEW))]
    changed, _result, _before, _after = Setting().run(calls)
    assert not changed


def test_somebody_elses_rebuild_is_awaited_instead_of_asked_for():
    calls = [listed(row("a")), look(row("a", "CREATING", updating=True)), building("a"), good("a")]
    _changed, result, _before, _after = Setting().run(calls)
    assert names(result["rebuilt"]) == ["a"]


def test_a_refusal_because_it_is_being_built_is_no_failure():
    calls = [listed(row("a")), look(row("a")), ask("a", status=409), building("a"), building("a"), good("a")]
    calls += canary_stopped("a")
    _changed, result, _before, _after = Setting().run(calls)
    assert names(result["rebuilt"]) == ["a"]


def test_those_in_use_are_left_alone_and_that_is_an_error():
    calls = [listed(live("a"), row("b")), *begun(row("b")), good("b"), *canary_stopped("b")]
    error = failure(calls)
    assert error.code == "consent_missing"
    assert error.why == "a"
    assert names(error.details["rebuilt"]) == ["b"]


def test_which_may_be_allowed():
    calls = [listed(live("a"))]
    _changed, result, _before, _after = Setting().run(calls, fail_on_skipped=False)
    assert result["not_rebuilt"] == [{"id": "a", "name": "a", "reason": "somebody uses it", "needs_consent": True}]


def test_with_consent_those_in_use_come_last_and_stay_on():
    calls = [listed(live("a"), row("b")), *begun(row("b")), good("b"), *canary_stopped("b")]
    calls += [*begun(live("a")), good("a")]
    _changed, result, _before, _after = Setting().run(calls, consent_in_use=True)
    assert [(entry["name"], entry["was"]) for entry in result["rebuilt"]] == [("b", "off"), ("a", "in_use")]


def test_who_came_back_meanwhile_is_not_disturbed_and_another_is_the_canary():
    calls = [listed(idle("a"), idle("b")), look(live("a")), *begun(idle("b")), good("b")]
    error = failure(calls)
    assert error.code == "consent_missing"
    assert names(error.details["rebuilt"]) == ["b"]


def test_what_was_rebuilt_or_deleted_meanwhile_is_skipped():
    calls = [listed(row("a"), row("b")), look(row("a", built=NEW)), look(row("b"), status=404), listed(row("a"))]
    changed, result, _before, _after = Setting().run(calls)
    assert not changed
    assert [entry["reason"] for entry in result["not_rebuilt"]] == [
        "it was rebuilt meanwhile",
        "it was deleted meanwhile",
    ]


LOG = [{"type": "stage", "msg": f"step {number}"} for number in range(30)] + [{"type": "error", "msg": "no such image"}]


def test_a_failed_canary_stops_everything_whatever_the_budget():
    calls = [listed(row("a"), row("b")), *begun(row("a")), building("a"), bad("a")]
    error = failure(calls, Setting(log=LOG), max_failures=9)
    assert error.code == "rebuild_failed"
    assert "a: no such image" in error.why
    assert "1 workspaces that were not started: b" in error.untouched
    entry = error.details["failures"][0]
    assert entry["cause"] == "no such image"
    assert entry["log"][0] == "stage: step 11"
    assert entry["log"][-1] == "error: no such image"
    assert len(entry["log"]) == 20


def test_after_a_failure_what_runs_is_awaited_and_nothing_started():
    calls = [
        listed(row("a"), idle("b"), idle("c"), idle("d")),
        *begun(row("a")),
        good("a"),
        *canary_stopped("a"),
        *begun(idle("b")),
        *begun(idle("c")),
        bad("b"),
        building("c"),
        good("c"),
    ]
    error = failure(calls, Setting(log=LOG), parallel=2)
    assert error.code == "rebuild_failed"
    assert names(error.details["rebuilt"]) == ["a", "c"]
    assert "1 of 3" in error.what
    assert [entry["reason"] for entry in error.details["not_rebuilt"]] == ["not started: too many builds failed"]


def test_failures_within_the_budget_are_returned():
    calls = [
        listed(row("a"), idle("b"), idle("c")),
        *begun(row("a")),
        good("a"),
        *canary_stopped("a"),
        *begun(idle("b")),
        bad("b"),
        *begun(idle("c")),
        good("c"),
    ]
    _changed, result, _before, _after = Setting(log=LOG).run(calls, parallel=1, max_failures=1)
    assert (names(result["failures"]), names(result["rebuilt"])) == (["b"], ["a", "c"])


def test_a_refused_rebuild_is_a_failure_with_coders_words():
    said = {"error": {"msg": "quota exceeded"}}
    calls = [listed(row("a")), look(row("a")), ask("a", status=400, answer=said), look(row("a"))]
    assert "quota exceeded" in failure(calls).why


def test_a_lost_request_is_not_repeated_but_watched():
    calls = [listed(row("a")), look(row("a")), ask("a", status=502), building("a"), good("a"), *canary_stopped("a")]
    _changed, result, _before, _after = Setting().run(calls)
    assert names(result["rebuilt"]) == ["a"]


def test_a_lost_request_without_effect_is_a_failure():
    calls = [listed(row("a")), look(row("a")), ask("a", status=502), *[look(row("a"))] * 8]
    assert "502" in failure(calls).why


def test_a_hanging_build_is_given_up_with_its_log():
    calls = [listed(row("a")), *begun(row("a")), *[building("a")] * 5]
    error = failure(calls, Setting(log=LOG[:3]), build_timeout=10)
    assert "did not end within 10 seconds" in error.why
    assert "stage: step 2" in error.why


def test_the_deadline_leaves_the_rest():
    calls = [listed(row("a"), idle("b")), *begun(row("a")), good("a"), *canary_stopped("a")]
    error = failure(calls, deadline=2)
    assert error.code == "timeout"
    assert "the deadline has passed" in error.what
    assert names(error.details["not_rebuilt"]) == ["b"]


def test_coder_may_be_away_for_a_moment():
    away = look(row("a"), status=500)
    calls = [listed(row("a")), *begun(row("a")), away, good("a"), *canary_stopped("a")]
    _changed, result, _before, _after = Setting().run(calls)
    assert names(result["rebuilt"]) == ["a"]


def test_a_token_that_expires_with_the_canary_counts_all_that_wait():
    calls = [listed(idle("a"), idle("b"), idle("c")), *begun(idle("a")), look(idle("a"), status=401)]
    assert failure(calls).untouched == "2 workspaces were not started; builds that go on in Coder: a"


def test_an_expired_token_ends_the_run_and_says_what_goes_on():
    calls = [
        listed(row("a"), idle("b"), idle("c"), idle("d")),
        *begun(row("a")),
        good("a"),
        *canary_stopped("a"),
        *begun(idle("b")),
        look(idle("c"), status=401),
    ]
    error = failure(calls, parallel=2)
    assert error.code == "unauthorized"
    assert error.untouched == "2 workspaces were not started; builds that go on in Coder: b"
    assert names(error.details["rebuilt"]) == ["a"]


def test_a_stop_that_fails_is_told_but_the_rebuild_was_good():
    calls = [listed(row("a")), *begun(row("a")), good("a"), *canary_stopped("a", status=500)]
    _changed, result, _before, _after = Setting().run(calls)
    assert "could not be stopped" in result["rebuilt"][0]["warning"]


@pytest.mark.parametrize("status", [500, 404])
def test_a_canary_that_cannot_be_looked_at_any_more_is_left(status):
    calls = [listed(row("a"), idle("b")), *begun(row("a")), good("a"), look(row("a"), status=status)]
    _changed, result, _before, _after = Setting().run([*calls, *begun(idle("b")), good("b")])
    assert str(status) in result["rebuilt"][0]["warning"]
    assert names(result["rebuilt"]) == ["a", "b"]


def test_stopping_again_may_be_unwanted():
    _changed, result, _before, _after = Setting().run([listed(row("a")), *begun(row("a")), good("a")], stop_again=False)
    assert "stopped" not in result["rebuilt"][0]


LEFT_ON = row("a", "ON", built=NEW, last_connection_at=OLD)


@pytest.mark.parametrize(
    ("found", "check_mode", "stop_again", "requests", "stopped"),
    [
        (LEFT_ON, False, True, [stop("a")], ["a"]),
        (LEFT_ON, False, True, [stop("a", status=500)], []),
        (LEFT_ON, True, True, [], ["a"]),
        (LEFT_ON, False, False, [], []),
        (LEFT_ON, True, False, [], []),
        ({**LEFT_ON, "last_connection_at": NEW}, False, True, [], []),
        (row("a", "OFF", built=NEW, last_connection_at=OLD), False, True, [], []),
    ],
    ids=["it is", "it cannot be", "it would be", "unwanted", "unwanted in check mode", "used since", "off already"],
)
def test_what_an_earlier_run_left_on_is_stopped_again(found, check_mode, stop_again, requests, stopped):
    options = {"off_before": ["a"], "stop_again": stop_again, "check_mode": check_mode}
    changed, result, _before, _after = Setting().run([listed(found), *requests], **options)
    assert (changed, result["stopped_again"], result["rebuilt"]) == (bool(stopped), stopped, [])


def test_the_canary_must_be_reachable_before_it_is_stopped_and_others_follow():
    setting = Setting(probes=[502, 101])
    calls = [listed(row("a"), idle("b")), *begun(row("a")), good("a"), *canary_stopped("a")]
    calls += [*begun(idle("b")), good("b")]
    _changed, result, _before, _after = setting.run(calls, connect_url=SATELLITE)
    assert setting.probed == [(SATELLITE, "a", TOKEN)] * 2
    assert result["connect"]["reachable"]
    assert result["connect"]["workspace"] == "a"


def test_an_unreachable_canary_stops_everything_and_stays_on():
    setting = Setting(probes=[502] * 40)
    error = failure([listed(row("a"), idle("b")), *begun(row("a")), good("a")], setting, connect_url=SATELLITE)
    assert error.code == "verify_failed"
    assert "status 502" in error.why
    assert "not started: b" in error.untouched
    assert setting.now < 70
    assert TOKEN not in str(error) + str(error.failure)


def test_a_later_run_still_demands_that_somebody_is_reachable():
    error = failure([listed(row("a", "ON", built=NEW))], Setting(probes=[502] * 40), connect_url=SATELLITE)
    assert error.code == "verify_failed"


def test_canary_only():
    calls = [listed(live("a"), row("b"), idle("c")), *begun(row("b")), good("b"), *canary_stopped("b")]
    _changed, result, _before, _after = Setting().run(calls, canary_only=True)
    assert names(result["rebuilt"]) == ["b"]


def test_canary_only_is_done_when_one_was_built_since():
    changed, _result, _before, _after = Setting().run([listed(live("a"), row("b", built=NEW))], canary_only=True)
    assert not changed


def test_canary_only_without_anybody_to_rebuild_needs_consent():
    assert failure([listed(live("a"))], canary_only=True).code == "consent_missing"


def test_unusable_times_are_refused_before_any_request(run_module):
    result = run_module(coder_workspace_rebuild, [], provider="sydney-1", built_before="yesterday")
    assert "RFC 3339" in result["msg"]


def test_the_module_reports(run_module):
    result = run_module(coder_workspace_rebuild, [PROVIDERS, listed(row("a"))], check_mode=True, provider="sydney-1")
    assert result["changed"] is True
    assert names(result["rebuilt"]) == ["a"]
    assert result["diff"]["after"]["a"]["last_built_at"] == "now"


def test_an_error_tells_ansible_that_something_was_rebuilt(run_module, monkeypatch):
    monkeypatch.setattr(builds.patience, "pause", lambda waited: 0)
    calls = [PROVIDERS, listed(row("a"), live("b")), *begun(row("a")), good("a"), *canary_stopped("a")]
    result = run_module(coder_workspace_rebuild, calls, provider="sydney-1")
    assert (result["failure"]["code"], result["changed"]) == ("consent_missing", True)
    result = run_module(coder_workspace_rebuild, [PROVIDERS, listed(live("b"))], provider="sydney-1")
    assert (result["failure"]["code"], result["changed"]) == ("consent_missing", False)


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [
        ("parallel", 0, "invalid"),
        ("max_failures", -1, "invalid"),
        ("build_timeout", 0, "invalid"),
        ("connect_ca_path", "/nowhere/ca.pem", "invalid"),
        ("connect_url", "sydney.example.com", "invalid"),
    ],
)
def test_what_would_show_only_after_the_canary_is_refused_before(run_module, option, value, code):
    options = {"provider": "sydney-1", "connect_url": SATELLITE, option: value}
    assert run_module(coder_workspace_rebuild, [], **options)["failure"]["code"] == code


# Users do things at the same time.


def test_turned_off_by_its_user_right_after_the_build_it_is_good_and_stays_off():
    off = look(row("a", "OFF", built=NEW))
    calls = [listed(idle("a"), row("b")), *begun(row("b")), building("b"), *[look(row("b", built=NEW))] * 8]
    calls += [look(row("b", built=NEW)), *begun(idle("a")), *[off] * 8]
    _changed, result, _before, _after = Setting().run(calls)
    assert names(result["rebuilt"]) == ["b", "a"]
    assert not any("stopped" in entry or "warning" in entry for entry in result["rebuilt"])


def test_who_connected_meanwhile_is_not_stopped_again():
    came = look(row("b", "ON", built=NEW, last_connection_at=NEW))
    calls = [listed(row("a"), row("b")), *begun(row("a")), good("a"), *canary_stopped("a"), *begun(row("b")), came]
    _changed, result, _before, _after = Setting().run(calls)
    assert "somebody connected" in result["rebuilt"][1]["warning"]
    assert result["rebuilt"][0]["stopped"]


def test_a_container_of_unknown_state_may_be_in_use():
    unclear = row("a", "UNKNOWN", last_connection_at="2026-03-02T11:59:59Z")
    assert failure([listed(unclear)]).code == "consent_missing"
    unused = row("a", "UNKNOWN", last_connection_at=OLD)
    _changed, result, _before, _after = Setting().run([listed(unused), *begun(unused), good("a")])
    assert result["rebuilt"][0]["was"] == "other"


def test_deleted_between_the_look_and_the_request():
    calls = [listed(row("a")), look(row("a")), ask("a", status=404), look(row("a"), status=404), listed()]
    changed, result, _before, _after = Setting().run(calls)
    assert not changed
    assert result["not_rebuilt"] == [{"id": "a", "name": "a", "reason": "it was deleted meanwhile"}]


def test_refused_since_somebody_elses_build_has_ended_just_now():
    calls = [listed(idle("a")), look(idle("a")), ask("a", status=409), good("a"), good("a")]
    _changed, result, _before, _after = Setting().run(calls)
    assert names(result["rebuilt"]) == ["a"]


def test_builds_of_those_that_are_left_are_not_awaited():
    under_way = row("b", "CREATING", updating=True)
    calls = [listed(row("a"), under_way), *begun(row("a")), good("a"), *canary_stopped("a")]
    _changed, result, _before, _after = Setting().run(calls, leave=["b"])
    assert names(result["left"]) == ["b"]


# Coder or its proxy is away.


def test_a_404_while_coder_is_away_is_no_deletion():
    away = look(row("a"), status=404, text="default backend - 404")
    calls = [listed(row("a")), away, Call("GET", POOLS + "/p1/workspaces", status=404, text="default backend - 404")]
    calls += [*begun(row("a")), good("a"), *canary_stopped("a")]
    _changed, result, _before, _after = Setting().run(calls)
    assert names(result["rebuilt"]) == ["a"]


def test_coder_may_not_be_away_for_ever():
    setting = Setting()
    calls = [listed(idle("a"), idle("b")), *begun(idle("a")), *[look(row("a"), status=500)] * 151]
    error = failure(calls, setting)
    assert error.code == "server_error"
    assert error.untouched == "1 workspaces were not started; builds that go on in Coder: a"
    assert setting.now == 302


def test_what_is_built_at_the_deadline_is_no_failure():
    calls = [listed(idle("a"), idle("b"), idle("c")), *begun(idle("a")), good("a"), *begun(idle("b")), building("b")]
    error = failure(calls, deadline=4, parallel=1)
    assert error.code == "timeout"
    assert error.untouched == "1 workspaces that were not started: c; builds that go on in Coder: b"
    assert error.details["failures"] == []


def test_a_request_that_was_lost_is_not_explained_by_an_older_build():
    broken = row("a", "FAILED", updated_at=OLD)
    calls = [listed(broken), look(broken), ask("a", status=502), *[look(broken)] * 8]
    error = failure(calls, Setting(log=LOG))
    assert "no such image" not in error.why
    assert "502" in error.why


def test_a_build_that_never_begins_is_not_explained_by_an_older_one():
    broken = row("a", "FAILED", updated_at=OLD)
    calls = [listed(broken), *begun(broken), *[look(broken)] * 8]
    error = failure(calls, Setting(log=LOG))
    assert error.why == "a: no build has begun, and the container is FAILED"


def test_one_that_had_failed_before_is_given_time_to_begin():
    broken = row("a", "FAILED", updated_at=OLD)
    calls = [listed(broken), *begun(broken), bad("a"), building("a"), good("a")]
    _changed, result, _before, _after = Setting().run(calls)
    assert names(result["rebuilt"]) == ["a"]


# What a watcher is told.


def test_a_line_for_each_event():
    setting = Setting(probes=[101], log=LOG)
    calls = [listed(row("a"), idle("b"), idle("c"), idle("d"), live("e"))]
    calls += [*begun(row("a")), good("a"), *canary_stopped("a")]
    calls += [*begun(idle("b")), look(live("c")), *begun(idle("d")), building("b"), bad("d"), good("b")]
    error = failure(calls, setting, connect_url=SATELLITE, max_failures=1)
    assert error.code == "consent_missing"
    assert setting.told == [
        "0/4 rebuilt, a: rebuild (it is off)",
        "1/4 rebuilt, a: rebuilt (2 s)",
        f"1/4 rebuilt, a: reachable through {SATELLITE} (status 101)",
        "1/4 rebuilt, b: rebuild (it is idle)",
        "1/4 rebuilt, c: skipped, somebody uses it",
        "1/4 rebuilt, d: rebuild (it is idle)",
        "1/4 rebuilt, d: failed, no such image",
        "2/4 rebuilt, b: rebuilt (4 s)",
    ]


def test_in_a_long_build_a_line_every_half_minute():
    setting = Setting()
    under_way = listed(row("a"), row("b", "CREATING", updating=True))
    calls = [*[under_way] * 20, listed(row("a"), row("b", "ON", built=NEW)), *begun(row("a")), *[building("a")] * 34]
    setting.run([*calls, good("a"), *canary_stopped("a")])
    assert setting.told == [
        "waiting for builds under way: b (0 s)",
        "waiting for builds under way: b (30 s)",
        "0/1 rebuilt, a: rebuild (it is off)",
        "0/1 rebuilt, a: building (30 s)",
        "0/1 rebuilt, a: building (60 s)",
        "1/1 rebuilt, a: rebuilt (70 s)",
    ]


def test_the_lines_are_appended_to_a_file_that_is_there(run_module, monkeypatch, tmp_path):
    monkeypatch.setattr(builds.patience, "pause", lambda waited: 0)
    file = tmp_path / "lines"
    calls = [PROVIDERS, listed(idle("a")), *begun(idle("a")), good("a")]
    run_module(coder_workspace_rebuild, calls, provider="sydney-1", progress_file=str(file))
    assert not file.exists()
    file.write_text("before\n")
    run_module(coder_workspace_rebuild, calls, provider="sydney-1", progress_file=str(file))
    lines = "0/1 rebuilt, a: rebuild (it is idle)\n1/1 rebuilt, a: rebuilt (0 s)\n"
    # Both ways of running it have done so.
    assert file.read_text() == f"before\n{lines}{lines}"


def test_no_line_makes_a_terminal_obey():
    told = []
    Lines(told.append).event("a\x1b[2Jb\nc\ud800d")
    assert told == ["a [2Jb c d"]


def test_a_full_disk_does_not_end_the_run():
    def full(_line):
        raise OSError(28, "No space left on device")

    Lines(full).event("a")

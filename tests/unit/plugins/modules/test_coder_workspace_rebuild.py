# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The run of rebuilds, every request in order; time passes only by sleeping."""

from __future__ import annotations

import pytest
from unit.plugins.fake_coder import TOKEN, Call, FakeSession, coder

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.modules import coder_workspace_rebuild

POOLS = "/api/private/resource-pools"
UNCHANGED = dict.fromkeys(["image_id", "image_tag", "cpu_cores", "memory_gb", "disk_gb", "gpus", "template_id"])
OLD, NEW = "2026-03-01T00:00:00Z", "2026-03-02T12:00:30Z"
SATELLITE = "https://sydney.example.com"
PROVIDERS = Call("GET", POOLS, {"kubernetes": [{"id": "p1", "name": "sydney-1", "status": "ready"}]})
DEFAULTS = {
    "provider": "sydney-1",
    "only": None,
    "built_before": "2026-03-02T11:00:00Z",
    "leave": [],
    "canary": None,
    "canary_only": False,
    "consent_in_use": False,
    "fail_on_skipped": True,
    "idle_minutes": 60,
    "parallel": 5,
    "max_failures": 0,
    "build_timeout": 1200,
    "deadline": 14400,
    "stop_again": True,
    "connect_url": None,
    "connect_ca_path": None,
    "timeout": 30,
}


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

    def sleep(self, seconds):
        self.now += seconds

    def probe(self, url, workspace_id, token, **_options):
        self.probed.append((url, workspace_id, token))
        status = self.probes.pop(0)
        return {"reachable": status == 101, "status": status, "reason": f"status {status}", "milliseconds": 1.0}

    def log(self, _transport, _workspace_id, _deadline):
        return iter(self.lines)

    def run(self, calls, check_mode=False, **params):
        session = FakeSession(PROVIDERS, *calls)
        tools = {"clock": lambda: self.now, "sleep": self.sleep, "probe": self.probe, "log": self.log}
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
        stop("b"),
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
        stop("a"),
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
    calls = [listed(row("a")), look(row("a")), ask("a", status=409), building("a"), good("a"), stop("a")]
    _changed, result, _before, _after = Setting().run(calls)
    assert names(result["rebuilt"]) == ["a"]


def test_those_in_use_are_left_alone_and_that_is_an_error():
    calls = [listed(live("a"), row("b")), *begun(row("b")), good("b"), stop("b")]
    error = failure(calls)
    assert error.code == "consent_missing"
    assert error.why == "a"
    assert names(error.details["rebuilt"]) == ["b"]


def test_which_may_be_allowed():
    calls = [listed(live("a"))]
    _changed, result, _before, _after = Setting().run(calls, fail_on_skipped=False)
    assert result["not_rebuilt"] == [{"id": "a", "name": "a", "reason": "somebody uses it", "needs_consent": True}]


def test_with_consent_those_in_use_come_last_and_stay_on():
    calls = [listed(live("a"), row("b")), *begun(row("b")), good("b"), stop("b"), *begun(live("a")), good("a")]
    _changed, result, _before, _after = Setting().run(calls, consent_in_use=True)
    assert [(entry["name"], entry["was"]) for entry in result["rebuilt"]] == [("b", "off"), ("a", "in_use")]


def test_who_came_back_meanwhile_is_not_disturbed_and_another_is_the_canary():
    calls = [listed(idle("a"), idle("b")), look(live("a")), *begun(idle("b")), good("b")]
    error = failure(calls)
    assert error.code == "consent_missing"
    assert names(error.details["rebuilt"]) == ["b"]


def test_what_was_rebuilt_or_deleted_meanwhile_is_skipped():
    calls = [listed(row("a"), row("b")), look(row("a", built=NEW)), look(row("b"), status=404)]
    changed, result, _before, _after = Setting().run(calls)
    assert not changed
    assert [entry["reason"] for entry in result["not_rebuilt"]] == ["it was rebuilt meanwhile", "it was deleted meanwhile"]


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
        stop("a"),
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
        stop("a"),
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
    calls = [listed(row("a")), look(row("a")), ask("a", status=502), building("a"), good("a"), stop("a")]
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
    calls = [listed(row("a"), idle("b")), *begun(row("a")), good("a"), stop("a")]
    error = failure(calls, deadline=2)
    assert error.code == "timeout"
    assert "the deadline has passed" in error.what
    assert names(error.details["not_rebuilt"]) == ["b"]


def test_coder_may_be_away_for_a_moment():
    away = look(row("a"), status=500)
    calls = [listed(row("a")), *begun(row("a")), away, good("a"), stop("a")]
    _changed, result, _before, _after = Setting().run(calls)
    assert names(result["rebuilt"]) == ["a"]


def test_an_expired_token_ends_the_run_and_says_what_goes_on():
    calls = [
        listed(row("a"), idle("b"), idle("c"), idle("d")),
        *begun(row("a")),
        good("a"),
        stop("a"),
        *begun(idle("b")),
        look(idle("c"), status=401),
    ]
    error = failure(calls, parallel=2)
    assert error.code == "unauthorized"
    assert error.untouched == "2 workspaces were not started; builds that go on in Coder: b"
    assert names(error.details["rebuilt"]) == ["a"]


def test_a_stop_that_fails_is_told_but_the_rebuild_was_good():
    calls = [listed(row("a")), *begun(row("a")), good("a"), stop("a", status=500)]
    _changed, result, _before, _after = Setting().run(calls)
    assert "could not be stopped" in result["rebuilt"][0]["warning"]


def test_stopping_again_may_be_unwanted():
    _changed, result, _before, _after = Setting().run([listed(row("a")), *begun(row("a")), good("a")], stop_again=False)
    assert "stopped" not in result["rebuilt"][0]


def test_the_canary_must_be_reachable_before_it_is_stopped_and_others_follow():
    setting = Setting(probes=[502, 101])
    calls = [listed(row("a"), idle("b")), *begun(row("a")), good("a"), stop("a"), *begun(idle("b")), good("b")]
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
    calls = [listed(live("a"), row("b"), idle("c")), *begun(row("b")), good("b"), stop("b")]
    _changed, result, _before, _after = Setting().run(calls, canary_only=True)
    assert names(result["rebuilt"]) == ["b"]


def test_canary_only_is_done_when_one_was_built_since():
    changed, _result, _before, _after = Setting().run([listed(live("a"), row("b", built=NEW))], canary_only=True)
    assert not changed


def test_canary_only_without_anybody_to_rebuild_needs_consent():
    assert failure([listed(live("a"))], canary_only=True).code == "consent_missing"


def test_unusable_options_are_refused_before_any_request(run_module):
    result = run_module(coder_workspace_rebuild, [], provider="sydney-1", parallel=0)
    assert result["failure"]["code"] == "invalid"
    result = run_module(coder_workspace_rebuild, [], provider="sydney-1", built_before="yesterday")
    assert "RFC 3339" in result["msg"]


def test_the_module_reports(run_module):
    result = run_module(coder_workspace_rebuild, [PROVIDERS, listed(row("a"))], check_mode=True, provider="sydney-1")
    assert result["changed"] is True
    assert names(result["rebuilt"]) == ["a"]
    assert result["diff"]["after"]["a"]["last_built_at"] == "now"

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The exact requests to the main deployment, and what of it a region needs."""

from __future__ import annotations

import copy
from datetime import UTC, datetime

import pytest
from unit.plugins.fake_coder import Call, FakeSession, coder
from unit.plugins.module_utils._region.scene import WANTED, provider, workspace

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observe_coder

POOLS, ME = "/api/private/resource-pools", "/api/v0/users/me"
ADMIN = {"id": "u", "username": "ops", "roles": ["site-admin"]}
KEY = {"key": "PRIMARY", "fingerprint": "p:p"}


def version(number="1.21.7"):
    return Call("GET", "/api", {}, headers={"coder-version": number} if number else {})


def look(*calls, fetch=lambda url, **options: KEY, **wanted):
    session = FakeSession(*calls, in_order=False)
    seen = observe_coder.look(coder(session), {**copy.deepcopy(WANTED), **wanted}, fetch=fetch)
    session.finish()
    return seen


def pools(*rows):
    return Call("GET", POOLS, {"kubernetes": list(rows)})


def of_provider(*rows):
    return Call("GET", POOLS + "/id-sydney-1/workspaces", list(rows))


SATELLITES = Call("GET", "/api/private/satellites", {"data": [{"id": "s", "name": "sydney", "fingerprint": "s:s"}]})


def test_a_manager_sees_everything():
    calls = [
        version(),
        Call("GET", ME, ADMIN),
        pools(provider(envproxy_token="t")),
        of_provider(workspace("ana")),
        SATELLITES,
    ]
    seen = look(*calls)
    assert (seen["problems"], seen["version"], seen["user"]) == ([], "1.21.7", ADMIN)
    assert seen["server_time"] == datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    assert seen["skew_seconds"] == pytest.approx((datetime.now(UTC) - seen["server_time"]).total_seconds(), abs=5)
    assert [row["name"] for row in seen["workspaces"]] == ["ana"]
    assert [row["name"] for row in seen["satellites"]] == ["sydney"]
    assert "envproxy_token" not in seen["providers"][0]
    assert seen["key"] == KEY


def test_a_member_is_not_asked_what_only_managers_see():
    seen = look(version(), Call("GET", ME, {**ADMIN, "roles": ["site-member"]}))
    assert (seen["providers"], seen["workspaces"], seen["satellites"], seen["problems"]) == (None, None, None, [])


def test_1_20_is_not_asked_for_satellites():
    seen = look(version("1.20.4"), Call("GET", ME, ADMIN), pools(provider()), of_provider())
    assert (seen["workspaces"], seen["satellites"], seen["problems"]) == ([], None, [])


def test_an_expired_token_is_one_problem_and_the_version_is_told_all_the_same():
    said = {"coder-version": "1.21.7"}
    seen = look(Call("GET", ME, {"error": {"msg": "expired"}}, status=401, headers=said))
    assert [problem["code"] for problem in seen["problems"]] == ["unauthorized"]
    assert (seen["version"], seen["user"]) == ("1.21.7", None)


def test_a_login_page_is_not_taken_for_coder():
    seen = look(Call("GET", ME, text="<html>", headers={"Content-Type": "text/html"}))
    assert [problem["code"] for problem in seen["problems"]] == ["not_json"]


def test_the_version_is_asked_for_only_where_no_answer_has_told_it():
    told = Call("GET", ME, ADMIN, headers={"coder-version": "1.21.7"})
    assert look(told, pools(provider()), of_provider(), SATELLITES)["version"] == "1.21.7"


@pytest.mark.parametrize("known", [[], [provider(), provider()], [provider("sydney-2")]])
def test_without_the_provider_there_are_no_workspaces(known):
    seen = look(version(), Call("GET", ME, ADMIN), pools(*known), SATELLITES)
    assert (seen["workspaces"], len(seen["providers"])) == (None, len(known))


def test_names_to_leave_are_looked_for_on_other_providers_before_they_count_as_unknown():
    calls = [version(), Call("GET", ME, ADMIN), pools(provider()), of_provider(workspace("ana"))]
    everyone = Call("GET", "/api/v0/workspaces", [workspace("ana"), workspace("ben")])
    seen = look(*calls, everyone, SATELLITES, leave_workspaces=["ana", "id-ben", "anna"])
    assert seen["leave_unknown"] == ["anna"]
    assert look(*calls, SATELLITES, leave_workspaces=["ana"])["leave_unknown"] == []


@pytest.mark.parametrize(("code", "problems"), [("not_found", []), ("not_json", []), ("unreachable", ["unreachable"])])
def test_a_main_deployment_without_a_key_of_its_own_is_no_problem(code, problems):
    def fetch(url, **options):
        raise ClassicError("no", code=code)

    seen = look(version(), Call("GET", ME, ADMIN), pools(provider()), of_provider(), SATELLITES, fetch=fetch)
    assert [problem["code"] for problem in seen["problems"]] == problems
    assert seen["key"] is None

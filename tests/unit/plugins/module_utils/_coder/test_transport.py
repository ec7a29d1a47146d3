# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import time

import pytest
import requests
from unit.plugins.fake_coder import TOKEN, URL, Call, FakeSession

from ansible_collections.coder.classic.plugins.module_utils._coder.lost_answers import delete_once
from ansible_collections.coder.classic.plugins.module_utils._coder.transport import Transport
from ansible_collections.coder.classic.plugins.module_utils._coder.urls import check_url
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

LOST = requests.exceptions.ConnectionError("Connection aborted.", ConnectionResetError(104, "Connection reset by peer"))


def transport(session, **options):
    slept = []
    made = Transport(URL, TOKEN, session=session, sleep=slept.append, **options)
    return made, slept


def test_a_read_carries_the_token_and_gives_json():
    session = FakeSession(Call("GET", "/api/v0/users/me", {"id": "1"}))
    made, slept = transport(session, proxy_authorization="Basic abc")
    assert made.get("/api/v0/users/me") == {"id": "1"}
    assert session.seen[0]["headers"]["Session-Token"] == TOKEN
    assert session.seen[0]["headers"]["Authorization"] == "Basic abc"
    assert slept == []
    session.finish()


def test_no_netrc_entry_replaces_the_headers():
    session = FakeSession()
    transport(session)
    prepared = object()
    assert session.auth(prepared) is prepared


def test_a_path_prefix_is_kept_but_not_in_the_origin():
    session = FakeSession(Call("GET", "/prefix/api/v0/users/me", {}))
    made = Transport(URL + "/prefix/", TOKEN, session=session)
    made.get("/api/v0/users/me")
    assert made.origin == URL


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_reads_are_repeated_with_growing_pauses(status):
    session = FakeSession(Call("GET", "/x", status=status), Call("GET", "/x", raises=LOST), Call("GET", "/x", {"a": 1}))
    made, slept = transport(session)
    assert made.get("/x") == {"a": 1}
    assert slept == [0.5, 1.0]
    session.finish()


def test_reads_are_given_up_after_a_few_times():
    session = FakeSession(*[Call("GET", "/x", status=503, text="busy")] * 4)
    made, slept = transport(session)
    with pytest.raises(ClassicError) as caught:
        made.get("/x")
    assert caught.value.failure["status"] == 503
    assert slept == [0.5, 1.0, 2.0]
    session.finish()


@pytest.mark.parametrize(
    ("told", "pause"), [("7", 7.0), ("86400", 30.0), ("Thu, 01 Jan 2015 00:00:00 GMT", 0.5), ("soon", 0.5)]
)
def test_retry_after_is_honoured_within_bounds(told, pause):
    session = FakeSession(Call("GET", "/x", status=429, headers={"Retry-After": told}), Call("GET", "/x", {}))
    made, slept = transport(session)
    made.get("/x")
    assert slept == [pause]


@pytest.mark.parametrize("verb", ["POST", "PATCH", "PUT", "DELETE"])
@pytest.mark.parametrize("failing", [{"status": 503}, {"status": 429}, {"raises": LOST}])
def test_a_write_is_sent_once(verb, failing):
    session = FakeSession(Call(verb, "/x", sent={"a": 1}, **failing))
    made, slept = transport(session)
    with pytest.raises(ClassicError):
        made.send(verb, "/x", {"a": 1})
    assert slept == []
    session.finish()


def test_a_timeout_is_not_repeated():
    session = FakeSession(Call("GET", "/x", raises=requests.exceptions.ReadTimeout("late")))
    made, slept = transport(session, timeout=3)
    with pytest.raises(ClassicError, match="No answer within 3 seconds") as caught:
        made.get("/x")
    assert caught.value.code == "timeout"
    assert slept == []


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "unauthorized"), (403, "forbidden"), (404, "not_found"), (409, "refused"), (500, "server_error")],
)
def test_an_error_has_verb_url_status_and_coders_words(status, code):
    said = {"error": {"msg": "No such thing", "code": "nope", "details": f"token {TOKEN}"}}
    made, _slept = transport(FakeSession(Call("GET", "/x", said, status=status)))
    with pytest.raises(ClassicError) as caught:
        made.get("/x")
    failure = caught.value.failure
    assert failure["code"] == code
    assert failure["status"] == status
    assert failure["where"] == f"GET {URL}/x"
    assert failure["why"] == "No such thing"
    assert failure["details"] == {"msg": "No such thing", "code": "nope", "details": "token ***"}
    assert failure["next"] and failure["untouched"]


@pytest.mark.parametrize(
    ("late", "words", "remedy"),
    [
        (
            requests.exceptions.ReadTimeout(),
            "the server hangs or has too much to do",
            "its database and its load balancer",
        ),
        (TimeoutError(), "the server hangs or has too much to do", "its database and its load balancer"),
        (requests.exceptions.ConnectTimeout(), "no connection came about", "check the URL, DNS"),
    ],
)
def test_a_server_that_does_not_answer_in_time_is_told_in_words(late, words, remedy):
    made, _slept = transport(FakeSession(Call("GET", "/x", raises=late)), timeout=3)
    with pytest.raises(ClassicError) as caught:
        made.get("/x")
    assert caught.value.what == "No answer within 3 seconds"
    assert words in caught.value.why and remedy in caught.value.next_step


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ('{"message": "no healthy upstream"}', "no healthy upstream"),
        ('{"error": "text"}', "text"),
        ('"text"', "text"),
        ('{"code": 7, "secret": "x"}', "the answer is JSON, but without a message"),
        ("[1]", "the answer is JSON, but without a message"),
        ("", "the answer has no text"),
        ("<html>Bad\n gateway</html>", "<html>Bad gateway</html>"),
    ],
)
def test_raw_json_is_never_the_reason(body, why):
    made, _slept = transport(FakeSession(Call("GET", "/x", status=400, text=body)))
    with pytest.raises(ClassicError) as caught:
        made.get("/x")
    assert caught.value.why == why


@pytest.mark.parametrize("body", ["", "[]", '"text"', '{"error": "text"}', "<html>Bad\n gateway</html>"])
def test_an_error_body_of_another_shape_is_survived(body):
    made, _slept = transport(FakeSession(Call("POST", "/x", status=500, text=body)))
    with pytest.raises(ClassicError) as caught:
        made.send("POST", "/x")
    assert caught.value.failure["why"]
    assert "may or may not have taken effect" in str(caught.value)


def test_html_with_status_200_is_not_coder():
    page = Call("GET", "/x", text=f"<html>Log in {TOKEN}</html>", headers={"Content-Type": "text/html"})
    made, _slept = transport(FakeSession(page))
    with pytest.raises(ClassicError) as caught:
        made.get("/x")
    assert caught.value.code == "not_json"
    assert "text/html" in caught.value.why
    assert TOKEN not in str(caught.value)


def test_a_write_answered_by_a_login_page_did_not_happen():
    page = Call("PATCH", "/x", text="<html>Log in</html>", headers={"Content-Type": "text/html"})
    made, _slept = transport(FakeSession(page))
    with pytest.raises(ClassicError) as caught:
        made.send("PATCH", "/x")
    assert caught.value.code == "not_json"


@pytest.mark.parametrize("text", ["", "OK"])
def test_a_write_needs_no_json_answer(text):
    made, _slept = transport(FakeSession(Call("POST", "/x", text=text)))
    assert made.send("POST", "/x") is None


def test_a_redirect_is_not_followed_and_its_query_not_shown():
    away = Call("GET", "/x", status=302, headers={"Location": "https://login.example.com/in?state=secret"})
    session = FakeSession(away)
    made, _slept = transport(session)
    with pytest.raises(ClassicError) as caught:
        made.get("/x")
    assert caught.value.code == "redirected"
    assert caught.value.why == "it points to https://login.example.com/in"
    session.finish()


def test_the_newest_date_is_kept_in_utc():
    dates = ["Mon, 02 Mar 2026 12:00:00 GMT", "Mon, 02 Mar 2026 13:00:01 +0100", "no date"]
    made, _slept = transport(FakeSession(*[Call("GET", "/x", {}, headers={"Date": date}) for date in dates]))
    seen = []
    for _date in dates:
        made.get("/x")
        seen.append(made.date.isoformat())
    assert seen == ["2026-03-02T12:00:00+00:00", "2026-03-02T12:00:01+00:00", "2026-03-02T12:00:01+00:00"]


@pytest.mark.parametrize(
    "url",
    [
        "coder.example.com",
        "ftp://coder.example.com",
        "https://",
        "https://u:p@h",
        "https://h?x=1",
        "https://h:x",
        "https://h/#a",
    ],
)
def test_unusable_urls_are_refused(url):
    with pytest.raises(ClassicError) as caught:
        check_url(url)
    assert caught.value.code == "invalid"
    assert "u:p" not in str(caught.value)


def test_a_missing_ca_file_is_named():
    with pytest.raises(ClassicError, match="/nowhere/ca.pem"):
        Transport(URL, TOKEN, ca_path="/nowhere/ca.pem")


def test_a_ca_file_that_holds_no_certificates_is_named(tmp_path):
    file = tmp_path / "ca.pem"
    file.write_text("no certificate")
    with pytest.raises(ClassicError, match="No certificates can be read") as caught:
        Transport(URL, TOKEN, ca_path=str(file))
    assert caught.value.code == "invalid"


@pytest.mark.parametrize("secret", ["secret-1\n", " secret-1", "secret-1\r\nX: y", "secret-1\u00fc", "secret-1\x00"])
@pytest.mark.parametrize("option", ["token", "proxy_authorization"])
def test_what_no_header_can_hold_is_refused_without_showing_it(option, secret):
    with pytest.raises(ClassicError) as caught:
        Transport(URL, **{option: secret})
    assert caught.value.code == "invalid"
    assert "secret-1" not in str(caught.value) + str(caught.value.failure)


@pytest.mark.parametrize("timeout", [0, -1])
def test_a_timeout_of_nothing_is_refused(timeout):
    with pytest.raises(ClassicError, match="timeout"):
        Transport(URL, TOKEN, timeout=timeout)


def test_what_calls_itself_json_is_not_shown_when_it_is_none():
    cut = Call(
        "POST", "/x", text='{"id": "1", "envproxy_token": "secret-1', headers={"Content-Type": "application/json"}
    )
    made, _slept = transport(FakeSession(cut))
    with pytest.raises(ClassicError) as caught:
        made.send("POST", "/x")
    assert caught.value.code == "not_json"
    assert "secret-1" not in str(caught.value)
    assert "39 bytes" in caught.value.why
    assert "may or may not" in caught.value.untouched


def test_too_many_requests_are_told_as_such():
    made, _slept = transport(FakeSession(Call("PATCH", "/x", status=429)))
    with pytest.raises(ClassicError) as caught:
        made.send("PATCH", "/x")
    assert caught.value.code == "busy"
    assert caught.value.untouched == "this request changed nothing"


def test_a_date_without_a_zone_is_utc(monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        made, _slept = transport(
            FakeSession(Call("GET", "/x", {}, headers={"Date": "Mon, 02 Mar 2026 12:00:00 -0000"}))
        )
        made.get("/x")
        assert made.date.isoformat() == "2026-03-02T12:00:00+00:00"
    finally:
        monkeypatch.undo()
        time.tzset()


@pytest.mark.parametrize(
    ("code", "still_there", "ends_well"),
    [
        (None, True, True),
        ("not_found", False, True),
        ("timeout", False, True),
        ("timeout", True, False),
        ("forbidden", False, False),
    ],
)
def test_a_deletion_is_good_when_it_is_gone(code, still_there, ends_well):
    asked = []

    def delete():
        asked.append("delete")
        if code:
            raise ClassicError("no", code=code)

    if ends_well:
        delete_once(delete, lambda: still_there)
    else:
        with pytest.raises(ClassicError):
            delete_once(delete, lambda: still_there)
    assert asked == ["delete"]

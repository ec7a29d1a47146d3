# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._coder.workspace_look import AWAY_SECONDS, GONE, Looks
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

ROW = {"id": "w"}


class Coder:
    """Answers what is written down; a text is the code of an error."""

    def __init__(self, *answers):
        self.answers = list(answers)

    def workspace(self, _workspace_id):
        answer = self.answers.pop(0)
        if isinstance(answer, str):
            raise ClassicError("away", code=answer)
        return answer

    def provider_workspaces(self, provider_id):
        assert provider_id == "p"
        return self.workspace("all")


class Time:
    now = 0.0


def looks(*answers):
    seen = []
    return Looks(Coder(*answers), "p", lambda: Time.now, seen.append), seen


@pytest.mark.parametrize("code", ["unreachable", "timeout", "server_error", "not_json", "busy"])
def test_away_for_a_moment(code):
    made, seen = looks(code, ROW)
    assert [made.look("w"), made.look("w")] == [None, ROW]
    assert [error.code for error in seen] == [code]


@pytest.mark.parametrize("code", ["unauthorized", "forbidden", "redirected", "tls_expired"])
def test_what_does_not_pass_by_itself_is_an_error(code):
    made, _seen = looks(code)
    with pytest.raises(ClassicError):
        made.look("w")


@pytest.mark.parametrize(
    ("listed", "expected"),
    [([], GONE), ([{"id": "other"}], GONE), ([ROW], None), ("not_found", None), ("server_error", None)],
)
def test_a_404_is_a_deletion_only_when_the_list_says_so(listed, expected):
    made, _seen = looks("not_found", listed)
    assert made.look("w") is expected


def test_away_for_too_long_is_an_error_and_every_answer_counts_anew(monkeypatch):
    made, _seen = looks("timeout", ROW, "timeout", "timeout")
    monkeypatch.setattr(Time, "now", 0.0)
    made.look("w")
    made.look("w")
    monkeypatch.setattr(Time, "now", AWAY_SECONDS)
    assert made.look("w") is None
    monkeypatch.setattr(Time, "now", 2 * AWAY_SECONDS)
    with pytest.raises(ClassicError):
        made.look("w")

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import contextlib
import stat
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import kept_answers, kubeconfig

REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
QUESTION = ["POST", REVIEW, {"body": {"verb": "get"}}]


def access(token: str = "a-secret-token", host: str = "https://c.test") -> kubeconfig.Access:
    return kubeconfig.resolve({"host": host, "api_key": token}, {})


@pytest.fixture
def ask(tmp_path):
    """ask(access) -> how often the server was asked for QUESTION by then, as another task of the run would."""
    asked = []

    def again(of: kubeconfig.Access, question: list | None = None) -> int:
        answer = kept_answers.KeptAnswers(str(tmp_path), of).answer(
            question or QUESTION, lambda: asked.append(1) or {"allowed": True}
        )
        assert answer == {"allowed": True}
        return len(asked)

    return again


def test_a_run_asks_once_for_each_question_and_access(ask) -> None:
    assert [ask(access()), ask(access())] == [1, 1]
    assert ask(access(), ["POST", REVIEW, {"body": {"verb": "list"}}]) == 2
    assert ask(access("another-token")) == 3 and ask(access(host="https://d.test")) == 4
    assert ask(access()) == 4


def test_what_is_forgotten_is_asked_anew(ask, tmp_path) -> None:
    ask(access())
    kept_answers.forget(str(tmp_path))
    assert ask(access()) == 2


def test_the_file_is_private_and_holds_no_credential(ask, tmp_path) -> None:
    ask(access())
    (file,) = tmp_path.iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600 and "secret" not in file.name + file.read_text()


def test_threads_that_come_at_the_same_time_each_get_their_answer(tmp_path, monkeypatch) -> None:
    kept = kept_answers.KeptAnswers(str(tmp_path), access())
    both, read = threading.Barrier(2, timeout=1), kept._read

    def slowly() -> dict:
        # Where both read, the second one comes when the first has its answer already.
        with contextlib.suppress(threading.BrokenBarrierError):
            both.wait()
        return read()

    monkeypatch.setattr(kept, "_read", slowly)

    def ask(name: str) -> str:
        return kept.answer(["GET", name, {}], lambda: time.sleep(0.05) or name)

    with ThreadPoolExecutor(2) as pool:
        assert list(pool.map(ask, ("/a", "/b"))) == ["/a", "/b"]
    assert set(kept._all().values()) == {"/a", "/b"}


def test_half_a_line_of_a_killed_process_is_no_answer(ask, tmp_path) -> None:
    ask(access())
    (file,) = tmp_path.iterdir()
    file.write_text(file.read_text() + '{"question": "x", "ans')
    assert ask(access()) == 1


def test_a_refusal_is_not_kept(ask, tmp_path) -> None:
    def refused():
        raise ClassicError("no", code="forbidden", status=403)

    with pytest.raises(ClassicError):
        kept_answers.KeptAnswers(str(tmp_path), access()).answer(QUESTION, refused)
    assert ask(access()) == 1


def test_without_a_folder_it_is_asked_each_time(tmp_path) -> None:
    kept = kept_answers.KeptAnswers(str(tmp_path / "gone"), access())
    assert kept.answer(QUESTION, lambda: 1) == 1
    kept_answers.forget(None)
    kept_answers.forget(str(tmp_path / "gone"))


@pytest.mark.parametrize(
    ("method", "path", "query", "lasts"),
    [
        ("GET", "/version", None, True),
        ("GET", "/apis", None, True),
        ("GET", "/apis/extensions/v1beta1", None, True),
        ("GET", "/api/v1", None, True),
        ("POST", REVIEW, None, True),
        ("PATCH", "/api/v1/namespaces/coder/configmaps/a", {"dryRun": "All"}, True),
        ("PATCH", "/api/v1/namespaces/coder/configmaps/a", None, False),
        ("GET", "/api/v1/namespaces/kube-system", None, False),
        ("GET", "/apis/apps/v1/namespaces/coder/deployments/envproxy", None, False),
        ("DELETE", "/api/v1/namespaces/coder/configmaps/a", None, False),
    ],
)
def test_what_lasts(method, path, query, lasts) -> None:
    assert kept_answers.is_lasting(method, path, query) is lasts

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which TLS Secrets the layout serviceNext is not begun with."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
import trustme
from unit.plugins.module_utils._kubernetes.fake_cluster import FakeCluster

from ansible_collections.coder.classic.plugins.module_utils._coder import tls_pair
from ansible_collections.coder.classic.plugins.module_utils._deployment.steps import tls_secrets
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

AUTHORITY = trustme.CA()
NOW = datetime.now(UTC)
URL = "https://coder.test:8443"


def secret(name, *hosts, other_key=False, expires=None, **data):
    leaf = AUTHORITY.issue_cert(*hosts, not_after=expires) if expires else AUTHORITY.issue_cert(*hosts)
    key = AUTHORITY.issue_cert(*hosts).private_key_pem if other_key else leaf.private_key_pem
    content = {"tls.crt": leaf.cert_chain_pems[0].bytes(), "tls.key": key.bytes(), **data}
    encoded = {part: base64.b64encode(text).decode() for part, text in content.items()}
    return {"kind": "Secret", "metadata": {"name": name, "namespace": "coder"}, "data": encoded}


def values(**more):
    tls = {"hostSecretName": "main", "devurlsHostSecretName": "dev"}
    return {"coderd": {"serviceNext": True, "devurlsHost": "*.dev.test", "tls": tls, **more}}


def refused(given, *found):
    here = SimpleNamespace(
        cluster=FakeCluster(found),
        wanted={"namespace": "coder"},
        coder=SimpleNamespace(transport=SimpleNamespace(url=URL)),
    )
    try:
        tls_secrets.demand(here, given)
    except ClassicError as error:
        assert "nothing was begun" in error.untouched and error.next_step and "PRIVATE" not in str(error)
        return error.code, error.why
    return None


GOOD = secret("main", "coder.test"), secret("dev", "*.dev.test")


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (GOOD, None),
        ((secret("main", "coder.test"),), "does not exist"),
        ((secret("main", "coder.test"), secret("dev", "other.test")), "dev: it is for other.test, not for *.dev.test"),
        ((secret("main", "*.test"), GOOD[1]), None),
        ((secret("main", "elsewhere.test"), GOOD[1]), "main: it is for elsewhere.test, not for coder.test"),
        ((secret("main", "coder.test", other_key=True), GOOD[1]), "main: its key is one of another certificate"),
        ((secret("main", "coder.test", **{"tls.key": b""}), GOOD[1]), "main: it has no tls.key"),
        ((secret("main", "coder.test", **{"tls.crt": b"nonsense"}), GOOD[1]), "no certificate with its key in PEM"),
        ((secret("main", "coder.test", expires=NOW - timedelta(days=1)), GOOD[1]), "main: it expired at"),
    ],
)
def test_a_secret_that_cannot_serve_the_site_stops_the_step(found, words) -> None:
    answer = refused(values(), *found)
    assert (answer is None) if words is None else words in answer[1]


def test_the_host_of_the_old_ingress_will_do_where_the_url_is_that_of_something_in_front() -> None:
    given = {**values(), "ingress": {"host": "inside.test"}}
    assert refused(given, secret("main", "inside.test"), GOOD[1]) is None
    assert refused(given, secret("main", "nobody.test"), GOOD[1])[0] == "tls_secret_unfit"


def test_one_secret_for_both_is_asked_for_both() -> None:
    both = {"hostSecretName": "one", "devurlsHostSecretName": "one"}
    assert refused(values(tls=both), secret("one", "coder.test", "*.dev.test")) is None
    assert "*.dev.test" in refused(values(tls=both), secret("one", "coder.test"))[1]


def test_without_the_layout_or_without_names_nothing_is_asked() -> None:
    assert refused(values(serviceNext=False)) is None
    assert refused({"coderd": {"serviceNext": True}}) is None


def test_what_is_no_base64_is_told_without_it() -> None:
    assert tls_pair.problems({"data": {"tls.crt": "%", "tls.key": "%"}}, None, NOW) == ["its data is no base64"]

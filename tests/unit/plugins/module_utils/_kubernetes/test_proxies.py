# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import proxies

PROXY = "http://proxy.test:3128"


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({"HTTPS_PROXY": PROXY}, PROXY),
        ({"https_proxy": PROXY}, PROXY),
        ({"HTTPS_PROXY": PROXY, "https_proxy": "http://other"}, PROXY),
        ({"HTTPS_PROXY": "proxy.test:3128"}, PROXY),
        ({"HTTP_PROXY": PROXY}, None),
        # Python takes this one, helm and kubectl do not.
        ({"ALL_PROXY": PROXY, "all_proxy": PROXY}, None),
        ({}, None),
    ],
)
def test_which_variable_counts(environment, proxy) -> None:
    assert proxies.for_url("https://c.test:6443", environment) == proxy


def test_a_server_without_tls_has_a_variable_of_its_own() -> None:
    assert proxies.for_url("http://c.test", {"HTTP_PROXY": PROXY, "HTTPS_PROXY": "http://other"}) == PROXY


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_direct"),
    [
        ("*", "https://c.test", True),
        ("c.test", "https://c.test:6443", True),
        ("c.test", "https://a.c.test", True),
        (".c.test", "https://a.c.test", True),
        # The next one differs from Python's rule.
        (".c.test", "https://c.test", False),
        ("*.c.test", "https://a.c.test", True),
        ("c.test", "https://ac.test", False),
        ("a.test, C.test ,b.test", "https://c.test", True),
        ("c.test:6443", "https://c.test:6443", True),
        ("c.test:6443", "https://c.test:8443", False),
        ("c.test:443", "https://c.test", True),
        ("10.0.0.0/8", "https://10.1.2.3:6443", True),
        ("10.0.0.0/8", "https://11.1.2.3:6443", False),
        ("10.0.0.0/8", "https://c.test", False),
        ("10.1.2.3", "https://10.1.2.3:6443", True),
        ("10.1.2.3:6443", "https://10.1.2.3:6443", True),
        ("fd00::/8", "https://[fd00::1]:6443", True),
        ("fd00::1", "https://[fd00::1]:6443", True),
        ("[fd00::1]:6443", "https://[fd00::1]:6443", True),
        ("", "https://c.test", False),
        ("not/a/network", "https://10.1.2.3", False),
        ("", "https://127.0.0.1:6443", True),
        ("", "https://[::1]:6443", True),
        ("", "https://localhost:6443", True),
    ],
)
def test_what_is_reached_directly(no_proxy: str, url: str, is_direct: bool) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        found = proxies.for_url(url, {"HTTPS_PROXY": PROXY, name: no_proxy})
        assert found == (None if is_direct else PROXY)

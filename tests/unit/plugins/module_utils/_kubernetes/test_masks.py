# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks

VALUES = {
    "envproxy": {"token": "tok-123456", "replicas": 1, "accessURL": "https://x"},
    "postgres": {"password": 98765, "passwordSecret": "db"},
    "certs": {"secret": {"name": "ca", "key": "ca.crt", "value": "inline"}},
    "coderd": {"tls": {"hostSecretName": "host-tls"}, "satellite": {"privateKey": ["a-key", ""]}},
    "note": "-----BEGIN EC PRIVATE KEY-----\nx",
    "secretless": True,
    "tokens": None,
}


def test_secrets_are_masked_and_the_rest_stays() -> None:
    assert masks.masked(VALUES) == {
        "envproxy": {"token": "********", "replicas": 1, "accessURL": "https://x"},
        "postgres": {"password": "********", "passwordSecret": "********"},
        "certs": {"secret": {"name": "ca", "key": "ca.crt", "value": "********"}},
        "coderd": {"tls": {"hostSecretName": "host-tls"}, "satellite": {"privateKey": ["********", ""]}},
        "note": "********",
        "secretless": True,
        "tokens": None,
    }


def test_scrub_takes_every_secret_out_of_a_message() -> None:
    encoded = base64.b64encode(b"tok-123456").decode()
    text = masks.scrub(f"token tok-123456 or {encoded}, password 98765, of host-tls, secret db", VALUES)
    assert text == "token ******** or ********, password ********, of host-tls, secret db"


def test_what_programs_are_given_is_masked_in_values_as_well() -> None:
    values = {
        "coderd": {
            "extraEnvs": [{"name": "LEVEL", "value": "abc"}],
            "env": {"DB_NAME": "abc", "n": 1},
            "args": ["abc"],
        },
        "parameters": [{"name": "dbPassword", "value": "abc"}, {"name": "size", "value": "abc"}],
        "url": "https://user:abc@host/path",
        "environments": {"tolerations": [{"key": "a", "operator": "Exists"}]},
        "data": {"name": "abc", "on": True},
    }
    assert masks.masked(values) == {
        "coderd": {
            "extraEnvs": [{"name": "LEVEL", "value": "********"}],
            "env": {"DB_NAME": "********", "n": "********"},
            "args": ["********"],
        },
        "parameters": [{"name": "dbPassword", "value": "********"}, {"name": "size", "value": "abc"}],
        "url": "https://user:********@host/path",
        "environments": {"tolerations": [{"key": "a", "operator": "Exists"}]},
        "data": {"name": "********", "on": "********"},
    }


def test_scrub_leaves_short_words_that_are_only_given_to_programs() -> None:
    given = {"env": [{"name": "LEVEL", "value": "debug"}, {"name": "X", "value": "long-enough"}], "token": "abcd"}
    assert masks.scrub("debug of long-enough with abcd", [given]) == "debug of ******** with ********"

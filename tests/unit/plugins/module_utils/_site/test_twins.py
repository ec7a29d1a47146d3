# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.coder.classic.plugins.module_utils._site.twins import problems

ONE = {
    "coder_provider_name": "sydney-1",
    "coder_provider_kubeconfig": "/k",
    "coder_provider_context": "one",
    "coder_provider_namespace": "coder",
    "coder_shared_clusters": False,
}
TWO = {**ONE, "coder_provider_name": "sydney-2", "coder_provider_context": "two"}
SHARED = {"coder_shared_clusters": True}


def codes(mine=None, others=None, seen=None):
    found = problems("sydney-1", {**ONE, **(mine or {})}, {"sydney-2": {**TWO, **(others or {})}}, seen)
    return [entry["code"] for entry in found]


def test_two_providers_are_two():
    assert codes() == []
    assert codes(seen={"sydney-1": "a", "sydney-2": "b"}) == []


def test_a_host_is_no_twin_of_itself():
    assert problems("sydney-1", ONE, {"sydney-1": ONE}, {"sydney-1": "a"}) == []


def test_one_provider_of_two_hosts_is_told():
    (found,) = problems("sydney-1", ONE, {"a": {**TWO, "coder_provider_name": "sydney-1"}, "b": TWO})
    assert (found["code"], found["message"]) == ("same_provider", "sydney-1 and a are the same provider sydney-1")


@pytest.mark.parametrize(
    ("mine", "others", "seen"),
    [
        ({}, {}, {"sydney-1": "a", "sydney-2": "a"}),
        ({}, {"coder_provider_context": "one"}, {}),
        ({}, {"coder_provider_context": "one"}, {"sydney-1": "a", "sydney-2": None}),
        ({"coder_provider_context": None}, {"coder_provider_context": None}, {}),
        ({"coder_provider_cluster_uid": "a"}, {"coder_provider_cluster_uid": "a"}, {}),
        ({}, {"coder_provider_cluster_uid": "a"}, {"sydney-1": "a"}),
    ],
)
def test_one_cluster_is_found_by_what_was_seen_by_the_pin_or_by_the_way(mine, others, seen):
    assert codes(mine, others, seen) == ["same_cluster"]
    # Only one of them says so.
    assert codes({**mine, **SHARED}, others, seen) == ["same_cluster"]
    # Both, but in one namespace.
    assert codes({**mine, **SHARED}, {**others, **SHARED}, seen) == ["same_cluster"]
    apart = {**others, **SHARED, "coder_provider_namespace": "other"}
    assert codes({**mine, **SHARED}, apart, seen) == []


def test_what_was_seen_counts_more_than_what_is_written():
    pins = {"coder_provider_cluster_uid": "a", "coder_provider_context": "one"}
    assert codes(pins, pins, {"sydney-1": "a", "sydney-2": "b"}) == []


def test_the_environment_may_lead_elsewhere_in_another_run():
    nothing = {"coder_provider_kubeconfig": None, "coder_provider_context": None}
    assert codes(nothing, nothing) == []
    by_name = {"coder_provider_kubeconfig": None, "coder_provider_context": "default"}
    assert codes(by_name, by_name) == []


def test_the_words_say_where_and_what_to_do():
    (found,) = problems("sydney-1", ONE, {"sydney-2": TWO}, {"sydney-1": "u1", "sydney-2": "u1"})
    assert found["message"] == ("sydney-1 and sydney-2 are the same namespace coder of the same cluster")
    assert found["where"] == "cluster u1, kubeconfig /k, context one"
    (found,) = problems(
        "sydney-1", ONE, {"sydney-2": {**TWO, "coder_provider_namespace": "b"}}, {"sydney-1": "u", "sydney-2": "u"}
    )
    assert found["message"] == "sydney-1 and sydney-2 are the same cluster"
    assert "coder_shared_clusters" in found["next"]

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import three_way

OLD = {
    "spec": {
        "replicas": 1,
        "paused": True,
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "web",
                        "image": "web:1",
                        "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                    },
                    {"name": "sidecar", "image": "s:1"},
                ],
                "tolerations": [{"key": "a"}],
            }
        },
    },
    "data": {"a": "b", "c": "d"},
}
NEW = {
    "spec": {
        "replicas": 2,
        "template": {
            "spec": {
                "containers": [{"name": "web", "image": "web:2", "env": [{"name": "B", "value": "2"}]}],
                "tolerations": [{"key": "z"}],
            }
        },
    },
    "data": {"a": "b"},
}


def test_what_the_new_manifest_no_longer_has_is_taken_off_by_name():
    patch = three_way.strategic(OLD, NEW)
    assert patch["data"] == {"a": "b", "c": None} and patch["spec"]["paused"] is None
    assert patch["spec"]["template"]["spec"] == {
        "containers": [
            {
                "name": "web",
                "image": "web:2",
                "env": [{"name": "B", "value": "2"}, {"$patch": "delete", "name": "A"}],
            },
            {"$patch": "delete", "name": "sidecar"},
        ],
        # The API server replaces these as a whole.
        "tolerations": [{"key": "z"}],
    }


def test_ports_are_told_apart_as_their_kind_does():
    service = three_way.strategic({"ports": [{"port": 80}, {"port": 22}]}, {"ports": [{"port": 80}]})
    assert service == {"ports": [{"port": 80}, {"$patch": "delete", "port": 22}]}
    container = three_way.strategic({"ports": [{"containerPort": 1}]}, {"ports": [{"containerPort": 2}]})
    assert container == {"ports": [{"containerPort": 2}, {"$patch": "delete", "containerPort": 1}]}


def test_a_list_that_cannot_be_told_apart_is_sent_as_it_is():
    assert three_way.strategic({"env": ["x"]}, {"env": ["y"]}) == {"env": ["y"]}


def test_custom_resources_have_their_lists_replaced():
    patch = three_way.plain(OLD, NEW)
    assert patch["spec"]["template"]["spec"]["containers"] == NEW["spec"]["template"]["spec"]["containers"]
    assert patch["data"] == {"a": "b", "c": None}

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is read of a satellite's cluster and URL, and whether both hold the same key."""

from __future__ import annotations

import base64
import copy

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from unit.plugins.module_utils._kubernetes.fake_cluster import record, secret
from unit.plugins.module_utils._region.observe.test_observe_cluster import Cluster
from unit.plugins.module_utils._region.scene import WANTED

from ansible_collections.coder.classic.plugins.module_utils._coder.satellite_key import public_key_of
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._region.observe import observe_satellite
from ansible_collections.coder.classic.plugins.module_utils._site import helm_values

NAMESPACE = "coder-satellite"


def private_key():
    formats = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    return ec.generate_private_key(ec.SECP256R1()).private_bytes(*formats).decode()


def key_secret(private):
    data = {"privateKey": base64.b64encode(private.encode()).decode()}
    return {"kind": "Secret", "metadata": {"name": "coder-replica-private-key", "namespace": NAMESPACE}, "data": data}


def deployment(name="coderd", *, available="True", generation=2, observed=2, replicas=1):
    status = {
        "observedGeneration": observed,
        "availableReplicas": replicas,
        "conditions": [{"type": "Available", "status": available}],
    }
    return {
        "kind": "Deployment",
        "metadata": {"name": name, "namespace": NAMESPACE, "generation": generation},
        "status": status,
    }


def release(**more):
    values = {"coderd": {"satellite": {"enable": True}, "token": "hide-me"}}
    return secret(record("", name="coder-satellite", namespace=NAMESPACE, config=values, **more))


def look(*objects, **satellite):
    wanted = {**copy.deepcopy(WANTED["satellite"]), **satellite}
    cluster = Cluster(objects)
    return observe_satellite.look_at_cluster(cluster, wanted), cluster


def test_a_region_without_a_satellite():
    seen, _cluster = look()
    assert (seen["problems"], seen["release_seen"], seen["release"]) == ([], True, None)
    assert (seen["ready"], seen["foreign"], seen["public_key"]) == (False, [], None)


def test_an_installed_satellite_with_its_public_key_and_none_of_its_values():
    private = private_key()
    seen, _cluster = look(release(), deployment(), key_secret(private))
    assert seen["release"]["status"] == "deployed"
    values = {"coderd": {"satellite": {"enable": True}, "token": "hide-me"}}
    assert seen["release"]["values_sha256"] == helm_values.sha256(values)
    assert "hide-me" not in str(seen)
    assert (seen["ready"], seen["public_key"]) == (True, public_key_of(private))
    assert "PRIVATE" not in str(seen)


def test_an_uninstalled_release_with_history_is_none():
    seen, _cluster = look(release(info={"status": "uninstalled"}))
    assert (seen["release_seen"], seen["release"]) == (True, None)


@pytest.mark.parametrize(
    ("there", "ready"),
    [
        (deployment(), True),
        (deployment("cemanager"), True),
        (deployment(available="False"), False),
        (deployment(observed=1), False),
        (deployment(replicas=0), False),
    ],
)
def test_ready_is_what_its_deployment_says_of_its_newest_state(there, ready):
    assert look(there)[0]["ready"] is ready


def test_the_old_entry_in_its_namespace_is_named():
    service = {"kind": "Service", "metadata": {"name": "envproxy", "namespace": NAMESPACE}}
    assert look(service, deployment("ingress-nginx"))[0]["foreign"] == ["Service/envproxy", "Deployment/ingress-nginx"]


@pytest.mark.parametrize(("chart_version", "asked"), [("1.21.7", False), ("1.22.3", True), (None, False)])
def test_rights_on_ingresses_are_asked_for_where_the_chart_renders_one(chart_version, asked):
    _seen, cluster = look(chart_version=chart_version)
    assert ("ingresses" in {question[2] for question in cluster.asked}) is asked


def test_the_right_to_make_the_namespace_is_asked_for_where_there_is_none():
    question = ("create", "", "namespaces", None, None, None)
    seen, cluster = look()
    assert (seen["namespace_exists"], question in cluster.asked) == (False, True)
    seen, cluster = look({"kind": "Namespace", "metadata": {"name": "coder-satellite"}})
    assert (seen["namespace_exists"], question in cluster.asked) == (True, False)


def test_a_namespace_that_is_being_deleted_is_seen_with_what_holds_it():
    conditions = [
        {"type": "NamespaceDeletionDiscoveryFailure", "status": "False", "message": "All resources discovered"},
        {"type": "NamespaceContentRemaining", "status": "True", "message": "services. has 1 resource instances"},
        {"type": "NamespaceFinalizersRemaining", "status": "True", "message": "finalizers remaining: x in 1 instances"},
    ]
    metadata = {"name": "coder-satellite", "deletionTimestamp": "2026-03-02T11:00:00Z"}
    seen, _cluster = look(
        {"kind": "Namespace", "metadata": metadata, "status": {"phase": "Terminating", "conditions": conditions}}
    )
    assert seen["namespace_terminating"] == {
        "since": "2026-03-02T11:00:00Z",
        "held": ["services. has 1 resource instances", "finalizers remaining: x in 1 instances"],
    }
    assert look({"kind": "Namespace", "metadata": {"name": "coder-satellite"}})[0]["namespace_terminating"] is None


def test_an_unusable_key_is_a_problem_that_does_not_show_it():
    seen, _cluster = look(release(), key_secret("-----BEGIN nonsense"))
    assert [problem["code"] for problem in seen["problems"]] == ["invalid"]
    assert "nonsense" not in str(seen)
    assert seen["release"] is not None


def test_nothing_is_read_from_another_cluster():
    seen, cluster = look(release(), cluster_uid="uid-9")
    assert (seen["uid"], seen["release_seen"], cluster.asked) == ("uid-1", False, [])


def test_what_its_url_does_not_serve_is_kept_apart_from_the_problems():
    def fetch(url, **options):
        assert (url, options) == ("https://sydney.coder.test", {"ca_path": "/ca", "timeout": 7, "authorization": "a"})
        raise ClassicError("no", code="not_json")

    wanted = {**WANTED["satellite"], "ca_path": "/ca", "authorization": "a"}
    seen = observe_satellite.look_at_url(wanted, 7, fetch=fetch)
    assert (seen["served"], seen["served_problem"]["code"], seen["version"]) == (None, "not_json", None)


def test_the_keys_are_compared_as_keys_and_not_as_texts():
    mine, other = public_key_of(private_key()), public_key_of(private_key())

    def same(served, public):
        seen = {"served": served and {"key": served, "fingerprint": "f"}, "public_key": public, "same_key": None}
        observe_satellite.compare_keys(seen)
        return seen["same_key"]

    der = "".join(line for line in mine.splitlines() if "-----" not in line)
    assert same(mine, mine) is True
    assert same(der, mine) is True
    assert same(other, mine) is False
    assert same("no key at all", mine) is False
    assert same(None, mine) is None
    assert same(mine, None) is None

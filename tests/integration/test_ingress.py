# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""coder_ingress on a real API server: the routes of a site with an ingress of its own."""

from __future__ import annotations

import pytest
from main_site import routes

from ansible_collections.coder.classic.plugins.module_utils._deployment.routes import find, judge, rewrite, run, writing
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import cluster_from_params

RULE = "coder.example.com/=cemanager:8080", "coder.example.com/proxy=envproxy:8080", "other.example.com/=shop:80"
TARGET = judge.Target("coder", "coder", "coderd", 80, 443)


@pytest.fixture
def site(region_lab):
    region_lab.begin("fresh")
    rules = [part for rule in RULE for part in ("--rule", rule)]
    region_lab.kubectl("primary", "create", "ingress", "of-the-site", *rules)
    return region_lab


def cluster(lab):
    access = lab.clusters["primary"]
    return cluster_from_params(
        {"kubeconfig": access["admin_kubeconfig"], "context": "primary", "cluster_uid": access["uid"]}
    )


def test_routes_are_rewritten_with_a_backup_and_nothing_else_is(site, tmp_path):
    params = {
        "namespace": "coder", "release": "coder", "to_service": "coderd", "to_http_port": 80, "to_https_port": 443,
        "rewrite": True, "backup_dir": str(tmp_path),
    }  # fmt: skip
    planned = run.run(cluster(site), params, True)
    assert planned["changed"] and routes(site) == ["cemanager:8080", "envproxy:8080", "shop:80"]
    done = run.run(cluster(site), params, False)
    assert done["diff"] == planned["diff"] and routes(site) == ["coderd:80", "coderd:80", "shop:80"]
    assert run.run(cluster(site), params, False)["changed"] is False
    (backup,) = done["backups"]
    # The way back is a plain kubectl apply.
    site.kubectl("primary", "apply", "-f", backup)
    assert routes(site) == ["cemanager:8080", "envproxy:8080", "shop:80"]


def test_a_route_that_somebody_changes_meanwhile_is_not_patched(site):
    of = cluster(site)
    (route,) = judge.routes(find.look(of, "coder", "coder"), TARGET)
    edit = rewrite.edit(route, TARGET)
    site.kubectl("primary", "annotate", "ingress", "of-the-site", "a.example.com/b=c")
    with pytest.raises(ClassicError) as caught:
        writing.patch(of, edit)
    assert caught.value.status == 409 and routes(site)[0] == "cemanager:8080"

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What is told of the main deployment at each stage, and how its parts are read."""

from __future__ import annotations

import pytest
from unit.plugins.module_utils._deployment import looks
from unit.plugins.module_utils._deployment.scene import STAGES, live

from ansible_collections.coder.classic.plugins.module_utils._deployment.judge.phase import phase_of
from ansible_collections.coder.classic.plugins.module_utils._deployment.observe import values
from ansible_collections.coder.classic.plugins.module_utils._deployment.tell import layout, numbers, report


def described(stage="1.21 service_next", change=looks.none, **more):
    seen = looks.look(stage, **more)
    change(seen)
    return report.describe(seen)


@pytest.mark.parametrize(
    ("stage", "entry", "ports", "address"),
    [
        ("1.20", "ingress-nginx", [80, 443, 22], ["192.0.2.10"]),
        ("1.21 old layout", "ingress-nginx", [80, 443, 22], ["192.0.2.10"]),
        ("1.21 custom ingress", "coderd", [8080, 8443], []),
        ("1.21 service_next", "ingress-nginx", [80, 443], ["192.0.2.10"]),
        ("1.22", "ingress-nginx", [80, 443], ["192.0.2.10"]),
    ],
)
def test_each_stage(stage, entry, ports, address) -> None:
    view = described(stage)
    assert phase_of(view) == stage
    assert (view["layout"], view["stored_layout"]) == (STAGES[stage].layout,) * 2
    assert view["versions"] == dict.fromkeys(("api", "release", "images"), STAGES[stage].version)
    assert (view["entry"]["service"], view["entry"]["ports"], view["entry"]["address"]) == (entry, ports, address)
    assert view["main"]["name"] == STAGES[stage].main
    assert view["database"]["kind"] == "built_in"
    assert view["tls"] == {"host": "coder-tls", "devurls": "devurls-tls", "ca_secret": None, "missing": []}
    assert view["custom_ingress"] is (stage == "1.21 custom ingress")
    assert view["builtin_provider"] == "built-in"
    assert [row["workspaces"] for row in view["providers"]] == [{"total": 2, "on": 1}, {"total": 0, "on": 0}]
    assert {row["net_v2"] for row in view["providers"]} == {stage == "1.22"}
    assert view["release"]["exists"] and view["release"]["pending_seconds"] is None


def test_a_service_named_like_the_deployment_is_the_next_layout_too() -> None:
    def renamed(seen):
        seen["cluster"]["services"][0]["name"] = "coderd"

    assert described(change=renamed)["entry"]["service"] == "coderd"


def test_values_alone_decide_nothing() -> None:
    # The values do not say serviceNext: the chart found no old Service and chose it by itself.
    assert described(change=looks.of_values(service_next=None))["layout"] == "service_next"
    # They say it, and live nginx is still in front.
    assert described("1.21 old layout", looks.of_values(service_next=True))["layout"] == "old"


def test_a_foreign_nginx_is_the_site_s_own_ingress() -> None:
    def foreign(seen):
        for row in seen["cluster"]["services"]:
            row["owner"] = "my-nginx" if row["name"] == "ingress-nginx" else row["owner"]

    assert (
        described("1.21 old layout", looks.both(foreign, looks.of_values(use_default_ingress=False)))["layout"]
        == "custom_ingress"
    )
    assert described("1.21 old layout", foreign)["layout"] is None


def test_a_service_without_a_selector_leads_nowhere() -> None:
    main = {"name": "coderd", "labels": {"app": "coderd"}}
    assert not layout.selects({"selector": {}}, main)
    assert layout.selects({"selector": {"app": "coderd"}}, main)
    assert not layout.selects({"selector": {"app": "coderd", "x": "y"}}, main)


@pytest.mark.parametrize(
    ("image", "version"),
    [
        ("registry.example.com:5000/coder-service:1.21.7", "1.21.7"),
        ("coder-service:1.21.7-ironbank", "1.21.7"),
        ("coder-service:v1.21.7@sha256:0000", "1.21.7"),
        ("registry.example.com:5000/coder-service@sha256:0000", None),
        ("registry.example.com:5000/coder-service", None),
        ("coder-service:latest", None),
        ("coder-service:1.21.7.1", None),
        (None, None),
    ],
)
def test_the_version_of_an_image(image, version) -> None:
    assert numbers.of_image(image) == version


@pytest.mark.parametrize(
    ("chart_version", "app_version", "version"),
    [
        ("1.21.7", "1.21.7", "1.21.7"),
        ("1.21.7", None, "1.21.7"),
        ("9.0.0", "1.21.7", "1.21.7"),
        # A chart from git: its static version tells nothing.
        ("1.19.0", None, None),
        ("1.19.0", "1.19.0", None),
    ],
)
def test_the_version_of_a_chart(chart_version, app_version, version) -> None:
    view = described(change=looks.of_release(chart_version=chart_version, app_version=app_version))
    assert view["versions"]["release"] == version


def test_an_external_database_is_told_without_its_password() -> None:
    of = STAGES["1.22"]._replace(
        database=False,
        values={
            "postgres": {
                "host": "postgres://u:very-secret@db",
                "port": 5432,
                "passwordSecret": "db",
                "default": {"enable": False},
            }
        },
    )
    view = described("1.22", cluster=looks.cluster_of(live(of)))
    assert view["database"] == {
        "kind": "external",
        "host": "postgres://u:********@db",
        "port": 5432,
        "user": None,
        "database": None,
        "ssl_mode": "require",
        "password_secret": "db",
    }


def test_values_are_merged_as_helm_does() -> None:
    defaults = {"a": {"b": 1, "c": 2}, "d": [1], "e": {"f": 1}}
    assert values.merged(defaults, {"a": {"b": 3, "c": None}, "d": [2], "g": 1}) == {
        "a": {"b": 3},
        "d": [2],
        "e": {"f": 1},
        "g": 1,
    }


def test_how_long_a_release_is_pending_by_coder_s_clock() -> None:
    change = looks.of_release(status="pending-upgrade", updated="2026-03-02T11:50:00.123456789Z")
    assert described(change=change)["release"]["pending_seconds"] == 599
    odd = looks.of_release(status="pending-upgrade", updated="yesterday")
    assert described(change=odd)["release"]["pending_seconds"] is None


def test_a_satellite_s_version_comes_with_the_regions() -> None:
    regions = [
        {"region": "sydney", "phase": "moved", "satellite": "sydney", "satellite_version": "1.21.6"},
        {"region": "perth", "phase": "moved", "satellite": "perth", "satellite_version": "1.21.7"},
    ]
    rows = [{"id": name, "name": name, "fingerprint": "f"} for name in ("sydney", "perth", "oslo")]
    view = described(satellites=rows, regions=regions)
    assert [(row["name"], row["version"], row["lags"]) for row in view["satellites"]] == [
        ("sydney", "1.21.6", True),
        ("perth", "1.21.7", False),
        ("oslo", None, None),
    ]
    assert described("1.20")["satellites"] is None

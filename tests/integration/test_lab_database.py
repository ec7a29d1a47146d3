# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The lab's database behind the chart's ``timescale``: what a dump, a pod that is gone and a lost volume do to Coder."""

from __future__ import annotations

import json

import pytest

CLUSTER, POD = "primary", "timescale-0"


def psql(lab, question: str) -> str:
    return lab.kubectl(CLUSTER, "exec", POD, "--", "psql", "-U", "coder", "-d", "coder", "-Atc", question).strip()


def status(lab) -> int:
    return lab.coder("GET", "/api/v0/users/me").status_code


def test_a_dump_comes_through_the_api_server_and_goes_back_while_coder_is_away(fresh):
    dump = fresh.kubectl(CLUSTER, "exec", POD, "--", "pg_dump", "-U", "coder", "-d", "coder")
    assert "PostgreSQL database dump complete" in dump and "CREATE TABLE public.satellites" in dump
    assert psql(fresh, "SELECT version, dirty FROM schema_migrations") == "121|f"
    with pytest.raises(AssertionError, match="accessed by other users"):
        fresh.kubectl(CLUSTER, "exec", POD, "--", "dropdb", "-U", "coder", "--maintenance-db=postgres", "coder")
    fresh.kubectl(CLUSTER, "scale", "deployment/coderd", "--replicas=0")
    sessions = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'coderd'"
    fresh.until(lambda: psql(fresh, sessions) == "0", 10)
    script = (
        "pg_dump -Fc -U coder coder > kept && psql -U coder -d coder -qc 'DELETE FROM audit_logs' "
        "&& dropdb -U coder --maintenance-db=postgres coder && createdb -U coder --maintenance-db=postgres coder "
        "&& pg_restore -U coder -d coder kept; rm kept"
    )
    fresh.kubectl(CLUSTER, "exec", POD, "--", "sh", "-c", script)
    assert psql(fresh, "SELECT count(*) FROM audit_logs") == "300"
    fresh.kubectl(CLUSTER, "scale", "deployment/coderd", "--replicas=1")
    fresh.until(lambda: status(fresh) == 200, 20)


def test_without_the_databases_pod_coder_answers_500_and_without_its_claim_everything_is_lost(fresh):
    fresh.kubectl(CLUSTER, "scale", "statefulset/timescale", "--replicas=0")
    fresh.until(lambda: status(fresh) == 500, 10)
    fresh.kubectl(CLUSTER, "scale", "statefulset/timescale", "--replicas=1")
    fresh.until(lambda: status(fresh) == 200, 20)
    fresh.kubectl(CLUSTER, "scale", "statefulset/timescale", "--replicas=0")
    fresh.kubectl(CLUSTER, "delete", "persistentvolumeclaim", "timescale-data-timescale-0")
    fresh.kubectl(CLUSTER, "scale", "statefulset/timescale", "--replicas=1")
    fresh.until(lambda: "does not exist" in fresh.coder("GET", "/api/v0/users/me").text, 20)
    assert json.loads(fresh.kubectl(CLUSTER, "get", "pod", POD, "-o", "json"))["status"]["phase"] == "Running"
    fresh.begin("fresh")
    assert status(fresh) == 200 and psql(fresh, "SELECT count(*) FROM users") == "40"

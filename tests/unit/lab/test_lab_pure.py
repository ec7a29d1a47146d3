# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The decisions of the lab that need no process: layout, command lines, stages, differences, inventory."""

from __future__ import annotations

import base64
import socket
import stat
from pathlib import Path

import pytest
import yaml

from lab import (
    cluster_files,
    control_plane,
    database,
    etcd_state,
    files,
    guidance,
    installation,
    inventory,
    kwok_stages,
    layout,
    ports,
    primaries,
    simulation,
    snapshots,
)
from lab.errors import LabError
from lab.layout import Layout
from lab.lifecycle import Lab

REGIONS = {"sydney": ("sydney-1", "sydney-2"), "frankfurt": ("frankfurt-1",)}


@pytest.fixture
def lab() -> Layout:
    names = layout.port_names(REGIONS)
    programs = {name: f"/bin/{name}" for name in control_plane.COMPONENTS}
    return Layout(Path("/lab"), "1.21", "plain", REGIONS, programs, {name: 20000 + i for i, name in enumerate(names)})


def test_ports_are_different_and_free():
    chosen = ports.choose(f"port-{number}" for number in range(30))
    assert len(set(chosen.values())) == 30
    for port in chosen.values():
        with socket.socket() as attempt:
            attempt.bind(("127.0.0.1", port))


def test_ports_do_not_take_what_somebody_listens_on(monkeypatch):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        monkeypatch.setattr(ports, "RANGE", range(taken.getsockname()[1], taken.getsockname()[1] + 1))
        with pytest.raises(LabError, match="1 free ports are needed"):
            ports.choose(["one"])


def test_a_port_that_is_not_listened_on_yet_is_not_chosen_again(monkeypatch):
    (port,) = ports.choose(["one"]).values()
    monkeypatch.setattr(ports, "RANGE", range(port, port + 1))
    with pytest.raises(LabError, match="only 0 were found"):
        ports.choose(["another"])


def test_layout_comes_back_as_it_was_written(tmp_path):
    made = layout.create(tmp_path, "current", "keep", ["frankfurt", "sydney"], {"helm": Path("/bin/helm")})
    assert Path(made.sockets).is_dir() and len(made.sockets) < 80
    database.forget(tmp_path)
    assert not Path(made.sockets).exists()
    assert list(made.regions) == ["sydney", "frankfurt"]
    assert layout.load(tmp_path) == made and made.primary == primaries.NEW
    assert made.clusters == ["primary", "sydney-1", "sydney-2", "frankfurt-1"]


def test_only_a_lab_with_an_old_main_deployment_has_more_than_before(lab):
    new = lab._replace(primary=primaries.NEW)
    assert [simulation.primary(new), simulation.built_in(new)] == [{"cluster": "primary", "namespace": "coder"}, []]
    for primary, entry in ((primaries.OLD, "release"), (primaries.CUSTOM, "custom"), (primaries.UPGRADED, "release")):
        old = lab._replace(primary=primary)
        assert simulation.primary(old)["entry"] == entry
        (provider,) = simulation.built_in(old)
        assert provider["built_in"] and provider["needs_envproxy"] and provider["namespace"] == "coder"
        assert sorted(one["state"] for one in provider["workspaces"]) == ["off", "on-idle", "on-live"]


def test_layout_of_an_empty_folder_is_none(tmp_path):
    assert layout.load(tmp_path) is None


def test_written_files_are_private_and_whole(tmp_path):
    path = tmp_path / "secret.json"
    files.write_json(path, {"a": 1})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert path.read_text() == '{\n "a": 1\n}\n'
    assert [one.name for one in tmp_path.iterdir()] == ["secret.json"]


def test_tail_gives_the_last_lines(tmp_path):
    (tmp_path / "log").write_text("".join(f"line {number}\n" for number in range(20000)))
    assert files.tail(tmp_path / "log", 2) == ["line 19998", "line 19999"]
    assert files.tail(tmp_path / "none") == []


def test_every_command_line_stays_on_this_machine_and_holds_no_secret(lab):
    for cluster in lab.clusters:
        for component in control_plane.COMPONENTS:
            command = control_plane.command(lab, cluster, component)
            assert command[0] == f"/bin/{component}"
            assert not [one for one in command if "0.0.0.0" in one or "token=" in one]
    assert "--bind-address=127.0.0.1" in control_plane.command(lab, "primary", "kube-apiserver")


def test_the_unprotected_port_of_old_components_is_closed_and_its_flag_not_given_to_new_ones(lab):
    for component in ("kube-controller-manager", "kube-scheduler"):
        assert "--port=0" in control_plane.command(lab, "primary", component)
        assert "--port=0" not in control_plane.command(lab._replace(kubernetes="current"), "primary", component)


def test_only_pods_can_be_held(tmp_path):
    for folder, names in (
        ("node/fast", ["node-initialize"]),
        ("pod/fast", ["pod-ready", "pod-delete", "pod-complete"]),
    ):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "kustomization.yaml").write_text("kind: Kustomization\n")
        for name in names:
            stage = {
                "kind": "Stage",
                "metadata": {"name": name},
                "spec": {"selector": {"matchExpressions": [{"key": "k"}]}},
            }
            (tmp_path / folder / f"{name}.yaml").write_text(yaml.safe_dump(stage))
    stages = {one["metadata"]["name"]: one for one in yaml.safe_load_all(kwok_stages.config(tmp_path))}
    added = {name: stage["spec"]["selector"]["matchExpressions"][1:] for name, stage in stages.items()}
    key = '.metadata.annotations["lab.coder.classic/hold"]'
    assert added == {
        "node-initialize": [],
        "pod-complete": [],
        "pod-ready": [{"key": key, "operator": "NotIn", "values": ["not-ready"]}],
        "pod-delete": [{"key": key, "operator": "NotIn", "values": ["terminating"]}],
    }


def test_only_ready_waits_for_a_migration_and_only_where_there_is_one():
    stage = {"kind": "Stage", "metadata": {"name": "pod-ready"}, "spec": {"selector": {"matchExpressions": []}}}
    (added,) = kwok_stages.after_migration(stage, "coder")["spec"]["selector"]["matchExpressions"]
    assert (added["operator"], added["values"]) == ("NotIn", ["migrating"])
    assert '.metadata.namespace == "coder"' in added["key"] and '.name == "migrations"' in added["key"]
    assert kwok_stages.after_migration(stage, None) is stage
    other = {**stage, "metadata": {"name": "pod-delete"}}
    assert kwok_stages.after_migration(other, "coder") is other


def test_differences_delete_what_is_new_and_write_what_changed_or_went():
    operations = etcd_state.differences(
        {"same": "1", "changed": "1", "new": "1"}, {"same": "1", "changed": "2", "gone": "3"}
    )
    assert operations == [
        {"requestDeleteRange": {"key": "new"}},
        {"requestPut": {"key": "changed", "value": "2"}},
        {"requestPut": {"key": "gone", "value": "3"}},
    ]
    assert etcd_state.differences({"a": "1"}, {"a": "1"}) == []


def test_batches_keep_order_and_etcds_limits():
    small = [{"requestDeleteRange": {"key": str(number)}} for number in range(250)]
    assert [len(batch) for batch in etcd_state.batches(small)] == [100, 100, 50]
    assert [one for batch in etcd_state.batches(small) for one in batch] == small
    large = [{"requestPut": {"key": "k", "value": "v" * 600_000}}] * 3
    assert [len(batch) for batch in etcd_state.batches(large)] == [1, 1, 1]
    assert list(etcd_state.batches([])) == []


def test_read_pages_through_one_moment_and_leaves_heartbeats_out(monkeypatch):
    def encode(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    asked = []

    def answer(session, url, path, body):
        asked.append(dict(body))
        key = "/registry/pods/a" if len(asked) == 1 else "/registry/leases/kube-system/b"
        page = {"kvs": [{"key": encode(key), "value": "x"}], "header": {"revision": "7"}}
        return page | ({"more": True} if len(asked) == 1 else {})

    monkeypatch.setattr(etcd_state, "_call", answer)
    assert etcd_state.read("http://etcd") == {encode("/registry/pods/a"): "x"}
    assert "revision" not in asked[0]
    assert (asked[1]["revision"], asked[1]["key"]) == ("7", encode("/registry/pods/a\0"))


def seen(a: dict | None = None, b: dict | None = None, provider: str = "ready") -> dict:
    """The pods of clusters a and b, by default x and y, which run, and the status of provider p."""
    pods = {"a": {"x": True} if a is None else a, "b": {"y": True} if b is None else b}
    return {"pods": pods, "providers": {"p": provider}}


@pytest.mark.parametrize(
    ("now", "chosen", "problems"),
    [
        (seen(), ["a", "b"], []),
        (seen(a={}), ["a", "b"], ["pod x of a is not there, in the snapshot it runs"]),
        (seen(a={"x": False}), ["a"], ["pod x of a does not run, in the snapshot it runs"]),
        (seen(a={"x": True, "z": True}), ["a"], ["pod z of a runs, in the snapshot it is not there"]),
        (seen(b={}), ["a"], []),
        (seen(provider="error"), ["a", "b"], ["provider p is error, in the snapshot it is ready"]),
        (seen(provider="error"), ["a"], []),
    ],
)
def test_what_a_restore_did_not_bring_back_is_named(now, chosen, problems):
    assert snapshots.unlike(now, seen(), chosen) == problems


def test_snapshot_names_cannot_leave_their_folder():
    assert snapshots.folder(Path("/lab"), "before-switch") == Path("/lab/snapshots/before-switch")
    for name in ("../x", "", ".hidden", "a/b"):
        with pytest.raises(LabError, match="no name for a snapshot"):
            snapshots.folder(Path("/lab"), name)


def test_unsettled_names_provider_and_workspace():
    state = {
        "entered": False,
        "providers": [{"name": "p", "status": "error", "status_message": "no token"}],
        "workspaces": [
            {"name": "p-live", "container_status": "OFF", "updating": True},
            {"name": "p-idle", "container_status": "ON", "updating": False},
            {"name": "p-off", "container_status": "OFF", "updating": False},
        ],
    }
    assert installation.unsettled(state) == [
        "the users' address does not lead to the main deployment",
        "provider p is error: no token",
        "workspace p-live is OFF, being built, not ON",
    ]


def test_default_ingress_only_where_its_apis_exist(lab):
    assert "ingress" not in installation.provider_values(lab, "sydney-1", "t")
    values = installation.provider_values(lab._replace(kubernetes="current"), "sydney-1", "t")
    assert values["ingress"] == {"useDefault": False}


def tell(lab, primary: str) -> str:
    described = {
        "regions": {"frankfurt": {"providers": {"frankfurt-1": {}}, "satellite_url": "https://s"}},
        "clusters": {"frankfurt-1": {"kubeconfig": "/k"}},
        "coder": {"url": "https://coder", "token": "SECRET", "primary": primary},
        "ca_path": "/ca", "chart_repo_url": "http://charts", "control_url": "http://control",
        "charts": {"coder": "/charts/coder.tgz"}, "database": {"programs": "/pg"},
    }  # fmt: skip
    return guidance.text(Lab(lab, described))


@pytest.fixture
def told(lab):
    return tell(lab, primaries.NEW)


def test_the_guidance_names_a_region_that_the_lab_has_and_no_token(told):
    assert "migrate_region.yml -l frankfurt -e coder_confirm_rebuild=frankfurt" in told
    assert "sydney" not in told and "SECRET" not in told


def test_the_guidance_walks_through_every_playbook_of_the_site_with_the_inventory_of_the_lab(lab):
    told = tell(lab, primaries.OLD)
    site = guidance.ROOT / "examples" / "site"
    commands = [line.split() for line in told.splitlines() if line.startswith("  ansible-playbook ")]
    named = {next(part for part in command if part.endswith(".yml")) for command in commands}
    assert named == {path.name for path in site.glob("*.yml")}
    for command in commands:
        assert command[1:3] == ["-i", str(lab.state / "inventory")] or "first_inventory.yml" in command
    assert f"  cd {site}" in told.splitlines()


def test_the_guidance_leaves_out_of_the_way_what_the_lab_has_behind_it(lab, told):
    assert "update_coder.yml" not in told and "built-in" not in told
    upgraded, custom = tell(lab, primaries.UPGRADED), tell(lab, primaries.CUSTOM)
    assert "coder_version=" not in upgraded and "coder_service_next=true\n" in upgraded
    assert "coder_version=1.21.7" in custom and "coder_rewrite_routes=true" in custom


def test_the_guidance_consents_only_to_what_is_to_be_shown(told):
    retire = [line for line in told.splitlines() if "coder_confirm_retire" in line]
    assert len(retire) == 1 and "retire_region.yml" in retire[0]
    first = next(line for line in told.splitlines() if "migrate_region.yml" in line)
    assert "--check" in first


def test_nothing_stands_above_rbac_for_the_operator(lab, tmp_path):
    cluster_files.write(lab._replace(state=tmp_path), "primary")
    users = (tmp_path / "clusters" / "primary" / "tokens.csv").read_text().splitlines()
    groups = {user: group.strip('"') for _token, user, _uid, group in (line.split(",") for line in users)}
    assert groups.pop("operator") == "coder-operators"
    assert groups.pop("impersonator") == "lab-impersonators"
    assert set(groups.values()) == {"system:masters"}


def test_inventory_names_every_provider_under_its_region_and_holds_no_token(tmp_path):
    cluster = {"kubeconfig": "/k", "context": "c", "uid": "u"}
    region = {
        "satellite_url": "https://s", "satellite_cluster": "sydney-1", "satellite_namespace": "coder-satellite",
        "satellite_release": "coder-satellite",
        "providers": {
            "sydney-1": {"provider": "sydney-1", "cluster": "sydney-1", "namespace": "coder", "release": "r"}
        },
    }  # fmt: skip
    described = {
        "clusters": {"primary": cluster, "sydney-1": cluster},
        "coder": {"url": "https://coder", "token": "SECRET", "namespace": "coder"},
        "ca_path": "/ca", "programs": {"helm": "/helm"}, "chart_repo_url": "http://charts",
        "regions": {"sydney": region},
    }  # fmt: skip
    inventory.write(described, tmp_path)
    written = {path.relative_to(tmp_path).as_posix(): path.read_text() for path in tmp_path.rglob("*.yml")}
    assert set(written) == {"hosts.yml", "group_vars/all.yml", "group_vars/sydney.yml", "host_vars/sydney-1.yml"}
    assert not [name for name, text in written.items() if "SECRET" in text]
    children = yaml.safe_load(written["hosts.yml"])["all"]["children"]["coder_regions"]["children"]
    assert children == {"sydney": {"hosts": {"sydney-1": None}}}
    assert yaml.safe_load(written["host_vars/sydney-1.yml"])["coder_workspaces_leave"] == ["sydney-1-broken"]

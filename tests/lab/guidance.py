# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told to somebody who wants to use the lab by hand (pure)."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from .lifecycle import FRESH, Lab
from .primaries import CUSTOM, NEW, UPGRADED

ROOT = Path(__file__).resolve().parents[2]


def text(lab: Lab) -> str:
    """Everything there is and how to use it. Without a token: a command reads it."""
    state, described = lab.layout.state, lab.description
    regions = (
        f"  region {region}: {', '.join(its['providers'])}; satellite address {its['satellite_url']}"
        for region, its in described["regions"].items()
    )
    kubeconfigs = (f"  {name}: {cluster['kubeconfig']}" for name, cluster in described["clusters"].items())
    command = f"PYTHONPATH={shlex.quote(str(ROOT / 'tests'))} {sys.executable} -m lab"
    return "\n".join(
        [
            f"Coder {described['coder']['url']} (certificates by {described['ca_path']})",
            *regions,
            "each provider has four workspaces: -live (in use), -idle, -off, -broken (its image cannot be built)",
            *_old_state(described),
            "kubeconfigs:",
            *kubeconfigs,
            f"chart repository {described['chart_repo_url']}, control API {described['control_url']}",
            "",
            "Use it by hand, from the folder that an operator copies:",
            *(f"  {line}" for line in setting(state)),
            *(f"  # {what}\n  {line}" for what, line in walk(state, described)),
            "Set it back to this state:",
            f"  {command} restore {FRESH} --state {shlex.quote(str(state))}",
            "End it:",
            f"  {command} down --state {shlex.quote(str(state))}",
        ]
    )


def _old_state(described: dict) -> list[str]:
    primary = described["coder"].get("primary", NEW)
    return [] if primary == NEW else [f"the main deployment is in state {primary}, with provider built-in (no -broken)"]


def setting(state: Path) -> list[str]:
    """What a shell needs before the walk."""
    read_token = "import json,sys; print(json.load(open(sys.argv[1]))['coder']['token'])"
    return [
        f"cd {shlex.quote(str(ROOT / 'examples' / 'site'))}",
        f'export PATH={shlex.quote(str(Path(sys.executable).parent))}:"$PATH"',
        f"export ANSIBLE_COLLECTIONS_PATH={shlex.quote(str(ROOT / 'build' / 'collections'))}",
        f'export CODER_TOKEN="$({sys.executable} -c "{read_token}" {shlex.quote(str(state / "lab.json"))})"',
    ]


def walk(state: Path, described: dict) -> list[tuple[str, str]]:
    """(what it shows, the command) of each playbook, in an order in which they work one after the other."""
    region = next(iter(described["regions"]))
    provider = next(iter(described["regions"][region]["providers"]))
    play = f"ansible-playbook -i {shlex.quote(str(state / 'inventory'))}"
    migrate = f"{play} migrate_region.yml -l {region} -e coder_confirm_rebuild={region}"
    new = shlex.quote(str(state / "first_inventory"))
    deployment = f"-e coder_url={described['coder']['url']} -e coder_ca_path={shlex.quote(described['ca_path'])}"
    kept = f"$(ls {shlex.quote(str(state / 'backups' / region / provider))}/*.json | tail -1)"
    objects = f"{play} restore_objects.yml -l {provider} -e coder_restore_backup={kept} --check --diff"
    write = f"ansible-playbook first_inventory.yml {deployment} -e coder_inventory_dir={new}"
    return [
        ("where every region stands", f"{play} status.yml"),
        ("the same for a program", f"{play} status.yml -e coder_status_format=json | python3 -m json.tool"),
        *_main_deployment(play, state, described),
        ("the provider's chart to another version", f"{play} update_provider.yml -l {region} -e coder_provider_chart_version=1.21.4"),
        ("what would be done, and what it needs", f"{play} preflight.yml -l {region}"),
        ("everything but the changes", f"{migrate} --check --diff"),
        ("to the satellite: all that can be undone", migrate),
        ("and back", f"{play} rollback_region.yml -l {region} -e coder_confirm_rebuild={region}"),
        ("once more", migrate),
        ("the rights for the rest, for kubectl apply -f -", f"{play} rights.yml -l {provider} -e coder_rights_goals=retire"),
        ("what the rest would be", f"{play} preflight.yml -l {region} -e coder_goal=retire"),
        ("the rest, from which there is no way back", f"{play} retire_region.yml -l {region} -e coder_confirm_retire={region}"),
        ("what of the old chart could be brought back", objects),
        ("a first inventory, from the providers that Coder has", write),
    ]  # fmt: skip


def _main_deployment(play: str, state: Path, described: dict) -> list[tuple[str, str]]:
    """From an old state to the one of a lab by default."""
    primary = described["coder"].get("primary", NEW)
    if primary == NEW:
        return []
    values = shlex.quote(str(state / "coder-values.yaml"))
    update = f"{play} update_coder.yml -e coder_values_file={values}"
    routes = f" -e coder_rewrite_routes=true -e coder_backup_dir={shlex.quote(str(state / 'backups'))}"
    programs = f" -e coder_database_programs={shlex.quote(described['database']['programs'])}"
    to_1_21 = f"{update} -e coder_version=1.21.7{programs}"
    newest = f"$(ls {shlex.quote(str(state / 'backups' / 'database'))}/coder-1.20.0-*.dump | tail -1)"
    restore = f"{play} restore_database.yml -e coder_confirm_restore=coder -e coder_restore_snapshot={newest}{programs}"
    builtin = "{play} {verb}_builtin_provider.yml -e coder_confirm_rebuild=coder_primary"
    switch, back = (builtin.format(play=play, verb=verb) for verb in ("switch", "rollback"))
    return [
        ("the database saved", f"{play} snapshot_database.yml{programs}"),
        *([] if primary == UPGRADED else _there_and_back(play, to_1_21, restore)),
        ("its built-in provider to Networking v2, as long as envproxy serves", switch),
        ("and back", back),
        ("once more", switch),
        (
            "Coder behind its own load balancer",
            f"{update} -e coder_service_next=true{routes if primary == CUSTOM else ''}",
        ),
    ]


def _there_and_back(play: str, to_1_21: str, restore: str) -> list[tuple[str, str]]:
    return [
        ("the main deployment to 1.21.7, with a snapshot of its database", to_1_21),
        ("and back to what that snapshot holds", restore),
        ("what is wrong with its release: nothing", f"{play} repair_upgrade.yml"),
        ("once more", to_1_21),
    ]

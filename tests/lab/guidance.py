# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is told to somebody who wants to use the lab by hand (pure)."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from .lifecycle import FRESH, Lab

ROOT = Path(__file__).resolve().parents[2]


def text(lab: Lab) -> str:
    """Everything there is and how to use it. Without a token: a command reads it."""
    state, described = lab.layout.state, lab.description
    playbook = Path(sys.executable).parent / "ansible-playbook"
    read_token = "import json,sys; print(json.load(open(sys.argv[1]))['coder']['token'])"
    command = f"PYTHONPATH={shlex.quote(str(ROOT / 'tests'))} {sys.executable} -m lab"
    first = next(iter(described["regions"]))
    play = f"{playbook} -i {shlex.quote(str(state / 'inventory'))}"
    regions = (
        f"  region {region}: {', '.join(its['providers'])}; satellite address {its['satellite_url']}"
        for region, its in described["regions"].items()
    )
    kubeconfigs = (f"  {name}: {cluster['kubeconfig']}" for name, cluster in described["clusters"].items())
    return "\n".join(
        [
            f"Coder {described['coder']['url']} (certificates by {described['ca_path']})",
            *regions,
            "each provider has four workspaces: -live (in use), -idle, -off, -broken (its image cannot be built)",
            "kubeconfigs:",
            *kubeconfigs,
            f"chart repository {described['chart_repo_url']}, control API {described['control_url']}",
            "",
            "Use it by hand:",
            f"  cd {shlex.quote(str(ROOT))}",
            f'  export CODER_TOKEN="$({sys.executable} -c "{read_token}" {shlex.quote(str(state / "lab.json"))})"',
            "  export ANSIBLE_COLLECTIONS_PATH=build/collections",
            f"  {play} playbooks/status.yml",
            f"  {play} playbooks/migrate_region.yml -l {first} -e coder_confirm_rebuild={first}",
            "Set it back to this state:",
            f"  {command} restore {FRESH} --state {shlex.quote(str(state))}",
            "End it:",
            f"  {command} down --state {shlex.quote(str(state))}",
        ]
    )

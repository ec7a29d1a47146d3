# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The lab as an Ansible inventory: what an operator writes by hand for a real deployment."""

from __future__ import annotations

from pathlib import Path

import yaml

from . import files
from .charts.package import CHARTS
from .simulation import broken_workspace

HEADER = "# Copyright (c) 2026 coder.classic contributors\n# SPDX-License-Identifier: GPL-3.0-or-later\n---\n"


def write(description: dict, folder: Path) -> None:
    """Write hosts.yml, group_vars and host_vars. No secret: the session token comes from CODER_TOKEN."""
    for name, content in contents(description).items():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        files.write(target, HEADER + yaml.safe_dump(content, sort_keys=False), 0o644)


def contents(description: dict) -> dict[str, dict]:
    """File name to content, from the content of lab.json (pure)."""
    regions = description["regions"]
    found = {"hosts.yml": hosts(regions), "group_vars/all.yml": everywhere(description)}
    for region, its in regions.items():
        found[f"group_vars/{region}.yml"] = region_variables(description, region)
        for provider in its["providers"]:
            found[f"host_vars/{provider}.yml"] = provider_variables(description, its["providers"][provider])
    return found


def hosts(regions: dict) -> dict:
    """The primary, and one group per region in the order in which they migrate (pure)."""
    groups = {region: {"hosts": dict.fromkeys(its["providers"])} for region, its in regions.items()}
    return {"all": {"hosts": {"coder_primary": None}, "children": {"coder_regions": {"children": groups}}}}


def everywhere(description: dict) -> dict:
    """Variables of all hosts (pure)."""
    primary = description["clusters"]["primary"]
    return {
        "ansible_connection": "local",
        "ansible_python_interpreter": "{{ ansible_playbook_python }}",
        "coder_url": description["coder"]["url"],
        "coder_ca_path": description["ca_path"],
        "coder_primary_kubeconfig": primary["kubeconfig"],
        "coder_primary_context": primary["context"],
        "coder_primary_namespace": description["coder"]["namespace"],
        "coder_primary_cluster_uid": primary["uid"],
        "coder_chart_repo_url": description["chart_repo_url"],
        "coder_provider_chart_repo_url": description["chart_repo_url"],
        "coder_helm_binary": description["programs"]["helm"],
    }


def region_variables(description: dict, region: str) -> dict:
    """Variables of a region's group (pure)."""
    its = description["regions"][region]
    cluster = description["clusters"][its["satellite_cluster"]]
    return {
        "coder_region": region,
        "coder_satellite_name": region,
        "coder_satellite_url": its["satellite_url"],
        "coder_satellite_ca_path": description["ca_path"],
        "coder_satellite_kubeconfig": cluster["kubeconfig"],
        "coder_satellite_context": cluster["context"],
        "coder_satellite_cluster_uid": cluster["uid"],
        "coder_satellite_namespace": its["satellite_namespace"],
        "coder_satellite_release": its["satellite_release"],
        "coder_satellite_chart_ref": "coder",
        "coder_satellite_chart_repo_url": description["chart_repo_url"],
        "coder_satellite_chart_version": next(chart.version for chart in CHARTS if chart.key == "coder"),
        "coder_satellite_values": {},
        # Only here: nobody's session hangs on the lab's envproxy.
        "coder_soak_seconds": 3,
    }


def provider_variables(description: dict, provider: dict) -> dict:
    """Variables of a provider's host (pure)."""
    cluster = description["clusters"][provider["cluster"]]
    return {
        "coder_provider_name": provider["provider"],
        "coder_provider_kubeconfig": cluster["kubeconfig"],
        "coder_provider_context": cluster["context"],
        "coder_provider_cluster_uid": cluster["uid"],
        "coder_provider_namespace": provider["namespace"],
        "coder_provider_release": provider["release"],
        # Its image cannot be built.
        "coder_workspaces_leave": [broken_workspace(provider["provider"])],
    }

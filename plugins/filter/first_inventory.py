# Copyright (c) 2026 coder.classic contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The filter first_inventory: a first inventory out of what Coder knows of its workspace providers. Pure.

Coder knows neither regions nor contexts: the regions are guessed from the names, and what only a person knows is left as a text
in <...> that is refused as it is.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._site.selection import NO_REGIONS

UID_COMMAND = "kubectl --context <context> get namespace kube-system -o jsonpath='{.metadata.uid}'"
# A name that YAML takes for something else.
WORDS = {"true", "false", "yes", "no", "on", "off", "null"}
WRITTEN = "# Written by coder.classic.inventory from the workspace providers of Coder; yours from now on."


def files(providers: Iterable[Mapping[str, Any]], url: str, ca_path: str | None = None) -> dict[str, str]:
    """Path below the inventory's folder → text. providers are those of coder_provider_info; none for no provider.

    The deployment's own provider (built_in) has no release of its own to retire, and is left out.
    """
    rows = [row for row in providers if not row.get("built_in")]
    regions = _hosts(rows)
    if not regions:
        return {}
    found = {"hosts.yml": _hosts_file(regions), "group_vars/all.yml": _everywhere(url, ca_path)}
    for region, hosts in regions.items():
        found[f"group_vars/{region}.yml"] = _region(region, next(iter(hosts)))
        for host, row in hosts.items():
            found[f"host_vars/{host}.yml"] = _provider(host, row)
    return found


def region_of(provider: str) -> str:
    """The guess: the name without a number at its end, as a name that a group may have."""
    region = _plain(re.sub(r"[-_. ]*[0-9]+$", "", provider) or provider)
    return f"{region}-region" if region in NO_REGIONS else region


def _hosts(rows: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Mapping[str, Any]]]:
    """Region → host → provider. A host is called as its provider, but where a group is called so, or another host."""
    rows = list(rows)
    regions: dict[str, dict[str, Mapping[str, Any]]] = {region_of(row["name"]): {} for row in rows}
    taken = {*regions, *NO_REGIONS}
    as_they_are = {row["name"] for row in rows if _plain(row["name"]) == row["name"]} - taken
    for row in rows:
        host = row["name"] if row["name"] in as_they_are else _free(_plain(row["name"]), taken | as_they_are)
        taken.add(host)
        regions[region_of(row["name"])][host] = row
    return regions


def _free(name: str, taken: set[str]) -> str:
    stem = re.sub(r"-[0-9]+$", "", name)
    numbered = (f"{stem}-{number}" for number in itertools.count(1))
    return next(one for one in itertools.chain([name], numbered) if one not in taken)


def _plain(name: str) -> str:
    """What may be the name of a group, of a host, and of a file."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-_") or "provider"


def _hosts_file(regions: Mapping[str, Iterable[str]]) -> str:
    lines = [
        WRITTEN,
        "# The regions are a guess: the names of the providers without a number at the end. One group per region, in the",
        "# order in which they are to migrate. Move hosts and rename groups as it really is, and the files in group_vars too.",
        "---",
        "all:",
        "  children:",
        "    coder_regions:",
        "      children:",
    ]
    for region, hosts in regions.items():
        lines += [f"        {_text(region)}:", "          hosts:", *(f"            {_text(host)}:" for host in hosts)]
    return _joined(lines)


def _everywhere(url: str, ca_path: str | None) -> str:
    return _joined(
        [
            WRITTEN,
            "---",
            f"coder_url: {_text(url)}",
            f"coder_ca_path: {_text(ca_path)}" if ca_path else "# coder_ca_path: /etc/ssl/certs/example-ca.pem",
            "# The main deployment's cluster: a provider or a satellite that leads there by mistake is refused.",
            "# coder_primary_context: <context>",
        ]
    )


def _region(region: str, host: str) -> str:
    return _joined(
        [
            WRITTEN,
            "---",
            "# The satellite's address, under which this region's users will reach their workspaces.",
            f"coder_satellite_url: {_text(f'<fill in: the new address of {region}, https://...>')}",
            "# The cluster in which the satellite is to live; it may be that of a provider.",
            f"coder_satellite_context: {_text(f'<fill in: a context, often the one of {host}>')}",
            f"# {UID_COMMAND}",
            "# coder_satellite_cluster_uid: <UID>",
            "# What the chart coder needs there: host names, TLS Secrets, ingress.",
            "# coder_satellite_values: {}",
        ]
    )


def _provider(host: str, row: Mapping[str, Any]) -> str:
    config = row.get("config") or {}
    name, address, namespace = row["name"], config.get("cluster_address"), config.get("default_namespace")
    return _joined(
        [
            WRITTEN,
            "---",
            *([f"coder_provider_name: {_text(name)}"] if name != host else []),
            *([f"# Coder reaches this cluster at {_text(address)}."] if address else []),
            f"coder_provider_context: {_text('<fill in: the context of this cluster, kubectl config get-contexts -o name>')}",
            f"# {UID_COMMAND}",
            "# coder_provider_cluster_uid: <UID>",
            *(
                ["# Where Coder makes workspaces.", f"coder_provider_namespace: {_text(namespace)}"]
                if namespace not in (None, "", "coder")
                else []
            ),
        ]
    )


def _text(text: Any) -> str:
    """As YAML, on one line: in quotes, but where it can be nothing but this text; never a template."""
    text = str(text)
    is_plain = re.fullmatch(r"[A-Za-z][A-Za-z0-9_./:-]*[A-Za-z0-9]", text) and text.lower() not in WORDS
    return text if is_plain else f"!unsafe {json.dumps(text)}" if "{" in text else json.dumps(text)


def _joined(lines: Iterable[str]) -> str:
    return "\n".join(lines) + "\n"


class FilterModule:
    def filters(self) -> dict[str, Callable]:
        return {"first_inventory": files}

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a run selects regions and nothing else. Pure. Private to this collection.

Without this a limit that names one region rightly and another wrongly would run for the first one only, an empty one for all,
and one that names the main deployment, or an inventory that was not read, would end well without anything done.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence

from ansible_collections.coder.classic.plugins.module_utils._region.tell.findings import Finding, finding
from ansible_collections.coder.classic.plugins.module_utils._site import host_patterns

REGIONS = "coder_regions"
# Groups that are never the one of a region.
NO_REGIONS = ("all", "ungrouped", REGIONS)
RUN_AGAIN = "run it again with -l <region>"

Groups = Mapping[str, Sequence[str]]


def region_groups(groups: Groups) -> list[str]:
    """The names of the regions, in the inventory's order: groups with hosts, all of which are below coder_regions."""
    providers = set(groups.get(REGIONS, ()))
    return [name for name, hosts in groups.items() if name not in NO_REGIONS and hosts and set(hosts) <= providers]


def problem(
    limit: str | None,
    groups: Groups,
    hosts: Sequence[str],
    *,
    selected: Sequence[str] | None = None,
    inventory: str | None = None,
    unread: str | None = None,
) -> Finding | None:
    """What is wrong with the selection of a run; None if it selects providers of regions, and only those.

    limit is that of the command line, None if there is none; groups is Ansible's variable of this name, hosts every host.
    selected are the hosts that Ansible itself found for the limit, inventory says where the inventory came from, and unread why
    a configuration that names it may not have been read, where the caller knows.
    """
    if not groups.get(REGIONS):
        return _no_regions(hosts, inventory, unread)
    if limit is None:
        return None
    terms = host_patterns.split(limit)
    if not terms:
        return _wrong(
            limit,
            "The limit is empty",
            why="Ansible takes an empty limit for none at all, so that this would mean every region; often a variable in the "
            "command has no value",
            next_step=f"{RUN_AGAIN}, or without -l for all regions, one after the other",
        )
    choice = host_patterns.choose(terms, groups, hosts)
    if choice.unknown:
        return _unknown(limit, choice.unknown, groups)
    strangers = [host for host in choice.hosts if host not in groups[REGIONS]]
    if strangers and not choice.is_open:
        return _wrong(
            limit,
            f"The limit selects {', '.join(strangers)}, which is no workspace provider of a region",
            why="nothing is done to such a host; who names it expects something else",
            next_step=f"{RUN_AGAIN}; known: {_known(groups)}",
        )
    found = [*choice.hosts, *choice.others] if selected is None and not choice.is_open else selected
    if found is not None and not set(found) & set(groups[REGIONS]):
        return _wrong(
            limit,
            "The limit selects no workspace provider of a region, so that nothing would be done",
            why="what its parts have in common, or what they leave, is no host below coder_regions",
            next_step=f"{RUN_AGAIN}; known: {_known(groups)}",
        )
    return None


def _unknown(limit: str, unknown: Sequence[str], groups: Groups) -> Finding:
    names = [*region_groups(groups), REGIONS, *groups[REGIONS]]
    nearest = [match for name in unknown for match in difflib.get_close_matches(name, names, 1)]
    return _wrong(
        limit,
        f"The limit names what is not in the inventory: {', '.join(unknown)}",
        why="the rest of it would be done without these; with ! in front of it, it would be done to what was to be left out",
        next_step=(
            f"write {', '.join(dict.fromkeys(nearest))}, if that is meant; " if nearest else "correct the limit; "
        )
        + f"known: {_known(groups)}",
    )


def _known(groups: Groups) -> str:
    return ", ".join([*region_groups(groups), *groups[REGIONS]])


def _wrong(limit: str, message: str, *, why: str, next_step: str) -> Finding:
    return finding("wrong_limit", message, where=f"-l '{limit}'", why=why, next_step=next_step)


def _no_regions(hosts: Sequence[str], inventory: str | None, unread: str | None) -> Finding:
    if hosts:
        return finding(
            "no_regions",
            "The inventory has no workspace provider in the group coder_regions, so that nothing would be done",
            where=inventory,
            why=f"it has these hosts: {', '.join(hosts)}",
            next_step="describe the regions as docs/inventory.md says, or name the right inventory with -i, then run it again",
        )
    return finding(
        "no_inventory",
        "No host is in the inventory, so that nothing would be done",
        where=inventory,
        why=unread
        or "-i is missing, or the ansible.cfg that names the inventory was not read: Ansible reads that of the current folder, "
        "and ignores it where everybody can write to that folder (WSL, shared mounts)",
        next_step="run it in the site's folder, after chmod o-w . or with ANSIBLE_CONFIG=$PWD/ansible.cfg; or name the inventory "
        "with -i inventory",
    )

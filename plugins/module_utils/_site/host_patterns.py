# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which hosts a limit means, by Ansible's own rules. Pure. Private to this collection.

Ansible drops what it does not know from a limit with a warning; here it is told apart.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

# What means every host: who says it does not mean the main deployment in particular.
EVERYBODY = ("all", "*")
# What is not a separator; a bracket counts as a whole, for it may hold a colon.
TERM = re.compile(r"(?:[^\s:\[\]]|\[[^\]]*\])+")
SUBSCRIPT = re.compile(r"(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]")

Groups = Mapping[str, Sequence[str]]


class Choice(NamedTuple):
    """hosts are named by a term of their own, others only by all; unknown terms mean nobody.

    is_open: a file holds a part of it, so that who is meant is not known.
    """

    hosts: list[str]
    others: list[str]
    unknown: list[str]
    is_open: bool


def split(limit: str) -> list[str]:
    """The terms of a limit: between commas, or, where there is none, between colons outside of brackets.

    As Ansible's split_host_pattern, which is not to be had where modules run; a test compares them. Only IPv6 addresses and
    ports are not known here.
    """
    parts = limit.split(",") if "," in limit else TERM.findall(limit)
    return [part.strip() for part in parts if part.strip()]


def choose(terms: Sequence[str], groups: Groups, hosts: Sequence[str]) -> Choice:
    """Who is meant by the terms: first those that add, then those with & and !, whatever their order."""
    is_open = any(term.startswith("@") for term in terms)
    terms = [term for term in terms if not term.startswith("@")]
    adding = [term for term in terms if term[0] not in "&!"]
    meant = {term: _matches(term.lstrip("&!"), groups, hosts) for term in terms}
    unknown = [term.lstrip("&!") for term in terms if not meant[term]]
    named = {host for term in adding if term not in EVERYBODY for host in meant[term]}
    everybody = set(hosts) if not adding or any(term in EVERYBODY for term in adding) else set()
    for term in terms:
        if term[0] in "&!":
            keeps = set(meant[term]) if term[0] == "&" else set(hosts) - set(meant[term])
            named, everybody = named & keeps, everybody & keeps
    return Choice(
        [host for host in hosts if host in named],
        [host for host in hosts if host in everybody - named],
        unknown,
        is_open,
    )


def _matches(term: str, groups: Groups, hosts: Sequence[str]) -> list[str]:
    if term in hosts:
        return [term]
    if term == "all":
        return list(hosts)
    subscript = None if term.startswith("~") else SUBSCRIPT.fullmatch(term)
    found = _members(subscript[1] if subscript else term, groups, hosts)
    return _part(found, *subscript.groups()[1:]) if subscript else found


def _members(term: str, groups: Groups, hosts: Sequence[str]) -> list[str]:
    try:
        pattern = re.compile(term[1:] if term.startswith("~") else fnmatch.translate(term))
    except re.error:
        return []
    found = [name for name in groups if pattern.match(name)]
    members = [host for name in found for host in groups[name]]
    if not found or term.startswith("~") or any(special in term for special in ".?*["):
        members += [host for host in hosts if pattern.match(host)]
    return list(dict.fromkeys(members))


def _part(members: list[str], index: str | None, start: str | None, end: str | None) -> list[str]:
    if index is not None:
        return [members[int(index)]] if -len(members) <= int(index) < len(members) else []
    return members[int(start or 0) : int(end) + 1 if end else None]

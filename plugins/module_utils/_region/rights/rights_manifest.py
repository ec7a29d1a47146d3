# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The rights that a goal takes in a provider's cluster, as Roles and bindings for whoever gives them. Pure.

Private to this collection.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._helm.keep import BINDINGS, ROLES
from ansible_collections.coder.classic.plugins.module_utils._helm.manifest import Identity, identity
from ansible_collections.coder.classic.plugins.module_utils._region.rights.rights import RBAC, Placed, Served, placed

#: Goal → steps of rights.STEPS. Those of look are needed for every goal, and given by its own documents.
GOALS = {
    "look": ("observe",),
    "migrate": ("record", "envproxy_on", "lock"),
    "retire": ("record", "envproxy_off", "envproxy_on", "seal", "retire", "lock"),
    "update": ("update", "lock"),
}
Document = dict[str, Any]
#: kind, name and namespace (None: the whole cluster) of a Role or ClusterRole.
RoleAt = tuple[str, str, "str | None"]


def documents(
    goal: str,
    namespace: str,
    release: str,
    group: str,
    served: Served,
    objects: Collection[dict[str, Any]] = (),
    staying: Collection[Identity] = (),
) -> list[Document]:
    """What group (its name) needs for a goal of GOALS besides look: a Role for each namespace, a ClusterRole, bindings.

    objects, staying, served: see rights.placed. Without objects there is nothing of a release that could be retired.
    """

    def of(name: str) -> list[Placed]:
        steps = [placed(step, namespace, release, served, objects, staying) for step in GOALS[name]]
        return list(dict.fromkeys(one for rights in steps for one in rights))

    wanted = _reduced(of(goal), [] if goal == "look" else of("look"))
    name = f"coder-classic-{goal}"
    found = []
    for place in sorted({place for _right, place in wanted if place}, key=lambda place: (place != namespace, place)):
        role = ("Role", name, place)
        found += [_role(role, _rules(wanted, place)), _binding(name, role, group)]
    found += [
        _binding(_holding(name, namespace, role), role, group) for role in _granted(_patched(goal, objects, staying))
    ]
    if rules := _rules(wanted, None):
        # Its name tells the namespace, since another provider of the cluster has one as well.
        role = ("ClusterRole", f"{name}-{namespace}", None)
        found += [_role(role, rules), _binding(role[1], role, group)]
    return found


def _reduced(wanted: Iterable[Placed], given: Collection[Placed]) -> list[Placed]:
    """Without what is given, or allowed whatever the name, anyhow."""
    wanted = list(wanted)
    every_name = {one for one in [*wanted, *given] if one[0].name is None}
    return [
        one
        for one in wanted
        if one not in given and (one[0].name is None or (one[0]._replace(name=None), one[1]) not in every_name)
    ]


def _rules(wanted: Iterable[Placed], place: str | None) -> list[dict[str, Any]]:
    """Rules of a Role: what has the same verbs is one rule, first by names and then by resources."""
    verbs: dict[tuple[str, str, str | None], list[str]] = {}
    for right, its_place in wanted:
        if its_place == place:
            verbs.setdefault((right.group, right.resource, right.name), []).append(right.verb)
    names: dict[tuple[Any, ...], list[str]] = {}
    for (group, resource, name), those in verbs.items():
        names.setdefault((group, resource, name is None, tuple(those)), []).extend([name] if name else [])
    resources: dict[tuple[Any, ...], list[str]] = {}
    for (group, resource, _any_name, those), found in names.items():
        resources.setdefault((group, tuple(found), those), []).append(resource)
    return [
        {
            "apiGroups": [group],
            "resources": found,
            **({"resourceNames": list(named)} if named else {}),
            "verbs": list(those),
        }
        for (group, named, those), found in resources.items()
    ]


def _patched(goal: str, objects: Collection[dict[str, Any]], staying: Collection[Identity]) -> Iterable[dict[str, Any]]:
    """The objects that helm patches for a goal, whatever they are."""
    if "update" in GOALS[goal]:
        return objects
    return [obj for obj in objects if "seal" in GOALS[goal] and identity(obj) in staying and not obj["keep"]]


def _granted(patched: Iterable[dict[str, Any]]) -> list[RoleAt]:
    """The roles whose rights one must hold to change these roles and bindings, be it only an annotation."""

    def roles() -> Iterator[RoleAt]:
        for obj in patched:
            if obj["kind"] in ROLES:
                yield obj["kind"], obj["name"], obj["namespace"]
            if obj["kind"] in BINDINGS and (of := obj["document"].get("roleRef")):
                yield of.get("kind", "Role"), of.get("name", ""), obj["namespace"]

    return list(dict.fromkeys(roles()))


def _holding(name: str, namespace: str, role: RoleAt) -> str:
    return f"{name if role[2] else f'{name}-{namespace}'}-holds-what-{role[1]}-grants"


def _role(role: RoleAt, rules: list[dict[str, Any]]) -> Document:
    kind, name, place = role
    return {"apiVersion": f"{RBAC}/v1", "kind": kind, "metadata": _metadata(name, place), "rules": rules}


def _binding(name: str, role: RoleAt, group: str) -> Document:
    return {
        "apiVersion": f"{RBAC}/v1",
        "kind": "RoleBinding" if role[2] else "ClusterRoleBinding",
        "metadata": _metadata(name, role[2]),
        "subjects": [{"kind": "Group", "name": group, "apiGroup": RBAC}],
        "roleRef": {"kind": role[0], "name": role[1], "apiGroup": RBAC},
    }


def _metadata(name: str, place: str | None) -> dict[str, str]:
    return {"name": name, "namespace": place} if place else {"name": name}

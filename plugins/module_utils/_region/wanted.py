# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a site asks for, as the observation, the judgement and the steps read it. Private to this collection."""

from __future__ import annotations

from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents
from ansible_collections.coder.classic.plugins.module_utils._site import helm_values

#: Options that name regions → the key that says whether this region is among them.
CONSENTS = {
    "confirm_rebuild": "consent_in_use",
    "confirm_retire": "consent_retire",
    "allow_resets": "consent_resets",
    "gitops_suspended": "gitops_is_suspended",
    "lock_takeover": "consent_takeover",
}


def wanted(params: dict[str, Any]) -> dict[str, Any]:
    """The options of _arguments.REGION, and what follows from them: the consents as booleans of this region, and the
    satellite's whole values with their sum. Raises ClassicError ``invalid`` for a file of values that is none.
    """
    satellite = params["satellite"]
    path = satellite["values_file"]
    values = helm_values.as_stored(satellite_values(params, _content(path) if path else {}))
    return {
        **params,
        **{key: params["region"] in params[option] for option, key in CONSENTS.items()},
        "satellite": {**satellite, "values": values, "values_sha256": helm_values.sha256(values)},
    }


def satellite_values(params: dict[str, Any], added: dict[str, Any]) -> dict[str, Any]:
    """What the site adds, under what makes a satellite. Pure.

    enable is a real boolean: the chart tests it for truth only, so that the string "false" would count as true.
    """
    own = {"enable": True, "primaryURL": params["url"], "accessURL": params["satellite"]["url"]}
    return _merged(added, {"coderd": {"satellite": own}})


def _content(path: str) -> dict[str, Any]:
    try:
        with open(path, encoding="utf-8") as file:
            values = yaml_documents.load(file.read())
    except (OSError, ValueError, ClassicError):
        values = None
    if not isinstance(values, dict):
        # Nothing of it is quoted: it may hold secrets.
        raise ClassicError(
            "The Helm values of the satellite are no mapping.",
            code="invalid",
            where=path,
            untouched="Everything: nothing was looked at.",
            next_step="Write them as a mapping in YAML or JSON (coder_satellite_values), then run again.",
        )
    return values


def _merged(under: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    both = {key: _merged(under[key], value) for key, value in over.items() if _are_mappings(under.get(key), value)}
    return {**under, **over, **both}


def _are_mappings(*values: Any) -> bool:
    return all(isinstance(value, dict) for value in values)

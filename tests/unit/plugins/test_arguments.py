# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""What several modules share is specified once and documented once: the two must say the same."""

from __future__ import annotations

import pytest
import yaml

from ansible_collections.coder.classic.plugins.doc_fragments import (
    cluster_auth,
    coder_auth,
    helm_release,
    kept_look,
    saved_objects,
)
from ansible_collections.coder.classic.plugins.module_utils import _arguments


@pytest.mark.parametrize(
    ("spec", "documentation"),
    [
        (_arguments.CODER_AUTH, coder_auth.ModuleDocFragment.DOCUMENTATION),
        (_arguments.CLUSTER_AUTH, cluster_auth.ModuleDocFragment.DOCUMENTATION),
        (_arguments.KEPT_LOOK, kept_look.ModuleDocFragment.DOCUMENTATION),
        (_arguments.SAVED_OBJECTS, saved_objects.ModuleDocFragment.DOCUMENTATION),
        (_arguments.HELM_RELEASE, helm_release.ModuleDocFragment.DOCUMENTATION),
        (_arguments.HELM_PROGRAM, helm_release.ModuleDocFragment.PROGRAM),
    ],
)
def test_spec_and_fragment_say_the_same(spec, documentation: str) -> None:
    documented = yaml.safe_load(documentation)["options"]
    assert list(documented) == list(spec)
    for name, option in spec.items():
        text = documented[name]
        for key in ("type", "required", "default"):
            assert option.get(key) == text.get(key), f"{key} of {name}"
        for variable in option.get("fallback", (None, []))[1]:
            assert f"E({variable})" in str(text["description"]), name

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Helm's post-renderer of the work by hand and by tasks: the stored manifest again, with keep on what Coder needs."""

import sys

import yaml

KEPT = {("ServiceAccount", "coder"), ("ServiceAccount", "coder-workspace-provider-environments"),
        ("Role", "coder"), ("RoleBinding", "coder")}  # fmt: skip

sys.stdin.read()
with open(sys.argv[1]) as stored:
    documents = [one for one in yaml.safe_load_all(stored) if one]
for one in documents:
    if (one["kind"], one["metadata"]["name"]) in KEPT:
        one["metadata"]["annotations"] = {
            **(one["metadata"].get("annotations") or {}),
            "helm.sh/resource-policy": "keep",
        }
yaml.safe_dump_all(documents, sys.stdout)

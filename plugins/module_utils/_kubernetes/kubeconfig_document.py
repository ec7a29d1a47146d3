# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The content of one kubeconfig file, or why it is none, without a word of it. Private to this collection."""

from __future__ import annotations

import contextlib
import json
import re
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import (
    NEXT_STEP,
    read,
    reason,
    unusable,
)

# connection.require_libraries says when it is missing.
with contextlib.suppress(ImportError):
    import yaml

DECRYPTED = (
    "Write it decrypted to a file that only this user may read, and name that one. In AWX, use a credential of type "
    "OpenShift or Kubernetes API Bearer Token, or one with a kubeconfig file."
)


def document(path: str, is_only_one: bool) -> dict[str, Any] | None:
    """The content of the file; None for a missing or empty one of several. Raises ClassicError ``invalid``."""

    def refused(why: str, next_step: str = NEXT_STEP) -> ClassicError:
        return unusable("The kubeconfig cannot be used.", where=f"kubeconfig {path}", why=why, next_step=next_step)

    try:
        raw = read(path)
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not is_only_one:
            return None
        raise refused(f"The file {reason(error)}.") from None
    if raw.startswith(b"$ANSIBLE_VAULT"):
        raise refused("It is encrypted by ansible-vault, and helm and this module read it as it is.", DECRYPTED)
    if not raw.strip() and not is_only_one:
        return None
    content, why = _parsed(raw)
    if why:
        raise refused(why)
    if "sops" in content:
        raise refused("It is encrypted by sops.", DECRYPTED)
    return content


def _parsed(raw: bytes) -> tuple[dict[str, Any], str | None]:
    """The document, or why there is none: in our own words, since a parser's would quote the file."""
    try:
        content = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return {}, "It is no text in UTF-8."
    if not content.strip():
        return {}, "It is empty."
    parsed: Any = None
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        try:
            parsed = yaml.load(content, Loader=_loader())
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            return {}, "It is neither YAML nor JSON" + (f": see its line {mark.line + 1}." if mark else ".")
        except (ValueError, TypeError, RecursionError):
            return {}, "It is neither YAML nor JSON."
    return (parsed, None) if isinstance(parsed, dict) else ({}, "It is no mapping.")


def _loader() -> type:
    """Go's rules: a name like 12:30 or 2021-09-22 is text."""
    loader = type("Loader", (yaml.SafeLoader,), {"yaml_implicit_resolvers": {}})
    for tag, pattern, first in yaml_documents.RESOLVERS:
        loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))
    return loader

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The values of an upgrade: read once, so that nobody changes them between the rehearsal and the act. Private to this collection."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents


class Values(NamedTuple):
    """paths of copies (0600) in helm's folder, in the order in which they win; content: what they say, for masks."""

    paths: list[str]
    content: list[Any]


def read(files: Iterable[str], folder: str) -> Values:
    """Raises ClassicError ``invalid``: a file that cannot be read, is no YAML, or holds something else than a mapping."""
    paths, content = [], []
    for number, file in enumerate(files):
        try:
            with open(os.path.expanduser(file), "rb") as opened:
                text = opened.read()
            values = yaml_documents.load(text.decode())
        except (OSError, UnicodeDecodeError) as error:
            raise _unusable(file, f"it cannot be read: {type(error).__name__}") from None
        except ClassicError:
            raise _unusable(file, "it is no YAML that helm could read") from None
        if values is not None and not isinstance(values, dict):
            raise _unusable(file, f"it holds a {type(values).__name__}, and values are a mapping of names to values")
        paths.append(helm_command.write_secret(os.path.join(folder, f"values-{number}.yaml"), text))
        content.append(values or {})
    return Values(paths, content)


def written(values: dict[str, Any], folder: str) -> str:
    """The path of a new file (0600) with these values, in helm's folder.

    As JSON, where a text stays one for helm too: a 1e3 or y in YAML would not.
    """
    return helm_command.write_secret(os.path.join(folder, "given-values.json"), json.dumps(values).encode())


def _unusable(file: str, why: str) -> ClassicError:
    return ClassicError(
        f"The values file {file} cannot be used.",
        code="invalid",
        where=file,
        why=why,
        untouched="Nothing was changed.",
        next_step="Correct the file: helm get values RELEASE -n NAMESPACE -o yaml writes one as it should be.",
    )

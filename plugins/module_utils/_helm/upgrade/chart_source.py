# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The chart of an upgrade: fetched once, as one file, and proved to be the one that is meant. Private to this collection.

What is rendered, rehearsed and installed is the same file, whatever happens to the repository meanwhile.
"""

from __future__ import annotations

import os
import tarfile
from collections.abc import Mapping
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents

UNTOUCHED = "Nothing was changed."


class Chart(NamedTuple):
    """path of the archive, name and version as its Chart.yaml says them."""

    path: str
    name: str
    version: str


def fetch(helm: helm_command.Helm, wanted: Mapping[str, Any], seconds: float) -> Chart:
    """wanted: chart_ref (a file, a folder, a name in a repository, oci://…), chart_repo_url, chart_version, chart_name.

    chart_name and chart_version are what it must be, None where that is left open; without a file the version is needed.
    Raises ClassicError: ``chart_unavailable``, ``wrong_chart``, ``invalid``, ``timeout``.
    """
    reference = str(wanted["chart_ref"])
    local = os.path.abspath(os.path.expanduser(reference))
    is_local = not wanted.get("chart_repo_url") and not reference.startswith("oci://") and os.path.exists(local)
    if not is_local and _is_path(reference):
        raise _unavailable(wanted, "there is no such file or folder")
    path = local if is_local and os.path.isfile(local) else _fetched(helm, wanted, seconds, local if is_local else None)
    metadata = _metadata(path, reference)
    chart = Chart(path, str(metadata.get("name")), str(metadata.get("version")))
    _demand(chart, wanted, reference)
    return chart


def _fetched(helm: helm_command.Helm, wanted: Mapping[str, Any], seconds: float, local: str | None) -> str:
    """By helm pull, or by helm package for a folder, which may change while it is used."""
    reference, folder = str(wanted["chart_ref"]), os.path.join(helm.folder, "chart")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    if local is not None:
        arguments = ["package", local, "--destination", folder]
    else:
        if not wanted.get("chart_version"):
            raise ClassicError(
                f"The version of chart {reference} is not given.",
                code="invalid",
                where="option chart_version",
                why="Without one, helm takes the newest release of the repository.",
                untouched=UNTOUCHED,
                next_step="Give chart_version, for example 1.2.3.",
            )
        arguments = ["pull", reference, "--version", str(wanted["chart_version"]), "--destination", folder]
        arguments += ["--repo", str(wanted["chart_repo_url"])] if wanted.get("chart_repo_url") else []
    try:
        # Without the cluster, which needs not be known where charts lie.
        helm_command.run(helm._replace(cluster_flags=[]), arguments, seconds)
    except ClassicError as error:
        raise _unavailable(wanted, error.what.removesuffix("."), error) from error
    return os.path.join(folder, next(name for name in os.listdir(folder) if name.endswith(".tgz")))


def _is_path(reference: str) -> bool:
    """Whether it can be nothing else, so that helm need not be asked for a repository of that name."""
    return reference.startswith(("/", ".", "~")) or reference.endswith(".tgz") and "://" not in reference


def _unavailable(wanted: Mapping[str, Any], what: str, error: ClassicError | None = None) -> ClassicError:
    chart = " ".join(str(wanted[key]) for key in ("chart_ref", "chart_version") if wanted.get(key))
    return ClassicError(
        f"Chart {chart} cannot be had: {what}.",
        code="timeout" if error and error.code == "timeout" else "chart_unavailable",
        where=wanted.get("chart_repo_url") or str(wanted["chart_ref"]),
        why=error.why if error else None,
        untouched=UNTOUCHED,
        next_step="Check the repository's address and the version (helm search repo, helm show chart), or give the path of a "
        "chart archive (.tgz).",
    )


def _metadata(path: str, reference: str) -> dict[str, Any]:
    try:
        with tarfile.open(path, "r:*") as archive:
            # The chart's own, not that of a subchart (NAME/charts/SUB/Chart.yaml).
            member = next(
                one for one in archive if one.isfile() and one.name.strip("/").split("/")[1:] == ["Chart.yaml"]
            )
            found = yaml_documents.load(archive.extractfile(member).read().decode())
        if isinstance(found, dict):
            return found
    except (OSError, tarfile.TarError, EOFError, StopIteration, UnicodeDecodeError, ClassicError):
        pass
    raise ClassicError(
        f"{reference} is no Helm chart.",
        code="wrong_chart",
        where=path if path == reference else reference,
        why="It is no archive with a Chart.yaml in its one folder.",
        untouched=UNTOUCHED,
        next_step="Give the path of a chart archive, as helm pull or helm package writes it.",
    )


def _demand(chart: Chart, wanted: Mapping[str, Any], reference: str) -> None:
    name, version = wanted.get("chart_name"), wanted.get("chart_version")
    differs = []
    if name and chart.name != name:
        differs.append(f"its name is {chart.name}, and {name} is meant")
    if version and chart.version.removeprefix("v") != str(version).removeprefix("v"):
        differs.append(f"its version is {chart.version}, and {version} is meant")
    if differs:
        raise ClassicError(
            f"{reference} is another chart than the one that is meant.",
            code="wrong_chart",
            where=wanted.get("chart_repo_url") or reference,
            why="; ".join(differs).capitalize() + ".",
            untouched=UNTOUCHED,
            next_step="Correct the chart's reference, repository or version: another product's repository may bear the "
            "same name.",
        )

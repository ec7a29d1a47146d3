# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A chart archive out of a release record, for when the chart repository is gone. Private to this collection."""

from __future__ import annotations

import base64
import io
import json
import re
import tarfile
from typing import Any

from ansible_collections.coder.classic.plugins.module_utils._kubernetes import yaml_documents

# Not printable for YAML, or a line break to it: helm's YAML parser refuses or folds these when they stand unescaped.
UNPRINTABLE = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
REQUIREMENTS = "requirements.yaml"


def yaml_text(value: Any) -> str:
    """JSON that every YAML parser reads as the same value, characters outside the basic plane included."""
    text = json.dumps(value, ensure_ascii=False)
    return UNPRINTABLE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def chart_files(chart: dict[str, Any]) -> dict[str, bytes]:
    """Path → content of the record's ``chart`` (keys metadata, lock, values, schema, templates, files).

    A record does not hold subcharts. helm refuses a chart whose named dependencies are missing, so each gets an
    empty one of its name and version. What was rendered from the real ones is in the stored manifest.
    """
    files = {"Chart.yaml": yaml_text(chart["metadata"]).encode()}
    if chart.get("lock"):
        files["Chart.lock"] = yaml_text(chart["lock"]).encode()
    if chart.get("values") is not None:
        files["values.yaml"] = yaml_text(chart["values"]).encode()
    if chart.get("schema"):
        files["values.schema.json"] = base64.b64decode(chart["schema"])
    for entry in [*(chart.get("templates") or []), *(chart.get("files") or [])]:
        files[entry["name"]] = base64.b64decode(entry.get("data") or "")
    for name, version in _dependencies(chart, files).items():
        stub = {"apiVersion": "v2", "name": name, "version": version}
        files[f"charts/{name}/Chart.yaml"] = yaml_text(stub).encode()
    return files


def chart_archive(chart: dict[str, Any]) -> bytes:
    """The chart as helm packs it (.tgz). An archive, since helm applies .helmignore to folders only."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, content in chart_files(chart).items():
            entry = tarfile.TarInfo(f"{chart['metadata']['name']}/{path}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def _dependencies(chart: dict[str, Any], files: dict[str, bytes]) -> dict[str, str]:
    """Name → version of the subcharts that helm will look for; the lock knows versions, the rest only ranges."""
    listed = list(chart["metadata"].get("dependencies") or [])
    if REQUIREMENTS in files:  # charts of apiVersion v1
        listed += (yaml_documents.load(files[REQUIREMENTS].decode()) or {}).get("dependencies") or []
    locked = {entry["name"]: entry["version"] for entry in (chart.get("lock") or {}).get("dependencies") or []}
    return {
        entry["name"]: locked.get(entry["name"]) or _a_version_of(entry.get("version") or "")
        for entry in listed
        if f"charts/{entry['name']}/Chart.yaml" not in files
    }


def _a_version_of(version_range: str) -> str:
    """The first version that a range names (``>=1.2.0 <2``, ``~1.2``, ``^1.x``), completed to three numbers."""
    match = re.search(r"(\d+)(?:\.(\d+))?(?:\.(\d+))?([-+][0-9A-Za-z.+-]+)?", version_range)
    if not match:
        return "0.1.0"
    return ".".join(part or "0" for part in match.groups()[:3]) + (match.group(4) or "")

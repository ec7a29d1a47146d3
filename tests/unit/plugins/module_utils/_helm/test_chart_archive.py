# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import base64
import io
import json
import tarfile

import pytest
import yaml

from ansible_collections.coder.classic.plugins.module_utils._helm import chart_archive


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


CHART = {
    "metadata": {"name": "parent", "version": "0.3.0", "apiVersion": "v2"},
    "lock": None,
    "values": {"on": "on", "multi": "a\n  b\n\n"},
    "schema": encoded('{"type": "object"}'),
    "templates": [{"name": "templates/a.yaml", "data": encoded("x: {{ .Values.on }}\n")}],
    "files": [{"name": ".helmignore", "data": encoded("*.bak")}, {"name": "files/empty", "data": None}],
}


def unpacked(chart: dict) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(chart_archive.chart_archive(chart))) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive.getmembers()}


def test_the_archive_has_every_part_of_the_record() -> None:
    files = unpacked(CHART)
    assert set(files) == {
        "parent/Chart.yaml",
        "parent/values.yaml",
        "parent/values.schema.json",
        "parent/templates/a.yaml",
        "parent/.helmignore",
        "parent/files/empty",
    }
    assert yaml.safe_load(files["parent/Chart.yaml"]) == CHART["metadata"]
    assert yaml.safe_load(files["parent/values.yaml"]) == CHART["values"]
    assert files["parent/values.schema.json"] == b'{"type": "object"}'
    assert files["parent/templates/a.yaml"] == b"x: {{ .Values.on }}\n"
    assert files["parent/files/empty"] == b""


@pytest.mark.parametrize(
    "value",
    [
        "on",
        "12:30",
        "é😀",
        "a\u2028b\u0085c\u007fd\ufeff",
        "\x00\x1b\t\r\n",
        '"\\u0041',
        "  x  ",
        "",
        1.5,
        12345678901,
        None,
    ],
)
def test_yaml_text_is_read_back_as_the_same_value(value: object) -> None:
    text = chart_archive.yaml_text({"k": value})
    assert yaml.safe_load(text) == {"k": value} == json.loads(text)


def test_subcharts_become_empty_ones_in_a_fitting_version() -> None:
    chart = {
        **CHART,
        "metadata": {
            **CHART["metadata"],
            "dependencies": [
                {"name": "locked", "version": "^1.0.0"},
                {"name": "ranged", "version": ">=2.1 <3"},
                {"name": "beta", "version": "~1.2.3-beta.1"},
                {"name": "any", "version": "*"},
            ],
        },
        "lock": {"dependencies": [{"name": "locked", "version": "1.9.2"}]},
        "files": [{"name": "requirements.yaml", "data": encoded("dependencies: [{name: old, version: 1.x.x}]")}],
    }
    files = unpacked(chart)
    versions = {
        name.split("/")[2]: yaml.safe_load(content)["version"]
        for name, content in files.items()
        if name.startswith("parent/charts/")
    }
    assert versions == {"locked": "1.9.2", "ranged": "2.1.0", "beta": "1.2.3-beta.1", "any": "0.1.0", "old": "1.0.0"}
    assert yaml.safe_load(files["parent/Chart.lock"]) == chart["lock"]

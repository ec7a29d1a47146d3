# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import io
import os
import tarfile

import pytest

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.module_utils._helm.upgrade import chart_source


def packed(path, *files):
    with tarfile.open(path, "w:gz") as archive:
        for name, text in files:
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return str(path)


def metadata(name="shop", version="1.2.3"):
    return f"apiVersion: v2\nname: {name}\nversion: {version}\n"


@pytest.fixture
def helm(tmp_path):
    folder = tmp_path / "private"
    folder.mkdir()
    return helm_command.Helm("/bin/helm", (3, 22), ["--kubeconfig", "k"], {}, str(folder))


def fetch(helm, reference, **wanted):
    return chart_source.fetch(helm, {"chart_ref": str(reference), **wanted}, 10)


def refused(helm, reference, **wanted):
    with pytest.raises(ClassicError) as caught:
        fetch(helm, reference, **wanted)
    assert caught.value.untouched == "Nothing was changed."
    return caught.value


def test_a_file_is_taken_as_it_is_and_its_subcharts_do_not_speak_for_it(helm, tmp_path):
    path = packed(tmp_path / "c.tgz", ("shop/charts/db/Chart.yaml", metadata("db")), ("shop/Chart.yaml", metadata()))
    assert fetch(helm, path, chart_name="shop", chart_version="v1.2.3") == (path, "shop", "1.2.3")


@pytest.mark.parametrize("wanted", [{"chart_name": "coder"}, {"chart_version": "1.2.4"}])
def test_another_chart_than_the_meant_one_is_refused(helm, tmp_path, wanted):
    path = packed(tmp_path / "c.tgz", ("shop/Chart.yaml", metadata()))
    error = refused(helm, path, **wanted)
    assert error.code == "wrong_chart" and next(iter(wanted.values())) in error.why


@pytest.mark.parametrize("content", [b"", b"no archive", None])
def test_what_is_no_chart_is_said_to_be_none(helm, tmp_path, content):
    path = tmp_path / "c.tgz"
    if content is None:
        packed(path, ("shop/values.yaml", "a: b"))
    else:
        path.write_bytes(content)
    assert refused(helm, path).code == "wrong_chart"


def test_without_a_version_nothing_is_taken_from_a_repository(helm, monkeypatch):
    monkeypatch.setattr(helm_command, "run", None)
    assert refused(helm, "shop", chart_repo_url="https://charts.test").code == "invalid"


def test_a_repository_is_asked_without_the_cluster_and_its_answer_checked(helm, monkeypatch):
    ran = []

    def run(of, arguments, seconds):
        ran.append((of.cluster_flags, arguments))
        packed(
            os.path.join(arguments[arguments.index("--destination") + 1], "shop-1.2.3.tgz"),
            ("shop/Chart.yaml", metadata()),
        )

    monkeypatch.setattr(helm_command, "run", run)
    chart = fetch(helm, "shop", chart_repo_url="https://charts.test", chart_version="1.2.3", chart_name="shop")
    assert (chart.name, os.path.dirname(chart.path)) == ("shop", os.path.join(helm.folder, "chart"))
    ((flags, arguments),) = ran
    assert (
        flags == []
        and arguments[:4] == ["pull", "shop", "--version", "1.2.3"]
        and arguments[-1] == "https://charts.test"
    )


def test_a_repository_that_does_not_answer_is_told_before_anything_is_begun(helm, monkeypatch):
    def run(*_unused):
        raise ClassicError("helm pull failed with status 1.", code="helm_failed", why="connection refused")

    monkeypatch.setattr(helm_command, "run", run)
    error = refused(helm, "shop", chart_repo_url="https://charts.test", chart_version="1.2.3")
    assert (error.code, error.where, error.why) == ("chart_unavailable", "https://charts.test", "connection refused")


@pytest.mark.parametrize("reference", ["/nowhere.tgz", "./charts/shop", "~/shop", "shop-1.2.3.tgz"])
def test_a_path_with_nothing_there_is_no_repository(helm, monkeypatch, reference):
    monkeypatch.setattr(helm_command, "run", lambda *_of: pytest.fail("helm was asked"))
    error = refused(helm, reference, chart_version="1.2.3")
    assert error.code == "chart_unavailable" and "there is no such file or folder" in error.what

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The pure parts of the toolchain: pins, cache keys, versions, go.mod, progress."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from lab.toolchain import ToolchainError, cache, golang, gomodule, openapi, pins, progress, recipe, versions

PINS = pins.read()


def folders(pinned: dict, kubernetes: str = "1.21") -> dict[str, str]:
    return {
        product: recipe.folder_name(source, product)
        for source in pins.sources(pinned, kubernetes)
        for product in (*source.programs, *source.folders)
    }


def test_each_kubernetes_has_all_programs_and_the_stages():
    wanted = {"helm", "etcd", "kwok", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"}
    for kubernetes in pins.KUBERNETES:
        assert set(folders(PINS, kubernetes)) == wanted | {"kwok-stages"}


def test_unknown_kubernetes_is_refused_with_the_choices():
    with pytest.raises(ToolchainError, match=r"'1\.20'.*1\.21, current"):
        pins.sources(PINS, "1.20")


def test_version_is_filled_into_the_variables_of_both_packages():
    kubernetes = {source.name: source for source in pins.sources(PINS, "1.21")}["kubernetes"]
    version = kubernetes.version
    assert {name: value for name, value in kubernetes.variables.items() if name.endswith(".gitVersion")} == {
        "k8s.io/component-base/version.gitVersion": version,
        "k8s.io/client-go/pkg/version.gitVersion": version,
    }
    assert f"-X k8s.io/client-go/pkg/version.gitMinor={version.split('.')[1]}" in recipe.link_flags(kubernetes)


@pytest.mark.parametrize(
    ("path", "value", "changed"),
    [
        (("helm", "version"), "v3.0.1", {"helm"}),
        (("helm", "variables", "helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor"), "1", {"helm"}),
        (("kwok", "version"), "v0.0.1", {"kwok", "kwok-stages"}),
        (("kwok", "folders", "kwok-stages"), "kustomize", {"kwok-stages"}),
        (("go", "version"), "1.99.0", set()),
        (("etcd", "go"), "1.99.0", set()),
        (
            ("kubernetes", "releases", "1.21", "staging"),
            "v0.21.1",
            {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"},
        ),
        (("kubernetes", "releases", "current", "version"), "v1.99.0", set()),
        (
            ("kubernetes", "releases", "1.21", "dependencies", "github.com/modern-go/reflect2"),
            "v1.0.1",
            {"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"},
        ),
    ],
)
def test_a_changed_pin_moves_only_what_it_determines(path, value, changed):
    pinned = copy.deepcopy(PINS)
    table = pinned
    for key in path[:-1]:
        table = table[key]
    assert table[path[-1]] != value
    table[path[-1]] = value
    before, after = folders(PINS), folders(pinned)
    assert {product for product in before if before[product] != after[product]} == changed


def test_both_kubernetes_share_the_other_programs():
    old, new = folders(PINS, "1.21"), folders(PINS, "current")
    assert {product for product in old if old[product] == new[product]} == {"helm", "etcd", "kwok", "kwok-stages"}


@pytest.mark.parametrize(
    ("program", "output", "version"),
    [
        ("helm", "v3.22.0\n", "v3.22.0"),
        ("helm", "v3.14.1+ge8858f8\n", "v3.14.1"),
        ("helm", "v3.22\n", None),
        ("etcd", "etcd Version: 3.6.6\nGit SHA: Not provided\nGo Version: go1.26.8\n", "v3.6.6"),
        ("etcd", "etcd Version: 3.7.0-rc.0\n", "v3.7.0-rc.0"),
        ("kwok", "kwok version v0.8.0 go1.26.8 (linux/amd64)\n", "v0.8.0"),
        ("kube-apiserver", "Kubernetes v1.21.14\n", "v1.21.14"),
        ("kube-scheduler", "Kubernetes v1.21.14-dirty\n", "v1.21.14-dirty"),
        ("kube-controller-manager", "Kubernetes v0.0.0-master+$Format:%H$\n", "v0.0.0-master+$Format:%H$"),
        ("kubectl", '{"clientVersion": {\n  "gitVersion": "v1.36.3",\n  "goVersion": "go1.26.8"}}', "v1.36.3"),
        ("kubectl", '{"clientVersion": {"gitVersion": "v1.32.4-dispatcher"}}', "v1.32.4-dispatcher"),
        ("kubectl", "Client Version: v1.36.3\n", None),
        ("etcd", "", None),
    ],
)
def test_version_of_a_programs_output(program, output, version):
    assert versions.parse(program, output) == version


@pytest.mark.parametrize(
    ("text", "version"),
    [("go1.26.8", "1.26.8"), ("go1.27rc1", "1.27"), ("devel go1.27-a1b2c3 X:none", "1.27"), ("unknown", None)],
)
def test_version_of_go(text, version):
    assert golang.parse_version(text) == version


@pytest.mark.parametrize(
    ("version", "least", "enough"),
    [
        ("1.26.8", "1.26.0", True),
        ("1.26.0", "1.26.0", True),
        ("1.27", "1.26.9", True),
        ("1.9.7", "1.26.0", False),
        ("1.26", "1.26.1", False),
    ],
)
def test_go_versions_compare_as_numbers(version, least, enough):
    assert golang.at_least(version, least) is enough


def test_build_environment_overrides_what_would_change_the_build_and_keeps_the_rest():
    users = {"GOOS": "plan9", "GOFLAGS": "-race", "GOTOOLCHAIN": "auto", "GOPRIVATE": "corp.example", "HOME": "/h"}
    assert golang.build_environment(users, "linux", "arm64", "-modcacherw") == {
        "CGO_ENABLED": "0",
        "GOARCH": "arm64",
        "GOFLAGS": "-mod=mod -modcacherw",
        "GOOS": "linux",
        "GOPRIVATE": "corp.example",
        "GOTOOLCHAIN": "local",
        "GOWORK": "off",
        "HOME": "/h",
    }


def test_wrapper_repeats_what_go_ignores_in_a_dependency():
    upstream = {
        "Go": "1.16",
        "GoDebug": [{"Key": "default", "Value": "go1.21"}],
        "Exclude": [{"Path": "b.example/bad", "Version": "v1.0.0"}],
        "Replace": [
            {"Old": {"Path": "k.example/api"}, "New": {"Path": "./staging/api"}},
            {"Old": {"Path": "a.example/x"}, "New": {"Path": "a.example/fork", "Version": "v1.2.3"}},
            {"Old": {"Path": "a.example/y", "Version": "v1.0.0"}, "New": {"Path": "a.example/y", "Version": "v1.0.1"}},
        ],
    }
    lines = gomodule.wrapper(upstream, "k.example/main", "v1.21.14", "v0.21.14").splitlines()
    assert lines[1:] == [
        "go 1.16",
        "godebug default=go1.21",
        "require k.example/main v1.21.14",
        "exclude b.example/bad v1.0.0",
        "replace k.example/api => k.example/api v0.21.14",
        "replace a.example/x => a.example/fork v1.2.3",
        "replace a.example/y v1.0.0 => a.example/y v1.0.1",
    ]


def test_wrapper_drops_folders_that_have_no_staging_version():
    replaced = [{"Old": {"Path": "e.example/api"}, "New": {"Path": "../api"}}]
    upstream = {"Go": "1.24", "Replace": replaced, "Exclude": None}
    assert "replace" not in gomodule.wrapper(upstream, "e.example/server", "v3.6.6", None)


def test_wrapper_takes_another_version_of_a_dependency_in_place_of_the_go_mods():
    pinned = {"Path": "m.example/reflect2", "Version": "v1.0.1"}
    upstream = {"Go": "1.16", "Replace": [{"Old": {"Path": "m.example/reflect2"}, "New": pinned}]}
    lines = gomodule.wrapper(
        upstream, "k.example/main", "v1.21.14", None, {"m.example/reflect2": "v1.0.2"}
    ).splitlines()
    assert lines[2:] == ["require k.example/main v1.21.14", "replace m.example/reflect2 => m.example/reflect2 v1.0.2"]


def test_progress_counts_packages_then_says_linking():
    text = "go: downloading a.example/x v1.0.0\n# a.example/x\nk.example/one\nk.example/two\n"
    assert progress.compilation(text, 3) == "package 2 of 3"
    assert progress.compilation(text, 2) == "linking"
    assert progress.downloads(text) == "1 modules fetched"
    assert progress.downloads("k.example/one\n") == ""


def test_openapi_takes_tagged_packages_of_staging_modules_only(tmp_path):
    api, other = tmp_path / "api@v0.21.14", tmp_path / "klog@v2.9.0"
    for file, text in {
        api / "core" / "v1" / "doc.go": "// +k8s:openapi-gen=true\npackage v1\n",
        api / "core" / "v1" / "types.go": "// +k8s:openapi-gen=false\n",
        api / "version.go": "// +k8s:openapi-gen=true\n",
        api / "untagged" / "doc.go": "package untagged\n",
        other / "doc.go": "// +k8s:openapi-gen=true\n",
    }.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    listing = f"k8s.io/api\t{api}\tv0.21.14\n\nk8s.io/api\t{api}\tv0.21.14\nk8s.io/klog\t{other}\tv2.9.0\n"
    modules = openapi.staging_modules(listing, "v0.21.14")
    assert modules == {"k8s.io/api": api}
    assert openapi.tagged_packages(modules) == ["k8s.io/api", "k8s.io/api/core/v1"]


def test_cache_root_follows_xdg_but_not_a_relative_one(tmp_path):
    assert cache.root({"XDG_CACHE_HOME": str(tmp_path)}) == tmp_path / "coder-classic" / "toolchain"
    assert cache.root({"XDG_CACHE_HOME": "here"}) == Path.home() / ".cache" / "coder-classic" / "toolchain"


def test_a_copy_of_a_read_only_folder_can_be_changed(tmp_path):
    source, target = tmp_path / "module", tmp_path / "copy"
    (source / "pkg").mkdir(parents=True)
    (source / "pkg" / "doc.go").write_text("package pkg\n")
    (source / "pkg" / "doc.go").chmod(0o444)
    (source / "pkg").chmod(0o555)
    cache.copy_writable(source, target)
    (source / "pkg").chmod(0o755)
    assert (target / "pkg" / "doc.go").read_text() == "package pkg\n"
    assert (target / "pkg").stat().st_mode & 0o200
    assert (target / "pkg" / "doc.go").stat().st_mode & 0o200

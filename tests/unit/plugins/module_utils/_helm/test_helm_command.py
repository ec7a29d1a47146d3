# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import json
import os
import signal
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._helm import helm_command
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import kubeconfig
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.credentials import Credential


@pytest.fixture
def program(tmp_path):
    """Makes a helm that says the version and then does what the shell text says; returns its path."""

    def make(body: str = "", version: str = "v3.22.0") -> str:
        path = tmp_path / "helm"
        path.write_text(f'#!/bin/sh\nif [ "$1" = version ]; then echo {version}; exit; fi\n{body}\n')
        path.chmod(0o755)
        return str(path)

    return make


ACCESS = kubeconfig.resolve({"host": "https://c.test", "api_key": "top-secret"}, {})


def helm(tmp_path, binary: str, access: kubeconfig.Access | None = ACCESS) -> helm_command.Helm:
    folder = tmp_path / "folder"
    folder.mkdir(mode=0o700)
    return helm_command.helm_for(access, binary, str(folder))


@pytest.mark.parametrize("version", ["v2.17.0", "v3.5.4", "v5.0.0", "nonsense"])
def test_versions_that_are_refused(tmp_path, program, version: str) -> None:
    with pytest.raises(ClassicError) as caught:
        helm(tmp_path, program(version=version))
    assert caught.value.code == "unsupported_version" and version in caught.value.what
    assert ("not supported yet" in caught.value.what) == (version == "v5.0.0")


def test_a_missing_helm_is_named(tmp_path) -> None:
    with pytest.raises(ClassicError, match="no-such-helm was not found") as caught:
        helm(tmp_path, "no-such-helm")
    assert caught.value.code == "helm_failed"


@pytest.mark.parametrize("text", ["#!/bin/sh\nexit 3\n", "#!/no/such/shell\n"])
def test_a_helm_that_does_not_work_says_what_to_do(tmp_path, text: str) -> None:
    (tmp_path / "helm").write_text(text)
    (tmp_path / "helm").chmod(0o755)
    with pytest.raises(ClassicError) as caught:
        helm(tmp_path, str(tmp_path / "helm"))
    error = caught.value
    assert (error.code, error.where) == ("helm_failed", str(tmp_path / "helm"))
    assert error.untouched == "Nothing was changed." and "helm_binary" in error.next_step


def upgrade(version: tuple[int, int]) -> list[str]:
    fake = helm_command.Helm("helm", version, [], {}, "/f")
    arguments = helm_command.upgrade_arguments(
        fake, "rel", "ns", "/f/chart.tgz", values_file="/f/v", post_renderer="/f/p", description="d"
    )
    return helm_command.dry_run(fake, arguments)


def test_the_upgrade_neither_waits_nor_forces_nor_runs_hooks_nor_prunes() -> None:
    assert upgrade((3, 22)) == [
        *["upgrade", "rel", "/f/chart.tgz", "--namespace", "ns", "--reset-values", "--values", "/f/v"],
        *["--post-renderer", "/f/p", "--no-hooks", "--history-max", "0", "--output", "json", "--description", "d"],
        *["--disable-openapi-validation", "--skip-schema-validation", "--dry-run=server"],
    ]
    assert upgrade((3, 12))[-2:] == ["--disable-openapi-validation", "--dry-run"]
    # What is set back is known by the patch of helm itself, so that Helm 4 must not leave it to the server.
    assert upgrade((4, 3)) == [*upgrade((3, 22))[:-1], "--server-side=false", "--dry-run=server"]


LEADING_ELSEWHERE = {
    "HELM_NAMESPACE": "elsewhere",
    "HELM_DRIVER": "configmap",
    "HELM_KUBEAPISERVER": "https://elsewhere.test",
    "HELM_KUBEASUSER": "root",
    "KUBECONFIG": "/elsewhere",
    "K8S_AUTH_HOST": "https://elsewhere.test",
    "KUBERNETES_SERVICE_HOST": "10.0.0.1",
    "KUBERNETES_SERVICE_PORT": "443",
    "KUBERNETES_MASTER": "https://elsewhere.test",
}


@pytest.mark.parametrize("access", [ACCESS, None])
def test_helm_goes_where_the_access_says_and_nothing_leads_elsewhere(tmp_path, program, monkeypatch, access) -> None:
    for name, value in LEADING_ELSEWHERE.items():
        monkeypatch.setenv(name, value)
    made = helm(tmp_path, program('echo "$@"; env | grep -E "^(HELM|K8S|KUBE)" | sort'), access)
    output = helm_command.run(made, ["list"], 10).splitlines()
    flags = f" --kubeconfig {tmp_path}/folder/kubeconfig --kube-context direct" if access else ""
    assert output[0] == f"list{flags}"
    homes = [f"HELM_{name}_HOME={tmp_path}/folder/{name.lower()}" for name in ("CACHE", "CONFIG", "DATA")]
    assert output[1:] == [*homes, "KUBECONFIG=/dev/null"]


def test_the_access_goes_by_a_file_that_nobody_else_reads(tmp_path, program) -> None:
    made = helm(tmp_path, program('echo "$@"'))
    path = Path(made.cluster_flags[1])
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == ACCESS.config
    assert "top-secret" not in helm_command.run(made, ["list"], 10)


def test_a_credential_that_ends_is_replaced_before_helm_runs(tmp_path, program) -> None:
    given = iter(["second", "third"])
    ending = replace(ACCESS, renew_at=0.0, renew=lambda: Credential({"token": next(given)}, renew_at=0.0))
    made = helm(tmp_path, program('grep -o "token[^}]*" "$3"; stat -c %a "$3"'), ending)
    assert helm_command.run(made, ["list"], 10).split("\n")[:2] == ['token": "second"', "600"]
    assert "third" in helm_command.run(made, ["list"], 10)


def test_no_credential_of_the_access_is_in_an_error(tmp_path, program) -> None:
    made = helm(tmp_path, program('echo "Error: header Bearer top-secret" >&2; exit 1'))
    with pytest.raises(ClassicError) as caught:
        helm_command.run(made, ["upgrade"], 10)
    assert caught.value.why == "Error: header Bearer ********"


def test_a_failure_has_helms_words_without_secrets(tmp_path, program) -> None:
    made = helm(tmp_path, program('echo "Error: bad value s3cret-token" >&2; exit 3'))
    with pytest.raises(ClassicError) as caught:
        helm_command.run(made, ["upgrade"], 10, {"token": "s3cret-token"})
    assert caught.value.code == "helm_failed"
    assert caught.value.what == "helm upgrade failed with status 3."
    assert caught.value.why == "Error: bad value ********"


def test_a_secret_is_taken_out_before_the_message_is_cut(tmp_path, program) -> None:
    token = "s3cret-" + "x" * 30
    made = helm(tmp_path, program(f'printf "%s %1985d" {token} 0 >&2; exit 1'))
    with pytest.raises(ClassicError) as caught:
        helm_command.run(made, ["upgrade"], 10, {"token": token})
    assert "xxxx" not in caught.value.why and len(caught.value.why) == 1994


def test_input_goes_to_helm(tmp_path, program) -> None:
    assert helm_command.run(helm(tmp_path, program("cat")), ["template"], 10, stdin="a: b\n") == "a: b\n"


def test_relative_paths_mean_what_they_mean_to_the_caller(tmp_path, program, monkeypatch) -> None:
    program("pwd")
    monkeypatch.chdir(tmp_path)
    assert helm_command.run(helm(tmp_path, "./helm"), ["list"], 10).strip() == str(tmp_path)


def test_a_helm_that_hangs_is_asked_to_end(tmp_path, program) -> None:
    made = helm(tmp_path, program(f"trap 'echo ended > {tmp_path}/ended; exit 1' TERM; sleep 60 & wait"))
    started = time.monotonic()
    with pytest.raises(ClassicError) as caught:
        helm_command.run(made, ["upgrade"], 0.5)
    assert caught.value.code == "timeout" and "0.5 seconds" in caught.value.what
    assert time.monotonic() - started < 9 and (tmp_path / "ended").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_the_private_folder_is_gone_after_a_request_to_end(tmp_path, number: int) -> None:
    before = signal.getsignal(number)
    with pytest.raises(SystemExit), helm_command.private_folder(str(tmp_path)) as folder:
        assert stat.S_IMODE(Path(folder).stat().st_mode) == 0o700
        os.kill(os.getpid(), number)
        time.sleep(5)
    assert list(tmp_path.iterdir()) == [] and signal.getsignal(number) is before

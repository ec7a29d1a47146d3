# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The helm program: one builder of its command line, one way to run it. Helm 3 and 4; private to this collection.

Secrets reach helm on its standard input or in files of a folder that its caller makes (0700) and removes.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import tempfile
from collections.abc import Iterator
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import kubeconfig, program
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig import Access
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.masks import scrub

OLDEST = (3, 6)
#: From here on post-renderers are plugins, flags have other names, and the server may do what helm did itself.
FOUR = (4, 0)
NEWEST_SERIES = 4


#: Where helm has the repositories and logins of whoever runs it; none of these leads to another cluster.
OF_REPOSITORIES = (
    "HELM_CACHE_HOME",
    "HELM_CONFIG_HOME",
    "HELM_DATA_HOME",
    "HELM_REGISTRY_CONFIG",
    "HELM_REPOSITORY_CACHE",
    "HELM_REPOSITORY_CONFIG",
)


class Helm(NamedTuple):
    """binary, its version (major, minor), the flags that name the cluster, the environment, the 0700 folder, and the
    access that the flags' kubeconfig holds.
    """

    binary: str
    version: tuple[int, int]
    cluster_flags: list[str]
    environment: dict[str, str]
    folder: str
    access: Access | None = None


def helm_for(access: Access | None, helm_binary: str, folder: str, *, own_repositories: bool = False) -> Helm:
    """helm with all its own files in folder, for that cluster and no other; without access for what needs none.

    own_repositories: with the repositories and registry logins of whoever runs it, for a chart that is a name among them.

    Raises ClassicError: ``helm_failed`` (missing, cannot be run), ``unsupported_version``.
    """
    binary = shutil.which(helm_binary)
    if binary is None:
        raise ClassicError(
            f"The program {helm_binary} was not found.",
            code="helm_failed",
            where=f"PATH {os.environ.get('PATH')}",
            untouched="Nothing was changed.",
            next_step="Install Helm or say where it is with helm_binary.",
        )
    helm = Helm(binary, (0, 0), _cluster_flags(access, folder), _environment(folder, own_repositories), folder, access)
    return helm._replace(version=_version(helm))


def upgrade_arguments(
    helm: Helm, name: str, namespace: str, chart: str, *, values_file: str, post_renderer: str, description: str
) -> list[str]:
    """The upgrade that seals. post_renderer: a program, of Helm 4 the name of a plugin.

    Not to wait, not to run hooks, not to prune the history, not to judge anew what the cluster accepted long ago: it only writes
    another record.
    """
    arguments = ["upgrade", name, chart, "--namespace", namespace, "--reset-values", "--values", values_file]
    arguments += ["--post-renderer", post_renderer, "--no-hooks", "--history-max", "0", "--output", "json"]
    arguments += ["--description", description, "--disable-openapi-validation"]
    # Charts with old schemas fail in newer helm releases; these values were accepted when they were new.
    arguments += ["--skip-schema-validation"] if helm.version >= (3, 16) else []
    # What it would set back is known by a patch that helm makes itself (drift.py); the server would also ask who owns a field.
    return [*arguments, *(["--server-side=false"] if helm.version >= FOUR else [])]


def dry_run(helm: Helm, arguments: list[str]) -> list[str]:
    """The same command, answered with the record that it would write."""
    return [*arguments, "--dry-run=server" if helm.version >= (3, 13) else "--dry-run"]


def template_arguments(
    name: str, namespace: str, chart: str, *, kube_version: str, api_versions: list[str]
) -> list[str]:
    """Rendering without the cluster; the values come on standard input."""
    arguments = ["template", name, chart, "--namespace", namespace, "--values", "-", "--is-upgrade"]
    arguments += ["--no-hooks", "--kube-version", kube_version]
    return arguments + [f"--api-versions={version}" for version in api_versions]


def rollback_arguments(name: str, namespace: str, revision: int) -> list[str]:
    """Back to that revision, with as little else as upgrade_arguments."""
    return ["rollback", name, str(revision), "--namespace", namespace, "--no-hooks", "--history-max", "0"]


def uninstall_arguments(name: str, namespace: str, seconds: int) -> list[str]:
    """Without --wait: what is slow is waited for by name, helm would only say that it timed out. seconds: for hooks."""
    return ["uninstall", name, "--namespace", namespace, "--timeout", f"{seconds}s"]


def run(helm: Helm, arguments: list[str], seconds: float, secrets: Any = None, stdin: str | None = None) -> str:
    """Standard output of helm. secrets: values none of whose secrets may appear in an error; of the access none does.

    What writes to the cluster comes after Cluster.prove_identity. Raises ClassicError: ``helm_failed`` with helm's own
    words, ``timeout``. What of it is untouched and what to run next, the caller knows.
    """
    helm = _with_good_credential(helm)
    try:
        ended = program.run([helm.binary, *arguments, *helm.cluster_flags], helm.environment, seconds, stdin)
    except TimeoutError:
        # helm marks a release as failed when it is asked to end; killed, it leaves it pending.
        raise ClassicError(
            f"helm {arguments[0]} did not end within {seconds:g} seconds and was ended.",
            code="timeout",
            where=helm.binary,
        ) from None
    except OSError as error:
        raise ClassicError(
            f"{helm.binary} cannot be run.", code="helm_failed", where=helm.binary, why=str(error)
        ) from error
    if ended.status:
        own = helm.access.secrets if helm.access else []
        raise ClassicError(
            f"helm {arguments[0]} failed with status {ended.status}.",
            code="helm_failed",
            where=helm.binary,
            why=scrub(ended.messages.strip(), [secrets, {"secret": own}])[-2000:] or None,
        )
    return ended.output


@contextlib.contextmanager
def private_folder(parent: str | None) -> Iterator[str]:
    """A folder (0700) for secrets, gone at the end, also when the process is asked to end or loses its terminal."""
    before = {number: signal.signal(number, _interrupted) for number in (signal.SIGTERM, signal.SIGHUP)}
    folder = tempfile.mkdtemp(prefix="coder-classic-", dir=parent)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupted(number: int, _frame: Any) -> None:
    raise SystemExit(128 + number)


def _version(helm: Helm) -> tuple[int, int]:
    try:
        text = run(helm._replace(cluster_flags=[]), ["version", "--template", "{{.Version}}"], 30).strip()
    except ClassicError as error:
        error.untouched = "Nothing was changed."
        error.next_step = "Check that program, or say with helm_binary where a working Helm is."
        raise
    match = re.match(r"v?(\d+)\.(\d+)", text)
    version = (int(match[1]), int(match[2])) if match else (0, 0)
    if version[0] > NEWEST_SERIES or version < OLDEST:
        is_newer = version[0] > NEWEST_SERIES
        raise ClassicError(
            f"Helm {text or 'of unknown version'} is not supported{' yet' if is_newer else ''}.",
            code="unsupported_version",
            where=helm.binary,
            why="What it does differently is not known here." if is_newer else "The flags used here came with 3.6.",
            untouched="Nothing was changed.",
            next_step="Use Helm 3.6 or later of the 3 and 4 series: option helm_binary.",
        )
    return version


def _cluster_flags(access: Access | None, folder: str) -> list[str]:
    return ["--kubeconfig", _kubeconfig(access, folder), "--kube-context", access.context] if access else []


def _kubeconfig(access: Access, folder: str) -> str:
    """Writes it anew, so that helm never reads half of it; its path."""
    path = os.path.join(folder, "kubeconfig")
    with contextlib.suppress(FileNotFoundError):
        os.remove(f"{path}.new")
    os.replace(write_secret(f"{path}.new", json.dumps(access.config).encode()), path)
    return path


def _with_good_credential(helm: Helm) -> Helm:
    """Its kubeconfig with a new credential where the one in it ends or may have been replaced."""
    if helm.access is None or not helm.cluster_flags:
        return helm
    now = kubeconfig.current(helm.access)
    if now is not helm.access:
        _kubeconfig(now, helm.folder)
    return helm._replace(access=now)


# What would lead helm to another cluster, namespace, user or storage than what it is told.
LEADING_ELSEWHERE = ("HELM_", "K8S_AUTH_", "KUBERNETES_")


def _environment(folder: str, own_repositories: bool) -> dict[str, str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith(LEADING_ELSEWHERE)}
    # Not unset: then helm looks for ~/.kube/config.
    environment["KUBECONFIG"] = os.devnull
    if own_repositories:
        return environment | {name: os.environ[name] for name in OF_REPOSITORIES if name in os.environ}
    for purpose in ("CACHE", "CONFIG", "DATA"):
        environment[f"HELM_{purpose}_HOME"] = os.path.join(folder, purpose.lower())
    return environment


def write_secret(path: str, content: bytes, mode: int = 0o600) -> str:
    """Writes a new file, to the disk, that nobody else could read at any moment; returns its path."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    return path

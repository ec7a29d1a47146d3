# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs the credential plugin of a kubeconfig's user (aws, gke-gcloud-auth-plugin, kubelogin ...) as kubectl does, but with a
deadline and without a terminal. Private to this collection.
"""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, NamedTuple

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._kubernetes import masks, program
from ansible_collections.coder.classic.plugins.module_utils._kubernetes.kubeconfig_entry import (
    Entry,
    mapping,
    path_of,
    refusal,
    text,
    texts,
)

SECONDS = 30.0
WORDS = 500
GROUP = "client.authentication.k8s.io"
VERSIONS = tuple(f"{GROUP}/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
#: the extension of a cluster's entry that is meant for plugins
EXTENSION = f"{GROUP}/exec"
TOKEN_IN_TEXT = re.compile(r"eyJ[\w-]{10,}(\.[\w-]+)*")


class Issued(NamedTuple):
    """What the plugin gave: a token or a client certificate with its key (PEM), and when it ends."""

    token: str | None
    certificate: str | None
    key: str | None
    expires: datetime | None

    def __repr__(self) -> str:
        return f"Issued(expires={self.expires})"


def issue(user: Entry, cluster: dict[str, Any], environment: Mapping[str, str]) -> Issued:
    """cluster: what KUBERNETES_EXEC_INFO tells the plugin where it asks for it (provideClusterInfo).

    Raises ClassicError: ``invalid`` for an entry that is wrong, ``credential_plugin`` for a plugin that gives nothing.
    """
    entry = user._replace(fields=mapping(user, "exec"), labels={})
    version = text(entry, "apiVersion")
    if version not in VERSIONS:
        raise refusal(user, "exec", f"Its apiVersion must be one of {', '.join(VERSIONS)}.")
    named = text(entry, "command")
    if not named:
        raise refusal(user, "exec", "It names no command.")
    if text(entry, "interactiveMode") == "Always":
        raise _failed(
            user, named, "needs a terminal", "Its interactiveMode is Always, and here is nobody to answer it."
        )
    command = path_of(entry, "command") if os.sep in named else named
    binary = shutil.which(str(command), path=environment.get("PATH"))
    if binary is None:
        where = "" if os.sep in named else " in PATH"
        hint = _words(text(entry, "installHint") or "", {})
        raise _failed(user, named, "was not found", f"There is no program {command}{where}.", hint or None)
    arguments = texts(entry, "args")
    own = {name: value for item in _environment(user, entry) for name, value in [item]}
    spec: dict[str, Any] = {"interactive": False}
    if entry.fields.get("provideClusterInfo") is True:
        spec["cluster"] = cluster
    info = {"kind": "ExecCredential", "apiVersion": version, "spec": spec}
    output = _output(
        user, [binary, *arguments], {**environment, **own, "KUBERNETES_EXEC_INFO": json.dumps(info)}, own, named
    )
    return _issued(user, named, version, output)


def _environment(user: Entry, entry: Entry) -> list[tuple[str, str]]:
    listed = entry.fields.get("env") or []
    if not isinstance(listed, list) or not all(
        isinstance(item, dict) and isinstance(item.get("name"), str) and isinstance(item.get("value"), str)
        for item in listed
    ):
        raise refusal(user, "exec", "Its env must be a list of names with values.")
    return [(item["name"], item["value"]) for item in listed]


def _output(user: Entry, command: list[str], environment: dict[str, str], own: dict[str, str], named: str) -> str:
    try:
        ended = program.run(command, environment, SECONDS)
    except TimeoutError:
        raise _failed(
            user,
            named,
            f"did not end within {SECONDS:g} seconds and was ended",
            "It waits for something, for example a login in a browser.",
        ) from None
    except (OSError, ValueError) as error:
        # A program that is none, or a NUL in its environment.
        why = (
            os.strerror(error.errno)
            if isinstance(error, OSError) and error.errno
            else "What it is given is not usable."
        )
        raise _failed(user, named, "cannot be run", why) from None
    if ended.status:
        said = _words(ended.messages, {**own, **_flags(command[1:])})
        why = f"It said: {said}" if said else "It said nothing."
        raise _failed(user, named, f"failed with status {ended.status}", why)
    return ended.output


def _issued(user: Entry, named: str, version: str, output: str) -> Issued:
    def refused(why: str) -> ClassicError:
        return _failed(user, named, "did not give a credential", why)

    try:
        answer = json.loads(output)
        kind, of, status = answer["kind"], answer["apiVersion"], answer.get("status") or {}
        parts = [status.get(key) for key in ("token", "clientCertificateData", "clientKeyData", "expirationTimestamp")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise refused("What it wrote is no ExecCredential.") from None
    if kind != "ExecCredential" or not all(isinstance(part, str | None) for part in parts):
        raise refused("What it wrote is no ExecCredential.")
    if of != version:
        raise refused(f"It answered in another apiVersion than {version}, which the kubeconfig asks for.")
    token, certificate, key, until = parts
    if not token and not certificate:
        raise refused("Its ExecCredential has neither a token nor a client certificate.")
    if bool(certificate) != bool(key):
        raise refused("Its ExecCredential has a client certificate or its key, but not both.")
    try:
        expires = datetime.fromisoformat(until).astimezone(UTC) if until else None
    except (ValueError, OverflowError):
        raise refused("Its expirationTimestamp is no time.") from None
    if expires and expires <= datetime.now(UTC):
        raise refused(f"Its credential has ended already, at {expires:%Y-%m-%dT%H:%M:%SZ}.")
    return Issued(token, certificate, key, expires)


def _failed(user: Entry, named: str, what: str, why: str, next_step: str | None = None) -> ClassicError:
    name = os.path.basename(named)
    return ClassicError(
        f"The credential plugin {name} of user {user.name} {what}.",
        code="credential_plugin",
        where=user.place,
        why=why,
        untouched="Nothing was changed.",
        next_step=next_step
        or f"Make kubectl work with this context where and as whom Ansible runs (log in, install {name}), then run again.",
    )


def _words(said: str, given: dict[str, str]) -> str:
    """The end of what a program said, printable and without what it was given as secrets."""
    said = TOKEN_IN_TEXT.sub(masks.HIDDEN, masks.scrub(re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", said), given))
    return "".join(letter for letter in said if letter.isprintable() or letter == "\n").strip()[-WORDS:]


def _flags(arguments: list[str]) -> dict[str, str]:
    """The values of flags like --client-secret X or --client-secret=X, by the flag's name."""
    found = dict(argument.split("=", 1) for argument in arguments if argument.startswith("-") and "=" in argument)
    for flag, value in itertools.pairwise(arguments):
        if flag.startswith("-") and "=" not in flag:
            found[flag] = value
    return found

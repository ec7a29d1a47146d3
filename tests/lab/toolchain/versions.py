# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""What each program says when asked for its version."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

_NUMBER = r"v?\d+\.\d+\.\d+[^\s\",]*"
_KUBERNETES = (("--version",), rf"^Kubernetes ({_NUMBER})")
_HELM = (("version", "--short"), rf"^({_NUMBER})")
_QUESTIONS = {
    "helm": _HELM,
    "helm4": _HELM,
    "etcd": (("--version",), rf"^etcd Version: ({_NUMBER})"),
    "kwok": (("--version",), rf"^kwok version ({_NUMBER})"),
    "kube-apiserver": _KUBERNETES,
    "kube-controller-manager": _KUBERNETES,
    "kube-scheduler": _KUBERNETES,
    "kubectl": (("version", "--client", "--output=json"), rf'"gitVersion": "({_NUMBER})"'),
}
PATIENCE = 30.0  # seconds; a version is printed in well under one


def parse(program: str, output: str) -> str | None:
    """The version in a program's output, with a leading ``v``, without helm's ``+g<commit>``; None if it has none."""
    found = re.search(_QUESTIONS[program][1], output, re.MULTILINE)
    if not found:
        return None
    return "v" + found[1].removeprefix("v").partition("+g")[0]


def ask(program: str, path: Path) -> str | None:
    """The version that the file at ``path`` says it is; None if it cannot be run or says something else."""
    try:
        answer = subprocess.run(
            [path, *_QUESTIONS[program][0]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=PATIENCE,
            check=False,
            env=os.environ | {"KUBECONFIG": os.devnull},
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse(program, answer.stdout.decode(errors="replace")) if answer.returncode == 0 else None

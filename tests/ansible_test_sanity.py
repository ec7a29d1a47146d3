# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Runs ``ansible-test sanity`` on this checkout: ``ansible_test_sanity.py SCRATCH [ARGUMENT ...]``.

ansible-test wants the collection below a real folder ansible_collections/coder/classic (it resolves links), so the files
that git knows are copied there. And it downloads a bootstrap script for pip, which this replaces by Python's own
ensurepip (unless a script is there already), so that the tests need a Python package index and nothing else.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent

GET_PIP = """\
# Stands in for the bootstrap script of pip: the same result from what Python brings along.
import ensurepip
import os
import subprocess
import sys

# ensurepip switches pip's settings off for its own process; the upgrade needs them.
environment = dict(os.environ)
dropped = ("--no-setuptools", "--no-wheel")
arguments = [argument for argument in sys.argv[1:] if argument not in dropped and not argument.startswith("pip")]
ensurepip.bootstrap(default_pip=True)
subprocess.run([sys.executable, "-m", "pip", "install", "--upgrade", "pip=={version}", *arguments],
               check=True, env=environment)
"""


def main() -> int:
    scratch = Path(sys.argv[1]).resolve()
    provide_pip_bootstrap()
    collection = scratch / "ansible_collections" / "coder" / "classic"
    copy_checkout(collection)
    command = [Path(sys.executable).with_name("ansible-test"), "sanity", "--local", "--color", "no", *sys.argv[2:]]
    # ansible-test asks git which files there are: the checkout around the copy would answer that it ignores them all.
    subprocess.run(["git", "init", "--quiet"], cwd=collection, check=True)
    # Only this Python and the system's programs: version managers put shims on PATH that do not run.
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.defpath}"}
    return subprocess.run(command, cwd=collection, env=environment, check=False).returncode


def copy_checkout(collection: Path) -> None:
    shutil.rmtree(collection, ignore_errors=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=CHECKOUT, check=True, capture_output=True, text=True,
    )  # fmt: skip
    for name in filter(None, listed.stdout.split("\0")):
        source = CHECKOUT / name
        if source.is_file():
            (collection / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, collection / name)


def provide_pip_bootstrap() -> None:
    version = pip_version()
    target = Path.home() / ".ansible" / "test" / "cache" / f"get_pip_{version.replace('.', '_')}.py"
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(GET_PIP.replace("{version}", version), encoding="utf-8")


def pip_version() -> str:
    """The version that this ansible-test bootstraps, read from its own source: it differs between releases."""
    import ansible_test._internal.python_requirements as requirements

    source = Path(requirements.__file__).read_text(encoding="utf-8")
    found = re.search(r"\bpip='([0-9.]+)'", source)
    if not found:
        raise SystemExit("ansible-test does not say any more which pip it wants: correct pip_version() in this file")
    return found.group(1)


if __name__ == "__main__":
    sys.exit(main())

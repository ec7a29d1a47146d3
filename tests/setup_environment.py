# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the environment of the tests and the lab: ``setup_environment.py VENV COLLECTIONS``.

VENV gets the pinned Python packages, COLLECTIONS this checkout as coder.classic (a link). No other collection is needed, so that
a Python mirror is enough, also behind an air gap.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ("tests/requirements.txt", "requirements.txt")


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs under whatever Python the machine has
        print(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: run make PYTHON=python3.12")
        return 1
    folder, collections = Path(sys.argv[1]), Path(sys.argv[2])
    install_packages(folder)
    link_checkout(collections)
    return 0


def install_packages(folder: Path) -> None:
    say(f"Python packages into {folder} ...")
    # Another Python's packages cannot be used; what an interrupted run left of this one's can.
    venv.create(folder, with_pip=True, symlinks=True, clear=version_of(folder) not in (None, sys.version_info[:2]))
    arguments = [argument for name in REQUIREMENTS for argument in ("-r", str(CHECKOUT / name))]
    pip(folder, "install", "--quiet", *arguments)


def version_of(folder: Path) -> tuple[int, int] | None:
    """Major and minor version of the Python that an environment was made with; None without one (pure but for reading)."""
    try:
        text = (folder / "pyvenv.cfg").read_text()
    except FileNotFoundError:
        return None
    found = re.search(r"^version = (\d+)\.(\d+)", text, re.MULTILINE)
    return (int(found[1]), int(found[2])) if found else None


def explained(failure: subprocess.CalledProcessError) -> str:
    """What to tell of a command that failed: pip's words are on the terminal already, those of ensurepip are not (pure)."""
    said = (failure.output or b"").decode(errors="replace").strip()
    if said:
        return f"[setup] {said}\n[setup] Python cannot make an environment with pip. On Debian: apt-get install python3-venv"
    return f"[setup] pip ended with status {failure.returncode}; what it said is above. Run make again."


def link_checkout(collections: Path) -> None:
    namespace = collections / "ansible_collections" / "coder"
    namespace.mkdir(parents=True, exist_ok=True)
    link = namespace / "classic"
    if not link.is_symlink():
        link.symlink_to(os.path.relpath(CHECKOUT, namespace))


def pip(folder: Path, *arguments: str) -> None:
    subprocess.run([folder / "bin" / "python", "-m", "pip", "--disable-pip-version-check", *arguments], check=True)


def say(text: str) -> None:
    print(f"[setup] {text}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
    except subprocess.CalledProcessError as failure:
        sys.exit(explained(failure))

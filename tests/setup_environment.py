# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Makes the environment of the tests and the lab: ``setup_environment.py VENV COLLECTIONS``.

VENV gets the pinned Python packages, COLLECTIONS this checkout as coder.classic (a link) and kubernetes.core.
kubernetes.core has no Python package of its own, but the wheel of the `ansible` bundle carries it: taking it from there
needs no access to Galaxy, so that the same command works behind an air gap with a Python mirror.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import venv
import zipfile
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
REQUIREMENTS = ("tests/requirements.txt", "requirements.txt")

#: The bundle release, and the collection taken out of it (its version is the lower bound in galaxy.yml).
BUNDLE = "ansible==14.5.0"
BUNDLE_PYTHON = "3.12"
KUBERNETES_CORE = "ansible_collections/kubernetes/core/"


def main() -> int:
    if sys.version_info < (3, 11):  # noqa: UP036 - this runs under whatever Python the machine has
        print(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}: run make PYTHON=python3.12")
        return 1
    folder, collections = Path(sys.argv[1]), Path(sys.argv[2])
    install_packages(folder)
    link_checkout(collections)
    install_kubernetes_core(folder, collections)
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


def install_kubernetes_core(folder: Path, collections: Path) -> None:
    target = collections / KUBERNETES_CORE
    if (target / "MANIFEST.json").exists():
        return
    say(f"kubernetes.core out of {BUNDLE} into {collections} ...")
    with tempfile.TemporaryDirectory(dir=collections) as scratch:
        pip(folder, "download", "--quiet", "--no-deps", "--only-binary=:all:", "--python-version", BUNDLE_PYTHON,
            "--dest", scratch, BUNDLE)  # fmt: skip
        (wheel,) = Path(scratch).glob("*.whl")
        with zipfile.ZipFile(wheel) as archive:
            members = [name for name in archive.namelist() if name.startswith(KUBERNETES_CORE)]
            archive.extractall(scratch, members)
        # Moved in one piece: an interrupted run must not leave half a collection that looks whole.
        shutil.rmtree(target, ignore_errors=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        (Path(scratch) / KUBERNETES_CORE).rename(target)


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

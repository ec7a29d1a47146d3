# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m lab.toolchain ensure [--kubernetes 1.21|current|all]`` and ``python -m lab.toolchain where``."""

from __future__ import annotations

import argparse
import functools
import sys

from ..endings import end_on_signals
from . import ToolchainError, cache, ensure_all
from .pins import KUBERNETES


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0, 1 (a program cannot be had), 130 (Ctrl-C), 128 + signal (terminated)."""
    options = _parser().parse_args(arguments)
    if options.command == "where":
        print(cache.root())
        return 0
    # A terminated run must end its compilers and remove its folder, as one that is interrupted does.
    end_on_signals()
    try:
        wanted = KUBERNETES if options.kubernetes == "all" else (options.kubernetes,)
        _ensure(wanted)
    except KeyboardInterrupt:
        print("\ninterrupted: the running build was ended, what was finished before is kept", file=sys.stderr)
        return 130
    except (ToolchainError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _ensure(wanted: tuple[str, ...]) -> None:
    report = functools.partial(print, flush=True)
    provided = {}
    for kubernetes in wanted:
        for item in ensure_all(kubernetes, report):
            provided.setdefault(item.path, item)
    for name, version, path, origin, seconds in provided.values():
        report(f"{name:<24} {version:<9} {path} {origin} {seconds:.1f} s")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m lab.toolchain", description="The programs of the lab.")
    commands = parser.add_subparsers(dest="command", required=True)
    ensure = commands.add_parser("ensure", help="find or build the programs")
    ensure.add_argument("--kubernetes", choices=(*KUBERNETES, "all"), default=KUBERNETES[0])
    commands.add_parser("where", help="print the cache folder")
    return parser


if __name__ == "__main__":
    sys.exit(main())

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""``python -m lab.simulator --config simulator.json``"""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys
from pathlib import Path

from . import app, config


def main() -> int:
    parser = argparse.ArgumentParser(prog="lab.simulator", description="Plays Coder for the lab; see README.md.")
    parser.add_argument("--config", type=Path, required=True, help="simulator.json")
    arguments = parser.parse_args()
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        loaded = config.load(arguments.config)
    except config.ConfigError as error:
        print(error, file=sys.stderr)
        return 2
    try:
        asyncio.run(app.run(loaded))
    except OSError as error:
        print(f"cannot listen: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

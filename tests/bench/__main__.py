# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make bench``: measures everything of plan.py on a lab of its own, and writes bench.json, a table and a plot.

Exit status: 0, 1 (a run did not do its work, or the lab did not start), 130 (Ctrl-C). Goals that are not met are told, and
are no failure: the figures are the result.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from site_runs import CHECKOUT

from bench import foreign, machine, plan, summary, table
from bench.stage import Stage
from bench.ways import NotDone
from lab import endings, lifecycle
from lab.errors import LabError, Stopped
from lab.toolchain import ToolchainError
from lab.toolchain.pins import KUBERNETES


def main() -> int:
    options = parser().parse_args()
    endings.end_on_signals(lambda _number: KeyboardInterrupt())
    folder = options.output.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("ANSIBLE_COLLECTIONS_PATH", str(CHECKOUT / "build" / "collections"))
    if options.again:
        finish(json.loads((folder / "bench.json").read_text()), folder)
        return 0
    try:
        bench(options, folder)
    except KeyboardInterrupt:
        print("[bench] interrupted", file=sys.stderr)
        return 130
    except (NotDone, LabError, ToolchainError, Stopped, OSError, RuntimeError) as error:
        print(f"[bench] {error}", file=sys.stderr)
        return 1
    finally:
        if not options.keep_lab:
            with endings.uninterrupted():
                say(f"{lifecycle.down(folder / 'lab')} processes of the lab ended")
    return 0


def bench(options: argparse.Namespace, folder: Path) -> None:
    foreign.provide(say)
    stage = Stage.build(folder, options.kubernetes, say)
    result = {"machine": machine.describe(), "begun": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "runs": []}
    chosen = plan.chosen(options.only)
    for delay in options.delay or [0, 150]:
        stage.relay(delay)
        for case in chosen:
            for row in case.measure(stage, delay, options.runs, say):
                result["runs"].append(row)
                # Kept as it grows: who interrupts it has what was measured.
                (folder / "bench.json").write_text(json.dumps(result, indent=1))
    finish(result, folder)


def finish(result: dict[str, Any], folder: Path) -> None:
    """From the runs to everything that is read."""
    result |= summary.summary(result["runs"])
    (folder / "bench.json").write_text(json.dumps(result, indent=1))
    text = table.markdown(result)
    (folder / "bench.md").write_text(text)
    print(text)
    # Here, as the whole bench should not fail at its start for want of a picture at its end.
    from bench import plot

    plot.draw(result, folder / "bench.svg")
    say(f"written: {folder / 'bench.json'}, bench.md, bench.svg")


def say(text: str) -> None:
    print(f"[bench {time.strftime('%H:%M:%S')}] {text}", flush=True)


def parser() -> argparse.ArgumentParser:
    top = argparse.ArgumentParser(prog="python -m bench", description="What the work costs, as ratios of one run.")
    top.add_argument("--runs", type=int, default=5, help="of each measurement; default: %(default)s")
    top.add_argument(
        "--only", action="append", choices=plan.NAMES, metavar="NAME", help=f"some of {', '.join(plan.NAMES)}"
    )
    top.add_argument(
        "--delay", action="append", type=int, metavar="MS", help="added to each round trip; default: 0 and 150"
    )
    top.add_argument("--output", type=Path, default=CHECKOUT / "build" / "bench", help="default: build/bench")
    top.add_argument("--kubernetes", choices=KUBERNETES, default=KUBERNETES[0])
    top.add_argument(
        "--again", action="store_true", help="measure nothing: table and plot of the bench.json that is there"
    )
    top.add_argument("--keep-lab", action="store_true")
    return top


if __name__ == "__main__":
    sys.exit(main())

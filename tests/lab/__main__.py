# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m lab up|down|status|snapshot|restore|freeze|thaw|inventory|requests|faults``: the lab on the command line."""

from __future__ import annotations

import argparse
import functools
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

from . import endings, guidance, inventory, layout, lifecycle, primaries, processes
from .errors import LabError, Stopped
from .lifecycle import Lab
from .toolchain import ToolchainError
from .toolchain.pins import KUBERNETES

DEFAULT_STATE = Path(__file__).resolve().parents[2] / "build" / "lab"


def main(arguments: list[str] | None = None) -> int:
    """Exit status: 0, 1 (it did not work, the reason is on standard error), 130 (Ctrl-C), 143 (terminated)."""
    options = parser().parse_args(arguments)
    options.state = options.state.resolve()
    endings.end_on_signals()
    try:
        options.run(options)
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except (LabError, ToolchainError, Stopped, OSError, RuntimeError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def reporter() -> Callable[[str], None]:
    """Prints lines with the seconds since now."""
    started = time.monotonic()
    return lambda text: print(f"[{time.monotonic() - started:5.1f} s] {text}", flush=True)


def _up(options: argparse.Namespace) -> None:
    report = reporter()
    regions = options.regions.split(",")
    unknown = sorted(set(regions) - set(layout.REGIONS))
    if unknown:
        raise LabError(f"no region {', '.join(unknown)}: choose among {', '.join(layout.REGIONS)}")
    lab, started = lifecycle.up(
        options.state, options.kubernetes, regions, options.provider_chart, report, options.primary
    )
    running = lab.layout
    report(
        "the lab is up"
        if started
        else f"the lab in {running.state} is already running (Kubernetes {running.kubernetes}, primary "
        f"{running.primary}, regions {', '.join(running.regions)}, chart state {running.provider_chart}); nothing was started"
    )
    print(f"\n{guidance.text(lab)}")


def _down(options: argparse.Namespace) -> None:
    count = lifecycle.down(options.state)
    print(f"{count} processes of the lab in {options.state} ended, none is left" if count else "no process was left")


def _status(options: argparse.Namespace) -> None:
    lab = layout.load(options.state)
    running = processes.find(options.state)
    if lab is None and not running:
        raise LabError(f"there is no lab in {options.state}")
    expected = lifecycle.process_names(lab) if lab else []
    for name in [*expected, *(name for name in running if name not in expected)]:
        group = running.get(name, [])
        pids = " ".join(str(process.pid) for process in group) or "ended"
        memory = sum(process.memory_info().rss for process in group) // 2**20
        frozen = "  frozen" if any(map(processes.is_frozen, group)) else ""
        print(f"{name:<36} {pids:<16} {memory:>5} MiB  {_url(lab, name)}".rstrip() + frozen)
    for listener in layout.listeners(lab.regions) if lab else []:
        print(f"{listener:<36} {lab.listener_url(listener)}")
    if any(name not in running for name in expected):
        raise LabError("not every process of the lab runs")


def _url(lab: layout.Layout | None, name: str) -> str:
    cluster, _unused, component = name.partition("/")
    if lab is None:
        return ""
    return {"etcd": lab.etcd, "kube-apiserver": lab.server}.get(component, lambda _unused: "")(cluster)


def _snapshot(options: argparse.Namespace) -> None:
    Lab.load(options.state).snapshot(options.name, reporter())


def _restore(options: argparse.Namespace) -> None:
    chosen = options.clusters.split(",") if options.clusters else None
    Lab.load(options.state).restore(options.name, chosen, reporter())


def _freeze(options: argparse.Namespace) -> None:
    Lab.load(options.state).freeze(*options.names)


def _thaw(options: argparse.Namespace) -> None:
    print(f"thawed: {', '.join(Lab.load(options.state).thaw()) or 'nothing was frozen'}")


def _inventory(options: argparse.Namespace) -> None:
    inventory.write(Lab.load(options.state).description, options.folder)
    print(f"written: {options.folder}")


def _requests(options: argparse.Namespace) -> None:
    lab = Lab.load(options.state)
    if options.forget:
        lab.control("DELETE", "/requests")
        return
    for one in lab.control("GET", f"/requests?since={options.since}"):
        print("{seq:>5} {time} {user} {listener} {method} {path} {status}".format(**one))


def _faults(options: argparse.Namespace) -> None:
    lab = Lab.load(options.state)
    call = {"list": "GET", "add": "POST", "clear": "DELETE"}[options.action]
    if (options.action == "add") != (options.fault is not None):
        raise LabError("`faults add` needs the fault as JSON, the other actions take none; see simulator/README.md")
    body = json.loads(options.fault) if options.fault else None
    print(json.dumps(lab.control(call, "/faults", body), indent=1))


def parser() -> argparse.ArgumentParser:
    """The command line."""
    top = argparse.ArgumentParser(prog="python -m lab", description="A whole Coder deployment on this machine.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = functools.partial(_command, commands)

    up = add("up", _up, "start it, install Coder and its providers, say how to use it")
    up.add_argument("--kubernetes", choices=KUBERNETES, default=KUBERNETES[0])
    up.add_argument("--regions", default=",".join(layout.REGIONS), help="default: %(default)s")
    up.add_argument("--provider-chart", choices=layout.PROVIDER_CHARTS, default=layout.PROVIDER_CHARTS[0])
    up.add_argument(
        "--primary", choices=primaries.PRIMARIES, default=primaries.NEW,
        help="the state of the main deployment to begin with, default: %(default)s",
    )  # fmt: skip
    add("down", _down, "end every process of it; safe at any time")
    add("status", _status, "its processes and addresses")
    add("snapshot", _snapshot, "keep its state under a name").add_argument("name")
    restore = add("restore", _restore, "set it back to a kept state; `up` keeps one named fresh")
    restore.add_argument("name")
    restore.add_argument("--clusters", help="only these, separated by commas; Coder's own state is set back as a whole")
    freeze = add("freeze", _freeze, "let processes of it hang: they accept and never answer")
    freeze.add_argument("names", nargs="+", metavar="NAME", help="as `status` names them, say sydney-1/kube-apiserver")
    add("thaw", _thaw, "let what was frozen go on")
    add("inventory", _inventory, "write it as an Ansible inventory").add_argument("folder", type=Path)
    requests = add("requests", _requests, "the requests that Coder has seen")
    requests.add_argument("--since", type=int, default=0, metavar="SEQ")
    requests.add_argument("--forget", action="store_true")
    faults = add("faults", _faults, "faults of Coder, its satellites and builds")
    faults.add_argument("action", choices=("list", "add", "clear"))
    faults.add_argument("fault", nargs="?", help="a fault as JSON, see simulator/README.md")
    return top


def _command(commands, name: str, run: Callable, text: str) -> argparse.ArgumentParser:
    command = commands.add_parser(name, help=text, description=text)
    command.add_argument("--state", type=Path, default=DEFAULT_STATE, help="the lab's folder, default: build/lab")
    command.set_defaults(run=run)
    return command


if __name__ == "__main__":
    sys.exit(main())

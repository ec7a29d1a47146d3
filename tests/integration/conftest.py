# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A lab for each process that runs end-to-end tests: the only one, or one of the workers of pytest-xdist (``-n 2``).

Each test starts from a saved state of its lab, so that it does not matter which process takes which file, and in what order.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import pytest
from xdist.scheduler import LoadScopeScheduling

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("database_site", "kills", "main_site", "region_lab", "site_runs", "stages")

import stages
from region_lab import RegionLab

from lab import endings, lifecycle

BUILD = Path(__file__).resolve().parents[2] / "build"
#: The Kubernetes of Coder Classic's time, on which everything runs.
OLD = "1.21"
CURRENT = "current"
#: The way of a region once more, where the product's own chart could not be installed any more.
ALSO_ON_CURRENT = ("test_migrate", "test_trap")


# -- what runs, where and when ----------------------------------------------------------------------------------------


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "region_lab" in metafunc.fixturenames:
        also = [CURRENT] if Path(metafunc.module.__file__).stem in ALSO_ON_CURRENT else []
        metafunc.parametrize("region_lab", [OLD, *also], indirect=True, scope="session")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """First what needs the lab that is ended again, then the files with most tests, so that no worker idles at the end."""
    tests = Counter(part(item.nodeid) for item in items)
    items.sort(key=lambda item: (part(item.nodeid) != CURRENT, -tests[part(item.nodeid)], item.path))


def part(nodeid: str) -> str:
    """What one worker runs as a whole: a file, whose tests share what it prepared; all on the current Kubernetes."""
    return CURRENT if f"[{CURRENT}" in nodeid else nodeid.partition("::")[0]


class ByPart(LoadScopeScheduling):
    """Whoever has ended one part takes the next, in the order in which they were collected."""

    def _split_scope(self, nodeid: str) -> str:
        return part(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log) -> ByPart:
    config.option.loadscopereorder = False
    return ByPart(config, log)


# -- labs -------------------------------------------------------------------------------------------------------------

#: Name of this process if it is a worker.
WORKER = os.environ.get("PYTEST_XDIST_WORKER")
KEEP_LAB = bool(os.environ.get("CODER_CLASSIC_KEEP_LAB"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--every-write", action="store_true", help="kill after each write, not after some: minutes more")


def pytest_configure() -> None:
    # SystemExit would be one more test that failed, and the next one would begin.
    endings.end_on_signals(lambda _number: KeyboardInterrupt())


def pytest_unconfigure() -> None:
    """However it ends, no lab is left: a worker that is interrupted has ten seconds for its own, and is killed then."""
    if WORKER or KEEP_LAB:
        return
    with endings.uninterrupted():
        for state in BUILD.glob("lab-test-*-gw*"):
            lifecycle.down(state)


@pytest.fixture(scope="session")
def region_lab(request: pytest.FixtureRequest) -> RegionLab:
    """A running lab, with the Kubernetes that the test asks for."""
    # `make clean` ends what is in lab*.
    name = "-".join(["lab-test", request.param, *([WORKER] if WORKER else [])])
    lab = RegionLab.up(BUILD / name, request.param)
    yield lab
    if not KEEP_LAB:
        lab.down()


@pytest.fixture
def fresh(region_lab: RegionLab) -> RegionLab:
    """The lab as after its installation: every region in phase envproxy."""
    region_lab.begin("fresh")
    return region_lab


@pytest.fixture(scope="session")
def phases(region_lab: RegionLab) -> RegionLab:
    """Saved states named after the phases of region frankfurt."""
    stages.save(region_lab)
    return region_lab

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""One lab for all end-to-end tests. Each test starts from a saved state of it, so that their order does not matter."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("region_lab", "site_runs", "stages")

import stages
from region_lab import RegionLab

from lab import endings

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def region_lab() -> RegionLab:
    """A running lab; CODER_CLASSIC_KUBERNETES says with which Kubernetes (1.21 or current)."""
    # SystemExit would be one more test that failed, and the next one would begin.
    endings.end_on_signals(lambda _number: KeyboardInterrupt())
    kubernetes = os.environ.get("CODER_CLASSIC_KUBERNETES", "1.21")
    lab = RegionLab.up(CHECKOUT / "build" / f"lab-test-{kubernetes}", kubernetes)
    yield lab
    if not os.environ.get("CODER_CLASSIC_KEEP_LAB"):
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

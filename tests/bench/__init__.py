# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``make bench``: what the work costs, beside the same work by hand and by plain tasks. See docs/bench.md."""

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Everything that could lead around a consent, tried one after the other on a lab; outside of CI, for it takes hours."""

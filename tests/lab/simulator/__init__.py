# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""A simulated Coder, bound to real clusters: see README.md in this folder."""

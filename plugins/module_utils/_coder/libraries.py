# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Optional Python libraries: a missing one becomes an error that says what to install. Private to this collection."""

from __future__ import annotations

from ansible.module_utils.basic import missing_required_lib

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError


def require(library: str, imported: object) -> None:
    """Raise ClassicError (``invalid``) when a guarded import left None instead of the module."""
    if imported is None:
        raise ClassicError(
            missing_required_lib(library),
            code="invalid",
            untouched="nothing was read or changed",
            next_step=f"install {library} for the Python that runs the module (see requirements.txt of coder.classic)",
        )

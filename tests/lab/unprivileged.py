# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m lab.unprivileged PROGRAM ARGUMENT…``: becomes that program, and is not root for it.

PostgreSQL refuses to run as root. In a user namespace root is another user there, and its files still belong to it; but folders
of other users above them must be open to everybody.
"""

from __future__ import annotations

import ctypes
import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
USER = 1000


def main(command: list[str]) -> int:
    """Exit status, if there is one: 1 with the reason on standard error."""
    try:
        if os.geteuid() == 0:
            leave_root()
        os.execv(command[0], command)
    except OSError as error:
        print(f"error: {error}", file=sys.stderr)
    return 1


def leave_root() -> None:
    """From now on this process is an ordinary user to itself. OSError where the kernel refuses that."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER):
        reason = os.strerror(ctypes.get_errno())
        raise OSError(
            f"the lab runs as root, PostgreSQL does not, and this kernel refuses the user namespace that would help: "
            f"{reason}. Run the lab as an ordinary user."
        )
    own = Path("/proc/self")
    # Without it a group of one's own is refused.
    (own / "setgroups").write_text("deny")
    (own / "uid_map").write_text(f"{USER} 0 1")
    (own / "gid_map").write_text(f"{USER} 0 1")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

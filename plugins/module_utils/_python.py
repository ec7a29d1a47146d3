# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ends a module that runs under a Python that is too old, and says which one is needed.

_border asks for it when it is imported, and every module imports that, through _module, before all else of this collection:
what comes after it cannot even be imported there. So nothing here, in _border and in _errors may be newer than the oldest
Python that Ansible itself still starts modules with. Private to this collection.
"""

from __future__ import annotations

import json
import sys

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

NEEDED = (3, 11)


def refusal(found: str, executable: str) -> ClassicError:
    needed = ".".join(map(str, NEEDED))
    return ClassicError(
        f"Python {needed} or newer is needed, and this is Python {found}.",
        code="python_too_old",
        where=f"{executable}, the Python that Ansible runs this module with",
        why="The modules of coder.classic run on the machine of Ansible itself, and need what is new in that Python.",
        untouched="Nothing was read or changed.",
        next_step=(
            "Set ansible_python_interpreter: '{{ ansible_playbook_python }}' for these hosts, as examples/site/inventory "
            f"does. If that Python is too old itself, install Ansible with Python {needed} or newer."
        ),
    )


def demand() -> None:
    """Ends the process, with the result of a failed module, under a Python that is too old."""
    if sys.version_info >= NEEDED:
        return
    error = refusal(".".join(map(str, sys.version_info[:3])), sys.executable)
    # As Ansible's own module_utils.basic does it: there is no AnsibleModule yet that could end the run.
    sys.stdout.write(json.dumps({"failed": True, "msg": str(error), "failure": error.failure}) + "\n")
    raise SystemExit(1)

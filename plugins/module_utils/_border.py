# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The one place where a module's run ends, so that nothing leaves it that quotes a secret.

A library's text may hold what it was given (a token in "Invalid header value", a key in a parser's complaint), and so may
a traceback. Neither passes: of what nobody foresaw only the exception's type and the place in our code are told. Private
to this collection.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable
from pathlib import PurePath
from typing import Any, NoReturn

from ansible_collections.coder.classic.plugins.module_utils import _python
from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError

# Every module imports _module, and that this file, before the rest of ours, which an older Python cannot even import.
_python.demand()

OURS = "ansible_collections/coder/classic/plugins/"
# Hiding something shorter would tear holes into words that have nothing to do with it.
SHORTEST_HIDDEN = 6

_hidden: set[str] = set()


def hide(secret: str | None) -> None:
    """From now on this text is in no output of this module; as it is, and without white space around it."""
    if secret:
        _hidden.update(text for text in (secret, secret.strip()) if len(text) >= SHORTEST_HIDDEN)


def end(module: Any, work: Callable[[], dict[str, Any]]) -> NoReturn:
    """Do the work, which answers with what exit_json takes, and end the module's run with it or with what went wrong."""
    # Behind the except clauses: while an exception is being handled, fail_json adds its text and its causes' texts.
    result = outcome(module._name, work)
    module.no_log_values |= _hidden
    if result.pop("failed", False):
        module.fail_json(**result)
    module.exit_json(**result)


def outcome(name: str, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What end ends with: work's answer, or ``{failed, msg, failure}``, with ``changed`` where the failure says it."""
    try:
        return work()
    except ClassicError as error:
        failure = error
    except Exception as error:  # noqa: BLE001
        failure = unexpected(error, name)
    said = {} if failure.changed is None else {"changed": failure.changed}
    return {"failed": True, "msg": str(failure), "failure": failure.failure, **said}


def hidden() -> set[str]:
    """What is in no output."""
    return set(_hidden)


def unexpected(error: Exception, name: str) -> ClassicError:
    return ClassicError(
        f"Something unexpected went wrong in {name}.",
        code="unexpected",
        where=_place(error) or "outside of this collection's code",
        why=f"{type(error).__name__} (its text is held back, since it may quote access data)",
        untouched="Unknown: see with status.yml what is there.",
        next_step=(
            "Check the options of the task, then run again. If it happens again, report these lines and the versions of "
            "coder.classic and Ansible at https://github.com/coder-classic/coder.classic/issues."
        ),
    )


def _place(error: Exception) -> str:
    """The last two frames inside our code, the innermost last: ``client.py:17 get, transport.py:55 request``."""
    # Not the source lines: they are not needed, and under AnsiballZ they are in an archive.
    frames = traceback.StackSummary.extract(traceback.walk_tb(error.__traceback__), lookup_lines=False)
    ours = [frame for frame in frames if OURS in frame.filename and PurePath(frame.filename) != PurePath(__file__)]
    return ", ".join(f"{PurePath(frame.filename).name}:{frame.lineno} {frame.name}" for frame in ours[-2:])

# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import random

import pytest
from unit.plugins.module_utils._values.test_edit import lines_that_differ

from ansible_collections.coder.classic.plugins.module_utils._errors import ClassicError
from ansible_collections.coder.classic.plugins.module_utils._values import edit, paths, yaml_text
from ansible_collections.coder.classic.plugins.module_utils._values.operations import applied, move, remove, set_

KEYS = ["a", "b", "c", "d-e", "f.g", "yes", "image"]
SCALARS = [
    "1",
    "'x y'",
    '"q\\n"',
    "plain text",
    "",
    "~",
    "true",
    "[1, 2]",
    "{k: v}",
    "|\n{i}  one\n{i}\n{i}    two",
    ">-\n{i}  f\n{i}  g",
    "a#b",
]


def written(dice: random.Random, indent: str, depth: int, lines: list[str]) -> None:
    """A block mapping with comments and blank lines where people put them."""
    step = dice.choice(["  ", "    "])
    for key in dice.sample(KEYS, dice.randint(1, 4)):
        if dice.random() < 0.3:
            lines.append("")
        if dice.random() < 0.3:
            lines.append(f"{indent}# about {dice.random()}")
        name = f'"{key}"' if key == "yes" else key
        if depth and dice.random() < 0.5:
            lines.append(f"{indent}{name}:" + dice.choice(["", "  # the rest"]))
            written(dice, indent + step, depth - 1, lines)
        elif dice.random() < 0.15:
            lines += [f"{indent}{name}:", f"{indent}- 1", f"{indent}- x: y", f"{indent}  z:"]
        else:
            value = dice.choice(SCALARS).replace("{i}", indent)
            comment = dice.choice(["", "   # said"]) if "\n" not in value else ""
            lines += f"{indent}{name}: {value}{comment}".rstrip().split("\n")
            lines[-1] += ""


def some_path(dice: random.Random, values) -> tuple:
    path = ()
    while isinstance(values, dict) and values and (not path or dice.random() < 0.6):
        path = (*path, dice.choice(sorted(values)))
        values = values[path[-1]]
    return path


def some_operation(dice: random.Random, values):
    path = some_path(dice, values)
    fresh = (*some_path(dice, values)[: dice.randint(0, 2)], dice.choice(["new", "x.y"]), *dice.choice([(), ("z",)]))
    value = dice.choice([1, "yes", None, True, {"p": {"q": [1, {"r": "s"}]}}, [], "l1\nl2\n", "reg/x:1.21.7"])
    return dice.choice([remove(path), set_(path, value), set_(fresh, value), move(path, fresh)])


@pytest.mark.parametrize("eol", ["\n", "\r\n"])
@pytest.mark.parametrize("seed", range(80))
def test_whatever_is_edited_holds_exactly_what_was_meant(seed: int, eol: str) -> None:
    dice = random.Random(seed)
    lines: list[str] = dice.choice([[], ["# top", ""], ["---"]])
    written(dice, "", 3, lines)
    text = eol.join(lines) + dice.choice(["", eol])
    values = yaml_text.load(text)
    done = 0
    for _turn in range(6):
        operation = some_operation(dice, values)
        try:
            wanted = applied(values, [operation])
        except ClassicError:
            continue
        try:
            after = edit.edited(text, [operation])
        except ClassicError as error:
            is_cut_off = "no end" in error.why and not text.endswith("\n")
            assert error.code == "unsupported_values", (text, operation)
            assert "braces" in error.why or is_cut_off, (text, operation, error.why)
            continue
        assert paths.same(yaml_text.load(after), wanted)
        gone, _come = lines_that_differ(text, after)
        of_touched = [line for line in gone if line.strip() and not is_about(line, operation, text)]
        assert not of_touched, (text, operation, of_touched)
        text, values, done = after, wanted, done + 1
        if not values:
            break
    assert done or len(values) < 2


def is_about(line: str, operation, text: str) -> bool:
    """Whether a line that went is one of the operation's own: all lines of the two topmost keys that it names."""
    tops = {operation["path"][0], operation.get("to", operation["path"])[0]}
    inside, found = False, False
    for one in text.splitlines(keepends=True):
        if one.strip() and one[0] not in " \r\n#-":
            inside = one.split(":")[0].strip('"') in tops
        found = found or (one.strip() == line.strip() and (inside or one.startswith("#")))
    # The last line may have got the line end that it did not have.
    return found or text.endswith(line)

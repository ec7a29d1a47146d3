# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""The relay holds each way back by half of the delay, and the first word by a handshake more."""

from __future__ import annotations

import asyncio
import time

import pytest

from bench import relay
from lab import ports

DELAY = 0.1


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while line := await reader.readline():
        writer.write(line)
    writer.close()


async def dialogue(words: int) -> float:
    """Seconds for so many questions and answers, one after the other, on one connection."""
    chosen = ports.choose(["listen", "target"])
    server = await asyncio.start_server(echo, relay.HOST, chosen["target"])
    relaying = asyncio.ensure_future(relay.serve(DELAY, [(chosen["listen"], chosen["target"])]))
    await asyncio.sleep(0.05)
    began = time.monotonic()
    reader, writer = await asyncio.open_connection(relay.HOST, chosen["listen"])
    for number in range(words):
        writer.write(b"%d\n" % number)
        assert await reader.readline() == b"%d\n" % number
    took = time.monotonic() - began
    writer.write_eof()
    assert await reader.read() == b""
    writer.close()
    relaying.cancel()
    server.close()
    return took


@pytest.mark.parametrize("words", [1, 3])
def test_each_question_takes_a_round_trip_and_the_connection_one_more(words):
    took = asyncio.run(dialogue(words))
    assert (words + 1) * DELAY <= took < (words + 1) * DELAY + 0.5

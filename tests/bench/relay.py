# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later
"""``python -m bench.relay MILLISECONDS LISTEN:TARGET …``: TCP relays on this machine that answer as from far away.

Each way takes half of the milliseconds. A handshake over loopback takes no time, whereas a far one takes a round trip before
the client may send: so what a client sends is held back as if that round trip had to end first. A TLS handshake and each
request then cost what they cost there. Bandwidth is not limited. Each connection is a line of the output, ``<port> <time>``.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time

HOST = "127.0.0.1"
CHUNK = 65536


async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, one_way: float, not_before: float) -> None:
    """Hands on what comes, each piece ``one_way`` seconds after it could be sent (not before ``not_before``); then the end."""
    pieces: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
    sending = asyncio.ensure_future(_send(pieces, writer))
    try:
        while True:
            try:
                piece = await reader.read(CHUNK)
            except ConnectionError:
                piece = b""
            pieces.put_nowait((max(time.monotonic(), not_before) + one_way, piece))
            if not piece:
                break
        await sending
    finally:
        sending.cancel()


async def _send(pieces: asyncio.Queue[tuple[float, bytes]], writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(ConnectionError):
        while True:
            due, piece = await pieces.get()
            if (left := due - time.monotonic()) > 0:
                await asyncio.sleep(left)
            if not piece:
                if writer.can_write_eof():
                    writer.write_eof()
                return
            writer.write(piece)
            await writer.drain()


async def carry(round_trip: float, listen: int, target: int, reader, writer) -> None:
    """One connection, to its end."""
    connected = time.monotonic() + round_trip
    print(listen, f"{time.time():.6f}", flush=True)
    try:
        far_reader, far_writer = await asyncio.open_connection(HOST, target)
    except OSError:
        writer.close()
        return
    try:
        await asyncio.gather(
            pump(reader, far_writer, round_trip / 2, connected),
            pump(far_reader, writer, round_trip / 2, connected),
        )
    finally:
        writer.close()
        far_writer.close()


async def serve(round_trip: float, routes: list[tuple[int, int]]) -> None:
    """Until it is ended."""

    def carrier(listen: int, target: int):
        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await carry(round_trip, listen, target, reader, writer)

        return one

    servers = [await asyncio.start_server(carrier(*route), HOST, route[0], backlog=1024) for route in routes]
    await asyncio.gather(*(server.serve_forever() for server in servers))


def main() -> None:
    routes = [tuple(map(int, route.split(":"))) for route in sys.argv[2:]]
    asyncio.run(serve(float(sys.argv[1]) / 1000, routes))


if __name__ == "__main__":
    main()

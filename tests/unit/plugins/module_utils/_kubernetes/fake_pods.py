# Copyright (c) 2026 coder.classic contributors
# SPDX-License-Identifier: GPL-3.0-or-later

"""An API server with nothing but the subresource exec of pods, which a test plays."""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import threading
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import WSMsgType, web

from ansible_collections.coder.classic.plugins.module_utils._kubernetes.client import Cluster, cluster_from_params

PROTOCOL = "v4.channel.k8s.io"
UID = "uid-of-the-test"
TOKEN = "t0k-of-the-test"


class Pod:
    """The command's side of one exec."""

    def __init__(self, request: web.Request, socket: web.WebSocketResponse) -> None:
        self.request, self.socket = request, socket
        self.command = request.query.getall("command", [])

    async def say(self, data: bytes, channel: int = 1) -> None:
        await self.socket.send_bytes(bytes([channel]) + data)

    async def end(self, status: int = 0) -> None:
        told: dict[str, Any] = {"status": "Success"}
        if status:
            causes = [{"reason": "ExitCode", "message": str(status)}]
            told = {"status": "Failure", "reason": "NonZeroExitCode", "details": {"causes": causes}}
        await self.say(json.dumps(told).encode(), 3)

    async def hear(self) -> bytes | None:
        """The next piece of its standard input; None once nobody is there."""
        message = await self.socket.receive()
        if message.type != WSMsgType.BINARY:
            return None
        assert message.data[0] == 0
        return message.data[1:]

    async def runs(self, environment: dict[str, str]) -> None:
        """That very command, on this machine."""
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), asyncio.subprocess.PIPE)
        process = await asyncio.create_subprocess_exec(*self.command, env=environment, **pipes)

        async def give() -> None:
            while (data := await self.hear()) is not None:
                process.stdin.write(data)
                with contextlib.suppress(ConnectionError):
                    await process.stdin.drain()
            with contextlib.suppress(ProcessLookupError):
                process.terminate()

        async def pass_on(stream: asyncio.StreamReader, channel: int) -> None:
            while piece := await stream.read(32 * 1024):
                await self.say(piece, channel)

        giving = asyncio.ensure_future(give())
        with contextlib.suppress(ConnectionError):
            await asyncio.gather(pass_on(process.stdout, 1), pass_on(process.stderr, 2))
            await self.end(await process.wait())
        giving.cancel()
        process._transport.close()


class FakePods:
    """act(pod) plays the command; refuse: status and the server's words instead. requests: what was asked."""

    def __init__(
        self,
        act: Callable[[Pod], Awaitable[None]] | None = None,
        *,
        refuse: tuple[int, str] | None = None,
        context: ssl.SSLContext | None = None,
        autoping: bool = True,
    ) -> None:
        self.requests: list[web.Request] = []
        self._act, self._refuse, self._context, self._autoping = act, refuse, context, autoping
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()
        assert self._started.wait(10)

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def cluster(self, **params: Any) -> Cluster:
        return cluster_from_params({"host": self.url, "api_key": TOKEN, **params}, {})

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        app = web.Application()
        app.router.add_get("/api/v1/namespaces/kube-system", self._namespace)
        app.router.add_get("/{path:.*}", self._exec)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=self._context)
        await site.start()
        self.port = runner.addresses[0][1]
        self._stop = asyncio.Event()
        self._started.set()
        await self._stop.wait()
        await runner.cleanup()

    async def _namespace(self, _request: web.Request) -> web.Response:
        return web.json_response({"metadata": {"uid": UID}})

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        if self._refuse:
            return web.Response(status=self._refuse[0], text=self._refuse[1])
        socket = web.WebSocketResponse(protocols=[PROTOCOL], autoping=self._autoping, max_msg_size=0)
        await socket.prepare(request)
        await self._act(Pod(request, socket))
        return socket

    def close(self) -> None:
        if self._loop.is_closed():
            return
        self._loop.call_soon_threadsafe(self._stop.set)
        self.thread.join(10)
        if not self.thread.is_alive():
            self._loop.close()

"""Bare python-socketio on uvicorn: everybody is told the same, and nobody is asked whether they may hear it.

`python -m bench._peer_socketio PORT`: each line in is how many messages to send; a line out when they are handed over.
"""

import asyncio
import sys
from typing import Any

import socketio
import uvicorn

from bench._figures import READY
from bench._svarm import BETWEEN, MESSAGE


async def _obey(server: Any) -> None:
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        for _ in range(int(line)):
            await server.emit("andring", MESSAGE)
            await asyncio.sleep(BETWEEN)
        print(READY, flush=True)


async def _main(port: int) -> None:
    server = socketio.AsyncServer(async_mode="asgi", transports=["websocket"], cors_allowed_origins="*")
    config = uvicorn.Config(
        socketio.ASGIApp(server),
        port=port,
        backlog=4096,
        log_level="warning",
        lifespan="off",
        ws_per_message_deflate=False,
        ws_ping_interval=None,  # Socket.IO has its own
    )
    serving = uvicorn.Server(config)
    task = asyncio.create_task(serving.serve())
    while not serving.started:
        await asyncio.sleep(0.02)
    print(READY, flush=True)
    await _obey(server)
    serving.should_exit = serving.force_exit = True
    await task


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))

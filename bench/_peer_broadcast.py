"""The limit: a plain asyncio websocket server that knows nobody and writes the same bytes to all.

`python -m bench._peer_broadcast PORT`: each line in is how many messages to send; a line out when they are handed over.
"""

import asyncio
import json
import sys

from websockets.asyncio.server import ServerConnection, broadcast, serve

from bench._figures import READY
from bench._svarm import BETWEEN, MESSAGE


async def _stay(connection: ServerConnection) -> None:
    await connection.wait_closed()


async def _main(port: int) -> None:
    loop, text = asyncio.get_running_loop(), json.dumps(["andring", MESSAGE])
    # As often as Socket.IO asks whether they are still there.
    async with serve(_stay, "127.0.0.1", port, compression=None, ping_interval=25, backlog=4096) as server:
        print(READY, flush=True)
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            for _ in range(int(line)):
                broadcast(server.connections, text)
                await asyncio.sleep(BETWEEN)
            print(READY, flush=True)
        server.close(close_connections=False)


if __name__ == "__main__":
    asyncio.run(_main(int(sys.argv[1])))

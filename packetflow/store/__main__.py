"""``python -m packetflow.store FOLDER``: own a workspace's store until nobody needs it."""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys

from packetflow.errors import OwnerGone, PacketFlowError
from packetflow.store.owner import Owner
from packetflow.store.server import Server


async def _serve(owner: Owner) -> None:
    server = Server(owner)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.run()


def main() -> int:
    """Run the owner; 0 also when another one is there already."""
    parser = argparse.ArgumentParser(prog="python -m packetflow.store", description=__doc__)
    parser.add_argument("folder", help="the workspace folder")
    folder = parser.parse_args().folder
    try:
        owner = Owner(folder)
        asyncio.run(_serve(owner))
    except OwnerGone:
        return 0
    except PacketFlowError as error:
        words = {"code": error.code, "message": error.message}
        sys.stderr.write(json.dumps(words) + "\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

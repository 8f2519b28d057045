"""``python -m packetflow.store FOLDER``: own a workspace's store until nobody needs it."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import traceback
from importlib.abc import MetaPathFinder


class _Without(MetaPathFinder):
    """Makes pandas and numpy count as not installed.

    Arrow looks for them, which takes 0.3 s; nothing here needs them, and who waits for a new owner
    waits for that too.
    """

    def find_spec(self, fullname: str, path: object, target: object = None) -> None:  # noqa: ARG002
        if fullname in {"numpy", "pandas"}:
            message = f"the owner of a store does without {fullname}"
            raise ModuleNotFoundError(message, name=fullname)


sys.meta_path.insert(0, _Without())

from msgspec.json import encode as json_encode  # noqa: E402

from packetflow.errors import OwnerGone, PacketFlowError  # noqa: E402
from packetflow.store.owner import Owner, collect_seldom  # noqa: E402
from packetflow.store.server import Server  # noqa: E402
from packetflow.store.talk import Words  # noqa: E402
from packetflow.store.transaction import as_store_error  # noqa: E402


async def _serve(owner: Owner) -> None:
    server = Server(owner)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    await server.run()


def _say(words: Words) -> int:
    sys.stderr.write(json_encode(words).decode() + "\n")
    return 1


def main() -> int:
    """Run the owner; 0 also when another one is there already."""
    parser = argparse.ArgumentParser(prog="python -m packetflow.store", description=__doc__)
    parser.add_argument("folder", help="the workspace folder")
    folder = parser.parse_args().folder
    collect_seldom()
    try:
        owner = Owner(folder)
        asyncio.run(_serve(owner))
    except OwnerGone:
        return 0
    except PacketFlowError as error:
        return _say(Words(error.code, error.message))
    except Exception as error:  # noqa: BLE001  # the border: whoever waits wants to know why
        traceback.print_exc()
        told = as_store_error(error, folder)
        return _say(Words(told.code, told.message))
    return 0


if __name__ == "__main__":
    sys.exit(main())

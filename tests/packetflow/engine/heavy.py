"""Capabilities for worker processes, which find them by module and name."""

import os
import time

from packetflow import capability


@capability(provides="m", run_in="process")
def squared(n: int) -> int:
    "Square it."
    return n * n


@capability(provides="m", run_in="process")
def endless(n: int, file: str) -> int:
    "Say who it is, then never end."
    with open(file, "w", encoding="utf-8") as out:  # noqa: PTH123 - as plain as can be
        out.write(str(os.getpid()))
    while True:
        time.sleep(1)


@capability(provides="m", run_in="process")
def dies(n: int) -> int:
    "End its process."
    os._exit(3)


@capability(provides="m", run_in="process")
def raises(n: int) -> int:
    "Raise what would end a program."
    raise KeyboardInterrupt("from inside")


@capability(provides="m", run_in="process")
def unsendable(n: int) -> object:
    "Return what cannot leave the process."
    return lambda: n

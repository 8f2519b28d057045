"""Let the garbage collector rest while many values are made that all go away by themselves."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def collector_rests() -> Iterator[None]:
    """Look for no rings of garbage inside the block, which is short.

    Making a few hundred thousand values sets off several searches through everything there is,
    which finds nothing and takes as long again.
    """
    if not gc.isenabled():
        yield
        return
    gc.disable()
    try:
        yield
    finally:
        gc.enable()

"""Identifiers that sort by time: UUID version 7 (RFC 9562, section 5.7)."""

from __future__ import annotations

import os
import time


def new_id() -> str:
    """Make a UUIDv7 as 36 characters; ids made later sort after ids made a millisecond earlier.

    >>> first = new_id()
    >>> len(first), first[14]
    (36, '7')
    """
    random = os.urandom(10)
    digits = random.hex()
    moment = f"{time.time_ns() // 1_000_000:012x}"
    variant = "89ab"[random[9] & 3]
    return f"{moment[:8]}-{moment[8:]}-7{digits[:3]}-{variant}{digits[3:6]}-{digits[6:18]}"


def short(identifier: str) -> str:
    """The last eight characters, which people can tell apart on a screen.

    >>> short("0193b0a2-7e2f-7c1d-9a55-0a1b2c3d4e5f")
    '2c3d4e5f'
    """
    return identifier[-8:]

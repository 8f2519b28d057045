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
    random = int.from_bytes(os.urandom(10), "big")
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & 0xFFFF_FFFF_FFFF) << 80 | random
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    digits = f"{value:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def short(identifier: str) -> str:
    """The last eight characters, which people can tell apart on a screen.

    >>> short("0193b0a2-7e2f-7c1d-9a55-0a1b2c3d4e5f")
    '2c3d4e5f'
    """
    return identifier[-8:]

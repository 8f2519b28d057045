"""Identifiers: such that sort by time (UUIDv7, RFC 9562), and such that belong to given facts."""

from __future__ import annotations

import hashlib
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


def id_of(*facts: str) -> str:
    """Make the identifier that always belongs to these facts: UUID version 8, from their SHA-256.

    >>> id_of("clean", "event:1") == id_of("clean", "event:1") != id_of("clean", "event:2")
    True
    >>> len(id_of("clean")), id_of("clean")[14]
    (36, '8')
    """
    digits = hashlib.sha256("\0".join(facts).encode()).hexdigest()
    variant = "89ab"[int(digits[31], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-8{digits[12:15]}-{variant}{digits[15:18]}-{digits[18:30]}"

"""Identifiers: such that sort by time (UUIDv7, RFC 9562), and such that belong to given facts."""

from __future__ import annotations

import hashlib
import os
import random
import time

# tells ids apart, and keeps nothing from anybody
_source = random.Random()
_random_bits = _source.getrandbits
_NO_VARIANT = ~(0b01 << 62)
_VERSION_7 = 0x7 << 76 | 0b10 << 62

os.register_at_fork(after_in_child=_source.seed)


def new_id() -> str:
    """Make a UUIDv7 as 36 characters; ids made later sort after ids made a millisecond earlier.

    >>> first = new_id()
    >>> len(first), first[14]
    (36, '7')
    """
    moment = time.time_ns() // 1_000_000
    number = (moment << 80 | _random_bits(76)) & _NO_VARIANT | _VERSION_7
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


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

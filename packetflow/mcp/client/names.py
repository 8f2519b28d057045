"""Names of external things as identifiers: one function, for tools, inputs and outputs alike.

The protocol allows letters, digits, ``_``, ``-`` and ``.`` in the name of a tool, and anything at
all in the name of an input. In a composition a name is also a keyword of a rename, a word of a
condition and an attribute, so it is made an identifier; the call uses the name as the server
writes it.
"""

from __future__ import annotations

import keyword
import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

_OTHERS: Final = re.compile(r"[^A-Za-z0-9_]+")


def identifier(name: str) -> str:
    """A name as an identifier; one that is an identifier stays as it is.

    >>> identifier("search-issues"), identifier("fs.read"), identifier("2nd"), identifier("class")
    ('search_issues', 'fs_read', '_2nd', 'class_')
    >>> identifier("größe"), identifier("日本"), identifier("")
    ('grosse', 'u65e5_u672c', '_')
    """
    if name.isascii() and name.isidentifier() and not keyword.iskeyword(name):
        return name
    bare = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    bare = "".join(sign for sign in bare if not unicodedata.combining(sign))
    if not bare.isascii():
        bare = "".join(sign if sign.isascii() else f" u{ord(sign):x} " for sign in bare)
    made = _OTHERS.sub("_", bare).strip("_") or "_"
    if made[0].isdigit():
        made = f"_{made}"
    return f"{made}_" if keyword.iskeyword(made) else made


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """Names as identifiers of their own: by identifier, the name it stands for.

    Of several that would become one, the first keeps it (one that is an identifier comes before
    one that is made into it) and the others get a number.

    >>> identifiers(["a-b", "a.b", "c"])
    {'a_b': 'a-b', 'a_b_2': 'a.b', 'c': 'c'}
    >>> identifiers(["a-b", "a_b"])
    {'a_b_2': 'a-b', 'a_b': 'a_b'}
    """
    wanted = list(dict.fromkeys(names))
    taken = {name for name in wanted if identifier(name) == name}
    found: dict[str, str] = {}
    for name in wanted:
        made = base = identifier(name)
        number = 1
        while made != name and made in taken:
            number += 1
            made = f"{base}_{number}"
        taken.add(made)
        found[made] = name
    return found


def collisions(found: Mapping[str, str]) -> dict[str, str]:
    """Of `identifiers`, those that got a number since their own was taken.

    >>> collisions({"a_b": "a-b", "a_b_2": "a.b"})
    {'a_b_2': 'a.b'}
    """
    return {made: name for made, name in found.items() if made != identifier(name)}

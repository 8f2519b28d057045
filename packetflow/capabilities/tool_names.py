"""What a capability or a pipeline is called as a tool: one function, for listing and calling.

Clients take letters, digits, ``_`` and ``-``, at most 64 of them.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from itertools import count
from typing import Final

from packetflow.errors import WorkspaceError

LONGEST: Final = 64
_FITS: Final = re.compile(r"[A-Za-z0-9_-]{1,64}")
_INPUT_FITS: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")
_OTHERS: Final = re.compile(r"[^A-Za-z0-9_-]+")
_MARK: Final = 8
_SECTIONS: Final = ("Args:", "Returns:", "Raises:", "Yields:", "Example")


def tool_name(name: str) -> str:
    """The name of a tool; a name that fits stays as it is.

    What is too long, or loses all its letters, gets a mark made of the whole name, so that two
    such names stay apart.

    >>> tool_name("digest_documents"), tool_name("café menu v1.2")
    ('digest_documents', 'cafe_menu_v1_2')
    >>> len(tool_name("x" * 100))
    64
    """
    if _FITS.fullmatch(name):
        return name
    bare = unicodedata.normalize("NFKD", name.replace("ß", "ss"))
    bare = "".join(sign for sign in bare if not unicodedata.combining(sign))
    made = _OTHERS.sub("_", bare).strip("_")
    if made and len(made) <= LONGEST:
        return made
    mark = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_MARK]
    return f"{made[: LONGEST - _MARK - 1] or 'tool'}_{mark}"


@lru_cache(maxsize=1024)  # each call asks
def input_names(names: tuple[str, ...]) -> dict[str, str]:
    """The inputs that clients have to call otherwise, each with the name they know it by.

    Models take letters, digits, ``_``, ``.`` and ``-``, at most 64 of them. Where one input of one
    tool is called otherwise, Anthropic's interface refuses every request that brings the tool.

    >>> input_names(("text", "größe", "grosse"))
    {'größe': 'grosse_2'}
    """
    taken = {name for name in names if _INPUT_FITS.fullmatch(name)}
    made: dict[str, str] = {}
    for name in names:
        if name in taken:
            continue
        base = tool_name(name)
        free = (f"{base[: LONGEST - 4]}_{number}" for number in count(2))
        made[name] = base if base not in taken else next(one for one in free if one not in taken)
        taken.add(made[name])
    return made


def clashes(names: Iterable[str]) -> dict[str, list[str]]:
    """Names that several go by as tools, each with those several, in order.

    >>> clashes(["a b", "a.b", "c"])
    {'a_b': ['a b', 'a.b']}
    """
    found: dict[str, list[str]] = {}
    for name in sorted(set(names)):
        found.setdefault(tool_name(name), []).append(name)
    return {made: several for made, several in found.items() if len(several) > 1}


def refuse_clash(names: Iterable[str], name: str) -> None:
    """Refuse a tool whose name another one has.

    Raises:
        WorkspaceError: It has; the message says which.
    """
    made = tool_name(name)
    others = [one for one in clashes(names).get(made, ()) if one != name]
    if others:
        listed = " and ".join(repr(one) for one in others)
        raise WorkspaceError(
            f"as a tool {name!r} would be called {made!r}, as {listed} is already; rename one",
            name=name,
            tool=made,
        )


def title_of(name: str) -> str:
    """A name as people write it.

    >>> title_of("digest_documents"), title_of("onboarding.v2")
    ('Digest documents', 'Onboarding v2')
    """
    words = re.sub(r"[\s_.-]+", " ", name).strip() or name
    return words[:1].upper() + words[1:]


def described(help_text: str, intent: str, name: str) -> str:
    r"""What it is for, in the author's words: the docstring up to its sections.

    >>> described("Add two.\n\nArgs:\n    a: One.", "Add two.", "add")
    'Add two.'
    """
    kept = []
    for line in help_text.splitlines():
        if line.strip().startswith(_SECTIONS):
            break
        kept.append(line)
    return "\n".join(kept).strip() or intent or title_of(name)

"""Errors on their way over the wire: what the host raises, the client raises again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

import msgspec

from packetflow.errors import ContractError, PacketFlowError, SourceError
from packetflow.kernel.cards import ProblemCard
from packetflow.kernel.messages import Refused

MOVED: Final = "moved"
"""The code of a refusal by a runner that has been replaced."""


def facts_of(error: PacketFlowError, scrub: Callable[[str], str] = str) -> dict[str, Any]:
    """The attributes of an error as plain values; what cannot be plain becomes its text.

    Args:
        error: The error.
        scrub: Done to every text in them.
    """
    facts = {}
    for name, value in vars(error).items():
        if name.startswith("_"):
            continue
        try:
            plain = msgspec.to_builtins(value, str_keys=True, enc_hook=str)
        except (TypeError, ValueError, RecursionError):
            plain = repr(value)
        facts[name] = _scrubbed(plain, scrub)
    return facts


def _scrubbed(plain: Any, scrub: Callable[[str], str]) -> Any:
    if isinstance(plain, str):
        return scrub(plain)
    if isinstance(plain, (list, tuple)):
        return type(plain)(_scrubbed(item, scrub) for item in plain)
    if isinstance(plain, dict):
        return {scrub(name): _scrubbed(item, scrub) for name, item in plain.items()}
    return plain


def refusal(request_id: str, error: Exception) -> Refused:
    """The answer to a request that raised."""
    if isinstance(error, PacketFlowError):
        return Refused(request_id, error.code, error.message, facts_of(error))
    return Refused(request_id, PacketFlowError.code, f"{type(error).__name__}: {error}")


def error_from(code: str, message: str, facts: Mapping[str, Any]) -> PacketFlowError:
    """The error that was raised on the other side, of the same class as far as it is known here.

    >>> error = error_from("unknown_name", "no capability is called 'x'", {"name": "x"})
    >>> type(error).__name__, error.message, error.name
    ('UnknownName', "no capability is called 'x'", 'x')
    """
    kinds = {kind.code: kind for kind in _family(PacketFlowError)}
    kind = kinds.get(code, PacketFlowError)
    error = kind.__new__(kind)
    PacketFlowError.__init__(error, message, **_revived(kind, facts))
    return error


def _family(kind: type[PacketFlowError]) -> Iterator[type[PacketFlowError]]:
    yield kind
    for child in kind.__subclasses__():
        yield from _family(child)


def _revived(kind: type[PacketFlowError], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Facts as people find them on the class: problems with attributes, lists as tuples."""
    revived = {name: tuple(v) if isinstance(v, list) else v for name, v in facts.items()}
    if issubclass(kind, ContractError):
        try:
            cards = msgspec.convert(facts.get("problems", []), list[ProblemCard])
        except msgspec.ValidationError:
            cards = []
        revived["problems"] = tuple(cards)
    if issubclass(kind, SourceError):
        revived.pop("others", None)
    return revived

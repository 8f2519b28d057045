"""Read single fields of a saved composition, noting every mistake with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from typing import Any, TypeVar

from packetflow.capabilities.contract import MISSING, Port
from packetflow.composition import policies
from packetflow.composition.codec_nodes import Node
from packetflow.composition.codec_values import duration, read_type, read_value
from packetflow.composition.policies import Policy
from packetflow.errors import SourceError, did_you_mean

T = TypeVar("T")
_SHAPES = {
    "over": "; write `over: {item: items}`, the name inside and the list outside",
    "until": "; write the condition that ends it, `until: score > 0.9`",
    "then": "; write its steps as a list, `then: [{use: name}]`",
}
"""How fields are written that people cannot guess."""


class Fields:
    """Takes values out of nodes; what does not fit is noted in `mistakes` and stood in for."""

    def __init__(self, file: str = "") -> None:
        self.file = file
        self.mistakes: list[SourceError] = []

    def wrong(self, node: Node, message: str) -> None:
        """Note a mistake at a node."""
        self.mistakes.append(
            SourceError(message, file=self.file, line=node.line, column=node.column)
        )

    def refuse_mistakes(self) -> None:
        """Raise the first mistake by its place, with the others attached.

        Raises:
            SourceError: There were mistakes.
        """
        if self.mistakes:
            first, *others = sorted(self.mistakes, key=_place)
            first.others = tuple(others)
            raise first

    def known(
        self, node: Node, what: str, keys: Iterable[str], required: Iterable[str] = ()
    ) -> dict[str, Node]:
        """The fields of a mapping; unknown and missing keys are noted."""
        if node.kind != "map":
            self.wrong(node, f"{what} must be a mapping (`key: value`)")
            return {}
        allowed = list(keys)
        found: dict[str, Node] = {}
        for key, value in node.pairs:
            if key.value in allowed:
                found[key.value] = value
                continue
            near = did_you_mean(get_close_matches(key.value, allowed, 1))
            self.wrong(
                key,
                f"{what} has no key {key.value!r}{near or '; it takes: ' + ', '.join(allowed)}",
            )
        for name in required:
            if name not in found:
                self.wrong(node, f"{what} lacks `{name}:`{_SHAPES.get(name, '')}")
        return found

    def text(self, node: Node | None, what: str, default: str = "") -> str:
        """Text, or the default when the field is not there."""
        return self._of(node, str, default, f"{what} must be text; put it in quotes")

    def flag(self, node: Node | None, what: str, *, default: bool = False) -> bool:
        """True or false."""
        return self._of(node, bool, default, f"{what} must be true or false")

    def whole(self, node: Node | None, what: str, default: int, least: int = 1) -> int:
        """A whole number of at least *least*."""
        number = self._of(node, int, default, f"{what} must be a whole number")
        if node is not None and number < least:
            self.wrong(node, f"{what} is {number}; it must be at least {least}")
        return number

    def maybe_whole(self, node: Node | None, what: str) -> int | None:
        """A whole number of at least 1, or ``None`` when it is not there or null."""
        return None if _absent(node) else self.whole(node, what, 1)

    def number(self, node: Node | None, what: str, default: float) -> float:
        """A number."""
        if node is None:
            return default
        if type(node.value) not in (int, float):
            self.wrong(node, f"{what} must be a number")
            return default
        return float(node.value)

    def seconds(self, node: Node | None, what: str, default: float) -> float:
        """A duration: a number of seconds or text such as ``10 min``."""
        if node is None or type(node.value) is not str:
            return self.number(node, what, default)
        try:
            return duration(node.value)
        except ValueError as error:
            self.wrong(node, f"{what}: {error}")
            return default

    def maybe_seconds(
        self, node: Node | None, what: str, default: float | None = None
    ) -> float | None:
        """A duration, or ``None`` when it is null."""
        if node is None:
            return default
        return None if _absent(node) else self.seconds(node, what, 0.0)

    def choice(self, node: Node | None, what: str, choices: tuple[T, ...]) -> T:
        """One of some words; the first is the default."""
        if node is None:
            return choices[0]
        for one in choices:
            if one == node.value:
                return one
        listed = " or ".join(str(one) for one in choices)
        self.wrong(node, f"{what} must be {listed}")
        return choices[0]

    def texts(self, node: Node | None, what: str) -> tuple[str, ...]:
        """A list of texts."""
        if node is None:
            return ()
        if node.kind != "list":
            self.wrong(node, f"{what} must be a list: [a, b]")
            return ()
        return tuple(self.text(item, f"each of {what}") for item in node.items)

    def names(self, node: Node | None, what: str) -> dict[str, str]:
        """A mapping of names to names."""
        return {
            key: self.text(value, f"{what}: {key}")
            for key, value in self.mapping(node, what).items()
        }

    def mapping(self, node: Node | None, what: str) -> dict[str, Node]:
        """The fields of a mapping with any keys."""
        if node is None:
            return {}
        if node.kind != "map":
            self.wrong(node, f"{what} must be a mapping: {{inside: outside}}")
            return {}
        return {key.value: value for key, value in node.pairs}

    def value(self, node: Node, what: str) -> Any:
        """Any value that `codec_values` writes."""
        try:
            return read_value(node.plain())
        except RecursionError:
            self.wrong(node, f"{what}: the value is nested too deep")
        except ValueError as error:
            self.wrong(node, f"{what}: {error}")
        return None

    def values(self, node: Node | None, what: str) -> dict[str, Any]:
        """A mapping of names to any values."""
        return {
            key: self.value(one, f"{what}: {key}") for key, one in self.mapping(node, what).items()
        }

    def port(self, name: str, node: Node) -> Port:
        """A typed name: a type alone, or a mapping with type, default, help and so on."""
        if node.kind != "map":
            return Port(name, self.kind(node, name))
        keys = ("type", "default", "help", "secret", "optional")
        found = self.known(node, name, keys)
        default = self.value(found["default"], name) if "default" in found else MISSING
        return Port(
            name,
            self.kind(found.get("type"), name),
            self.flag(found.get("optional"), "optional", default=default is not MISSING),
            default,
            self.flag(found.get("secret"), "secret"),
            self.text(found.get("help"), "help"),
        )

    def kind(self, node: Node | None, name: str) -> Any:
        """A type by its name."""
        if node is None:
            return Any
        try:
            return read_type(self.text(node, f"the type of {name}", "any"))
        except (ValueError, TypeError) as error:
            self.wrong(node, f"{name}: {error}")
            return Any

    def policies(self, node: Node | None) -> list[Policy]:
        """The policies around a step, innermost first."""
        if node is None:
            return []
        if node.kind != "list":
            self.wrong(node, "with must be a list of policies: [{timeout: 10}]")
            return []
        made = [self.policy(item) for item in node.items]
        return [policy for policy in made if policy is not None]

    def policy(self, node: Node) -> Policy | None:
        """One policy: a mapping with its name as the only key."""
        found = self.known(node, "a policy", _POLICIES)
        if len(found) != 1:
            if node.kind == "map" and not (found or node.pairs):
                self.wrong(node, "a policy has one key, its name: {timeout: 10}")
            elif len(found) > 1:
                self.wrong(node, "a policy has one key; write each as an item of its own")
            return None
        ((name, inner),) = found.items()
        return _POLICIES[name](self, inner)

    def _of(self, node: Node | None, kind: type[T], default: T, message: str) -> T:
        if node is None:
            return default
        if type(node.value) is kind:
            return node.value
        self.wrong(node, message)
        return default


def _place(mistake: SourceError) -> tuple[int, int]:
    return mistake.__dict__["line"], mistake.__dict__["column"]


def _absent(node: Node | None) -> bool:
    return node is None or (node.kind == "scalar" and node.value is None)


def _retry(fields: Fields, node: Node) -> Policy:
    keys = ("attempts", "on", "wait", "factor", "max_wait", "jitter", "total")
    found = fields.known(node, "retry", keys, ("attempts",))
    on = found.get("on")
    if on is not None and on.kind == "scalar":
        exceptions: tuple[str, ...] = (fields.text(on, "retry: on"),)
    else:
        exceptions = ("Exception",) if on is None else fields.texts(on, "retry: on")
    return policies.Retry(
        fields.whole(found.get("attempts"), "retry: attempts", 1),
        exceptions,
        fields.seconds(found.get("wait"), "retry: wait", 0.1),
        fields.number(found.get("factor"), "retry: factor", 2.0),
        fields.seconds(found.get("max_wait"), "retry: max_wait", 5.0),
        fields.seconds(found.get("jitter"), "retry: jitter", 0.1),
        fields.maybe_seconds(found.get("total"), "retry: total", 60.0),
    )


def _timeout(fields: Fields, node: Node) -> Policy:
    return policies.Timeout(fields.seconds(node, "timeout", 0.0))


def _breaker(fields: Fields, node: Node) -> Policy:
    found = fields.known(node, "breaker", ("failures", "reset"))
    failures = fields.whole(found.get("failures"), "breaker: failures", 5)
    return policies.Breaker(failures, fields.seconds(found.get("reset"), "breaker: reset", 30.0))


def _rate_limit(fields: Fields, node: Node) -> Policy:
    found = fields.known(node, "rate_limit", ("calls", "per"), ("calls",))
    calls = fields.whole(found.get("calls"), "rate_limit: calls", 1)
    return policies.RateLimit(calls, fields.seconds(found.get("per"), "rate_limit: per", 1.0))


def _cache(fields: Fields, node: Node) -> Policy:
    found = fields.known(node, "cache", ("ttl", "max_entries"))
    entries = fields.whole(found.get("max_entries"), "cache: max_entries", 1024)
    return policies.Cache(fields.maybe_seconds(found.get("ttl"), "cache: ttl"), entries)


def _hedge(fields: Fields, node: Node) -> Policy:
    found = fields.known(node, "hedge", ("after", "at_most"), ("after",))
    after = fields.seconds(found.get("after"), "hedge: after", 1.0)
    return policies.Hedge(after, fields.whole(found.get("at_most"), "hedge: at_most", 2, 2))


def _bulkhead(fields: Fields, node: Node) -> Policy:
    found = fields.known(node, "bulkhead", ("at_once", "waiting"), ("at_once",))
    at_once = fields.whole(found.get("at_once"), "bulkhead: at_once", 1)
    waiting = fields.whole(found.get("waiting"), "bulkhead: waiting", 1_000_000, 0)
    return policies.Bulkhead(at_once, waiting)


_POLICIES: Mapping[str, Callable[[Fields, Node], Policy]] = {
    "retry": _retry,
    "timeout": _timeout,
    "breaker": _breaker,
    "rate_limit": _rate_limit,
    "cache": _cache,
    "hedge": _hedge,
    "bulkhead": _bulkhead,
}

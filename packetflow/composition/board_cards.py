"""The cards of a board: each step with its ports, fields, policies and words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, TypeAlias

import msgspec

from packetflow.capabilities.contract import MISSING, Contract, Port
from packetflow.capabilities.schema import port_schema
from packetflow.composition import condition, words
from packetflow.composition.board_fields import fields, plainly
from packetflow.composition.board_places import Size, own_size
from packetflow.composition.board_types import Types
from packetflow.composition.codec_nodes import Node, Placed
from packetflow.composition.joining import called_contract
from packetflow.composition.standing import Standing
from packetflow.composition.steps import (
    Branch,
    Call,
    Each,
    Guarded,
    Repeat,
    Step,
    Unknown,
    Use,
    Wait,
)
from packetflow.composition.walk import children, natural_name
from packetflow.kernel.board import CONCEALED, BoardCard, BoardPolicy, BoardPort

LONGEST_DEFAULT = 200


@lru_cache(maxsize=1024)
def _schema_of(kind: Any) -> dict[str, Any]:
    return port_schema(Port("", kind))


def schema_of(kind: Any) -> dict[str, Any]:
    """The JSON Schema of a type."""
    try:
        return _schema_of(kind)
    except TypeError:  # a type with something in it that has no hash
        return port_schema(Port("", kind))


@dataclass(frozen=True, slots=True)
class KeptCard:
    """A card that was made before; it is as good as new while its step is the very same."""

    step: Use
    card: BoardCard
    size: Size


KeptCards: TypeAlias = dict[Node, KeptCard]
"""Cards that were made before, by the parts of a text that say their steps."""


class Cards:
    """Makes cards, and remembers the types of their ports.

    Args:
        kept: Cards of earlier boards, which are not made again.

    Attributes:
        own: How large cards are by themselves, by id, where that is known.
    """

    def __init__(self, kept: KeptCards | None = None) -> None:
        self.types = Types()
        self.own: dict[str, Size] = {}
        self._kept = kept
        self._sides: dict[int, tuple[list[BoardPort], list[BoardPort], Contract]] = {}

    def card(self, here: Standing, policies: list[Any], after: Iterable[str]) -> BoardCard:
        """One step as a card that has no place yet.

        Args:
            here: The step and where it stands.
            policies: Around it, innermost first.
            after: The ids that it waits for by an order of its own.
        """
        node, step = here.node, here.step
        if self._kept is None or not isinstance(node, Placed) or type(step) is not Use or policies:
            return self._made(here, policies, after)
        contract = called_contract(step)
        if contract is None:
            return self._made(here, policies, after)
        inputs, outputs = self.sides(contract)  # their types are on this board, too
        known = self._kept.get(node.of)
        if known is None or known.step is not step:
            card = self._made(here, policies, after)
            if len(card.inputs) != len(inputs) or len(card.outputs) != len(outputs):
                return card  # it has ports of other types
            known = self._kept[node.of] = KeptCard(step, card, own_size(card))
        self.own[here.id] = known.size
        return msgspec.structs.replace(
            known.card,
            id=here.id,
            parent=here.parent,
            slot=here.slot,
            case=here.case,
            at=here.at,
            after=list(after),
            line=node.line,
        )

    def _made(self, here: Standing, policies: list[Any], after: Iterable[str]) -> BoardCard:
        step = here.step
        written = plainly(here.node)
        inputs, outputs = self._ports(step, written.get("set") or {})
        called = _called(step)
        kind = "unknown" if isinstance(called, Unknown) else type(step).__name__.lower()
        said = written.get("with") or ()
        return BoardCard(
            here.id,
            kind,
            natural_name(step) if called is not None else words.title(step),
            _about(step, called),
            parent=here.parent,
            slot=here.slot,
            case=here.case,
            at=here.at,
            inputs=inputs,
            outputs=outputs,
            policies=[
                BoardPolicy(words.policy(policy), one)
                for policy, one in zip(policies, said, strict=False)
            ],
            fields=fields(here.node),
            after=list(after),
            container=not isinstance(step, Use | Call | Wait) or bool(children(step)),
            line=here.node.line,
        )

    def sides(self, contract: Contract) -> tuple[list[BoardPort], list[BoardPort]]:
        """What goes in and comes out of a capability or a pipeline that reads its own names."""
        known = self._sides.get(id(contract))
        if known is None:
            known = self._sides[id(contract)] = (
                [self.port(port, "taken", idle=port.optional) for port in contract.requires],
                [self.port(port, "given") for port in contract.provides],
                contract,  # so that no other contract gets its address
            )
        return known[0], known[1]

    def port(
        self,
        port: Port,
        side: Literal["taken", "given"],
        *,
        name: str | None = None,
        inside: bool = False,
        idle: bool = False,
    ) -> BoardPort:
        """One port; *name* is what the step calls it when the scope calls it otherwise."""
        default = "" if port.secret or port.default is MISSING else repr(port.default)
        if len(default) > LONGEST_DEFAULT:
            default = f"{default[:LONGEST_DEFAULT]}\u2026"
        kind = self.types.taken(port.type) if side == "taken" else self.types.given(port.type)
        return BoardPort(
            port.name if name is None else name,
            port.name,
            kind,
            port.optional,
            port.secret,
            port.help,
            default,
            schema_of(port.type),
            inside,
            idle,
        )

    def _ports(
        self, step: Step, fixed: Mapping[str, Any]
    ) -> tuple[list[BoardPort], list[BoardPort]]:
        match step:
            case Use() | Call():
                return self._of_called(step, fixed)
            case Each():
                return self._of_each(step)
            case Branch():
                found = {name for case in step.cases for name in condition.variables(case.when)}
                return [self.port(Port(name), "taken") for name in sorted(found)], []
            case Repeat():
                made = step.step.flow.makes
                found = set(condition.variables(step.until)) if step.until else set()
                return [
                    self.port(Port(name), "taken", inside=name in made) for name in sorted(found)
                ], []
            case Wait():
                keys = [] if step.key is None else [self.port(Port(step.key), "taken")]
                return keys, [self.port(port, "given") for port in step.gives]
            case _:
                return [], []

    def _of_called(
        self, step: Use | Call, fixed: Mapping[str, Any]
    ) -> tuple[list[BoardPort], list[BoardPort]]:
        contract = called_contract(step)
        inputs, outputs = ([], []) if contract is None else self.sides(contract)
        if contract is not None and step.is_plain:
            return inputs, outputs
        inputs = [*inputs, *self._strays(inputs, [*step.reads, *fixed], "taken")]
        outputs = [*outputs, *self._strays(outputs, step.writes or (), "given")]
        return (
            [_read(port, step.reads, fixed) for port in inputs],
            [_written(port, step.writes) for port in outputs],
        )

    def _strays(
        self, known: list[BoardPort], named: Iterable[str], side: Literal["taken", "given"]
    ) -> Iterator[BoardPort]:
        """Ports that a file names and the contract does not know, or nobody knows."""
        there = {port.name for port in known}
        for name in dict.fromkeys(named):
            if name not in there:
                yield self.port(Port(name), side)

    def _of_each(self, step: Each) -> tuple[list[BoardPort], list[BoardPort]]:
        needs, makes = step.flow.needs, step.flow.makes
        within = step.step.flow
        inputs, outputs = [], []
        for item, outer in step.over.items():
            port = needs.get(outer, Port(outer))
            inputs.append(self.port(port, "taken", name=item))
            inner = within.needs.get(item, Port(item))
            outputs.append(
                self.port(Port(item, inner.type, secret=inner.secret), "given", inside=True)
            )
        for made, outer in step.into.items():
            inner = within.makes.get(made, Port(made))
            inside = Port(made, inner.type, secret=inner.secret)
            inputs.append(self.port(inside, "taken", name=outer, inside=True))
            outputs.append(self.port(makes.get(outer, Port(outer)), "given"))
        return inputs, outputs


def _called(step: Step) -> Any:
    match step:
        case Use(capability=called):
            return called
        case Call(pipeline=called):
            return called
        case _:
            return None


def _about(step: Step, called: Any) -> str:
    if called is not None:
        return words.intent(called)
    return words.waiting(step) if isinstance(step, Wait) else ", ".join(words.bounds(step))


def _read(port: BoardPort, reads: Mapping[str, str | None], fixed: Mapping[str, Any]) -> BoardPort:
    scope = reads.get(port.name, port.scope)
    if port.name in fixed:
        value = CONCEALED if port.secret else fixed[port.name]
        return msgspec.structs.replace(port, scope="", idle=False, set=value)
    if port.name not in reads:
        return port
    return msgspec.structs.replace(port, scope=scope or "", idle=port.idle and scope is None)


def _written(port: BoardPort, writes: Mapping[str, str] | None) -> BoardPort:
    scope = port.scope if writes is None else writes.get(port.name, "")
    return port if scope == port.scope else msgspec.structs.replace(port, scope=scope)


def policies_around(step: Step) -> dict[int, list[Any]]:
    """For every step inside, by its `id()`, the policies around it, innermost first."""
    found: dict[int, list[Any]] = {}
    stack = [step]
    while stack:
        here = stack.pop()
        around = []
        while isinstance(here, Guarded):
            around.append(here.policy)
            here = here.step
        if around:
            found[id(here)] = around[::-1]
        stack.extend(children(here))
    return found

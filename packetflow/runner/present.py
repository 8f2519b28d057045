"""Capabilities, pipelines and problems as cards for screens, forms and agents."""

from __future__ import annotations

import functools
import inspect
import json
import tokenize
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from packetflow.capabilities.contract import MISSING, Contract, Port, type_name
from packetflow.composition.check import check_pipeline
from packetflow.composition.codec import dump
from packetflow.composition.concealing import concealed
from packetflow.composition.draw import drawing, to_mermaid, to_svg
from packetflow.composition.outside import calls_of
from packetflow.composition.problems import Problem
from packetflow.composition.steps import (
    Branch,
    Call,
    Each,
    Fallback,
    Guarded,
    Pipeline,
    Race,
    Repeat,
    Sequence,
    Step,
    Use,
    Wait,
)
from packetflow.composition.walk import children, label, natural_name, walk
from packetflow.discovery.catalog import AnyCapability, Catalog
from packetflow.discovery.matching import called_later
from packetflow.engine.values import pack_all
from packetflow.kernel.cards import (
    BrokenFile,
    CapabilityCard,
    Description,
    FixCard,
    Listing,
    PipelineCard,
    PortCard,
    ProblemCard,
    StepCard,
)

CARDS_KEPT: Final = 1024


def port_cards(ports: Iterable[Port]) -> list[PortCard]:
    """Ports as cards; the default of a secret is not shown."""
    return [
        PortCard(
            port.name,
            type_name(port.type),
            port.optional,
            "" if port.secret or port.default is MISSING else repr(port.default)[:200],
            port.secret,
            port.help,
        )
        for port in ports
    ]


def _schema(contract: Contract, side: Any) -> str:
    return json.dumps(contract.json_schema(side), ensure_ascii=False, default=str)


@functools.lru_cache(maxsize=CARDS_KEPT)
def capability_card(capability: AnyCapability) -> CapabilityCard:
    """A capability as a card, with its source where that can be read.

    It is made once: pages ask for all cards again and again, and schemas take a millisecond each.
    """
    declared = capability.declaration
    file, line = declared.source
    try:
        source = inspect.getsource(declared.fn)
    except (OSError, TypeError, SyntaxError, tokenize.TokenError):  # it is being written
        source = ""
    return CapabilityCard(
        declared.name,
        declared.intent,
        declared.version,
        declared.enabled,
        declared.help,
        _schema(declared.contract, "requires"),
        _schema(declared.contract, "provides"),
        port_cards(declared.contract.requires),
        port_cards(declared.contract.provides),
        [str(effect) for effect in declared.effects],
        declared.place,
        declared.fn.__module__,
        file,
        line,
        source,
        [pack_all(example, declared.contract.inputs) for example in declared.examples],
        list(declared.tags),
        declared.safety.value,
        declared.closed,
    )


def problem_card(problem: Problem) -> ProblemCard:
    """A problem as a card."""
    fix = None if problem.fix is None else FixCard(problem.fix.text, dict(problem.fix.operation))
    return ProblemCard(
        problem.code, problem.step, problem.message, problem.name, problem.severity, fix
    )


def pipeline_card(pipeline: Pipeline, file: str, catalog: Catalog | None = None) -> PipelineCard:
    """A saved pipeline as a card; the catalog tells what its steps may call while they run."""
    contract = pipeline.contract
    called, calls_any = called_later(pipeline.step, catalog)
    uses = {one.capability.name for one in walk(pipeline.step) if isinstance(one, Use)}
    calls = {one.pipeline.name for one in walk(pipeline.step) if isinstance(one, Call)}
    return PipelineCard(
        pipeline.name,
        str(pipeline.version),
        pipeline.intent,
        _schema(contract, "requires"),
        _schema(contract, "provides"),
        port_cards(contract.requires),
        port_cards(contract.provides),
        file,
        [problem_card(one) for one in check_pipeline(pipeline)],
        [f"{one.kind}: {one.what}" for one in pipeline.triggers],
        pipeline.exposed,
        sorted(uses | {one.name for one in called if not isinstance(one, Pipeline)}),
        sorted(calls | {one.name for one in called if isinstance(one, Pipeline)}),
        _count(pipeline.step),
        calls_any,
    )


def _count(step: Step) -> int:
    """How many steps a run ends; 0 where that shows only when it runs."""
    every = list(walk(step))
    if any(isinstance(one, (Branch, Call, Each, Fallback, Race, Repeat)) for one in every):
        return 0
    if any(isinstance(one, Use) and calls_of(one) for one in every):
        return 0
    return sum(isinstance(one, (Use, Wait)) for one in every)


def list_all(catalog: Catalog, query: str, limit: int) -> Listing:
    """What a catalog holds, or what of it matches a query, best first."""
    if query:
        found = catalog.search(query, limit or 50)
        capabilities = [one for one in found if not isinstance(one, Pipeline)]
        pipelines = [one for one in found if isinstance(one, Pipeline)]
    else:
        capabilities, pipelines = catalog.capabilities(), catalog.pipelines()
    broken = [
        BrokenFile(one.file, one.error, one.line, one.using_last_good) for one in catalog.broken()
    ]
    count = limit or None
    connections = {} if catalog.source is None else dict(catalog.source.connections())
    return Listing(
        [capability_card(one) for one in capabilities[:count]],
        [pipeline_card(one, catalog.pipeline_file(one.name), catalog) for one in pipelines[:count]],
        broken,
        connections,
    )


def describe_pipeline(pipeline: Pipeline) -> Description:
    """All about a pipeline: contract, text, problems, pictures, steps."""
    card = pipeline_card(pipeline, "")
    return Description(
        pipeline.name,
        dump(concealed(pipeline)),
        card.version,
        pipeline.intent,
        card.requires_schema,
        card.provides_schema,
        card.requires,
        card.provides,
        card.problems,
        to_svg(pipeline),
        to_mermaid(pipeline),
        _steps(pipeline.step),
        msgspec.json.encode(drawing(pipeline)).decode(),
    )


def describe_capability(capability: AnyCapability) -> Description:
    """All about a single capability, seen as a pipeline of one step."""
    card = capability_card(capability)
    step = capability.as_step()
    return Description(
        card.name,
        "",
        card.version,
        card.intent,
        card.requires_schema,
        card.provides_schema,
        card.requires,
        card.provides,
        [],
        to_svg(step),
        to_mermaid(step),
        [StepCard(card.name, "use", card.name)],
        msgspec.json.encode(drawing(step)).decode(),
    )


def _steps(step: Step) -> list[StepCard]:
    """The steps in reading order, containers before what is inside."""
    cards: list[StepCard] = []
    stack: list[tuple[Step, int]] = [(step, 0)]
    while stack:
        here, depth = stack.pop()
        plain = isinstance(here, (Guarded, Sequence))
        if not plain:
            kind = type(here).__name__.lower()
            cards.append(StepCard(label(here), kind, natural_name(here), depth))
        inner = depth if plain else depth + 1
        stack.extend((child, inner) for child in reversed(children(here)))
    return cards

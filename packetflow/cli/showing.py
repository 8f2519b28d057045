"""A pipeline or capability for the eye and for machines, and its pictures."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import typer

from packetflow.capabilities.contract import MISSING, Port, type_name
from packetflow.cli.command import Command
from packetflow.cli.listing import capability_json, pipeline_json, ports_json
from packetflow.cli.say import console, is_terminal
from packetflow.cli.tree import tree
from packetflow.composition.capability import Capability
from packetflow.composition.check import check, check_pipeline
from packetflow.composition.problems import Problem
from packetflow.composition.steps import Pipeline, Step
from packetflow.composition.walk import identified

if TYPE_CHECKING:
    from packetflow.cli.target import Target

Picture: TypeAlias = Literal["mermaid", "yaml", "svg", "html"]


def problems_of(target: Target) -> list[Problem]:
    """Everything that does not fit."""
    return check_pipeline(target) if isinstance(target, Pipeline) else check(target.as_step())


def step_of(target: Target) -> Step:
    """The step it stands for, with all ids."""
    return identified(target.step if isinstance(target, Pipeline) else target.as_step())


def pictured(target: Target, form: Picture) -> str:
    """Draw or write it in one of the forms."""
    from packetflow.composition import draw
    from packetflow.composition.codec import dump

    part = target if isinstance(target, Pipeline) else target.as_step()
    match form:
        case "mermaid":
            return draw.to_mermaid(part)
        case "svg":
            return draw.to_svg(part)
        case "yaml":
            return dump(part if isinstance(part, Pipeline) else Pipeline("composition", part))
        case "html":
            title = getattr(target, "name", "composition")
            body = draw.show(target)._repr_html_()
            head = f'<!doctype html>\n<meta charset="utf-8">\n<title>{escape(title)}</title>\n'
            return f"{head}{body}\n"


def as_json(target: Target) -> dict[str, Any]:
    """It as one JSON object."""
    match target:
        case Pipeline():
            told = pipeline_json(target)
        case Capability():
            told = capability_json(target) | {"help": target.declaration.help}
        case _:
            contract = target.contract
            told = {
                "kind": "composition",
                "requires": ports_json(contract.requires),
                "provides": ports_json(contract.provides),
            }
    told["steps"] = tree(step_of(target))
    told["problems"] = [problem_json(one) for one in problems_of(target)]
    return told


def problem_json(problem: Problem) -> dict[str, Any]:
    """A problem as JSON."""
    return {
        "severity": problem.severity,
        "code": problem.code,
        "step": problem.step,
        "message": problem.message,
        "mend": problem.fix.text if problem.fix else "",
    }


def tell(command: Command, target: Target) -> None:
    """Print it: contract, steps, problems."""
    command.answer(as_json(target), lambda: _told(target))


def _told(target: Target) -> None:
    screen = console()
    name, intent = getattr(target, "name", "composition"), getattr(target, "intent", "")
    if isinstance(target, Capability):
        intent = target.declaration.intent
    screen.print(f"[bold]{name}[/bold]  {intent}")
    if isinstance(target, Capability):
        effects = ", ".join(map(str, target.declaration.effects)) or "none"
        screen.print(f"effects: {effects}", markup=False)
    _ports("requires", target.contract.requires, makes=False)
    _ports("provides", target.contract.provides, makes=True)
    if not isinstance(target, Capability):
        typer.echo("steps")
        for line in tree(step_of(target)):
            if is_terminal():
                screen.print(f"  {line}", markup=False, overflow="ellipsis", no_wrap=True)
            else:
                typer.echo(f"  {line}")
    problems = problems_of(target)
    for problem in problems:
        screen.print(said(problem), markup=False)
    if not problems:
        screen.print("everything fits", style="green")


def said(problem: Problem) -> str:
    """A problem and its mend, in one or two lines."""
    mend = f"\n  mend: {problem.fix.text}" if problem.fix else ""
    return f"{problem.severity}: {problem}{mend}"


def _ports(title: str, ports: tuple[Port, ...], *, makes: bool) -> None:
    if not ports:
        return
    typer.echo(title)
    for port in ports:
        more = ""
        if makes and port.optional:
            more = " (not always)"
        elif port.secret:
            more = " (secret)"
        elif not makes and port.optional:
            more = " (optional)" if port.default is MISSING else f" = {port.default!r}"
        help_text = f"  {port.help}" if port.help else ""
        typer.echo(f"  {port.name}: {type_name(port.type)}{more}{help_text}")

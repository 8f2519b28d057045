"""Values fixed on secret inputs: never written into a file or a record.

A composition that runs is kept without them (``{$secret: true}`` stands in their place), so it
can be looked at but not taken up again; one that is to be saved is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from packetflow.capabilities.contract import MISSING, Port
from packetflow.composition.codec_values import HIDDEN
from packetflow.composition.steps import Call, Pipeline, Step, Unknown, Use
from packetflow.composition.walk import changed_children, label, walk


def telling(values: Mapping[str, Any], ports: Mapping[str, Port]) -> list[str]:
    """The names of the values that would give a secret away."""
    return [
        name
        for name, value in values.items()
        if name in ports and ports[name].secret and value is not None and value is not HIDDEN
    ]


def ports_of(step: Use | Call) -> Mapping[str, Port]:
    """The inputs of what a step calls; none when that is unknown."""
    called = step.capability if isinstance(step, Use) else step.pipeline
    return {} if isinstance(called, Unknown) else called.contract.inputs


def concealed(pipeline: Pipeline) -> Pipeline:
    """The same pipeline without the values that are fixed on secret inputs."""
    inputs = {name: _port(port) for name, port in pipeline.inputs.items()}
    triggers = pipeline.triggers
    if any(trigger.inputs for trigger in triggers):
        wanted = pipeline.contract.inputs
        triggers = tuple(
            replace(trigger, inputs=_veiled(trigger.inputs, wanted)) for trigger in triggers
        )
    return replace(pipeline, step=_step(pipeline.step), inputs=inputs, triggers=triggers)


def _port(port: Port) -> Port:
    return replace(port, default=HIDDEN) if shows_default(port) else port


def shows_default(port: Port) -> bool:
    """Tell whether a port is secret and has a default that would give a secret away."""
    return port.secret and port.default is not MISSING and port.default not in (None, HIDDEN)


def _step(step: Step) -> Step:
    if not any(_is_telling(part) for part in walk(step)):
        return step

    def veil(here: Step) -> Step:
        if isinstance(here, (Use, Call)):
            return replace(here, values=_veiled(here.values, ports_of(here)))
        return changed_children(here, veil)

    return veil(step)


def _is_telling(part: Step) -> bool:
    return isinstance(part, (Use, Call)) and bool(
        part.values and telling(part.values, ports_of(part))
    )


def _veiled(values: Mapping[str, Any], ports: Mapping[str, Port]) -> dict[str, Any]:
    return {**values, **dict.fromkeys(telling(values, ports), HIDDEN)}


def not_kept(step: Step) -> Iterator[tuple[str, str]]:
    """The step and the input of every fixed value that was secret and is gone."""
    for part in walk(step):
        if isinstance(part, (Use, Call)):
            for name, value in part.values.items():
                if value is HIDDEN:
                    yield label(part), name


def fixed_secrets(step: Step) -> Iterator[Any]:
    """The values that are fixed on secret inputs, in the pipelines that are called too."""
    for part in walk(step):
        if isinstance(part, (Use, Call)):
            if part.values:
                yield from (part.values[name] for name in telling(part.values, ports_of(part)))
            if isinstance(part, Call) and isinstance(part.pipeline, Pipeline):
                yield from fixed_secrets(part.pipeline.step)

"""What a saved pipeline promises: its derived contract, narrowed by its own words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from packetflow.capabilities.contract import Contract, Port
from packetflow.composition.infer import Flow
from packetflow.composition.steps import Pipeline


def pipeline_contract(pipeline: Pipeline) -> Contract:
    """A pipeline's contract: derived, then narrowed by what the pipeline itself says."""
    flow = pipeline.step.flow
    needs: Mapping[str, Port] = {**flow.needs, **_declared(pipeline, flow)}
    makes: Mapping[str, Port] = flow.makes
    if pipeline.requires is not None:
        needs = {
            name: _promised(text, needs.get(name))
            for text in pipeline.requires
            for name in (text.rstrip("?"),)
        }
    if pipeline.provides is not None:
        makes = {
            name: replace(_promised(text, makes.get(name)), optional=text.endswith("?"))
            for text in pipeline.provides
            for name in (text.rstrip("?"),)
        }
    return Contract(tuple(needs.values()), tuple(makes.values()))


def _declared(pipeline: Pipeline, flow: Flow) -> dict[str, Port]:
    return {name: port for name, port in pipeline.inputs.items() if name in flow.needs}


def _promised(text: str, derived: Port | None) -> Port:
    name = text.rstrip("?")
    port = derived or Port(name)
    return replace(port, optional=True) if text.endswith("?") else port

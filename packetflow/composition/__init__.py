"""Compositions: one immutable tree of steps, and the functions that read it.

Pure: nothing here opens a socket, a file, a database or a window.
"""

from packetflow.composition.build import (
    approval,
    choose,
    each,
    fallback,
    graph,
    parallel,
    pipeline,
    race,
    repeat,
    then,
    wait_for,
    when,
)
from packetflow.composition.capability import Capability, capability, from_contract
from packetflow.composition.check import check, check_pipeline
from packetflow.composition.codec import definition_sha, dump, dump_json, load, load_json
from packetflow.composition.problems import Fix, Problem
from packetflow.composition.steps import Pipeline, Step, Trigger

__all__ = [
    "Capability",
    "Fix",
    "Pipeline",
    "Problem",
    "Step",
    "Trigger",
    "approval",
    "capability",
    "check",
    "check_pipeline",
    "choose",
    "definition_sha",
    "dump",
    "dump_json",
    "each",
    "fallback",
    "from_contract",
    "graph",
    "load",
    "load_json",
    "parallel",
    "pipeline",
    "race",
    "repeat",
    "then",
    "wait_for",
    "when",
]

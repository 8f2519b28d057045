"""A session's own capabilities, remembered so that what ran can be resumed in it."""

from __future__ import annotations

from packetflow.composition.capability import Capability
from packetflow.composition.steps import Call, Pipeline, Step, Use
from packetflow.composition.walk import walk
from packetflow.discovery.catalog import Catalog


def learn(catalog: Catalog, step: Step, session: str) -> None:
    """Add the capabilities and pipelines that a step calls to a catalog that lacks them.

    A capability that was defined anew in this session takes the place of the earlier one.

    Args:
        catalog: Of the session.
        step: What is about to run; marked, so that it is looked through once a session.
        session: The name of the session.
    """
    if step.__dict__.get("_learnt") == session:
        return
    step.__dict__["_learnt"] = session
    for part in walk(step):
        match part:
            case Use(capability=Capability() as used):
                catalog.learn(used)
            case Call(pipeline=Pipeline() as called):
                if called.name not in catalog.pipeline_names():
                    catalog.add(called)
                learn(catalog, called.step, session)
            case _:
                pass

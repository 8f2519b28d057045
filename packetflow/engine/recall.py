"""The outputs of a step that an earlier life of its execution completed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from pydantic_core import ValidationError

from packetflow.capabilities.validate import adapter, reason
from packetflow.engine.past import Past
from packetflow.engine.state import Run
from packetflow.engine.values import Opaque, unpack
from packetflow.errors import MissingInput, RunError, WrongType
from packetflow.kernel.records import SpanEnded

if TYPE_CHECKING:
    from packetflow.engine.codegen import Write
    from packetflow.engine.use import UseNode


def kept_outputs(node: UseNode, run: Run, span: SpanEnded) -> dict[str, Any] | None:
    """The outputs in a span by scope name; ``None`` when the step is to be done again.

    Raises:
        RunError: The capability's own ``migrate`` failed, or gave what does not fit.
    """
    version = None if run.past is None else made_by(run.past, span, node.name)
    migrate = node.declaration.migrate
    fetch = run.engine.sink.get
    try:
        if version is not None and callable(migrate):
            fields = {write.scope_name: write.field for write in node.writes}
            plain = {
                fields.get(n, n): unpack(slot, None, fetch) for n, slot in span.outputs.items()
            }
            return _migrated(node, plain, (migrate, version))
        ports = {write.scope_name: write.port for write in node.writes}
        return {n: unpack(slot, ports.get(n), fetch) for n, slot in span.outputs.items()}
    except (Opaque, ValidationError):
        return None


def made_by(past: Past, span: SpanEnded, capability: str) -> str | None:
    """The version that made a span's outputs, when that was not the present one or its code."""
    if span.attributes and "made_by" in span.attributes:
        return str(span.attributes["made_by"])
    return past.made_by.get(span.epoch, {}).get(capability)


def _migrated(
    node: UseNode, plain: dict[str, Any], how: tuple[Callable[..., Any], str]
) -> dict[str, Any] | None:
    migrate, version = how
    where = f"step {node.id!r}: what migrate of {node.name!r} made of version {version}"
    try:
        made = migrate(plain, version)
    except Exception as error:
        said = f"{type(error).__name__}: {error}"
        raise RunError(f"step {node.id!r}: migrate of {node.name!r} failed: {said}") from error
    if made is None:
        return None
    outputs = {}
    for write in node.writes:
        if write.field in made:
            outputs[write.scope_name] = _fitting(write, made[write.field], where)
        elif not write.port.optional:
            raise MissingInput([write.field], where)
    return outputs


def _fitting(write: Write, value: Any, where: str) -> Any:
    if write.check is None:
        return value
    try:
        checked = adapter(write.port.type).validator
        return checked.validate_python(value, by_alias=False, by_name=True)
    except ValidationError as error:
        raise WrongType(write.field, where, reason(error)) from error

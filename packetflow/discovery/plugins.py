"""Capabilities that installed packages offer, by the entry point group ``packetflow.capabilities``.

An entry point names a capability, a list of them, or a function that gives a list.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from packetflow.composition.capability import Capability
from packetflow.discovery.files import Broken

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint

GROUP = "packetflow.capabilities"


def plugged_in(
    points: Iterable[EntryPoint] | None = None,
) -> tuple[dict[str, Capability[..., Any]], tuple[Broken, ...]]:
    """Load what installed packages offer.

    Args:
        points: The entry points; those of the group by default.

    Returns:
        Capabilities by name, and the plug-ins that were left out with the reason. One bad
        plug-in never hinders the others.
    """
    from importlib.metadata import entry_points

    found: dict[str, Capability[..., Any]] = {}
    broken: list[Broken] = []
    for point in entry_points(group=GROUP) if points is None else points:
        try:
            for one in _offered(point.load()):
                found[one.name] = one
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a border: the plug-in is foreign
            reason = f"plug-in {point.name!r} was left out: {type(error).__name__}: {error}"
            broken.append(Broken(point.value, 0, reason))
    return found, tuple(broken)


def _offered(loaded: Any) -> list[Capability[..., Any]]:
    if isinstance(loaded, Capability):
        return [loaded]
    listed = list(loaded() if callable(loaded) else loaded)
    for one in listed:
        if not isinstance(one, Capability):
            raise TypeError(f"{one!r} is no capability; put @capability above it")
    return listed

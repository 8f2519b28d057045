"""What a capability declares: its contract, its effects, the values it may return.

Pure values and functions. The decorator itself lives one layer up, in
`packetflow.composition.capability`, because a capability is also the simplest composition.
"""

from packetflow.capabilities.context import Context
from packetflow.capabilities.contract import Contract, Port, secret
from packetflow.capabilities.declaration import Declaration
from packetflow.capabilities.effects import Ambiguity, Effect
from packetflow.capabilities.values import Audio, Image, Markdown, Resource

__all__ = [
    "Ambiguity",
    "Audio",
    "Context",
    "Contract",
    "Declaration",
    "Effect",
    "Image",
    "Markdown",
    "Port",
    "Resource",
    "secret",
]

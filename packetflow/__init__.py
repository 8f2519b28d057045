"""PacketFlow: declare functions as capabilities, compose them, run them, look at every step.

>>> from packetflow import capability
>>> @capability(provides="greeting")
... def greet(name: str) -> str:
...     "Greet somebody."
...     return f"Hello {name}"
>>> greet.contract.provides[0].name
'greeting'
"""

from typing import TYPE_CHECKING

from packetflow.capabilities import (
    Ambiguity,
    Audio,
    Context,
    Contract,
    Effect,
    Image,
    Markdown,
    Port,
    Resource,
    secret,
)
from packetflow.composition import (
    Capability,
    Pipeline,
    Problem,
    Step,
    Trigger,
    approval,
    capability,
    choose,
    each,
    fallback,
    from_contract,
    graph,
    parallel,
    pipeline,
    race,
    repeat,
    then,
    wait_for,
    when,
)
from packetflow.errors import PacketFlowError
from packetflow.version import VERSION as __version__

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell
    from pyarrow import Table

    from packetflow.workspace.workspace import Workspace


def __getattr__(name: str) -> object:
    """Load what is heavy when it is first asked for: `Workspace`, and `Table` (pyarrow's)."""
    if name == "Workspace":
        from packetflow.workspace.workspace import Workspace

        return Workspace
    if name == "Table":
        from pyarrow import Table

        return Table
    raise AttributeError(f"module 'packetflow' has no attribute {name!r}")


def load_ipython_extension(shell: "InteractiveShell") -> None:
    """Add ``%%capability`` and ``%pf run`` to a notebook: ``%load_ext packetflow``."""
    from packetflow.notebook import load_ipython_extension as load

    load(shell)


__all__ = [
    "Ambiguity",
    "Audio",
    "Capability",
    "Context",
    "Contract",
    "Effect",
    "Image",
    "Markdown",
    "PacketFlowError",
    "Pipeline",
    "Port",
    "Problem",
    "Resource",
    "Step",
    "Table",
    "Trigger",
    "Workspace",
    "__version__",
    "approval",
    "capability",
    "choose",
    "each",
    "fallback",
    "from_contract",
    "graph",
    "load_ipython_extension",
    "parallel",
    "pipeline",
    "race",
    "repeat",
    "secret",
    "then",
    "wait_for",
    "when",
]

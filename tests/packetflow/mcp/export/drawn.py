"""Workspaces of any contract, for the round trip of exports."""

from pathlib import Path
from typing import TypeAlias

from hypothesis import strategies as st

KINDS = {
    "int": "3",
    "float": "",
    "str": "'x'",
    "bool": "True",
    "list[int]": "",
    "dict[str, float]": "",
    "int | None": "None",
    "Literal['a', 'b']": "'a'",
    "Mark": "",
    "list[Mark]": "",
    "Annotated[str, secret]": "''",
}
"""Types of inputs, each with a default if one may be drawn."""

EFFECTS = [
    "",
    "Effect.reads('files')",
    "Effect.model()",
    "Effect.writes('notes', idempotent=True)",
    "Effect.writes('notes')",
]
BEGIN = """from typing import Annotated, Literal, TypedDict

from packetflow import Effect, capability
from packetflow.capabilities.contract import secret


class Mark(TypedDict):
    score: float
    why: str | None
"""


@st.composite
def capabilities(draw: st.DrawFn) -> list[str]:
    """The texts of some; an input has one type wherever it occurs, so that they fit together."""
    kinds = {name: draw(st.sampled_from(sorted(KINDS))) for name in ("bread", "milk", "plum")}
    texts = []
    for number in range(draw(st.integers(1, 4))):
        taken = draw(st.lists(st.sampled_from(sorted(kinds)), unique=True))
        may = {name for name in taken if KINDS[kinds[name]] and draw(st.booleans())}
        inputs = [f"{name}: {kinds[name]}" for name in taken if name not in may]
        inputs += [f"{name}: {kinds[name]} = {KINDS[kinds[name]]}" for name in taken if name in may]
        about = "".join(f"\n        {name}: How much {name}." for name in taken[:2])
        gives = draw(st.sampled_from([kind for kind in KINDS if "secret" not in kind]))
        effect = draw(st.sampled_from(EFFECTS))
        texts.append(
            f'\n\n@capability(provides="made_{number}", effects=[{effect}])\n'
            f"def work_{number}({', '.join(inputs)}) -> {gives}:\n"
            f'    """Do work {number}.\n\n    Args:{about}\n    """\n'
        )
    return texts


Flows: TypeAlias = list[tuple[str, list[int]]]
SHAPES = ["{0}", "{{parallel: [{0}]}}", "{{when: size(word) > 1, then: [{0}]}}"]
FLOWS = st.lists(
    st.tuples(
        st.sampled_from(SHAPES),
        st.lists(st.integers(0, 3), min_size=2, max_size=3, unique=True),
    ),
    max_size=3,
)
"""Pipelines: how their steps are joined, and the numbers of the capabilities they use."""


def write(folder: Path, functions: list[str], flows: Flows) -> None:
    """A workspace of them."""
    for part in ("capabilities", "pipelines"):
        (folder / part).mkdir()
    (folder / "capabilities" / "work.py").write_text(BEGIN + "".join(functions))
    for number, (shape, used) in enumerate(flows):
        uses = [f"{{use: work_{one}}}" for one in used if one < len(functions)]
        if len(uses) > 1:
            steps = shape.format(", ".join(uses))
            text = f"pipeline: flow_{number}\nversion: 1\nintent: Work.\nsteps: [{steps}]\n"
            (folder / "pipelines" / f"flow_{number}.yaml").write_text(text)

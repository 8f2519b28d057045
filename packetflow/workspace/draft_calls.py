"""Which pipelines call one that gets another name, and their texts with that name."""

from __future__ import annotations

from packetflow.composition.codec_nodes import parse_yaml
from packetflow.composition.codec_read import read_places
from packetflow.composition.edit import apply
from packetflow.composition.standing import standing
from packetflow.errors import SourceError, WorkspaceError
from packetflow.workspace.draft_log import DraftLog
from packetflow.workspace.draft_names import pointed
from packetflow.workspace.folder import WorkspaceFolder


def recalled(text: str, old: str, new: str) -> str:
    """A text in which what called one pipeline calls another; its steps keep their ids.

    Raises:
        SourceError: The text cannot be read.
    """
    for step in _calling(text, old):
        text = apply(text, {"op": "set", "step": step, "field": "call", "value": new}).text
    return text


def callers(folder: WorkspaceFolder, name: str) -> list[str]:
    """The pipelines, and drafts that nobody saved, in which a pipeline is called; by name.

    Texts that cannot be read are passed over.
    """
    found: dict[str, list[str]] = {}
    for path in folder.pipelines.glob("*.yaml"):
        try:
            found.setdefault(path.stem, []).append(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
    for at in (folder.state / "drafts").glob("*.at"):
        draft = pointed(at.parent, at.stem)
        text = None if draft is None else _text_of(DraftLog(draft), at.stem)
        if text is not None:
            found.setdefault(at.stem, []).append(text)
    return sorted(
        one for one, texts in found.items() if one != name and any(_calls(t, name) for t in texts)
    )


def _text_of(log: DraftLog, name: str) -> str | None:
    """What a draft says, where the name is the one by which it is opened now."""
    try:
        log.refresh()
    except WorkspaceError:
        return None  # opening it says what is wrong with it
    finally:
        log.close()
    return log.whole.state.text if log.whole.file in ("", name) else None


def _calls(text: str, name: str) -> bool:
    if name not in text or "call" not in text:
        return False
    try:
        return bool(_calling(text, name))
    except SourceError:
        return False


def _calling(text: str, name: str) -> list[str]:
    """The ids of the steps that call a pipeline."""
    root = parse_yaml(text)
    found = []
    for one in standing(root, read_places(root)):
        said = one.node.get("call")
        if said is not None and said.value == name:
            found.append(one.id)
    return found

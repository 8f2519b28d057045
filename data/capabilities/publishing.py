"""Steps of `publish_with_approval`: prepare a draft, publish it once a person agrees."""

from pathlib import Path
from typing import TypedDict

from packetflow import Context, Effect, capability
from packetflow.errors import LibraryError
from packetflow.library import read_document, text_statistics
from packetflow.library.paths import write_whole


class Draft(TypedDict):
    title: str
    draft: str
    remarks: list[str]
    publish_to: str
    archive_to: str


@capability(effects=[Effect.reads("files")], examples=[{"path": "inbox/spring-newsletter.md"}])
def prepare_draft(path: str, context: Context | None = None) -> Draft:
    """Read a draft, tidy it, and remark on what its reader may stumble over.

    Args:
        path: The draft, a Markdown file.
        context: Filled by the engine.
    """
    document = read_document(path, context=context)
    text = "\n".join(line.rstrip() for line in document["text"].splitlines()).strip() + "\n"
    figures = text_statistics(text)
    remarks = []
    if figures.words < 50:
        remarks.append(f"It has only {figures.words} words.")
    if figures.words_per_sentence > 25:
        remarks.append(
            f"Its sentences are long: {figures.words_per_sentence:.0f} words on average."
        )
    if "TODO" in text or "???" in text:
        remarks.append("It still has open places (TODO or ???).")
    folder = Path(context.workspace if context and context.workspace else ".")
    return {
        "title": document["title"],
        "draft": text,
        "remarks": remarks,
        "publish_to": str(folder / "published" / f"{Path(path).stem}.md"),
        "archive_to": str(folder / "archive" / f"{Path(path).stem}.md"),
    }


class Published(TypedDict):
    published_path: str


def already_published(draft: str, publish_to: str) -> Published | None:
    """After an interruption: the outputs if this very draft is out, else None."""
    place = Path(publish_to)
    if place.is_file() and place.read_text("utf-8") == draft:
        return {"published_path": publish_to}
    return None


@capability(
    effects=[Effect.writes("files", on_ambiguous="reconcile"), Effect.audit("warning")],
    reconcile=already_published,
)
def publish_draft(draft: str, publish_to: str) -> Published:
    """Publish a draft: write it to its public place, which must be free.

    Args:
        draft: The text.
        publish_to: The file to write.
    """
    place = Path(publish_to)
    if place.exists():
        raise LibraryError(f"{place.name!r} is published already; give the draft another name")
    _write(place, draft)
    return {"published_path": publish_to}


@capability(provides="archived_path", effects=[Effect.writes("files", idempotent=True)])
def archive_draft(draft: str, archive_to: str) -> str:
    """Put a draft aside that is not to be published; nothing is lost.

    Args:
        draft: The text.
        archive_to: The file to write.
    """
    _write(Path(archive_to), draft)
    return archive_to


@capability(provides="approved")
def treat_silence_as_no() -> bool:
    """Decide when nobody answered in time: without a yes, nothing is published."""
    return False


def _write(place: Path, text: str) -> None:
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LibraryError(f"cannot make the folder of {place.name!r}: {error.strerror}") from error
    write_whole(place, text.encode())

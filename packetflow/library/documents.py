"""Find and read documents: PDF, Markdown, HTML and plain text."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import TypedDict

from packetflow import Context, Effect, capability
from packetflow.errors import LibraryError
from packetflow.library.paths import existing, existing_file

_MARKDOWN = (".md", ".markdown")
_HTML = (".html", ".htm", ".xhtml")
_PLAIN = (".txt", ".text", ".rst", ".log", "")
_ENDINGS = (".pdf", *_MARKDOWN, *_HTML, *_PLAIN)
_LARGEST_BYTES = 100_000_000


class Document(TypedDict):
    """What a document says.

    ``page_texts`` has one text per page of a PDF, and one in all for other kinds.
    """

    text: str
    title: str
    pages: int
    page_texts: list[str]


@capability(
    effects=[Effect.reads("files")],
    tags=["pdf", "markdown", "html", "open", "extract"],
    examples=[{"path": "files/documents/city-gardens.md"}],
)
def read_document(path: str, context: Context | None = None) -> Document:
    """Read the text and title of a PDF, Markdown, HTML or text file.

    PDF pages that are pictures have no text: nothing is recognised optically. Markdown is kept
    as it is written, less its front matter. Word files are not read; save them as PDF.

    Args:
        path: The file.
        context: Filled by the engine.

    Raises:
        LibraryError: The file is missing, larger than 100 MB, damaged, locked by a password, of
            another kind, or has no text.
    """
    place = existing_file(path, context)
    ending = place.suffix.lower()
    if ending not in _ENDINGS:
        raise LibraryError(
            f"cannot read {place.name!r}: {ending} is not among PDF, Markdown, HTML and text; save "
            "it as one of these",
            path=path,
        )
    if place.stat().st_size > _LARGEST_BYTES:
        raise LibraryError(f"{place.name!r} is larger than 100 MB; split it", path=path)
    try:
        content = place.read_bytes()
    except OSError as error:
        raise LibraryError(f"cannot read {place.name!r}: {error.strerror}", path=path) from error
    read: Callable[[bytes, str], tuple[str, list[str]]] = _plain
    if ending == ".pdf" or content.startswith(b"%PDF-"):
        read = _pdf
    elif ending in _MARKDOWN:
        read = _markdown
    elif ending in _HTML:
        read = _html
    title, pages = read(content, place.name)
    text = "\n\n".join(page for page in pages if page).strip()
    if not text:
        why = "its pages are pictures or blank" if read is _pdf else "it is empty"
        raise LibraryError(f"{place.name!r} has no text; {why}", path=path)
    title = title.strip() or place.stem.replace("_", " ").replace("-", " ").capitalize()
    return {"text": text, "title": title, "pages": len(pages), "page_texts": pages}


def _pdf(content: bytes, name: str) -> tuple[str, list[str]]:
    from pypdf import PdfReader
    from pypdf.errors import DependencyError, PyPdfError

    try:
        reader = PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            raise LibraryError(f"{name!r} is locked by a password; save it without one")
        pages = [page.extract_text().strip() for page in reader.pages]
        title = str((reader.metadata.title if reader.metadata else None) or "")
    except DependencyError as error:
        raise LibraryError(
            f"{name!r} is encrypted; install what reading it needs: pip install cryptography"
        ) from error
    except (PyPdfError, ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise LibraryError(
            f"{name!r} is no PDF that can be read ({str(error)[:120]}); open and save it again"
        ) from error
    return title, pages


def _decoded(content: bytes, name: str) -> str:
    for mark, encoding in ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return content.decode(encoding, errors="replace")
    if b"\x00" in content[:4000]:
        raise LibraryError(f"{name!r} is no text file")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Older Windows files: every byte means something there, so this never fails.
        return content.decode("cp1252", errors="replace")


def _markdown(content: bytes, name: str) -> tuple[str, list[str]]:
    text = _decoded(content, name).replace("\r\n", "\n")
    title = ""
    front = re.match(r"---\n(.*?)\n---\n", text, re.DOTALL)
    if front:
        named = re.search(r"^title:\s*[\"']?(.+?)[\"']?\s*$", front[1], re.MULTILINE)
        title = named[1] if named else ""
        text = text[front.end() :]
    prose = re.sub(r"^(```|~~~).*?(^\1|\Z)", "", text, flags=re.MULTILINE | re.DOTALL)
    heading = re.search(r"^#{1,2}\s+(.+?)\s*#*$", prose, re.MULTILINE)
    return title or (heading[1] if heading else ""), [text.strip()]


def _html(content: bytes, name: str) -> tuple[str, list[str]]:
    from packetflow.library.markup import read_html

    if b"\x00" in content[:4000] and not content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise LibraryError(f"{name!r} is no HTML file")
    page = read_html(content)
    return page.title, [page.text]


def _plain(content: bytes, name: str) -> tuple[str, list[str]]:
    text = _decoded(content, name).replace("\r\n", "\n").strip()
    first = text.split("\n", 1)[0].strip()
    return first if len(first) <= 80 and not first.endswith((".", ",", ";")) else "", [text]


@capability(
    provides="paths",
    effects=[Effect.reads("files")],
    tags=["folder", "files", "find", "glob"],
    examples=[{"folder": "files/documents"}],
)
def list_documents(
    folder: str, pattern: str = "*", limit: int = 1000, context: Context | None = None
) -> list[str]:
    """List the documents of a folder that `read_document` reads, in the order of their names.

    Hidden files and files of other kinds are left out.

    Args:
        folder: The folder.
        pattern: Such as "*.md", or "**/*.pdf" to look into folders inside.
        limit: How many at most.
        context: Filled by the engine.

    Raises:
        LibraryError: The folder is missing, the pattern leads out of it, or nothing matches.
    """
    place = existing(folder, context)
    if not place.is_dir():
        raise LibraryError(f"{folder!r} is a file; give the folder it is in", path=folder)
    if ".." in Path(pattern).parts or Path(pattern).is_absolute() or not pattern:
        raise LibraryError(f"the pattern {pattern!r} must stay in the folder; try '*.md'")
    found = sorted(
        item
        for item in place.glob(pattern)
        if item.is_file() and item.suffix.lower() in _ENDINGS and not item.name.startswith(".")
    )
    if not found:
        raise LibraryError(
            f"no document in {folder!r} matches {pattern!r}; PDF, Markdown, HTML and text are read",
            path=folder,
        )
    return [str(item) for item in found[:limit]]

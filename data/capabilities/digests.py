"""Steps of `digest_documents`: one digest per document, then all of them together."""

from collections import Counter
from typing import TypedDict

from packetflow import Markdown, capability
from packetflow.library import keywords, language, summarize_text, text_statistics


class Digest(TypedDict):
    title: str
    language: str
    gist: str
    phrases: list[str]
    words: int
    reading_minutes: float


@capability(provides="digest")
def digest_document(title: str, text: str) -> Digest:
    """Boil one document down to two sentences, its key phrases and its length.

    Args:
        title: The document's title.
        text: Its text.
    """
    # Headings are no sentences.
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    figures = text_statistics(body)
    return {
        "title": title,
        "language": language(body)["language"],
        "gist": summarize_text(body, 2),
        "phrases": [found.phrase for found in keywords(body, 5)],
        "words": figures.words,
        "reading_minutes": round(figures.reading_minutes, 1),
    }


class Overview(TypedDict):
    overview: Markdown
    document_count: int
    unread_count: int


@capability
def combine_digests(digests: list[Digest | None]) -> Overview:
    """Put the digests of many documents on one page.

    Args:
        digests: One for each document; None where a document could not be read.
    """
    read = [digest for digest in digests if digest is not None]
    unread = len(digests) - len(read)
    words = sum(digest["words"] for digest in read)
    shared = Counter(
        word for digest in read for word in {w for p in digest["phrases"] for w in p.split()}
    )
    common = [word for word, count in shared.most_common(6) if count > 1]
    lines = [
        f"# {len(read)} documents",
        f"{words:,} words, about {sum(d['reading_minutes'] for d in read):.0f} minutes to read"
        + (f"; {unread} could not be read." if unread else "."),
    ]
    if common:
        lines.append(f"Words that several share: {', '.join(common)}.")
    for digest in sorted(read, key=lambda one: one["title"]):
        lines.append(f"## {digest['title']}")
        lines.append(digest["gist"])
        lines.append(
            f"*{', '.join(digest['phrases'])} · {digest['language']} · {digest['words']} words*"
        )
    return {
        "overview": Markdown("\n\n".join(lines)),
        "document_count": len(read),
        "unread_count": unread,
    }

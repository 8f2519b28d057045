"""Read the text, title and links out of HTML."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urljoin

_SILENT = ("script", "style", "noscript", "template", "svg", "head", "title")
_BLOCKS = [
    *("p", "div", "section", "article", "main", "header", "footer", "nav", "aside", "form", "hr"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "li", "ul", "ol", "dl", "dt", "dd", "table", "tr"),
    *("blockquote", "pre", "figure", "figcaption"),
]


@dataclass(frozen=True, slots=True)
class Html:
    """What a page says: its text with blank lines between blocks, its title, its links."""

    text: str
    title: str
    links: tuple[tuple[str, str], ...]


def read_html(content: bytes | str, *, base: str = "", encoding: str | None = None) -> Html:
    r"""Read a page; never fails, since any text is HTML of a sort.

    Args:
        content: The page.
        base: Its address, for relative links.
        encoding: The encoding of bytes; found from the page if not given.

    >>> read_html("<title>T</title><p>One<p>Two <a href='/x'>three</a>", base="https://a.org").text
    'One\n\nTwo three'
    """
    from bs4 import BeautifulSoup

    known = None if isinstance(content, str) else encoding
    soup = BeautifulSoup(content, "html.parser", from_encoding=known)
    heading = soup.title or soup.find("h1")
    title = " ".join(heading.get_text().split()) if heading else ""
    links = []
    for anchor in soup.find_all("a", href=True):
        address = urljoin(base, str(anchor["href"]))
        if address.startswith(("http://", "https://")):
            links.append((" ".join(anchor.get_text().split()), address))
    for part in soup.find_all(_SILENT):
        part.decompose()
    for part in soup.find_all("br"):
        part.replace_with("\n")
    for part in soup.find_all(["td", "th"]):
        part.insert_before(" ")
    for part in soup.find_all(_BLOCKS):
        part.insert_before("\n\n")
        part.insert_after("\n\n")
    lines = [" ".join(line.split()) for line in soup.get_text().split("\n")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
    return Html(text, title, tuple(dict.fromkeys(links)))

"""Fetch pages and files from the web, with limits."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

from packetflow import Effect, capability
from packetflow.errors import LibraryError

if TYPE_CHECKING:
    import httpx

_REDIRECTS = 5
_AGENT = "packetflow (a workflow studio; fetches what its user asked for)"


@dataclass(frozen=True, slots=True)
class Downloaded:
    """What an address answered.

    Attributes:
        url: The address after redirects.
        status: The HTTP status, 200 to 299.
        media_type: Such as ``text/html``, without parameters; may be empty.
        encoding: The text encoding the server names; empty if it names none.
        content: The bytes.
    """

    url: str
    status: int
    media_type: str
    encoding: str
    content: bytes


class Link(TypedDict):
    """A link on a page."""

    text: str
    url: str


class Page(TypedDict):
    """A page as people read it."""

    text: str
    title: str
    links: list[Link]
    status: int
    url: str


@capability(
    effects=[Effect.reads("network")],
    tags=["http", "download", "browse", "scrape", "url"],
    examples=[{"url": "https://example.org"}],
    expected_seconds=1.0,
)
def fetch_page(url: str, timeout_seconds: float = 20.0, limit_bytes: int = 5_000_000) -> Page:
    """Fetch one web page and give its text, title and links.

    No scripts are run, so pages drawn by scripts come out empty. At most 5 redirects. Any address
    this machine reaches can be fetched, those of its own network included.

    Args:
        url: An http or https address.
        timeout_seconds: For everything together.
        limit_bytes: Refuse larger answers.

    Raises:
        LibraryError: The address is wrong, does not answer in time, answers an error, too much,
            or something that is no text.
    """
    answer = download(url, timeout_seconds=timeout_seconds, limit_bytes=limit_bytes)
    if answer.media_type in {"text/html", "application/xhtml+xml"} or _looks_like_html(answer):
        from packetflow.library.markup import read_html

        html = read_html(answer.content, base=answer.url, encoding=answer.encoding or None)
        return {
            "text": html.text,
            "title": html.title,
            "links": [{"text": text, "url": address} for text, address in html.links],
            "status": answer.status,
            "url": answer.url,
        }
    if not _is_text(answer):
        raise LibraryError(
            f"{answer.url} is {answer.media_type or 'no text'}, no page; for tables use load_table",
            url=answer.url,
        )
    try:
        text = answer.content.decode(answer.encoding or "utf-8", errors="replace")
    except LookupError:
        text = answer.content.decode("utf-8", errors="replace")
    return {"text": text, "title": "", "links": [], "status": answer.status, "url": answer.url}


def _looks_like_html(answer: Downloaded) -> bool:
    start = answer.content[:200].lstrip().lower()
    return not answer.media_type and start.startswith((b"<!doctype html", b"<html"))


def _is_text(answer: Downloaded) -> bool:
    kind = answer.media_type
    if kind.startswith("text/") or kind.endswith(("json", "xml", "yaml", "javascript")):
        return True
    return not kind and b"\x00" not in answer.content[:1000]


def download(
    url: str, *, timeout_seconds: float = 60.0, limit_bytes: int = 100_000_000
) -> Downloaded:
    """Fetch what an address answers.

    Raises:
        LibraryError: As `fetch_page`, except that any kind of content is accepted.
    """
    import httpx

    end = time.monotonic() + timeout_seconds
    try:
        with (
            httpx.Client(
                follow_redirects=True,
                max_redirects=_REDIRECTS,
                timeout=timeout_seconds,
                headers={"user-agent": _AGENT},
            ) as client,
            client.stream("GET", url) as response,
        ):
            return _read(response, url, end, limit_bytes)
    except (httpx.UnsupportedProtocol, httpx.InvalidURL) as error:
        raise LibraryError(
            f"{url!r} is no web address; it must begin with http:// or https://", url=url
        ) from error
    except httpx.TimeoutException as error:
        raise _too_slow(url, timeout_seconds) from error
    except httpx.TooManyRedirects as error:
        raise LibraryError(f"{url} redirects more than {_REDIRECTS} times", url=url) from error
    except httpx.HTTPError as error:
        raise LibraryError(
            f"{url} cannot be reached: {str(error) or type(error).__name__}; check the address and "
            "the connection",
            url=url,
        ) from error


def _read(response: httpx.Response, url: str, end: float, limit_bytes: int) -> Downloaded:
    if not response.is_success:
        raise LibraryError(
            f"{url} answered {response.status_code} {response.reason_phrase}; check the address",
            url=url,
            status=response.status_code,
        )
    parts: list[bytes] = []
    size = 0
    for part in response.iter_bytes():
        size += len(part)
        if size > limit_bytes:
            raise LibraryError(
                f"{url} is larger than {limit_bytes:,} bytes; raise limit_bytes if that is meant",
                url=url,
            )
        if time.monotonic() > end:
            raise _too_slow(url, 0)
        parts.append(part)
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    return Downloaded(
        str(response.url),
        response.status_code,
        kind,
        response.charset_encoding or "",
        b"".join(parts),
    )


def _too_slow(url: str, seconds: float) -> LibraryError:
    within = f" within {seconds:g} s" if seconds else " in time"
    return LibraryError(f"{url} did not answer{within}; try again, or give it longer", url=url)

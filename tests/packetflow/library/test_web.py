import gzip
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from packetflow.errors import LibraryError
from packetflow.library.table_files import load_table
from packetflow.library.web import fetch_page

PAGE = (
    "<html><head><title>Tea &amp; time</title></head><body><h1>Tea</h1><p>Pour it.</p>"
    "<a href='/more'>More</a><a href='mailto:a@b.org'>Write</a><script>no()</script></body></html>"
)


class Site(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        answers = {
            "/page": ("text/html; charset=utf-8", PAGE.encode()),
            "/latin": ("text/html; charset=latin-1", "<p>größer</p>".encode("latin-1")),
            "/plain": ("text/plain", b"just text"),
            "/picture": ("image/png", b"\x89PNG\x00"),
            "/big": ("text/plain", b"x" * 2000),
            "/table.csv": ("text/csv", b"a;b\n1,5;x\n2,5;y\n"),
            "/export": ("text/csv", b"a,b\n1,2\n"),
        }
        if self.path == "/moved":
            self.answer(302, {"location": "/page"}, b"")
        elif self.path == "/loop":
            self.answer(302, {"location": "/loop"}, b"")
        elif self.path == "/away":
            self.answer(302, {"location": "file:///etc/hostname"}, b"")
        elif self.path == "/bomb":
            packed = gzip.compress(b"x" * 3_000_000)
            self.answer(200, {"content-type": "text/plain", "content-encoding": "gzip"}, packed)
        elif self.path in answers:
            kind, body = answers[self.path]
            self.answer(200, {"content-type": kind}, body)
        else:
            self.answer(404, {}, b"gone")

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in (headers | {"content-length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Site)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_gives_title_text_and_links(site: str) -> None:
    page = fetch_page(f"{site}/page")

    assert page["title"] == "Tea & time"
    assert page["text"] == "Tea\n\nPour it.\n\nMoreWrite"
    assert page["links"] == [{"text": "More", "url": f"{site}/more"}]
    assert page["status"] == 200


def test_a_redirect_is_followed(site: str) -> None:
    assert fetch_page(f"{site}/moved")["url"] == f"{site}/page"


def test_the_servers_encoding_is_believed(site: str) -> None:
    assert fetch_page(f"{site}/latin")["text"] == "größer"


def test_plain_text_is_given_as_it_is(site: str) -> None:
    assert fetch_page(f"{site}/plain")["text"] == "just text"


@pytest.mark.parametrize(
    ("path", "complaint"),
    [
        ("/nothing", "answered 404"),
        ("/loop", "redirects more than 5 times"),
        ("/away", "no web address"),
        ("/picture", "image/png, no page"),
    ],
)
def test_what_is_no_page_says_why(site: str, path: str, complaint: str) -> None:
    with pytest.raises(LibraryError, match=complaint):
        fetch_page(site + path)


def test_an_answer_beyond_the_limit_is_refused(site: str) -> None:
    with pytest.raises(LibraryError, match="larger than 1,000 bytes"):
        fetch_page(f"{site}/big", limit_bytes=1000)


def test_the_limit_counts_unpacked_bytes(site: str) -> None:
    with pytest.raises(LibraryError, match="larger than"):
        fetch_page(f"{site}/bomb", limit_bytes=1_000_000)


@pytest.mark.parametrize("url", ["ftp://a.org/x", "file:///etc/hostname", "a.org", "", "http://"])
def test_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(LibraryError, match="no web address"):
        fetch_page(url)


def test_an_address_nobody_listens_on_cannot_be_reached() -> None:
    with pytest.raises(LibraryError, match="cannot be reached"):
        fetch_page("http://127.0.0.1:1/")


def test_a_table_is_loaded_from_an_address(site: str) -> None:
    assert load_table(f"{site}/table.csv").to_pydict() == {"a": [1.5, 2.5], "b": ["x", "y"]}
    assert load_table(f"{site}/export").to_pydict() == {"a": [1], "b": [2]}


def test_a_web_page_is_no_table(site: str) -> None:
    with pytest.raises(LibraryError, match="web page, not a table"):
        load_table(f"{site}/page")

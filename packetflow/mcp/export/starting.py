"""How an exported file starts: unpack what it carries, then serve.

The text of this module is part of every exported file, so it uses the standard library alone.
"""

import argparse
import base64
import contextlib
import hashlib
import io
import lzma
import os
import shutil
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from pathlib import Path
from typing import NamedTuple

OLD_SECONDS = 3600
LAST_PORT = 65535


class Export(NamedTuple):
    """What an exported file carries.

    Attributes:
        name: What it is called.
        version: Its version.
        files: A workspace, as text by path; a line's end before each text is not part of it.
        attachments: Other files of the workspace, in base64.
        core: The part of PacketFlow that runs it: a ZIP archive, compressed as a whole, in base64.
        needs: The packages that must be installed.
        ready: The capabilities of PacketFlow's library that it uses.
    """

    name: str
    version: str
    files: Mapping[str, str]
    attachments: Mapping[str, str]
    core: str
    needs: Sequence[str]
    ready: Sequence[str]

    def contents(self) -> Iterator[tuple[str, bytes]]:
        """All files in it, by path."""
        for path, text in self.files.items():
            yield f"workspace/{path}", text[1:].encode()
        for path, packed in self.attachments.items():
            yield f"workspace/{path}", base64.b64decode(packed)
        with zipfile.ZipFile(io.BytesIO(lzma.decompress(base64.b64decode(self.core)))) as archive:
            for path in archive.namelist():
                yield f"core/{path}", archive.read(path)

    def digest(self) -> str:
        """Tells this export from every other one."""
        told = hashlib.sha256(repr(self).encode("utf-8", "surrogatepass"))
        return told.hexdigest()[:16]


def main(export: Export, argv: Sequence[str] | None = None) -> int:
    """Do what the command line says; answers the exit code."""
    arguments = _parser(export).parse_args(argv)
    forget_placeholders(os.environ)
    if sys.platform == "win32":
        return _fail("PacketFlow runs on Linux and macOS")
    state = arguments.state or os.environ.get("PACKETFLOW_STATE") or _state_home()
    try:
        folder = unpacked(export, Path(state).expanduser().resolve())
    except OSError as error:
        return _fail(
            f"cannot keep its state in {state}: {error.strerror or error}; name another folder "
            "with --state or PACKETFLOW_STATE"
        )
    sys.path.insert(0, str(folder / "core"))
    try:
        from packetflow.mcp import standalone
    except ImportError as missing:
        if str(missing.name).startswith("packetflow"):
            raise
        return _fail(
            f"{missing}. `uv run --script {sys.argv[0]}` brings what is needed; for this Python: "
            f"pip install {' '.join(export.needs)}"
        )
    return standalone.run(folder / "workspace", export.ready, arguments)


def placeholder(variable: str) -> str:
    """Stands in a bundle for what a client asks its user to give."""
    return f"${{user_config.{variable.lower()}}}"


def forget_placeholders(environment: MutableMapping[str, str]) -> None:
    """Take away the variables that nobody gave: clients hand on what stands for them."""
    for name in [one for one, value in environment.items() if value == placeholder(one)]:
        del environment[name]


def _parser(export: Export) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=f"Serve the tools of {export.name} over MCP: to the program that started this, "
        "over standard input and output, or over HTTP."
    )
    parser.add_argument("--http", type=_port, metavar="PORT", help="serve over HTTP; 0: any port")
    parser.add_argument("--host", default="127.0.0.1", help="with --http, on which address")
    parser.add_argument("--state", metavar="DIR", help="where it keeps what calls did")
    parser.add_argument("--list", action="store_true", help="list the tools as JSON")
    parser.add_argument(
        "--call", nargs=2, metavar=("TOOL", "JSON"), help="call a tool, and print its result"
    )
    version = f"{export.name} {export.version} ({export.digest()})"
    parser.add_argument("--version", action="version", version=version)
    return parser


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"{text!r} is no port: 0 to {LAST_PORT}")
    return int(text)


def _fail(why: str) -> int:
    print(f"error: {why}", file=sys.stderr)  # noqa: T201
    return 1


def _state_home() -> str:
    if sys.platform == "darwin":
        return "~/Library/Application Support/packetflow/exports"
    return os.environ.get("XDG_STATE_HOME", "~/.local/state") + "/packetflow/exports"


def unpacked(export: Export, state: Path) -> Path:
    """The folder of an export, in place and whole; only its user can read it.

    It is made beside its place and moved there, so that any number of processes may begin at once,
    and be killed. What has been changed in it, or lost, is mended.

    Raises:
        OSError: It cannot be made, or belongs to somebody else.
    """
    folder = state / f"{export.name}-{export.digest()}"
    contents = dict(export.contents())
    if not folder.exists():
        state.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(state, export.name)
        scratch = Path(tempfile.mkdtemp(prefix=f".{export.name}-", dir=state))
        try:
            for path, content in contents.items():
                _write(scratch / path, content)
            _move(scratch, folder)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    if folder.is_symlink() or folder.stat().st_uid != os.geteuid():
        raise PermissionError(0, f"{folder} is a link, or belongs to another user")
    folder.chmod(0o700)
    os.utime(folder)  # it is used: see `packetflow.mcp.forgetting`
    for path, content in contents.items():
        place = folder / path
        if place.is_symlink() or not place.is_file() or place.read_bytes() != content:
            draft = Path(tempfile.mkdtemp(prefix=".mended-", dir=folder), "file")
            _write(draft, content)
            place.parent.mkdir(parents=True, exist_ok=True)
            draft.replace(place)
            draft.parent.rmdir()
    return folder


def _move(scratch: Path, folder: Path) -> None:
    try:
        scratch.rename(folder)
    except OSError:
        if not folder.is_dir():  # else another process was quicker
            raise


def _write(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def _sweep(state: Path, name: str) -> None:
    """Take away what processes left that were killed while they unpacked."""
    for left in state.glob(f".{name}-*"):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > OLD_SECONDS:
                shutil.rmtree(left, ignore_errors=True)

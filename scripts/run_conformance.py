"""Hold our MCP server and client against the official conformance suites, in both eras.

``server``: the fixtures that the suite asks for are a workspace (``tests/conformance``). It is
exported to one file, which serves it. ``workspace``: ``packetflow mcp serve`` serves it.
``client``: `tests/clients/conformance_client.py` plays the scenarios for clients, a few of logins.
``login``: it plays those that are left. Named none, all but ``workspace`` are run.

What each run said is kept in ``build/conformance``. A scenario that fails is tried once more,
alone: the suite has time limits of its own (2 to 10 s a request), which a busy machine can break.

Exit code 1 when a scenario fails, also one that the suite does not score (Tasks), 3 when the suite
cannot be had.
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
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
FIXTURES = ROOT / "tests" / "conformance"
CLIENTS = ROOT / "tests" / "clients"
SUITE = CLIENTS / "node_modules" / "@modelcontextprotocol" / "conformance" / "dist" / "index.js"
KEPT = ROOT / "build" / "conformance"
MINUTES = 4
START_SECONDS = 120.0
SCENARIO_MILLISECONDS = 60_000
NO_SUITE = 3
PLAYED = "played"
REVISIONS = OLD, NEW = "2025-11-25", "2026-07-28"
OLDEST, EXTENSION = "2025-03-26", "extension"
CLIENT_SCENARIOS: dict[str, tuple[str, ...]] = {
    OLD: (
        "initialize",
        "tools_call",
        "elicitation-sep1034-client-defaults",
        "sse-retry",
        "json-schema-2020-12-preservation",
    ),
    NEW: (
        "tools_call",
        "request-metadata",
        "sep-2322-client-request-state",
        "http-standard-headers",
        "http-custom-headers",
        "http-invalid-tool-headers",
        "json-schema-ref-no-deref",
        "json-schema-2020-12-preservation",
        "auth/scope-step-up",
        "auth/authorization-server-migration",
        "auth/iss-wrong-issuer",
    ),
    EXTENSION: ("auth/client-credentials-jwt",),
}
_BOTH = (
    "auth/metadata-default",
    "auth/metadata-var1",
    "auth/metadata-var2",
    "auth/metadata-var3",
    "auth/basic-cimd",
    "auth/scope-from-www-authenticate",
    "auth/scope-from-scopes-supported",
    "auth/scope-omitted-when-undefined",
    "auth/scope-retry-limit",
    "auth/token-endpoint-auth-basic",
    "auth/token-endpoint-auth-post",
    "auth/token-endpoint-auth-none",
    "auth/pre-registration",
)
LOGIN_SCENARIOS: dict[str, tuple[str, ...]] = {
    OLDEST: (
        "auth/2025-03-26-oauth-metadata-backcompat",
        "auth/2025-03-26-oauth-endpoint-fallback",
    ),
    OLD: (*_BOTH, "auth/scope-step-up"),
    NEW: (
        *_BOTH,
        "auth/resource-mismatch",
        "auth/offline-access-scope",
        "auth/offline-access-not-supported",
        "auth/iss-supported",
        "auth/iss-not-advertised",
        "auth/iss-supported-missing",
        "auth/iss-unexpected",
        "auth/iss-normalized",
        "auth/metadata-issuer-mismatch",
    ),
    EXTENSION: ("auth/client-credentials-basic",),
}
"""Not played, for the protocol's package does not do them: DPoP (two), and tokens by way of a
company's identity provider or of a workload's identity."""
SCENARIOS = {"client": CLIENT_SCENARIOS, "login": LOGIN_SCENARIOS}


@dataclass(frozen=True)
class Result:
    """What a run of the suite found.

    Attributes:
        what: Which run.
        failed: The scenarios that failed, those that the suite does not score (Tasks) included.
        total: The suite's own sum; empty when it did not come to its end.
    """

    what: str
    failed: frozenset[str]
    total: str = ""


def node() -> str | None:
    """The path of Node, once the suite is installed; ``None`` when either cannot be had."""
    script = ["sh", str(ROOT / "scripts" / "install_clients.sh")]
    environment = {**os.environ, "PYTHON": sys.executable}
    done = subprocess.run(script, stdout=subprocess.PIPE, text=True, env=environment, check=False)
    return done.stdout.strip() if done.returncode == 0 else None


def serving(folder: Path) -> list[str]:
    """The command that serves a workspace over HTTP."""
    command = [sys.executable, "-m", "packetflow", "mcp", "serve", "--http", "0"]
    return [*command, "--workspace", str(folder)]


def exported(folder: Path) -> list[str]:
    """Export a workspace to one file beside it; the command that starts that."""
    out = folder.parent / "out"
    command = [sys.executable, "-m", "packetflow", "mcp", "export", "--all", "--to", str(out)]
    subprocess.run(
        [*command, "--workspace", str(folder)], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
    )
    state = ["--state", str(folder.parent / "state")]
    return [sys.executable, str(out / f"{folder.name}.py"), "--http", "0", *state]


@contextlib.contextmanager
def served(command: Sequence[str], log: Path | None = None) -> Iterator[str]:
    """A server over HTTP: the address.

    Args:
        command: Starts it.
        log: Gets what it says.
    """
    with tempfile.TemporaryDirectory() as scratch:
        told = log or Path(scratch, "log")
        with told.open("w") as lines:
            process = subprocess.Popen(command, cwd=ROOT, stdout=lines, stderr=lines)
        try:
            yield _announced(process, told)
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _announced(process: subprocess.Popen[bytes], told: Path) -> str:
    """The address that a server says."""
    late = time.monotonic() + START_SECONDS
    while (found := re.search(r" at (http\S+)\s", told.read_text())) is None:
        if time.monotonic() > late:
            raise SystemExit(
                f"the server said no address within {START_SECONDS:g} seconds: {told.read_text()}"
            )
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
            raise SystemExit(f"the server did not start: {told.read_text()}")
    return found[1]


def run(command: Sequence[str], kept: Path) -> str:
    """Run the suite, and keep what it says in a file; nothing that it started stays behind."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    with kept.open("w") as lines:
        process = psutil.Popen(command, cwd=kept.parent, stdout=lines, stderr=subprocess.STDOUT)
        try:
            process.wait(60 * MINUTES)
        except psutil.TimeoutExpired:
            lines.write(f"\nended after {MINUTES} minutes\n")
            for one in (*process.children(recursive=True), process):
                with contextlib.suppress(psutil.NoSuchProcess):
                    one.kill()
            process.wait()
    return kept.read_text(errors="replace")


def failing(said: str) -> frozenset[str]:
    """Scenarios that failed, by what the suite printed."""
    summary = said.partition("=== SUMMARY ===")[2]
    return frozenset(re.findall(r"^✗ ([\w-]+):", summary, re.MULTILINE))


def passing(said: str) -> bool:
    """Whether the one scenario of a run passed, by what the suite printed."""
    found = re.search(r"^Passed: \d+/\d+, (\d+) failed, (\d+) warnings", said, re.MULTILINE)
    clean = "CLIENT EXITED WITH ERROR" not in said and "CLIENT TIMED OUT" not in said
    return clean and found is not None and found.groups() == ("0", "0")


def hold_server(suite: Sequence[str], side: str, revision: str, scenario: str = "") -> Result:
    """All scenarios of a revision for servers, or one of them."""
    what = f"{side}-{revision}"
    kept = KEPT / what / f"{scenario or 'all'}.txt"
    kept.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "conformance")
        shutil.copytree(FIXTURES, folder, ignore=shutil.ignore_patterns(".packetflow"))
        command = exported(folder) if side == "server" else serving(folder)
        with served(command, kept.with_suffix(".log")) as address:
            which = ["--scenario", scenario, "--spec-version", revision]
            words = which if scenario else ["--requirements", revision]
            limit = ["--timeout", str(SCENARIO_MILLISECONDS)]
            said = run([*suite, "server", "--url", address, *words, *limit], kept)
    if scenario:
        return Result(what, frozenset() if passing(said) else frozenset({scenario}))
    total = re.findall(r"^Total: (.*)$", said, re.MULTILINE)
    return Result(what, failing(said), total[0] if total else "")


def hold_client(suite: Sequence[str], side: str, revision: str, scenario: str) -> Result:
    """One scenario of a revision for clients."""
    what = f"{side}-{revision}"
    script = CLIENTS / "conformance_client.py"
    words = ["client", "--command", f'exec "{sys.executable}" "{script}"', "--scenario", scenario]
    limit = ["--timeout", str(SCENARIO_MILLISECONDS)]
    limit += [] if revision == EXTENSION else ["--spec-version", revision]
    said = run([*suite, *words, *limit, "-o", "results"], KEPT / what / f"{scenario}.txt")
    passed = passing(said)
    return Result(what, frozenset() if passed else frozenset({scenario}), total=PLAYED)


def again(suite: Sequence[str], result: Result) -> Result:
    """Try each scenario that failed once more, alone."""
    still = set()
    side, _, revision = result.what.partition("-")
    for scenario in sorted(result.failed):
        hold = hold_client if side in SCENARIOS else hold_server
        first = KEPT / result.what / f"{scenario}.txt"
        if first.exists():
            first.replace(first.with_suffix(".first.txt"))
        if hold(suite, side, revision, scenario).failed:
            still.add(scenario)
            print(f"{result.what}: {scenario} failed; the end of what was said in {first}:")
            print("\n".join(first.read_text(errors="replace").splitlines()[-40:]))
        else:
            print(f"{result.what}: {scenario} failed at first, and passed alone (a busy machine?)")
    return Result(result.what, frozenset(still), result.total)


def hold(suite: Sequence[str], sides: Sequence[str]) -> list[Result]:
    """Run the suites of these sides, several at a time, since they wait most of the time."""
    with ThreadPoolExecutor(2) as pool:
        calls = [
            pool.submit(hold_server, suite, side, revision)
            for side in sides
            for revision in REVISIONS
            if side not in SCENARIOS
        ]
        calls += [
            pool.submit(hold_client, suite, side, revision, scenario)
            for side in sides
            for revision, scenarios in SCENARIOS.get(side, {}).items()
            for scenario in scenarios
        ]
        return [call.result() for call in calls]


def main(sides: Sequence[str]) -> int:
    """Run the suites of the sides that are named; all but ``workspace`` when none is."""
    found = node()
    if found is None:
        print("conformance: needs Node (make setup) and the network", file=sys.stderr)
        return NO_SUITE
    paths = [str(ROOT), os.environ.get("PYTHONPATH")]
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, paths))
    suite, sides = [found, str(SUITE)], sides or ("server", *SCENARIOS)
    for side in sides:
        for kept in KEPT.glob(f"{side}-*"):
            shutil.rmtree(kept)
    first = hold(suite, sides)
    results = [again(suite, one) if one.failed else one for one in first]
    for one in results:
        if one.total != PLAYED:
            print(f"{one.what}: {one.total or 'the suite did not end'}")
    played = [one for one in results if one.total == PLAYED]
    if played:
        passed = sum(not one.failed for one in played)
        print(f"client: {passed} of {len(played)} scenarios passed")
    return 1 if any(one.failed or not one.total for one in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

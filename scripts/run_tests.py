"""Run the stages of the test suite one after the other, each with a headline and its time.

``python scripts/run_tests.py STAGE...`` with the names of `STAGES`, or ``check`` for the static
tools; those joined by ``+`` run at the same time. The last line is ``N passed, N failed``. A stage
that finds no test has failed, unless its folder does not exist; a stage that takes too long is
ended.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple, cast
from xml.etree import ElementTree

if TYPE_CHECKING:
    from io import TextIOWrapper

ROOT = Path(__file__).resolve().parent.parent
BIN = Path(sys.executable).parent
LAST_WORDS_SECONDS = 10


@dataclass(frozen=True)
class Stage:
    """One call of pytest.

    Attributes:
        about: For the headline.
        arguments: For pytest.
        minutes: When it is ended.
        folder: What must exist for this stage to have anything to do.
        beside: Groups of folders; each is taken by a pytest of its own, all at the same time.
        rest: Where the pytest looks that takes all but those groups; everywhere by default.
    """

    about: str
    arguments: tuple[str, ...]
    minutes: float
    folder: str = "tests"
    beside: tuple[tuple[str, ...], ...] = ()
    rest: tuple[str, ...] = ()


class Count(NamedTuple):
    """How many checks ended in which way."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0

    def __str__(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


TOOLS: tuple[tuple[str, ...], ...] = (
    ("ruff", "format", "--check", "--quiet"),
    ("ruff", "check", "--quiet"),
    ("mypy",),
    ("mypy", "scripts"),
    ("lint-imports", "--no-logo"),
    ("codespell",),
)
APART = (
    "--ignore=tests/test_docs.py",
    "--ignore=tests/browser",
    "--ignore=tests/crash",
    "--ignore=tests/clients",
)
DOCS = ("tests/test_docs.py", "--nbmake", "notebooks")
CANVAS = tuple(f"tests/browser/test_canvas{part}.py" for part in ("", "_cards", "_hosts", "_keys"))
UNIT = Stage(
    "behaviour, laws and examples",
    (*APART, "-m", "not slow"),
    12,
    beside=(
        (
            "tests/packetflow/engine",
            "tests/packetflow/composition",
            "tests/packetflow/library",
            "tests/packetflow/store",
        ),
        ("tests/packetflow/runner", "tests/packetflow/workspace"),
        ("tests/packetflow/mcp",),
        ("tests/studio",),
    ),
)
STAGES = {
    "unit": UNIT,
    "docs": Stage("README, docs and notebooks", DOCS, 6),
    "browser": Stage(
        "pages in a real browser",
        ("-m", "not slow"),
        12,
        "tests/browser",
        # together: all that may install what the canvas is built with
        beside=(("tests/browser/test_axe.py", "tests/browser/test_monkey.py", *CANVAS),),
        rest=("tests/browser",),
    ),
    "crash": Stage("killed processes", ("tests/crash", "-m", "not slow"), 8, "tests/crash"),
    "mcp": Stage(
        "clients and suites of other people",
        ("-m", "not slow"),
        8,
        "tests/clients",
        beside=(("tests/clients/test_conformance.py",),),
        rest=("tests/clients",),
    ),
    "soak": Stage("full counts", ("-m", "crash or slow or hypothesis"), 600),
}

# by stage: what it cannot do without, the script that prints where that is, and whom it is told
NEEDS = {
    "browser": ("a browser", "install_browser.sh", "PACKETFLOW_CHROMIUM"),
    "mcp": ("Node and other people's clients", "install_clients.sh", "PACKETFLOW_NODE"),
}

RUNNING: set[int] = set()
"""The process groups of commands that run now."""


def run(
    command: list[str],
    minutes: float,
    extra: dict[str, str] | None = None,
    output: IO[bytes] | None = None,
) -> int | None:
    """Run a command to its end in a process group of its own; None when it took too long.

    It is interrupted first, so that it can tell what has failed until then. Byte code is kept even
    where the environment says otherwise: tests start a thousand processes, and each would compile
    the package anew.
    """
    env = {**os.environ, **(extra or {})}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    process = subprocess.Popen(
        command,
        cwd=ROOT,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT if output else None,
        start_new_session=True,
    )
    RUNNING.add(process.pid)
    try:
        return process.wait(minutes * 60)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(LAST_WORDS_SECONDS)
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        RUNNING.discard(process.pid)


def run_tools() -> Count:
    """Run the static tools; what one says is shown only when it finds something."""
    failed = 0
    for tool, *arguments in TOOLS:
        with tempfile.TemporaryFile() as output:
            code = run([str(BIN / tool), *arguments], minutes=4, output=output)
            print(f"{'ok' if code == 0 else 'FAILED':6} {' '.join((tool, *arguments))}")
            if code != 0:
                failed += 1
                output.seek(0)
                print(output.read().decode(errors="replace"))
    return Count(len(TOOLS) - failed, failed)


def read_report(report: Path) -> Count:
    """Count the results in a JUnit report."""
    passed = failed = skipped = 0
    for suite in ElementTree.parse(report).getroot().iter("testsuite"):
        bad = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
        left = int(suite.get("skipped", 0))
        failed, skipped = failed + bad, skipped + left
        passed += max(0, int(suite.get("tests", 0)) - bad - left)
    return Count(passed, failed, skipped)


def run_stage(stage: Stage, extra: dict[str, str], output: IO[bytes] | None = None) -> Count:
    """Run one stage and count its results; anything but a clean end counts as a failure."""
    arguments = list(stage.arguments)
    if "--nbmake" in arguments and not any(ROOT.glob("notebooks/*.ipynb")):
        arguments = arguments[: arguments.index("--nbmake")]
    apart = [f"--ignore={folder}" for group in stage.beside for folder in group]
    parts = [[*stage.rest, *arguments, *apart], *([*one, *arguments] for one in stage.beside)]
    calls = [partial(run_pytest, one, stage.minutes, extra) for one in parts]
    return total(at_once(calls, output))


def at_once(
    calls: Sequence[Callable[[IO[bytes] | None], Count]], output: IO[bytes] | None = None
) -> list[Count]:
    """Do all at the same time; the first writes at once, what the others write follows.

    Args:
        calls: Take where to write, and answer what they counted.
        output: Where it all goes; by default where this process writes.
    """
    with ThreadPoolExecutor() as pool, contextlib.ExitStack() as files:
        others = [files.enter_context(tempfile.TemporaryFile()) for _ in calls[1:]]
        pending = [pool.submit(one, to) for one, to in zip(calls, [output, *others], strict=True)]
        try:
            counts = [one.result() for one in pending]
        except KeyboardInterrupt:  # which the parts, in groups of their own, do not hear
            for process in list(RUNNING):
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process, signal.SIGKILL)
            raise
        for other in others:
            other.seek(0)
            say(other.read().decode(errors="replace"), output)
    return counts


def say(text: str, output: IO[bytes] | None) -> None:
    """Write a line where the output of a stage goes."""
    if output is None:
        print(text)
    else:
        output.write(f"{text}\n".encode())
        output.flush()


def run_pytest(
    arguments: list[str], minutes: float, extra: dict[str, str], output: IO[bytes] | None = None
) -> Count:
    """Call pytest and count its results; anything but a clean end counts as a failure."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "-q", "--durations=3", "--durations-min=5"]
        command += ["-o", "faulthandler_timeout=120", f"--junitxml={report}", *arguments]
        code = run(command, minutes, extra, output)
        is_told = report.is_file()
        count = read_report(report) if is_told else Count()
    if code is None:
        say(f"ended after {minutes:g} minutes", output)
    elif code == 5:
        say("no test was found", output)
    elif not is_told:
        say("a test has ended the whole process", output)
    if not (code == 0 and is_told) and not count.failed:
        count = count._replace(failed=1)
    return count


def total(counts: Iterable[Count]) -> Count:
    """The sum of counts."""
    return Count(*map(sum, zip(*counts, strict=True)))


def needed(name: str) -> dict[str, str] | None:
    """What a stage is told of programs that it needs, installing them; None without one."""
    if name not in NEEDS:
        return {}
    _, script, variable = NEEDS[name]
    found = subprocess.run(
        ["sh", str(ROOT / "scripts" / script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHON": sys.executable},
        check=False,
    )
    return {variable: found.stdout.strip()} if found.returncode == 0 else None


def run_named(name: str, output: IO[bytes] | None = None) -> Count | None:
    """Run the stage of that name; None when there is nothing to run."""
    if name == "check":
        return run_tools()
    stage = STAGES[name]
    if not (ROOT / stage.folder).exists():
        say(f"left out: there is no {stage.folder}", output)
        return None
    where = needed(name)
    if where is None and os.environ.get("CI") == "true":
        say(f"failed: CI must have {NEEDS[name][0]}", output)
        return Count(failed=1)
    if where is None:
        say(f"left out: all of {stage.folder}, for want of {NEEDS[name][0]}", output)
        return None
    return run_stage(stage, where, output)


def timed(name: str, lines: dict[str, str], output: IO[bytes] | None = None) -> Count:
    """Run the stage of that name under a headline; *lines* gets what it came to."""
    about = STAGES[name].about if name in STAGES else "format, lint, types, layers, spelling"
    say(f"\n=== {name}: {about}", output)
    began = time.monotonic()
    count = run_named(name, output)
    seconds = time.monotonic() - began
    lines[name] = f"  {name:8} {seconds:6.1f} s  {'left out' if count is None else count}"
    return count or Count()


def main(names: list[str]) -> int:
    """Run the named stages; 0 when all passed, 1 when not, 2 for an unknown name.

    Args:
        names: Of stages; those joined by ``+`` run at the same time.
    """
    known = {"check", *STAGES}
    groups = [name.split("+") for name in names]
    unknown = [name for group in groups for name in group if name not in known]
    if unknown or not names:
        print(f"unknown stage {unknown}; there are: check, {', '.join(STAGES)}", file=sys.stderr)
        return 2
    # in the background of a shell it would be ignored here, and so in all that tests interrupt
    signal.signal(signal.SIGINT, signal.default_int_handler)
    lines: dict[str, str] = {}
    counts = [
        count
        for group in groups
        for count in at_once([partial(timed, name, lines) for name in group])
    ]
    told = [lines[name] for group in groups for name in group]
    print("\n=== " + "\n".join(["all stages", *told]))
    whole = total(counts)
    print(whole)
    return 1 if whole.failed or not whole.passed else 0


if __name__ == "__main__":
    # the stages write for themselves: keep our lines in order with theirs
    cast("TextIOWrapper", sys.stdout).reconfigure(line_buffering=True)
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

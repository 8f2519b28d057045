"""The versions of a saved pipeline: its file, what its runs ran, and what git remembers.

Nothing is kept for the purpose. A run's record holds the whole text of what it ran (see
`packetflow.engine.start`), and a workspace in a git repository has its commits. Texts that say the
same are one version, whatever their comments and the order of their keys.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from packetflow.composition.codec import dump, load
from packetflow.composition.part import is_part
from packetflow.errors import CompositionError
from packetflow.store.port import Store

GIT_SECONDS: Final = 5.0
MOST_COMMITS: Final = 50
MOST_RUN: Final = 200

_RUN = """
SELECT any_value(d.body) AS body, min(e.started_at) AS first, max(e.started_at) AS last,
    count(*) AS runs, list_sort(list(DISTINCT coalesce(nullif(e.user_id, ''),
        nullif(e.agent_id, ''), e.trigger))) AS who
FROM executions e JOIN (SELECT sha, any_value(body) AS body FROM definition GROUP BY sha) d
    ON d.sha = e.definition_sha
WHERE e.name = $name GROUP BY d.sha ORDER BY last DESC LIMIT $most
"""


@dataclass(frozen=True, slots=True)
class Version:
    """One text of a pipeline.

    Attributes:
        id: A short digest of what it says.
        text: As it was written, with comments where they are known.
        first: When it was first seen, in UTC.
        last: When it was last run, committed or written.
        runs: How often it ran.
        who: Who ran or committed it: users, else agents, else what started it.
        is_file: The file says so now.
        is_written: The text is a person's or a program's own, as a file had it; else it was put
            down from what ran.
        commits: The subjects of its commits, newest first.
    """

    id: str
    text: str
    first: datetime
    last: datetime
    runs: int = 0
    who: tuple[str, ...] = ()
    is_file: bool = False
    is_written: bool = False
    commits: tuple[str, ...] = ()


def versions(folder: Path, store: Store, name: str) -> list[Version]:
    """List the versions of a pipeline, the file's first, then by when they were last seen.

    Args:
        folder: The workspace.
        store: Its store.
        name: The pipeline's.

    Raises:
        OwnerGone: Nobody answers for the store.
    """
    found: dict[str, Version] = {}
    for one in (*_of_file(folder, name), *_of_git(folder, name), *_of_runs(store, name)):
        known = found.get(one.id)
        found[one.id] = one if known is None else _joined(known, one)
    return sorted(found.values(), key=lambda one: (one.is_file, one.last), reverse=True)


def _joined(one: Version, other: Version) -> Version:
    return replace(
        one,
        first=min(one.first, other.first),
        last=max(one.last, other.last),
        runs=one.runs + other.runs,
        who=tuple(dict.fromkeys([*one.who, *other.who])),
        commits=(*one.commits, *other.commits),
    )


def version_id(text: str) -> str:
    r"""A short digest of what a text says, the same for all that say the same.

    >>> version_id("pipeline: a\nsteps: []\n") == version_id("# new\npipeline: a\nsteps: []\n")
    True
    """
    return hashlib.sha256(plain(text).encode()).hexdigest()[:10]


def plain(text: str) -> str:
    r"""What a text says without comments, in the one form in which runs keep it.

    >>> plain("# new\nsteps: []\npipeline: a\n")
    'pipeline: a\nversion: 1\nsteps: []\n'
    """
    try:
        return dump(load(text, lambda _kind, _name: None))
    except CompositionError:
        return text  # a version that cannot be read is one all the same


def _of_file(folder: Path, name: str) -> Iterator[Version]:
    path = folder / "pipelines" / f"{name}.yaml"
    try:
        text, at = path.read_text("utf-8"), path.stat().st_mtime
    except (OSError, UnicodeDecodeError):
        return
    when = datetime.fromtimestamp(at, UTC)
    yield Version(version_id(text), text, when, when, is_file=True, is_written=True)


def _of_runs(store: Store, name: str) -> Iterator[Version]:
    rows: Iterable[dict[str, Any]]
    rows = store.sql(_RUN, {"name": name, "most": MOST_RUN}, fresh=True).to_pylist()
    for row in rows:
        text = str(row["body"])
        if not is_part(text):
            first, last = (row[key].replace(tzinfo=UTC) for key in ("first", "last"))
            yield Version(version_id(text), text, first, last, row["runs"], tuple(row["who"]))


def _of_git(folder: Path, name: str) -> Iterator[Version]:
    """The file's versions in the git repository around the workspace, if there is one.

    A file that was renamed is followed; what it was called then is told with the commit.
    """
    path = f"pipelines/{name}.yaml"
    form = "--format=%x1e%H%x1f%at%x1f%an%x1f%s%x1f"
    told = _git(
        folder, "log", f"--max-count={MOST_COMMITS}", "--follow", "--name-only", "--relative",
        form, "--", path,
    )  # fmt: skip
    for entry in told.split("\x1e")[1:]:
        commit, at, author, subject, paths = entry.split("\x1f", 4)
        then = paths.strip() or path
        text = _git(folder, "cat-file", "blob", f"{commit}:./{then}")
        if text:
            when = datetime.fromtimestamp(int(at), UTC)
            former = f" (as {Path(then).stem})" if then != path else ""
            yield Version(
                version_id(text),
                text,
                when,
                when,
                who=(author,),
                is_written=True,
                commits=(f"{subject or commit[:8]}{former}",),
            )


def _git(folder: Path, *words: str) -> str:
    """What git says; empty where there is no git, no repository, or no such thing in it."""
    program = shutil.which("git")
    if program is None:
        return ""
    quiet = {"GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    safe = (
        "-c",
        "core.fsmonitor=false",
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "log.showSignature=false",
    )
    try:
        done = subprocess.run(
            [program, "--no-pager", *safe, *words],
            cwd=folder,
            env={**os.environ, **quiet},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=GIT_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else ""

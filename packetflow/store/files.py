"""Where the store keeps what, inside the ``.packetflow`` folder of a workspace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

STATE = ".packetflow"


@dataclass(frozen=True, slots=True)
class Places:
    """The files of one workspace's store.

    Attributes:
        workspace: The workspace folder.
    """

    workspace: Path

    @property
    def state(self) -> Path:
        """Everything of the store lives below this folder."""
        return self.workspace / STATE

    @property
    def journal(self) -> Path:
        """The journal segments of all processes."""
        return self.state / "journal"

    @property
    def artifacts(self) -> Path:
        """Large values, each in a file named by its SHA-256."""
        return self.state / "artifacts"

    @property
    def archive(self) -> Path:
        """Old rows as Parquet, one folder a day."""
        return self.state / "archive"

    @property
    def database(self) -> Path:
        """The DuckDB file; only the owner opens it."""
        return self.state / "store.duckdb"

    @property
    def lock(self) -> Path:
        """Locked by the owner as long as it lives."""
        return self.state / "owner.lock"

    @property
    def card(self) -> Path:
        """Where the owner answers, and its token; readable by its user only."""
        return self.state / "owner.json"

    @property
    def log(self) -> Path:
        """What owners said."""
        return self.state / "owner.log"

    @property
    def format(self) -> Path:
        """Which version of PacketFlow wrote here last."""
        return self.state / "format.json"

    def prepare(self) -> None:
        """Make the folders that are always there, for their user only."""
        self.state.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.journal.mkdir(exist_ok=True, mode=0o700)


def places(workspace: str | Path) -> Places:
    """Name the files of a workspace's store; nothing is created.

    >>> places("work").database.as_posix()
    'work/.packetflow/store.duckdb'
    """
    return Places(Path(workspace))

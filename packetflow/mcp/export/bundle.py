"""Make tools into files that run anywhere: `export` gives a `Bundle`, `Bundle.write` writes it."""

from __future__ import annotations

import contextlib
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from msgspec import structs

from packetflow.capabilities.tool_names import tool_name
from packetflow.composition.capability import Capability
from packetflow.composition.steps import Pipeline
from packetflow.errors import UnknownName, WorkspaceError
from packetflow.kernel.cards import Listing
from packetflow.mcp.export.archive import packed, zipped
from packetflow.mcp.export.carried import Carried, carry
from packetflow.mcp.export.configuration import configured, only_read
from packetflow.mcp.export.literals import Variable
from packetflow.mcp.export.live import carry_live
from packetflow.mcp.export.manifest import (
    ENTRY,
    About,
    manifest_of,
    project_of,
    server_of,
)
from packetflow.mcp.export.readme import introduction, readme_of
from packetflow.mcp.export.script import Program, script_of
from packetflow.mcp.export.travelling import core, has_tables, library_modules, named_in
from packetflow.mcp.export.writing import write_files
from packetflow.mcp.offers import Offers, offers_of
from packetflow.mcp.settings import read_settings, settings_of
from packetflow.mcp.tools import Tool
from packetflow.runner.present import list_all
from packetflow.workspace.folder import CONFIG, open_folder
from packetflow.workspace.workspace import Workspace

FIRST_VERSION: Final = "1.0.0"
_DISTRIBUTION: Final = re.compile(r"\s*(?:==|@)")
_VERSION: Final = re.compile(r"\d+\.\d+\.\d+([-+][0-9A-Za-z.+-]+)?")


@dataclass(frozen=True)
class Bundle:
    """Exported tools.

    Attributes:
        name: What the export is called; its files begin with it.
        script: The text of ``NAME.py``, a program that serves the tools.
        mcpb: The bytes of ``NAME.mcpb``, the same for clients that install bundles.
        server_json: The text of ``NAME.server.json``, for a registry of servers.
        readme: The text of ``NAME.md``: how to start it, and what clients are told of it.
        tools: The tools in it, in order.
        environment: The variables of the environment it reads.
    """

    name: str
    script: str
    mcpb: bytes
    server_json: str
    readme: str
    tools: tuple[Tool, ...]
    environment: tuple[Variable, ...] = ()

    def files(self) -> Mapping[str, bytes]:
        """The files by their name."""
        return {
            f"{self.name}.py": self.script.encode(),
            f"{self.name}.mcpb": self.mcpb,
            f"{self.name}.server.json": self.server_json.encode(),
            f"{self.name}.md": self.readme.encode(),
        }

    def write(self, to: str | Path, *, force: bool = False) -> list[Path]:
        """Write the files into a folder, each whole or not at all; answers where they are.

        Args:
            to: The folder; made when it is not there.
            force: Replace files that hold something else.

        Raises:
            WorkspaceError: The folder cannot be written, or a file there holds something else.
        """
        return write_files(Path(to), self.files(), force=force)


def export(
    folder: Path,
    listing: Listing,
    names: Sequence[str],
    *,
    name: str | None = None,
    version: str = FIRST_VERSION,
    url: str | None = None,
    carried: Carried | None = None,
) -> Bundle:
    """Make capabilities and pipelines into files that serve them as tools.

    Nothing of theirs is imported. The same input gives the same bytes.

    Args:
        folder: The workspace they are in.
        listing: What the workspace has.
        names: What to export; it need not be exposed.
        name: What the export is called; by default its only tool, else the workspace.
        version: Its version.
        url: Where the bundle will be had from, for ``server.json``.
        carried: What travels, where that is known already; else the files of the workspace say it.

    Raises:
        UnknownName: There is none of a name.
        CannotExport: Something of it cannot travel; carries all reasons.
        WorkspaceError: There is nothing to export, or something cannot be a tool.
    """
    wanted = sorted(set(names))
    _refuse_unknown(listing, wanted)
    if not _VERSION.fullmatch(version):
        raise WorkspaceError(f"{version!r} is no version; write it as {FIRST_VERSION}")
    workspace = open_folder(folder)
    settings = read_settings(workspace.path)
    carried = carried or carry(workspace.path, listing, wanted)
    only = only_read(listing, settings)
    tools = [one for one in wanted if one not in only]
    text = configured(
        carried.files.get(CONFIG, ""), workspace.settings, settings, tools=tools, names=wanted
    )
    carried = replace(carried, files={CONFIG: text, **_others(carried.files)})
    offers = _offers(listing, text, tools)
    called = tool_name(name or (wanted[0] if len(wanted) == 1 else workspace.name))
    intent = str(workspace.settings.get("intent", "")) if len(offers.tools) > 1 else ""
    intent = intent or _intent(offers, workspace.name)
    author = str(workspace.settings.get("author", workspace.name))
    made = tuple(offers.tools.values())
    about = About(called, version, intent, author, made, carried.environment)
    program = _program(carried, about, workspace.name)
    mcpb = zipped(
        {
            "manifest.json": manifest_of(about).encode(),
            "pyproject.toml": project_of(about, program.needs).encode(),
            ENTRY: script_of(program, alone=False).encode(),
        }
    )
    return Bundle(
        called,
        script_of(program),
        mcpb,
        server_of(about, mcpb, url),
        readme_of(about, [one for _, one in sorted(settings.tokens.items())]),
        made,
        carried.environment,
    )


def export_tools(
    workspace: Workspace,
    *items: str | Capability[..., Any] | Pipeline,
    name: str | None = None,
    version: str = FIRST_VERSION,
    url: str | None = None,
) -> Bundle:
    """`export` for scripts and notebooks: ``export_tools(ws, "hello").write("exported")``.

    What a cell or the script itself declares travels as it is now (`carry_live`).

    Args:
        workspace: Where they are.
        *items: What to export: names, or capabilities and pipelines themselves, which are added
            to the workspace's session; by default all that is exposed.
        name: What the export is called; by default its only tool, else the workspace.
        version: Its version.
        url: Where the bundle will be had from, for ``NAME.server.json``.

    Raises:
        CompositionError: An item is no capability, or a composition without a name.
        PacketFlowError: As `export` does.
    """
    told = [one for one in items if not isinstance(one, str)]
    if told:
        workspace.add(*told)
    names = [one if isinstance(one, str) else one.name for one in items]
    listing = list_all(workspace.catalog, "", 0)
    with _folder_of(workspace) as folder:
        wanted = names or exposed(offers_of(listing, read_settings(folder)))
        _refuse_unknown(listing, wanted)
        carried = carry_live(workspace, wanted)
        return export(folder, listing, wanted, name=name, version=version, url=url, carried=carried)


@contextlib.contextmanager
def _folder_of(workspace: Workspace) -> Iterator[Path]:
    """A workspace's folder; for one in memory an empty one, as long as it is asked for."""
    if not workspace.in_memory:
        yield workspace.folder.path
        return
    with TemporaryDirectory() as made:
        Path(made, CONFIG).write_text('name = "session"\n', "utf-8")
        yield Path(made)


def exposed(offers: Offers) -> list[str]:
    """All that a workspace offers, by the names of what it runs.

    Raises:
        WorkspaceError: It offers nothing.
    """
    every = [*offers.tools.values(), *offers.prompts.values()]
    every += [one.tool for one in offers.addresses]
    if not every:
        raise WorkspaceError(
            "nothing is exposed yet; name what to export, or say `packetflow mcp expose NAME`"
        )
    return sorted({tool.item for tool in every})


def _refuse_unknown(listing: Listing, names: Sequence[str]) -> None:
    if not names:
        raise WorkspaceError("there is nothing to export; name a capability or a pipeline")
    known = [one.name for one in listing.pipelines]
    known += [one.name for one in listing.capabilities]
    for name in names:
        if name not in known:
            raise UnknownName("capability or pipeline", name, get_close_matches(name, known, 2))


def _others(files: Mapping[str, str]) -> dict[str, str]:
    return {path: text for path, text in files.items() if path != CONFIG}


def _offers(listing: Listing, text: str, names: Sequence[str]) -> Offers:
    """What the export offers, by the text of its settings.

    Raises:
        WorkspaceError: Something of it cannot be offered.
    """
    only = [structs.replace(one, exposed=one.name in names) for one in listing.pipelines]
    settings = settings_of(tomllib.loads(text), Path(CONFIG))
    offers = offers_of(structs.replace(listing, pipelines=only), settings)
    if offers.refused:
        told = "; ".join(f"{name!r}: {why}" for name, why in offers.refused.items())
        raise WorkspaceError(f"cannot be exported: {told}")
    return offers


def _program(carried: Carried, about: About, workspace: str) -> Program:
    also = library_modules(carried.library)
    for path, text in carried.files.items():
        if path.endswith(".py"):
            also |= named_in(text)
    if "mcp" in carried.extras:
        also.add("packetflow.mcp.client.source")
    tables = any(has_tables(text) for path, text in carried.files.items() if path.endswith(".py"))
    travels, requirements = _core(frozenset(also), tables=tables)
    texts, blobs = _sorted_out(carried.attachments)
    needs = {_canonical(one): one for one in (*requirements, *carried.requirements)}
    return Program(
        about.name,
        about.version,
        introduction(about, workspace),
        {**carried.files, **texts},
        travels,
        [needs[one] for one in sorted(needs)],
        carried.library,
        blobs,
    )


@lru_cache(maxsize=8)
def _core(also: frozenset[str], *, tables: bool) -> tuple[str, tuple[str, ...]]:
    """What travels of packetflow, packed, which takes most of the time; and what it needs."""
    made = core(also, tables=tables)
    return packed(made.files), made.requirements


def _sorted_out(files: Mapping[str, bytes]) -> tuple[dict[str, str], dict[str, bytes]]:
    """Files that are text, which people can review, and others."""
    texts: dict[str, str] = {}
    for path, content in files.items():
        with contextlib.suppress(UnicodeDecodeError):
            texts[path] = content.decode()
    return texts, {path: one for path, one in files.items() if path not in texts}


def _canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", _DISTRIBUTION.split(requirement)[0]).lower()


def _intent(offers: Offers, workspace: str) -> str:
    if len(offers.tools) == 1:
        (tool,) = offers.tools.values()
        return (tool.shown.description or tool.name).strip().partition("\n")[0]
    return f"Tools of the workspace {workspace}"

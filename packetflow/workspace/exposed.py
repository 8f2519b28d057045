"""What a workspace's files say of its tools: a name that another tool has is refused.

It is found without running anybody's code, so a pipeline that is built in Python is not seen here;
where a runner has read that, neither of the two is offered, and the listing says why.
"""

from __future__ import annotations

import re
from typing import Final

from packetflow.capabilities.tool_names import refuse_clash
from packetflow.errors import WorkspaceError
from packetflow.workspace.folder import WorkspaceFolder, read_settings

_SAYS_SO: Final = re.compile(rb"^exposed[ \t]*:[ \t]*true\b", re.MULTILINE)


def refuse_taken(folder: WorkspaceFolder, name: str, text: bytes, *, instead_of: str) -> None:
    """Refuse a pipeline that would be a tool under a name that another tool has.

    Args:
        folder: The workspace.
        name: Of the pipeline.
        text: Of its file.
        instead_of: The pipeline whose file goes when this one is written.

    Raises:
        WorkspaceError: It would be; the message says which one has that name.
    """
    if not _SAYS_SO.search(text):
        return
    others = []
    for path in folder.pipelines.glob("*.yaml"):
        try:
            is_tool = _SAYS_SO.search(path.read_bytes())
        except OSError:
            continue
        if is_tool and path.stem != instead_of:
            others.append(path.stem)
    try:
        said = read_settings(folder.path).get("mcp", {})
    except WorkspaceError:  # the settings cannot be read now; they say so where they are needed
        said = {}
    named = said.get("expose", []) if isinstance(said, dict) else []
    others += [one for one in named if isinstance(one, str)]
    refuse_clash([*others, name], name)

"""Values as a canvas shows them: in part, as plain JSON."""

from __future__ import annotations

import base64
from typing import Any, Final

from packetflow.show.looks import Look, looks, plain, preview

MOST_ROWS: Final = 100
MOST_COLUMNS: Final = 60
MOST_TEXT: Final = 20_000
MOST_IMAGE: Final = 2 << 20
MOST_LEAVES: Final = 500
MOST_LOOKS: Final = 6


def previews(value: object) -> list[dict[str, Any]]:
    """How to show a value: ``kind`` is text, markdown, table, json, image, chart or error.

    >>> previews({"text": "# Hi"})
    [{'kind': 'markdown', 'text': '# Hi', 'whole': True}]
    """
    found = looks(value)
    shown = [_shown(one) for one in found[:MOST_LOOKS]]
    if len(found) > MOST_LOOKS:
        shown.append(_text(f"and {len(found) - MOST_LOOKS} more"))
    return shown


def _shown(look: Look) -> dict[str, Any]:
    match look.kind:
        case "table":
            table = look.value
            names = table.column_names[:MOST_COLUMNS]
            rows = table.slice(0, MOST_ROWS).select(names).to_pylist()
            return {
                "kind": "table",
                "columns": names,
                "rows": [[_cell(row[name]) for name in names] for row in rows],
                "count": table.num_rows,
                "whole": table.num_rows <= MOST_ROWS and table.num_columns <= MOST_COLUMNS,
            }
        case "markdown":
            return {**_text(look.value), "kind": "markdown"}
        case "image" if len(look.value) <= MOST_IMAGE:
            data = base64.b64encode(bytes(look.value)).decode()
            return {"kind": "image", "media_type": look.note, "data": data, "alt": look.title}
        case "chart":
            return {"kind": "chart", "spec": plain(look.value), "title": look.title}
        case "tree" | "list":
            shown, is_whole = preview(look.value, MOST_LEAVES)
            return {"kind": "json", "value": shown, "whole": is_whole}
        case "missing" if look.value == "none":
            return _text("none")  # an empty list is no mistake
        case "missing":
            return {"kind": "error", "text": str(look.value)}
        case "image" | "audio":
            return {"kind": "error", "text": f"{len(look.value):,} bytes of {look.note}"}
        case "page":
            return _text(f"An HTML page of {len(str(look.value)):,} characters.")
        case "text" | "fact" | "link":
            return _text(str(look.value))


def _cell(value: Any) -> Any:
    shown, _ = preview(value, 200)
    return shown


def _text(text: str) -> dict[str, Any]:
    return {"kind": "text", "text": text[:MOST_TEXT], "whole": len(text) <= MOST_TEXT}

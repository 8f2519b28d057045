"""Colours and icons of drawings, for light and dark pages.

Everything is scoped to the class ``pf``, so that a drawing never changes the page around it. The
page's own choice counts first (Jupyter, VS Code, marimo), then the system's.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

Theme: TypeAlias = Literal["auto", "light", "dark"]

FONT = "system-ui,-apple-system,'Segoe UI',Roboto,'Helvetica Neue',Arial,sans-serif"

_LIGHT = {
    "page": "#fbfcfe",
    "card": "#ffffff",
    "line": "#d5dce6",
    "ink": "#1c2733",
    "soft": "#5b6878",
    "wire": "#8794a6",
    "blue": "#2f6fde",
    "violet": "#7a4fd6",
    "teal": "#0f8f86",
    "green": "#24893f",
    "amber": "#b36b00",
    "red": "#cf2f3c",
    "pink": "#c23b8b",
    "grey": "#7a8696",
}
_DARK = {
    "page": "#12161c",
    "card": "#1c222b",
    "line": "#36404d",
    "ink": "#e8edf4",
    "soft": "#a3afbf",
    "wire": "#708095",
    "blue": "#6ea3ff",
    "violet": "#b095ff",
    "teal": "#4cc9be",
    "green": "#5cc878",
    "amber": "#f0ad4e",
    "red": "#ff7b84",
    "pink": "#f28cc6",
    "grey": "#8d99a9",
}
COLOURS = tuple(_LIGHT)
"""The names of the colours; each is a CSS variable ``--pf-NAME`` inside a drawing."""

_DARK_PAGES = (
    "[data-jp-theme-light=false] .pf-auto",
    "[data-vscode-theme-kind*=dark] .pf-auto",
    ".vscode-dark .pf-auto",
    "html.dark .pf-auto",
    "body.dark .pf-auto",
    "[data-theme=dark] .pf-auto",
)
_LIGHT_PAGES = (
    "[data-jp-theme-light=true] .pf-auto",
    "[data-vscode-theme-kind=vscode-light] .pf-auto",
    "[data-theme=light] .pf-auto",
)


def _variables(colours: dict[str, str]) -> str:
    return "".join(f"--pf-{name}:{value};" for name, value in colours.items())


def palette() -> str:
    """The colours as CSS: light, dark, or as the page or the system has it."""
    light, dark = _variables(_LIGHT), _variables(_DARK)
    return (
        f".pf{{{light}color-scheme:light}}"
        f"@media(prefers-color-scheme:dark){{.pf-auto{{{dark}color-scheme:dark}}}}"
        f"{','.join(_LIGHT_PAGES)}{{{light}color-scheme:light}}"
        f"{','.join(_DARK_PAGES)},.pf-dark{{{dark}color-scheme:dark}}"
    )


KIND_COLOURS = {
    "capability": "blue",
    "pipeline": "violet",
    "wait": "amber",
    "unknown": "red",
    "input": "grey",
    "output": "green",
    "name": "teal",
    "branch": "pink",
    "way": "pink",
    "each": "teal",
    "repeat": "amber",
    "race": "violet",
    "fallback": "amber",
    "parallel": "blue",
    "graph": "blue",
    "sequence": "grey",
}
"""Which colour marks which kind of node or group."""

STATUS_COLOURS = {
    "running": "blue",
    "waiting": "amber",
    "ok": "green",
    "failed": "red",
    "timed_out": "red",
    "cancelled": "grey",
    "skipped": "grey",
    "lost": "red",
    "error": "red",
    "warning": "amber",
    "added": "green",
    "removed": "red",
    "changed": "amber",
    "moved": "violet",
    "renamed": "blue",
}
"""Which colour marks which status: of a run, of a check, or of a comparison."""

ICONS = {
    "capability": "M4 3.5 9 8l-5 4.5M9 12.5h4",
    "pipeline": "M3 4h4v4H3zM9 8h4v4H9zM7 6h4v2",
    "wait": "M8 2.5a5.5 5.5 0 1 0 .01 0M8 5v3l2.2 1.6",
    "unknown": "M5.7 6a2.3 2.3 0 1 1 3.2 2.1c-.6.3-.9.7-.9 1.4M8 12v.1",
    "name": "M3 8h10M9.5 4.5 13 8l-3.5 3.5",
    "branch": "M3 8h3l3-4h4M6 8l3 4h4",
    "way": "M3 8h9M9 5l3 3-3 3",
    "each": "M3 4h7M3 8h7M3 12h7M13 3.5v9",
    "repeat": "M12.5 6A5 5 0 1 0 13 9M12.8 2.8V6H9.6",
    "race": "M4 13V3h8l-2 2.5L12 8H4",
    "fallback": "M3 5h6a3.5 3.5 0 0 1 0 7H6M8 9.5 5.5 12 8 14.5",
    "parallel": "M3 5h10M3 11h10",
    "graph": "M4 4l8 2.5L5 12zM4 4v.1M12 6.5v.1M5 12v.1",
    "sequence": "M2.5 8h4M9.5 8h4M6.5 6v4h3V6z",
}
"""Line drawings of 16 by 16 pixels."""


def kind_colour(kind: str) -> str:
    """The colour of a kind."""
    return KIND_COLOURS.get(kind, "grey")


def status_colour(status: str) -> str:
    """The colour of a status."""
    return STATUS_COLOURS.get(status, "grey")

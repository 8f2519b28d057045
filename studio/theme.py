"""Colours, spacing and fonts of the studio, and the same for its plotly figures.

One accent; everything else is ink on paper, in light and in dark. Status colours are those of
`packetflow.show`, so a run looks the same in a drawing, a timeline and a list.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

Mode: TypeAlias = Literal["light", "dark"]

ACCENT: Final = {"light": "#2f6fde", "dark": "#6ea3ff"}
BUTTON: Final = {"light": "#2f6fde", "dark": "#3b76e8"}
"""The accent under white text."""
PAPER: Final = {"light": "#ffffff", "dark": "#12161c"}
CARD: Final = {"light": "#f5f7fb", "dark": "#1c222b"}
INK: Final = {"light": "#1c2733", "dark": "#e8edf4"}
SOFT: Final = {"light": "#5b6878", "dark": "#a3afbf"}
LINE: Final = {"light": "#dfe5ee", "dark": "#2d3642"}
NAME: Final = {"light": "#0f8f86", "dark": "#4cc9be"}

FONT: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', sans-serif"
)

STATUS: Final = {
    "ok": ("Done", "green", ":material/check_circle:"),
    "running": ("Running", "blue", ":material/progress_activity:"),
    "waiting": ("Waits", "orange", ":material/hourglass_top:"),
    "failed": ("Failed", "red", ":material/error:"),
    "timed_out": ("Timed out", "red", ":material/timer_off:"),
    "cancelled": ("Stopped", "gray", ":material/block:"),
    "skipped": ("Skipped", "gray", ":material/skip_next:"),
    "lost": ("Interrupted", "red", ":material/link_off:"),
    "": ("Not yet", "gray", ":material/radio_button_unchecked:"),
}
"""How each status is said to people: word, colour of its badge, icon."""


def status_word(status: str) -> str:
    """Say a status in a word.

    >>> status_word("timed_out"), status_word("odd_one")
    ('Timed out', 'Odd one')
    """
    return STATUS.get(status, (status.replace("_", " ").capitalize(), "", ""))[0]


def status_badge(status: str) -> tuple[str, str, str]:
    """Word, colour and icon of a status."""
    return STATUS.get(status, (status_word(status), "gray", ":material/help:"))


def status_text(status: str) -> str:
    """A status as Markdown: a coloured icon and its word."""
    word, colour, icon = status_badge(status)
    return f":{colour}[{icon} {word}]"


def streamlit_options() -> dict[str, Any]:
    """Streamlit's options for the studio: its looks, no telemetry, loopback manners."""
    options: dict[str, Any] = {
        "browser.gatherUsageStats": False,
        "client.showErrorDetails": "none",
        "client.toolbarMode": "minimal",
        "global.developmentMode": False,
        "logger.level": "warning",
        "server.fileWatcherType": "none",
        "server.headless": True,
        "server.maxUploadSize": 1024,
        "theme.baseRadius": "0.6rem",
        "theme.font": FONT,
        "theme.showWidgetBorder": True,
        "theme.headingFontSizes": ["1.75rem", "1.3rem", "1.08rem"],
        "theme.headingFontWeights": [650, 620, 600],
        "theme.metricValueFontSize": "1.7rem",
    }
    for mode in ("light", "dark"):
        options |= {
            f"theme.{mode}.primaryColor": BUTTON[mode],
            f"theme.{mode}.backgroundColor": PAPER[mode],
            f"theme.{mode}.secondaryBackgroundColor": CARD[mode],
            f"theme.{mode}.textColor": INK[mode],
            f"theme.{mode}.borderColor": LINE[mode],
            f"theme.{mode}.linkColor": ACCENT[mode],
            f"theme.{mode}.sidebar.backgroundColor": CARD[mode],
            f"theme.{mode}.grayColor": SOFT[mode],
            f"theme.{mode}.grayTextColor": SOFT[mode],
            f"theme.{mode}.grayBackgroundColor": CARD[mode],
        }
    return options


def figure_layout(mode: Mode) -> dict[str, Any]:
    """The layout that all plotly figures of the studio share."""
    axis = {"gridcolor": LINE[mode], "zeroline": False, "linecolor": LINE[mode]}
    return {
        "font": {"family": FONT, "color": INK[mode], "size": 13},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "xaxis": axis,
        "yaxis": dict(axis),
        "hoverlabel": {"bgcolor": CARD[mode], "font": {"color": INK[mode], "family": FONT}},
        "showlegend": False,
    }


STYLE: Final = """
<style>
.stMainBlockContainer {max-width: 1180px; padding-top: 3.2rem; padding-bottom: 5rem}
.stMainBlockContainer [data-testid="stPageLink-NavLink"] {background: transparent;
  padding-left: .15rem}
.stMainBlockContainer [data-testid="stPageLink-NavLink"]:hover {background: rgba(128,128,128,.12)}
.stMainBlockContainer [data-testid="stPageLink-NavLink"] p {font-weight: 400;
  white-space: normal; overflow: visible}
.pf-draw {overflow-x: auto; border-radius: 12px}
.pf-lead {font-size: 1.02rem; opacity: .78; margin: -.6rem 0 .4rem}
.pf-rows {width: 100%; border-collapse: collapse; font-size: .92rem}
.pf-rows td {padding: .34rem .6rem .34rem 0; border-bottom: 1px solid rgba(128,128,128,.18);
  vertical-align: top}
.pf-rows tr:last-child td {border-bottom: 0}
.pf-rows td.n {text-align: right; white-space: nowrap; opacity: .75; padding-right: 0;
  font-variant-numeric: tabular-nums}
.pf-rows td.d {opacity: .75}
.pf-dot {display: inline-block; width: .62rem; height: .62rem; border-radius: 50%;
  margin-right: .5rem; border: 1.5px solid rgba(128,128,128,.55)}
.pf-dot.ok {background: #24893f; border-color: #24893f}
.pf-dot.failed, .pf-dot.timed_out, .pf-dot.lost {background: #cf2f3c; border-color: #cf2f3c}
.pf-dot.waiting {background: #d98a1b; border-color: #d98a1b}
.pf-dot.cancelled, .pf-dot.skipped {background: #7a8696; border-color: #7a8696}
.pf-dot.running {background: #2f6fde; border-color: #2f6fde; animation: pf-beat 1.1s infinite}
@keyframes pf-beat {50% {opacity: .35}}
@media (prefers-reduced-motion: reduce) {.pf-dot.running {animation: none}}
@media (max-width: 640px) {
  .stMainBlockContainer {padding: 3.4rem 1rem 4rem}
  .pf-rows td {padding-right: .4rem}
}
</style>
"""
"""What Streamlit's options cannot say; scoped to our own classes but for the page's width."""

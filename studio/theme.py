"""Colours, spacing and fonts of the studio, and the same for its plotly figures.

One accent; everything else is ink on paper, in light and in dark. Status colours are those of
`packetflow.show`, so a run looks the same in a drawing, a timeline and a list.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

Mode: TypeAlias = Literal["light", "dark"]

ACCENT: Final = {"light": "#2563cc", "dark": "#6ea3ff"}
BUTTON: Final = {"light": "#2563cc", "dark": "#2f6fde"}
"""The accent under white text."""
PAPER: Final = {"light": "#ffffff", "dark": "#12161c"}
CARD: Final = {"light": "#f5f7fb", "dark": "#1c222b"}
INK: Final = {"light": "#1c2733", "dark": "#e8edf4"}
SOFT: Final = {"light": "#5b6878", "dark": "#a3afbf"}
LINE: Final = {"light": "#dfe5ee", "dark": "#2d3642"}
CODE: Final = {
    "light": {"blue": "#1f5fc4", "green": "#1b7a35", "teal": "#0b7a72", "orange": "#a04f00"},
    "dark": {"blue": "#79b0ff", "green": "#6bd089", "teal": "#5fd3c8", "orange": "#f0ae6b"},
}
"""Words of source code; Streamlit's own are too pale to read."""
DELETED: Final = {"light": "#b3202d", "dark": "#ff8a92"}
"""Lines that a change takes away."""
NAME: Final = {"light": "#0f8f86", "dark": "#4cc9be"}
FILL: Final = {
    "light": {
        "blue": "#2f6fde", "green": "#24893f", "amber": "#b36b00", "red": "#cf2f3c",
        "pink": "#c23b8b", "teal": "#0f8f86", "grey": "#7a8696",
    },
    "dark": {
        "blue": "#6ea3ff", "green": "#5cc878", "amber": "#f0ad4e", "red": "#ff7b84",
        "pink": "#f28cc6", "teal": "#4cc9be", "grey": "#8d99a9",
    },
}  # fmt: skip
"""Bars of figures, in the colours of `packetflow.show`."""

FONT: Final = (
    "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, 'Noto Sans', sans-serif"
)

STATUS: Final = {
    "ok": ("Done", "green", ":material/check_circle:"),
    "running": ("Running", "blue", ":material/progress_activity:"),
    "waiting": ("Waiting", "orange", ":material/hourglass_top:"),
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


REFUSED: Final = ":gray[:material/block: Refused]"
"""How a call stands that was refused before a run began."""


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
        "runner.magicEnabled": False,
        "server.fileWatcherType": "none",
        "server.headless": True,
        "server.maxUploadSize": 1024,
        "theme.baseRadius": "0.6rem",
        "theme.font": FONT,
        "theme.showWidgetBorder": True,
        "theme.headingFontSizes": ["1.75rem", "1.2rem", "1.05rem", "1rem", "0.95rem", "0.9rem"],
        "theme.headingFontWeights": [650, 600, 600, 600, 600, 600],
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


def wordmark(mode: Mode) -> str:
    """The product's sign and name, as SVG."""
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" width="246" height="32" viewBox="0 0 246 32">'
        f'<title>PacketFlow Studio</title><rect width="32" height="32" rx="8" fill="{BUTTON[mode]}"'
        '/><path d="M9 11h7a5 5 0 0 1 5 5v0a5 5 0 0 0 3 5M9 21h5" fill="none" stroke="#fff" '
        'stroke-width="2.4" stroke-linecap="round"/><g fill="#fff"><circle cx="8" cy="11" r="3"/>'
        '<circle cx="8" cy="21" r="3"/><circle cx="24" cy="21" r="3"/></g>'
        f'<text x="42" y="22" font-family="{FONT}" font-size="18" font-weight="650" '
        f'fill="{INK[mode]}">PacketFlow <tspan font-weight="400" fill="{SOFT[mode]}">Studio</tspan>'
        "</text></svg>"
    )


_STYLE: Final = """
.stMainBlockContainer {max-width: 1240px; padding: 4.9rem 2.5rem 3rem}
.stMainBlockContainer [data-testid="stPageLink-NavLink"] {background: transparent;
  padding-left: .15rem}
.stMainBlockContainer [data-testid="stPageLink-NavLink"]:hover {background: rgba(128,128,128,.12)}
.stMainBlockContainer [data-testid="stPageLink-NavLink"] p {font-weight: 400;
  white-space: normal; overflow: visible}
[class*="st-key-runs"] [data-testid="stPageLink-NavLink"] span,
[class*="st-key-runs"] [data-testid="stPageLink-NavLink"] p {white-space: nowrap;
  overflow: hidden; text-overflow: ellipsis; max-width: 100%}
[class*="st-key-runs"] [data-testid="stPageLink-NavLink"] {padding-top: .2rem;
  padding-bottom: .2rem}
@media (min-width: 900px) {
  [class*="st-key-runs"] [data-testid="stPageLink-NavLink"] p,
  .st-key-runs-live-calls .stMarkdown p {display: grid; width: 100%;
    grid-template-columns: 7.2rem minmax(8rem, 15rem) 7.6rem 5.4rem minmax(0, 1fr);
    column-gap: 1rem; align-items: baseline}
  [class*="st-key-runs"] [data-testid="stPageLink-NavLink"] > span {width: 100%}
  [class*="st-key-runs"] [data-testid="stPageLink-NavLink"] p > *,
  .st-key-runs-live-calls .stMarkdown p > * {overflow: hidden;
    text-overflow: ellipsis; white-space: nowrap; font-variant-numeric: tabular-nums}
  [class*="st-key-runs"] [data-testid="stPageLink-NavLink"] p > :nth-child(4),
  .st-key-runs-live-calls .stMarkdown p > :nth-child(4) {text-align: right}
  .st-key-runs-live-calls .stMarkdown p > :nth-child(5) {white-space: normal}
}
.st-key-runs-live-calls .stMarkdown p {font-size: .875rem; padding: .5rem .25rem .5rem .15rem;
  margin: 0}
.st-key-runs-live-calls .stMarkdown {width: 100%}
.st-key-runs-live-calls .stMarkdown [data-testid="stMarkdownContainer"] {margin-bottom: 0}
[data-testid="stBottomBlockContainer"] {max-width: 1240px; padding: .5rem 2.5rem;
  border-top: 1px solid rgba(128,128,128,.3)}
.st-key-offers {max-height: 36rem; overflow-y: auto; flex-wrap: nowrap; padding: .2rem;
  width: calc(100% + .4rem) !important; max-width: none;
  margin: -.2rem; scrollbar-width: thin}
.st-key-offers > * {flex-shrink: 0}
[class*="st-key-item-"] {flex-wrap: nowrap}
#js-plotly-tester {visibility: hidden}
.st-key-numbers > div, .st-key-now > div {flex: 1 1 150px}
.st-key-numbers [data-testid="stLayoutWrapper"], .st-key-now,
.st-key-numbers [data-testid="stVerticalBlock"] {display: contents}
.st-key-q, [class*="st-key-q-"] {flex: 1 1 15rem; min-width: 15rem}
.st-key-map {overflow-x: auto}
.st-key-map [data-testid="stElementContainer"] {min-width: 1080px}
[class*="st-key-caps"] p {font-size: .875rem}
@media (max-width: 640px) {[class*="st-key-caps"] [data-testid="stHorizontalBlock"] {gap: .15rem}
  [class*="st-key-caps"] [data-testid="stHorizontalBlock"] p {margin-bottom: .1rem}
  [class*="st-key-caps"] [data-testid="stMarkdownContainer"],
  [class*="st-key-caps"] [data-testid="stCaptionContainer"] {margin-bottom: 0}}
[class*="st-key-caps"] [data-testid="stHorizontalBlock"] {padding: .3rem 0;
  border-bottom: 1px solid rgba(128,128,128,.18)}
[data-testid="stFileUploaderDropzoneInstructions"] span {white-space: normal}
[data-testid="stCaptionContainer"] {opacity: .8}
.st-key-foot {margin-top: 1.5rem}
.stTabs {margin-top: .6rem}
[class*="st-key-live"] [data-stale="true"], .st-key-runs-live-calls [data-stale="true"],
.st-key-numbers [data-stale="true"] {
  opacity: 1 !important}
.pf-lead {font-size: 1.02rem; opacity: .82; margin: -.6rem 0 .4rem; max-width: 46rem}
.pf-view {container-type: inline-size; position: relative}
.pf-draw {overflow-x: auto; border-radius: 12px; scrollbar-width: thin;
  animation: pf-edges linear both; animation-timeline: scroll(self inline);
  mask-image: linear-gradient(to right, transparent, #000 var(--pf-l),
  #000 calc(100% - var(--pf-r)), transparent)}
.pf-draw svg.pf {display: block; min-width: 0 !important; max-width: none !important}
.pf-fit {display: flex; gap: .4rem; align-items: center; justify-content: flex-end;
  font-size: .82rem; opacity: .9; margin-bottom: .3rem; cursor: pointer; width: fit-content;
  margin-left: auto}
.pf-view:has(input:checked) .pf-draw svg.pf {width: 100% !important}
@property --pf-l {syntax: "\\3clength>"; inherits: false; initial-value: 0px}
@property --pf-r {syntax: "\\3clength>"; inherits: false; initial-value: 0px}
@keyframes pf-edges {
  0% {--pf-l: 0px; --pf-r: 56px} 8% {--pf-l: 56px; --pf-r: 56px}
  92% {--pf-l: 56px; --pf-r: 56px} 100% {--pf-l: 56px; --pf-r: 0px}}
.pf-rows {width: 100%; border-collapse: collapse; font-size: .92rem}
.pf-rows td {padding: .34rem .9rem .34rem 0; border-bottom: 1px solid rgba(128,128,128,.18);
  vertical-align: top; overflow-wrap: anywhere}
.pf-rows tr:last-child td {border-bottom: 0}
.pf-rows td:first-child {min-width: 8.5rem; width: 22%}
.pf-rows td:first-child code {overflow-wrap: normal; white-space: nowrap}
.pf-rows th {text-align: left; overflow-wrap: anywhere; font-weight: 600;
  padding: .2rem .9rem .2rem 0}
.pf-rows tr.pf-differs td {background: rgba(217,138,27,.1)}
.pf-rows tr.pf-differs td:first-child {box-shadow: inset 3px 0 0 #d98a1b; padding-left: .6rem}
.pf-none {opacity: .75}
.st-key-mode {position: absolute; width: 1px; height: 1px; overflow: hidden}
.pf-rows td.n {text-align: right; white-space: nowrap; opacity: .8; padding-right: 0;
  font-variant-numeric: tabular-nums}
.pf-rows td.d {opacity: .8}
.pf-where {font: .84rem/1.5 ui-monospace, Menlo, Consolas, monospace; overflow-x: auto;
  border-left: 3px solid rgba(207,47,60,.6); padding: .1rem 0 .1rem .8rem; margin: .2rem 0 .6rem}
.pf-where b {font-weight: 650}
.pf-where span {opacity: .8}
.pf-where code {display: block; background: none; color: inherit; padding: 0 0 0 1.2rem;
  white-space: pre; font: inherit}
.pf-dot {display: inline-block; width: .62rem; height: .62rem; border-radius: 50%;
  margin-right: .5rem; border: 1.5px solid rgba(128,128,128,.55)}
.pf-dot.ok {background: #24893f; border-color: #24893f}
.pf-dot.failed, .pf-dot.timed_out, .pf-dot.lost {background: #cf2f3c; border-color: #cf2f3c}
.pf-dot.waiting {background: #d98a1b; border-color: #d98a1b}
.pf-dot.cancelled, .pf-dot.skipped {background: #7a8696; border-color: #7a8696}
.pf-dot.running {background: #2f6fde; border-color: #2f6fde; animation: pf-beat 1.1s infinite}
@keyframes pf-beat {50% {opacity: .35}}
@media (prefers-reduced-motion: reduce) {.pf-dot.running {animation: none}}
@media (max-width: 899.98px) {
  [class*="st-key-runs"] [data-testid="stPageLink-NavLink"] {padding: .45rem 0;
    border-bottom: 1px solid rgba(128,128,128,.18); border-radius: 0}
  .st-key-runs-live-calls .stMarkdown p {padding: .45rem 0;
    border-bottom: 1px solid rgba(128,128,128,.18)}
  [class*="st-key-runs"] [data-testid="stPageLink-NavLink"] p,
  .st-key-runs-live-calls .stMarkdown p {display: flex; flex-wrap: wrap; column-gap: .6rem}
  [class*="st-key-runs"] [data-testid="stPageLink-NavLink"] p,
  [class*="st-key-runs"] [data-testid="stPageLink-NavLink"] p > * {white-space: normal;
    overflow-wrap: anywhere}
  [class*="st-key-runs"] [data-testid="stPageLink-NavLink"] p > :nth-child(2) {flex: 1 1 60%}
  [class*="st-key-runs"] [data-testid="stPageLink-NavLink"] p > :nth-child(5) {flex-basis: 100%;
    display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 3; overflow: hidden}
}
@media (max-width: 640px) {
  .st-key-offers {max-height: 19rem}
  [data-testid="stBottomBlockContainer"] {padding: .4rem 1rem}
  .stMainBlockContainer {padding: 4.6rem 1rem 3rem}
  .pf-rows td {padding-right: .5rem}
  .pf-rows td:first-child {min-width: 6rem; width: 42%}
  .pf-two, .pf-two tbody, .pf-two tr, .pf-two td {display: block; width: auto !important}
  .pf-two colgroup, .pf-two tr:first-child {display: none}
  .pf-two tr {border-bottom: 1px solid rgba(128,128,128,.18); padding: .4rem 0}
  .pf-two tr.pf-differs {background: rgba(217,138,27,.1); box-shadow: inset 3px 0 0 #d98a1b;
    padding-left: .6rem}
  .pf-two tr.pf-differs td, .pf-two tr.pf-differs td:first-child {background: none;
    box-shadow: none; padding-left: 0}
  .pf-two td {border: 0; padding: .12rem 0}
  .pf-two td:first-child {font-weight: 600; opacity: 1}
  .pf-two td[data-of]::before {content: attr(data-of) ": "; opacity: .8}
}
"""
"""What is the same in light and dark."""


def style(mode: Mode) -> str:
    """What Streamlit's options cannot say; of our own classes, but for the page's width.

    It holds no bare "less than" sign: `st.html` drops a style sheet with one.
    """
    code, words = CODE[mode], ".stCode .token"
    parts = {
        "[data-testid=stButtonGroup] [aria-checked=true] p, .stTabs [aria-selected=true] p": ACCENT[
            mode
        ],
        f"{words}": code["orange"],
        f"{words}.punctuation, {words}.comment, .stCode .linenumber": SOFT[mode],
        f"{words}.keyword, {words}.function, {words}.class-name, {words}.builtin": code["blue"],
        f"{words}.string, {words}.triple-quoted-string": code["green"],
        f"{words}.number, {words}.boolean": code["teal"],
        f"{words}.unchanged, {words}.unchanged .token": INK[mode],
        f"{words}.inserted, {words}.inserted .token": code["green"],
        f"{words}.deleted, {words}.deleted .token": DELETED[mode],
        ".stMarkdown :not(pre) > code": code["green"],
        ".stMarkdown [data-testid=stCaptionContainer] code": INK[mode],
    }
    focused = f"{{outline: 2px solid {ACCENT[mode]}; outline-offset: -2px}}"
    rules = f".stApp a:focus-visible, .stMain:focus-visible {focused}"
    rules += "".join(f"{where} {{color: {to} !important}}" for where, to in parts.items())
    return f"<style>{_STYLE}{rules}</style>"

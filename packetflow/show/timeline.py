"""When each step of an execution ran: a Gantt chart as SVG.

Rows nest as the spans do. Tries of one call share a row. A step that ran for many items becomes
one row that shows how many ran at each moment, with a red mark for each failure, so that ten
thousand spans stay one readable picture. Waiting is drawn hollow, also that of a step which worked
before and after it, and long stretches in which nothing was done are folded (see
`packetflow.show.axis`). What was taken over from an earlier execution is a mark with its duration
then.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from packetflow.show.axis import Axis, Stretch, axis, merged, without
from packetflow.show.text import cut, safe, width
from packetflow.show.theme import FONT, STATUS_COLOURS, Theme, palette, status_colour

ROW = 22.0
NAMES = 232.0
RIGHT = 116.0
TOP = 34.0
MOST_ROWS = 120
FEW = 6
"""A step that ran more often than this beside itself is drawn as one row."""

_BAD = frozenset({"failed", "timed_out", "lost"})


@dataclass(frozen=True, slots=True)
class Bar:
    """One span.

    Attributes:
        id: Unique in the execution.
        name: The step's id or the span's name.
        started: In seconds, on any clock.
        seconds: How long it took; for one that runs, how long so far.
        status: As in `packetflow.kernel.records.Status`.
        parent: The id of the span around it; one that is not there counts as none.
        attempt: 1 for the first try.
        path: Item and pass indexes, from the outside in.
        detail: Said when pointing at it, such as an error.
        waits: Whether it only waited, for an event or a person.
        waited: From when until when it waited for an answer, in seconds on the same clock; this may
            lie before its start, when it went on in another process.
        took: For one that was taken over from an earlier execution, how long it took there.
    """

    id: int | str
    name: str
    started: float
    seconds: float
    status: str = "ok"
    parent: int | str | None = None
    attempt: int = 1
    path: tuple[int, ...] = ()
    detail: str = ""
    waits: bool = False
    waited: tuple[Stretch, ...] = ()
    took: float | None = None

    @property
    def began(self) -> float:
        """When it started, or began to wait if that was before."""
        return min([self.started, *(start for start, _ in self.waited)])

    @property
    def ended(self) -> float:
        """When it ended."""
        return self.started + self.seconds

    @property
    def worked(self) -> list[Stretch]:
        """From when until when it did something."""
        return [] if self.waits else without((self.started, self.ended), self.waited)


@dataclass(slots=True)
class _Row:
    name: str
    bars: list[Bar]
    depth: int
    many: bool
    holds: bool = False


def seconds_worked(bars: Iterable[Bar]) -> float:
    """How long at least one step was doing something; the rest was waiting, or lying around.

    >>> seconds_worked([Bar(1, "ask", 0, 90, waits=True), Bar(2, "send", 90, 0.5)])
    0.5
    """
    return sum(end - start for start, end in _working(list(bars)))


def _working(bars: Sequence[Bar]) -> list[tuple[float, float]]:
    """When something was done: spans that hold others, and waits, count for nothing."""
    holders = {bar.parent for bar in bars}
    return merged(piece for bar in bars if bar.id not in holders for piece in bar.worked)


def timeline(
    bars: Iterable[Bar], *, title: str = "timeline", wide: float = 960.0, theme: Theme = "auto"
) -> str:
    """Draw when each span ran.

    Args:
        bars: The spans, in any order.
        title: What the execution is called, for screen readers.
        wide: Of the picture, in pixels; at least 480.
        theme: ``auto`` follows the page, then the system.

    Returns:
        An ``<svg>`` element.

    >>> "fetch" in timeline([Bar(1, "fetch", 0.0, 0.5)])
    True
    """
    known = sorted(bars, key=lambda bar: (bar.began, bar.ended, len(str(bar.id)), str(bar.id)))
    rows = _rows(known, FEW)
    if len(rows) > MOST_ROWS:
        rows = _rows(known, 1)
    hidden = len(rows) - MOST_ROWS
    rows = rows[:MOST_ROWS]
    wide = max(480.0, wide)
    start = min((bar.began for bar in known), default=0.0)
    ended = max((bar.ended for bar in known), default=1.0)
    right = max([RIGHT, *(width(_facts(row), 10.5) + 24 for row in rows)])
    scale = axis(_working(known), (start, ended), NAMES, wide - right)
    tall = TOP + ROW * (len(rows) + (hidden > 0)) + 12
    said = f"{title}: {len(known)} spans in {seconds_text(ended - start)}"
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" class="pf pf-{theme}" role="img" '
            f'aria-label="{safe(said)}" width="{wide:.0f}" height="{tall:.0f}" '
            f'viewBox="0 0 {wide:.0f} {tall:.0f}" style="max-width:100%;height:auto">'
        ),
        f"<title>{safe(said)}</title><style>{_style()}</style>",
        f'<rect class="page" width="{wide:.0f}" height="{tall:.0f}" rx="12"/>',
        _axis(scale, tall),
    ]
    for place, row in enumerate(rows):
        parts.append(_drawn(row, TOP + ROW * place, scale, wide))
    if hidden > 0:
        y = TOP + ROW * len(rows) + 15
        parts.append(f'<text class="t-s" x="14" y="{y:.0f}">and {hidden:,} more rows</text>')
    return "".join([*parts, "</svg>"])


def _style() -> str:
    tints = "".join(f".pf .{c}{{--a:var(--pf-{c})}}" for c in sorted(set(STATUS_COLOURS.values())))
    return (
        f"{palette()}{tints}"
        f"svg.pf{{font-family:{FONT}}}"
        ".pf .page{fill:var(--pf-page)}"
        ".pf .t-n{font-size:12px;fill:var(--pf-ink)}"
        ".pf .t-s{font-size:10.5px;fill:var(--pf-soft);paint-order:stroke;"
        "stroke:var(--pf-page);stroke-width:3px;stroke-linejoin:round}"
        ".pf .t-grid{stroke:var(--pf-line);stroke-width:1}"
        ".pf .t-bar{fill:var(--a);fill-opacity:.82}"
        ".pf .t-hold{fill:var(--a);fill-opacity:.22;stroke:var(--a);stroke-opacity:.5}"
        ".pf .t-wait{fill:var(--pf-amber);fill-opacity:.14;stroke:var(--pf-amber);"
        "stroke-dasharray:4 3}"
        ".pf .t-fold{fill:var(--pf-line);fill-opacity:.45}"
        ".pf .t-mark{fill:var(--pf-red)}"
        ".pf .t-taken{fill:var(--pf-page);stroke:var(--a);stroke-width:1.5}"
    )


def _rows(bars: Sequence[Bar], few: int) -> list[_Row]:
    """Rows in reading order: each under the row of its parent."""
    ids = {bar.id for bar in bars}
    inside: dict[int | str | None, list[Bar]] = {}
    for bar in bars:
        above = bar.parent if bar.parent in ids and bar.parent != bar.id else None
        inside.setdefault(above, []).append(bar)
    rows: list[_Row] = []
    stack = [_Row("", [], -1, many=False)]
    first = True
    while stack:
        row = stack.pop()
        below = (
            inside.get(None, []) if first else [b for o in row.bars for b in inside.get(o.id, ())]
        )
        if not first:
            row.holds = bool(below)
            rows.append(row)
        first = False
        named: dict[str, dict[tuple[int, ...], list[Bar]]] = {}
        for bar in below:
            named.setdefault(bar.name, {}).setdefault(bar.path, []).append(bar)
        found = []
        calls = _are_calls(named)
        for name, paths in named.items():
            name = _without_parent(name, row)
            if len(paths) > few or row.many or any(_overlap(tries) for tries in paths.values()):
                every = [bar for tries in paths.values() for bar in tries]
                many = len(every) > 1
                found.append(_Row(name, every, row.depth + 1, many=many))
            else:
                found += [
                    _Row(_at(name, path, len(paths) + calls), tries, row.depth + 1, many=False)
                    for path, tries in paths.items()
                ]
        if calls:
            found.sort(key=lambda one: one.bars[0].began)
        stack.extend(reversed(found))
    return rows


def _are_calls(named: Mapping[str, Mapping[tuple[int, ...], object]]) -> bool:
    """Whether these are calls that one step made, counted through: one reads them by time."""
    places = [path for paths in named.values() for path in paths]
    return len(named) > 1 and len(set(places)) == len(places)


def _without_parent(name: str, row: _Row) -> str:
    """A step's name below the row of the step that called it."""
    return name.removeprefix(f"{row.bars[0].name}/") if row.bars else name


def _at(name: str, path: tuple[int, ...], count: int) -> str:
    return name if count == 1 or not path else f"{name} [{', '.join(map(str, path))}]"


def _overlap(tries: Sequence[Bar]) -> bool:
    """Whether spans of one call ran at the same time, as hedged tries do."""
    ordered = sorted(tries, key=lambda bar: bar.started)
    return any(b.started < a.ended - 1e-9 for a, b in pairwise(ordered))


def _drawn(row: _Row, y: float, scale: Axis, wide: float) -> str:
    indent = 14.0 + 13.0 * min(row.depth, 8)
    count = f" \u00d7{len(row.bars):,}" if row.many else ""
    room = NAMES - indent - 12 - width(count, 12)
    name = row.name
    if "/" in name and width(name, 12) > room:  # the step tells more than the pipelines around it
        name = f"\u2026/{name.rsplit('/', 1)[1]}"
    text = cut(name, room, 12) + count
    label = f'<text class="t-n" x="{indent:.0f}" y="{y + 15:.1f}">{safe(text)}</text>'
    facts = _facts(row)
    body = (
        _profile(row, y, scale)
        if row.many
        else "".join(_bar(bar, row, y, scale) for bar in row.bars)
    )
    x = min(max(scale.x(bar.ended) + (12 if bar.took is not None else 6) for bar in row.bars),
            wide - width(facts, 10.5) - 10)  # fmt: skip
    told = f'<text class="t-s" x="{x:.1f}" y="{y + 15:.1f}">{safe(facts)}</text>'
    return f"<g>{label}{body}{told}</g>"


def _bar(bar: Bar, row: _Row, y: float, scale: Axis) -> str:
    said = [f"{bar.name}: {_in_words(bar)}", bar.detail]
    if bar.attempt > 1 or len(row.bars) > 1:
        said.insert(1, f"try {bar.attempt}")
    told = "\n".join(text for text in said if text)
    if bar.took is not None:
        x = scale.x(bar.started)
        drawn = f'<circle class="t-taken" cx="{x + 4:.1f}" cy="{y + 11:.1f}" r="4"/>'
    elif bar.waits:
        drawn = _stretch("t-wait", (bar.started, bar.ended), y, scale)
    else:
        kind = "t-hold" if row.holds else "t-bar"
        drawn = "".join(_stretch("t-wait", piece, y, scale) for piece in bar.waited)
        drawn += "".join(_stretch(kind, piece, y, scale) for piece in bar.worked)
    return f'<g class="{status_colour(bar.status)}"><title>{safe(told)}</title>{drawn}</g>'


def _in_words(bar: Bar) -> str:
    if bar.took is not None:
        return f"taken over from an earlier run, where it took {seconds_text(bar.took)}"
    word = "waited for" if bar.waits else bar.status
    return f"{word} {_lengths([bar])}"


def _lengths(bars: Sequence[Bar]) -> str:
    """How long bars of one row worked, and how long they waited in between, if they did."""
    waited = sum(end - start for start, end in merged(one for bar in bars for one in bar.waited))
    if not waited:
        begin = min(bar.started for bar in bars)
        return seconds_text(max(bar.ended for bar in bars) - begin)
    worked = sum(end - start for bar in bars for start, end in bar.worked)
    return f"{seconds_text(worked)}, waited {seconds_text(waited)}"


def _stretch(kind: str, stretch: Stretch, y: float, scale: Axis) -> str:
    left = scale.x(stretch[0])
    long = max(2.0, scale.x(stretch[1]) - left)
    top, tall = (y + 6, 10) if kind == "t-hold" else (y + 4, 14)
    return (
        f'<rect class="{kind}" x="{left:.1f}" y="{top:.1f}" width="{long:.1f}" height="{tall}" '
        'rx="3"/>'
    )


def _profile(row: _Row, y: float, scale: Axis) -> str:
    """How many ran at each moment, and where some failed."""
    left, right = scale.pieces[0].left, scale.pieces[-1].right
    slots = max(1, int((right - left) / 2))
    wide = (right - left) / slots
    change = [0] * (slots + 1)
    bad: set[int] = set()
    for bar in row.bars:
        first = min(slots - 1, int((scale.x(bar.started) - left) / wide))
        last = min(slots - 1, int((scale.x(bar.ended) - left) / wide))
        change[first] += 1
        change[last + 1] -= 1
        if bar.status in _BAD:
            bad.add(last)
    counts: list[int] = []
    for step in change[:-1]:
        counts.append((counts[-1] if counts else 0) + step)
    most = max(counts) or 1
    points = []
    before = 0
    for slot, count in enumerate([*counts, 0]):
        if count != before:
            x = left + slot * wide
            points += [(x, before), (x, count)]
            before = count
    floor = y + 19
    path = "L".join(f"{x:.1f} {floor - 16 * count / most:.1f}" for x, count in points)
    marks = "".join(
        f'<rect class="t-mark" x="{left + slot * wide:.1f}" y="{y + 2:.1f}" width="2" height="5"/>'
        for slot in sorted(bad)
    )
    worst = "running" if any(bar.status == "running" for bar in row.bars) else "ok"
    said = f"{row.name}: {len(row.bars):,} spans, at most {most:,} at once"
    kind = "t-hold" if row.holds else "t-bar"
    return (
        f'<g class="{status_colour(worst)}"><title>{safe(said)}</title>'
        f'<path class="{kind}" d="M{path}Z"/>{marks}</g>'
    )


def _facts(row: _Row) -> str:
    """How long the row took, how many tries or failures it had; beside its last bar."""
    if row.many:
        failed = sum(bar.status in _BAD for bar in row.bars)
        if all(bar.took is not None for bar in row.bars):
            return "taken over"
        return f"{failed:,} failed" if failed else f"avg {_average(row.bars)}"
    tries = max(bar.attempt for bar in row.bars)
    last = max(row.bars, key=lambda bar: (bar.ended, bar.attempt))
    text = _lengths(row.bars)
    if last.took is not None:
        text = f"taken over, took {seconds_text(last.took)}"
    elif last.status not in {"ok", "running", "waiting"}:
        text = last.status.replace("_", " ")
    elif last.waits:
        text = f"{'waits' if last.status == 'waiting' else 'waited'} {text}"
    return text + (f", {tries} tries" if tries > 1 else "")


def _average(bars: Sequence[Bar]) -> str:
    return seconds_text(sum(bar.seconds for bar in bars) / len(bars))


def _axis(scale: Axis, tall: float) -> str:
    parts = []
    for piece in scale.pieces:
        if piece.is_folded:
            parts.append(
                f'<rect class="t-fold" x="{piece.left:.1f}" y="{TOP - 8:.0f}" '
                f'width="{piece.right - piece.left:.1f}" height="{tall - TOP - 2:.0f}"/>'
                f'<text class="t-s" text-anchor="middle" x="{(piece.left + piece.right) / 2:.1f}" '
                f'y="{TOP - 14:.0f}">{seconds_text(piece.seconds)}</text>'
            )
    for x, seconds in scale.ticks():
        is_later = x > scale.pieces[0].right + 1
        if is_later and not seconds:
            continue
        text = f"+{seconds_text(seconds)}" if is_later else seconds_text(seconds)
        parts.append(
            f'<path class="t-grid" d="M{x:.1f} {TOP - 8:.0f}V{tall - 10:.0f}"/><text class="t-s" '
            f'text-anchor="middle" x="{x:.1f}" y="{TOP - 14:.0f}">{text}</text>'
        )
    return "".join(parts)


def seconds_text(seconds: float) -> str:
    """Seconds in the unit that reads best.

    >>> [seconds_text(s) for s in (0, 0.00004, 0.25, 3.5, 150, 9000)]
    ['0', '40 µs', '250 ms', '3.5 s', '2.5 min', '2.5 h']
    """
    if not seconds:
        return "0"
    for unit, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"), (1e-3, "ms")):
        if seconds >= unit * 0.9995:
            return f"{seconds / unit:.3g} {name}"
    return f"{seconds * 1e6:.3g} \u00b5s"

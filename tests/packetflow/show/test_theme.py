"""Colours that can be read, in light and in dark."""

import re

import pytest

from packetflow.show.theme import COLOURS, ICONS, KIND_COLOURS, STATUS_COLOURS, palette


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    """As the Web Content Accessibility Guidelines count it."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def colours(rule):
    body = re.search(re.escape(rule) + r"\{([^}]*)", palette())[1]
    return dict(re.findall(r"--pf-(\w+):(#\w{6})", body))


@pytest.mark.parametrize("rule", [".pf", ".pf-dark"])
@pytest.mark.parametrize("ground", ["page", "card"])
def test_text_stands_out_from_its_ground(rule, ground):
    known = colours(rule)

    assert contrast(known["ink"], known[ground]) > 10
    assert contrast(known["soft"], known[ground]) > 4.5
    for name in sorted({*KIND_COLOURS.values(), *STATUS_COLOURS.values()} - {"grey"}):
        assert contrast(known[name], known[ground]) > 3.8, name


def test_every_kind_and_status_has_a_known_colour():
    assert {*KIND_COLOURS.values(), *STATUS_COLOURS.values()} <= set(COLOURS)


def test_every_kind_that_is_not_a_terminal_has_an_icon():
    assert set(KIND_COLOURS) - set(ICONS) <= {"input", "output"}

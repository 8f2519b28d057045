"""Colours: words must stand out from what is behind them, in light and in dark."""

from xml.etree import ElementTree

import pytest

from packetflow.kernel.records import Status
from packetflow.show.theme import _DARK, _LIGHT
from studio.theme import (
    ACCENT,
    BUTTON,
    CARD,
    CODE,
    INK,
    PAPER,
    SOFT,
    STATUS,
    status_badge,
    status_text,
    style,
    wordmark,
)

MODES = ["light", "dark"]


def light(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    r, g, b = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in parts]
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(one: str, other: str) -> float:
    """As in WCAG 2.2: from 1 for the same to 21 for black on white."""
    low, high = sorted((light(one), light(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("words", [INK, SOFT, ACCENT])
@pytest.mark.parametrize("behind", [PAPER, CARD])
def test_words_of_pages_can_be_read(mode, words, behind):
    assert contrast(words[mode], behind[mode]) >= 4.5


@pytest.mark.parametrize("mode", MODES)
def test_white_words_on_a_button_and_words_of_code_can_be_read(mode):
    assert contrast("#ffffff", BUTTON[mode]) >= 4.5
    assert all(contrast(one, CARD[mode]) >= 4.5 for one in CODE[mode].values())


@pytest.mark.parametrize("colours", [_LIGHT, _DARK], ids=MODES)
@pytest.mark.parametrize("words", ["ink", "soft"])
def test_words_of_drawings_can_be_read(colours, words):
    assert contrast(colours[words], colours["page"]) >= 4.5
    assert contrast(colours[words], colours["card"]) >= 4.5


@pytest.mark.parametrize("status", list(Status))
def test_every_status_has_a_word_a_colour_and_an_icon(status):
    word, colour, icon = status_badge(status.value)

    assert status.value in STATUS
    assert word
    assert status_text(status.value) == f":{colour}[{icon} {word}]"


@pytest.mark.parametrize("mode", MODES)
def test_the_style_sheet_survives_the_page_s_cleaning(mode):
    inside = style(mode).removeprefix("<style>").removesuffix("</style>")

    assert "<" not in inside
    assert inside.count("{") == inside.count("}")


@pytest.mark.parametrize("mode", MODES)
def test_the_sign_of_the_product_says_its_name(mode):
    sign = ElementTree.fromstring(wordmark(mode))

    assert "".join(sign.itertext()).replace("PacketFlow Studio", "", 1) == "PacketFlow Studio"

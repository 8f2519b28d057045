"""Values on a page."""

import pyarrow as pa
import pytest
from streamlit.testing.v1 import AppTest

from studio.showing import plain_markdown, words


def shown(value: object, **said: object) -> AppTest:
    """A page that shows one value."""

    def script(value: object) -> None:
        from studio.showing import show_values

        show_values({"it": value}, "key of it")

    test = AppTest.from_function(script, args=(value,), default_timeout=60)
    test.run()
    assert not test.exception
    return test


def test_a_name_is_written_as_people_read_it():
    assert [words(one) for one in ("onboarding_plan", "_", "html")] == [
        "Onboarding plan", "_", "Report",
    ]  # fmt: skip


def test_markdown_signs_of_foreign_text_say_nothing():
    assert plain_markdown("**a** [b](c) :red[d]") == r"\*\*a\*\* \[b\](c) \:red\[d\]"


def test_a_long_line_is_cut_before_it_is_escaped():
    assert plain_markdown("[" * 300, 3) == r"\[\[\[" + "\u2026"


def test_a_long_table_is_shown_in_part_and_says_so():
    test = shown(pa.table({"a": list(range(3000))}))

    assert len(test.dataframe[0].value) == 2000
    assert "the first 2,000 of 3,000 rows, 1 columns" in [one.value for one in test.caption]


def test_a_long_text_is_shown_in_part_and_says_so():
    test = shown("word " * 20_000)

    assert len(test.code[0].value) == 50_000
    assert any("of 100,000 characters" in one.value for one in test.caption)


def test_a_deep_and_wide_tree_is_shown_in_part():
    test = shown([{"a": {"b": n}} for n in range(5000)])

    assert '"... 4,800 more"' in test.json[0].value
    assert any("Long parts are cut" in one.value for one in test.caption)


def test_headings_of_a_markdown_value_stand_below_those_of_the_page():
    test = shown({"text": "# Title\n\nWords"})

    assert test.markdown[0].value.startswith("### Title")


@pytest.mark.parametrize("value", [None, 3, "short", [], {"$opaque": "a socket"}])
def test_small_values_are_a_row_of_a_table(value: object):
    test = shown(value)

    assert "<table" in test.get("html")[0].proto.body


def test_a_page_that_is_too_large_is_only_offered_to_take_home():
    test = shown("<!doctype html>" + "x" * (17 << 20))

    assert "too large" in test.info[0].value


def test_the_scripts_of_a_page_reach_nothing_of_the_studio():
    test = shown('<!doctype html><p title="a">hi</p><script>parent.location</script>')

    framed = test.get("iframe")[0].proto.srcdoc
    assert "<script" not in framed
    assert 'sandbox="allow-scripts allow-popups allow-downloads"' in framed
    assert "&lt;p title=&quot;a&quot;&gt;hi" in framed


@pytest.mark.parametrize(
    ("uri", "is_link"),
    [("https://a.example/b", True), ("javascript:alert(1)", False), (" JavaScript:1", False)],
)
def test_only_an_address_of_the_web_becomes_a_link(uri: str, is_link: bool):
    test = shown({"uri": uri, "name": "there"})

    assert bool(test.get("link_button")) is is_link

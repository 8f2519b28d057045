"""Search by words."""

from packetflow.discovery.search import Entry, Index


def test_a_word_of_the_name_counts_more_than_one_of_the_help():
    index = Index([Entry("b", ("mail", "", "")), Entry("a", ("other", "", "mail"))])

    assert [name for name, _ in index.search("mails")] == ["b", "a"]


def test_the_beginning_of_a_word_is_enough_while_typing():
    index = Index([Entry("load_table", ("load_table",)), Entry("chart", ("chart",))])

    assert [name for name, _ in index.search("tabl")] == ["load_table"]
    assert [name for name, _ in index.search("cha")] == ["chart"]


def test_ties_come_in_order_of_names_and_the_limit_holds():
    index = Index([Entry(name, ("same",)) for name in ("c", "a", "b")])

    assert [name for name, _ in index.search("same", 2)] == ["a", "b"]


def test_nothing_is_found_in_nothing_and_for_nothing():
    assert Index([]).search("x") == []
    assert Index([Entry("a", ("a b",))]).search("") == []
    assert Index([Entry("a", ("",))]).search("a") == []

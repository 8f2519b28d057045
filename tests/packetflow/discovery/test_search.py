"""Search by words."""

from packetflow.discovery.search import Entry, Index


def test_a_word_of_the_name_counts_more_than_one_of_the_help():
    index = Index([Entry("b", ("mail", "", "")), Entry("a", ("other", "", "mail"))])

    assert [name for name, _ in index.search("mails")] == ["b", "a"]


def test_the_beginning_of_a_word_is_enough_while_typing():
    index = Index([Entry("load_table", ("load_table",)), Entry("chart", ("chart",))])

    assert [name for name, _ in index.search("tabl")] == ["load_table"]
    assert [name for name, _ in index.search("cha")] == ["chart"]


def test_a_begun_word_of_the_name_counts_more_than_one_of_the_help():
    index = Index([Entry("keywords", ("keywords", "", "summary")), Entry("sum_up", ("sum_up",))])
    more = Index([Entry("keywords", ("keywords", "summary")), Entry("summarize", ("summarize",))])

    assert [name for name, _ in index.search("sum")] == ["sum_up", "keywords"]
    assert [name for name, _ in more.search("summ")] == ["summarize", "keywords"]
    assert [name for name, _ in more.search("k")] == ["keywords"]


def test_names_that_have_every_word_come_before_what_speaks_of_them():
    texts = ("run_sql", "tables tables tables", "table table table")
    index = Index([Entry("run_sql", texts), Entry("save_table", ("save_table", "keep it"))])

    assert [name for name, _ in index.search("tab")] == ["save_table", "run_sql"]


def test_what_bears_the_very_name_comes_first():
    often = Entry("tell", ("tell", "language language language"))
    index = Index([often, Entry("language", ("language", "of a text that is long, and more"))])

    assert [name for name, _ in index.search("Language")] == ["language", "tell"]


def test_ties_come_in_order_of_names_and_the_limit_holds():
    index = Index([Entry(name, ("same",)) for name in ("c", "a", "b")])

    assert [name for name, _ in index.search("same", 2)] == ["a", "b"]


def test_nothing_is_found_in_nothing_and_for_nothing():
    assert Index([]).search("x") == []
    assert Index([Entry("a", ("a b",))]).search("") == []
    assert Index([Entry("a", ("",))]).search("a") == []

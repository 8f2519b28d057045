from packetflow.library.names import renamed, unique_names


def test_a_name_of_the_file_is_not_given_to_another_column() -> None:
    assert unique_names(["a", "a", "a_2", "A"]) == ["a", "a_3", "a_2", "A_4"]


def test_thousands_of_equal_names_are_told_apart() -> None:
    assert len(set(unique_names(["x"] * 5_000))) == 5_000


def test_what_was_renamed_is_said_with_its_reason() -> None:
    written = ["v", "", "v", " w "]

    said = renamed(written, unique_names(written))

    assert said == (
        "Column 2 is called 'column_2' here, since it has no name; column 3 is called 'v_2' here, "
        "since 'v' is the name of another."
    )


def test_only_the_first_renamed_columns_are_listed() -> None:
    assert renamed(["v"] * 20, unique_names(["v"] * 20)).endswith("; and 14 more.")

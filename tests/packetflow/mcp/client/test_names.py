import keyword

from hypothesis import example, given
from hypothesis import strategies as st

from packetflow.mcp.client.names import collisions, identifier, identifiers


@given(st.text())
@example("")
@example("ª")
@example("²")
def test_every_name_becomes_an_identifier(name: str):
    made = identifier(name)

    assert made.isascii()
    assert made.isidentifier()
    assert not keyword.iskeyword(made)
    assert identifier(made) == made


@given(st.lists(st.text(alphabet="aB1._-é/ ", max_size=4)))
def test_several_names_become_as_many_identifiers(names: list[str]):
    made = identifiers(names)

    assert sorted(made.values()) == sorted(set(names))
    assert all(one.isidentifier() for one in made)


@given(st.lists(st.text(alphabet="ab._-", min_size=1, max_size=3)))
def test_a_name_that_is_an_identifier_is_never_called_otherwise(names: list[str]):
    made = identifiers(names)

    assert all(made[name] == name for name in names if identifier(name) == name)


def test_a_name_that_had_to_give_way_is_told():
    made = identifiers(["read-file", "read.file", "write"])

    assert collisions(made) == {"read_file_2": "read.file"}

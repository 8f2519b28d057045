import ast

from hypothesis import given
from hypothesis import strategies as st

from packetflow.mcp.export.script import Program, literal, script_of

TEXTS = st.text(st.sampled_from("ab'\"\\\n\r\t\x00\u202e{}é\ud800# ")) | st.text()


@given(TEXTS)
def test_a_text_is_read_back_as_it_was(text: str):
    written = f"A = {literal(text)}\n"

    ((statement,),) = [ast.parse(written.encode("utf-8")).body]
    assert isinstance(statement, ast.Assign)
    assert ast.literal_eval(statement.value) == text


def test_what_cannot_be_seen_is_written_so_that_it_can():
    assert literal("a\u202eb") == "'''a\\u202eb'''"


def test_code_stands_in_a_program_as_it_was_written():
    code = 'def greet(name):\n    """Greet \\"them\\"."""\n    return f"Hello {name}"\n'

    text = script_of(Program("p", "1.0.0", ["About"], {"capabilities/a.py": code}, "AA=="))

    assert code in text
    ast.parse(text)


def test_words_at_the_top_cannot_end_the_text_they_stand_in():
    about = ['Ends """ here', "and\\", '"']

    tree = ast.parse(script_of(Program("p", "1.0.0", about, {}, "AA==")))

    assert "here" in (ast.get_docstring(tree) or "")
    assert isinstance(tree.body[1], ast.Import)

from packetflow.mcp.launches import http_launch
from packetflow.mcp.settings import TokenSettings
from packetflow.mcp.snippets import snippets_of


def test_where_there_are_several_tokens_each_snippet_says_what_each_is_good_for():
    tokens = [TokenSettings("ADA", ("find_*",)), TokenSettings("BOSS")]
    launch = http_launch("desk", "http://127.0.0.1:8000/mcp", tokens)

    found = snippets_of(launch)

    assert launch.token_variable == "ADA"
    said = "Tokens: `ADA` for `find_*`; `BOSS` for every tool. Write the one that you were given."
    assert all(one.note.endswith(said) for one in found)
    assert not any(said in one.note for one in snippets_of(http_launch("n", "", tokens[:1])))

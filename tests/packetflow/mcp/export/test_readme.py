import mcp_types as t

from packetflow.mcp.export.manifest import About
from packetflow.mcp.export.readme import introduction, readme_of
from packetflow.mcp.tools import Tool

GREET = t.Tool(name="greet", description="Greet.\n\nKindly.", input_schema={"type": "object"})
ABOUT = About(
    "hello",
    "1.0.0",
    "Say hello",
    "Ada",
    [Tool("greet", "greet", GREET)],
    ["API_KEY", "TOKEN"],
)


def test_the_page_beside_an_export_tells_every_client_of_it():
    page = readme_of(ABOUT, ["TOKEN"])

    for client in ("Claude Desktop", "Claude Code", "VS Code", "Cursor", "Python", "curl"):
        assert f"### {client}" in page
    assert '"/path/to/hello.py"' in page
    assert "http://127.0.0.1:8600/mcp" in page
    assert "- `greet`: Greet.\n" in page


def test_a_token_is_for_callers_over_http_and_other_secrets_for_the_process():
    begun, _, reached = readme_of(ABOUT, ["TOKEN"]).partition("## Clients that reach it")

    assert '"API_KEY"' in begun
    assert "TOKEN" not in begun.partition("## Clients that start it")[2]
    assert "Bearer $TOKEN" in reached


def test_the_top_of_a_program_says_what_it_is_and_how_it_was_made():
    told = "\n".join(introduction(ABOUT, "mine"))

    assert told.startswith("Say hello\nIts tools:\n  greet: Greet.\n")
    assert "uv run --script hello.py --http 8600" in told
    assert "reads from the environment: API_KEY, TOKEN" in told
    assert "Made from the workspace mine by PacketFlow" in told

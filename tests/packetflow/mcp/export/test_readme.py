import mcp_types as t

from packetflow.mcp.export.literals import Variable
from packetflow.mcp.export.manifest import About
from packetflow.mcp.export.readme import introduction, readme_of
from packetflow.mcp.settings import TokenSettings
from packetflow.mcp.snippets import CLIENTS
from packetflow.mcp.tools import Tool

GREET = t.Tool(name="greet", description="Greet.\n\nKindly.", input_schema={"type": "object"})
ABOUT = About(
    "hello",
    "1.0.0",
    "Say hello",
    "Ada",
    [Tool("greet", "greet", GREET)],
    [Variable("API_KEY"), Variable("MODE", is_required=False, default="fast"), Variable("TOKEN")],
)


def test_the_page_beside_an_export_tells_every_client_of_it():
    page = readme_of(ABOUT, [TokenSettings("TOKEN")])

    for client in CLIENTS:
        assert f"### {client}" in page
    assert page.index("once before a client does") < page.index("hello.py --list\n")
    assert '"/path/to/hello.py"' in page
    assert "http://127.0.0.1:8600/mcp" in page
    assert "- `greet`: Greet.\n" in page


def test_a_token_is_for_callers_over_http_and_other_secrets_for_the_process():
    begun, _, reached = readme_of(ABOUT, [TokenSettings("TOKEN")]).partition(
        "## Clients that reach it"
    )

    assert '"API_KEY"' in begun
    assert "TOKEN" not in begun.partition("## Clients that start it")[2]
    assert '"MODE"' not in begun
    assert "Bearer $TOKEN" in reached


def test_the_top_of_a_program_says_what_it_is_and_how_it_was_made():
    told = "\n".join(introduction(ABOUT, "mine"))

    assert told.startswith("Say hello\nIts tools:\n  greet: Greet.\n")
    assert "uv run --script hello.py --http 8600" in told
    assert "reads from the environment: API_KEY, MODE (else 'fast'), TOKEN" in told
    assert "Made from the workspace mine by PacketFlow" in told

"""One description, the formats of all clients."""

import base64
import json
import shlex
from pathlib import PureWindowsPath
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from packetflow.mcp.launches import HttpLaunch, Launch, StdioLaunch, workspace_launch
from packetflow.mcp.programs import ExampleCall
from packetflow.mcp.snippets import (
    CLIENTS,
    CODE,
    CODEX,
    CURL,
    CURSOR,
    DESKTOP,
    GEMINI,
    PYTHON,
    VS_CODE,
    Snippet,
    snippets_of,
)

SPACES = StdioLaunch(
    "my work",
    "/opt/my tools/packetflow",
    ("mcp", "serve", "--workspace", "/srv/ada/it's mine"),
    {"MODE": "very fast", "KEY": None},
)
HTTP = HttpLaunch("desk", "http://127.0.0.1:8501/mcp", "DESK_TOKEN")
LAUNCHES: list[Launch] = [SPACES, HTTP, HttpLaunch("open", "http://127.0.0.1:1/mcp")]


def of(launch: Launch, client: str, *, file: str | None = None, windows: bool = False) -> Snippet:
    """The one snippet of a client that is for that file."""
    found = [one for one in snippets_of(launch, windows=windows) if one.client == client]
    return next(one for one in found if file is None or one.file == file)


@pytest.mark.parametrize("windows", [False, True])
@pytest.mark.parametrize("launch", LAUNCHES)
def test_json_and_python_are_well_formed_and_every_client_has_one(launch: Launch, windows: bool):
    found = snippets_of(launch, windows=windows, call=ExampleCall("add", {"a": 1, "b": None}))

    missing = {DESKTOP} if isinstance(launch, HttpLaunch) else {CURL}
    assert {one.client for one in found} == set(CLIENTS) - missing
    for one in found:
        if one.language == "json":
            json.loads(one.text)
        if one.language == "python":
            compile(one.text, one.client, "exec")


def test_each_client_gets_a_secret_in_its_own_way_and_never_its_value():
    desktop = json.loads(of(SPACES, DESKTOP).text)["mcpServers"]["my_work"]
    code = json.loads(of(SPACES, CODE, file=".mcp.json").text)["mcpServers"]["my_work"]
    cursor = json.loads(of(SPACES, CURSOR).text)["mcpServers"]["my_work"]
    vs_code = json.loads(of(SPACES, VS_CODE, file=".vscode/mcp.json").text)

    assert desktop["env"] == {"MODE": "very fast", "KEY": "put KEY here"}
    assert code["env"]["KEY"] == "${KEY}"
    assert cursor["env"]["KEY"] == "${env:KEY}"
    assert vs_code["servers"]["my_work"]["env"]["KEY"] == "${input:key}"
    assert vs_code["inputs"] == [
        {"type": "promptString", "id": "key", "description": "KEY", "password": True}
    ]


def test_a_command_survives_a_shell_with_spaces_and_quotes_in_paths():
    words = shlex.split(of(SPACES, CODE, file="").text)

    assert words[words.index("--") + 1 :] == [SPACES.command, *SPACES.args]
    assert words[words.index("--") - 1] == "my_work"
    assert "MODE=very fast" in words
    assert "KEY=$KEY" in words


@pytest.mark.parametrize(("client", "key"), [(CODEX, '"KEY=$KEY"'), (GEMINI, "'KEY=$KEY'")])
def test_a_variable_is_read_by_the_shell_for_codex_and_at_each_start_by_gemini(client, key):
    text = of(SPACES, client).text
    words = shlex.split(text)

    assert key in text
    assert words[-len(SPACES.args) - 1 :] == [SPACES.command, *SPACES.args]
    assert "MODE=very fast" in words


def test_no_token_is_kept_by_codex_and_gemini():
    assert of(HTTP, CODEX).text.endswith("--bearer-token-env-var DESK_TOKEN")
    assert of(HTTP, GEMINI).text.endswith("--header 'Authorization: Bearer $DESK_TOKEN'")


def test_vs_codes_command_and_links_say_what_its_file_says():
    whole = json.loads(shlex.split(of(SPACES, VS_CODE, file="").text)[-1])
    link = of(SPACES, VS_CODE).link
    cursor = parse_qs(urlsplit(of(SPACES, CURSOR).link).query)
    file = json.loads(of(SPACES, VS_CODE, file=".vscode/mcp.json").text)

    assert json.loads(unquote(link.partition("?")[2])) == whole
    assert whole == {"name": "my_work", **file["servers"]["my_work"], "inputs": file["inputs"]}
    assert json.loads(base64.b64decode(cursor["config"][0]))["command"] == SPACES.command


def test_commands_for_windows_are_written_for_powershell():
    folder = PureWindowsPath(r"C:\Users\Ada L\it's mine")
    launch = workspace_launch("desk", folder, r"C:\Python 3\python.exe")

    command = of(launch, CODE, file="", windows=True)
    added = of(launch, VS_CODE, file="", windows=True)

    assert command.language == "powershell"
    assert command.text.endswith(
        r"desk '--' 'C:\Python 3\python.exe' -m packetflow mcp serve --stdio --workspace "
        r"'C:\Users\Ada L\it''s mine'"
    )
    assert added.text.startswith("Start-Process 'vscode:mcp/install?")
    assert json.loads(of(launch, DESKTOP).text)["mcpServers"]["desk"]["args"][-1] == str(folder)


def test_a_token_is_read_where_the_client_runs():
    assert "Bearer $DESK_TOKEN" in of(HTTP, CURL).text
    assert "Bearer $env:DESK_TOKEN" in of(HTTP, CURL, windows=True).text
    assert "os.environ['DESK_TOKEN']" in of(HTTP, PYTHON).text
    headers = json.loads(of(HTTP, CURSOR).text)["mcpServers"]["desk"]["headers"]
    assert headers == {"Authorization": "Bearer ${env:DESK_TOKEN}"}

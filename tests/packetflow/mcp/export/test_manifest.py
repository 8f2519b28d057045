import hashlib
import json
import tomllib

import mcp_types as t

from packetflow.mcp.export.manifest import About, manifest_of, project_of, server_of
from packetflow.mcp.tools import Tool

GREET = t.Tool(name="greet", description="Greet.\n\nKindly.", input_schema={"type": "object"})
ABOUT = About("hello", "1.2.0", "Say hello", "Ada", [Tool("greet", "greet", GREET)], ["API_KEY"])


def test_a_manifest_says_how_a_client_starts_it_and_asks_for_secrets():
    manifest = json.loads(manifest_of(ABOUT))

    assert manifest["manifest_version"] == "0.4"
    assert manifest["server"]["type"] == "uv"
    config = manifest["server"]["mcp_config"]
    assert config["args"][-1] == manifest["server"]["entry_point"]
    assert config["env"] == {"API_KEY": "${user_config.api_key}"}
    assert manifest["user_config"]["api_key"]["sensitive"] is True
    assert manifest["tools"] == [{"name": "greet", "description": "Greet."}]


def test_a_project_names_what_it_needs():
    project = tomllib.loads(project_of(ABOUT, ["mcp==2.3.0"]))["project"]

    assert project["dependencies"] == ["mcp==2.3.0"]
    assert (project["name"], project["version"]) == ("hello", "1.2.0")


def test_a_registry_is_told_where_the_bundle_is_and_its_hash():
    server = json.loads(server_of(ABOUT, b"bundle", "https://github.com/ada/hi/releases/v1"))

    assert server["name"] == "io.github.ada/hello"
    (package,) = server["packages"]
    assert package["identifier"] == "https://github.com/ada/hi/releases/v1/hello.mcpb"
    assert package["fileSha256"] == hashlib.sha256(b"bundle").hexdigest()
    assert package["environmentVariables"][0]["isSecret"] is True


def test_a_registry_takes_no_long_description():
    long = About("hello", "1.0.0", "word " * 50, "Ada", [])

    assert len(json.loads(server_of(long, b"", None))["description"]) <= 100

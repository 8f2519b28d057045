import hashlib
import json
import re
import tomllib
from dataclasses import replace

import mcp_types as t
import pytest

from packetflow.mcp.export.literals import Variable
from packetflow.mcp.export.manifest import About, manifest_of, project_of, server_of
from packetflow.mcp.tools import Tool

GREET = t.Tool(name="greet", description="Greet.\n\nKindly.", input_schema={"type": "object"})
ABOUT = About(
    "hello", "1.2.0", "Say hello", "Ada", [Tool("greet", "greet", GREET)], [Variable("API_KEY")]
)


def test_a_manifest_says_how_a_client_starts_it_and_asks_for_secrets():
    manifest = json.loads(manifest_of(ABOUT))

    assert manifest["manifest_version"] == "0.4"
    assert manifest["server"]["type"] == "uv"
    config = manifest["server"]["mcp_config"]
    assert config["args"][-1] == manifest["server"]["entry_point"]
    assert config["env"] == {"API_KEY": "${user_config.api_key}"}
    assert manifest["user_config"]["api_key"]["sensitive"] is True
    assert manifest["tools"] == [{"name": "greet", "description": "Greet."}]


def test_what_code_reads_only_if_it_is_set_is_not_demanded():
    variables = [Variable("A", is_required=False, default="fast"), Variable("B", is_required=False)]
    about = replace(ABOUT, environment=variables)

    config = json.loads(manifest_of(about))["user_config"]
    assert [config[name]["required"] for name in ("a", "b")] == [False, False]
    assert (config["a"]["default"], "default" in config["b"]) == ("fast", False)
    (package,) = json.loads(server_of(about, b"", None))["packages"]
    first, second = package["environmentVariables"]
    assert (first["isRequired"], first["isSecret"], first["default"]) == (False, False, "fast")
    assert (second["isRequired"], second["isSecret"], "default" in second) == (False, True, False)


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


@pytest.mark.parametrize(
    "url", [None, "https://github.com/ada/hi/releases", "https://a.b:8/x.mcpb"]
)
@pytest.mark.parametrize("name", ["hello", "_", "a-b_c", "x" * 64])
def test_a_registry_can_take_what_it_is_told(name: str, url: str | None):
    # by the published schema of server.json: required fields, patterns and lengths
    server = json.loads(server_of(replace(ABOUT, name=name), b"bundle", url))
    (package,) = server["packages"]

    assert re.fullmatch(r"[a-zA-Z0-9.-]+/[a-zA-Z0-9._-]+", server["name"])
    assert 3 <= len(server["name"]) <= 200
    assert 1 <= len(server["title"]) <= 100
    assert 1 <= len(server["description"]) <= 100
    assert 1 <= len(server["version"]) <= 255
    assert re.fullmatch(r"[a-f0-9]{64}", package["fileSha256"])
    assert package["identifier"].startswith("https://")
    assert package["version"] != "latest"
    assert set(package) <= {
        "registryType", "identifier", "version", "fileSha256", "transport", "environmentVariables",
    }  # fmt: skip


def test_a_registry_takes_no_long_description():
    long = About("hello", "1.0.0", "word " * 50, "Ada", [])

    assert len(json.loads(server_of(long, b"", None))["description"]) <= 100

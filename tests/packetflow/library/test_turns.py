"""A model behind an interface like OpenAI's, here a small server on this machine."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from packetflow.library.llm import Message, ToolCall
from packetflow.library.turns import _read, written

WANTED = [
    {"content": None, "tool_calls": [
        {"id": "a1", "type": "function",
         "function": {"name": "text_statistics", "arguments": '{"text": "Two words."}'}},
        {"id": "a2", "type": "function", "function": {"name": "keywords", "arguments": "{oops"}},
    ]},
    {"content": "Two words."},
]  # fmt: skip

ASK = """
import json, sys, warnings
from packetflow import Workspace
from packetflow.library import ask_with_tools
with Workspace(":memory:") as ws:
    run = ws.run_sync(ask_with_tools, question="How many words?", model="openai/local",
                      tools=["text_statistics", "keywords"])
print(json.dumps([str(run.failure or ""), dict(run.outputs),
                  [[one.name, one.attributes] for one in run.spans]]))
"""


class Answers(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        asked: list[Any] = self.server.asked  # type: ignore[attr-defined]
        asked.append(json.loads(self.rfile.read(length)))
        message = {"role": "assistant", **WANTED[len(asked) - 1]}
        body = json.dumps(
            {
                "id": "c1",
                "object": "chat.completion",
                "created": 1,
                "model": "local",
                "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
            }
        ).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    made = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    made.asked = []  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever, args=(0.01,))
    thread.start()
    yield made
    made.shutdown()
    thread.join()
    made.server_close()


def asked(environment: dict[str, str]) -> list[Any]:
    """Ask in a process of its own: litellm leaves things open in the one it is in."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        capture_output=True,
        text=True,
        env=os.environ | environment,
        timeout=120,
        check=False,
    )
    assert done.stdout, done.stderr
    return list(json.loads(done.stdout))


def test_a_model_calls_tools_over_the_wire(server: ThreadingHTTPServer):
    base = f"http://127.0.0.1:{server.server_port}/v1"

    failure, outputs, spans = asked({"OPENAI_API_KEY": "x", "OPENAI_BASE_URL": base})

    first, second = server.asked  # type: ignore[attr-defined]
    assert failure == ""
    assert outputs["answer"] == "Two words."
    assert [one["function"]["name"] for one in first["tools"]] == ["text_statistics", "keywords"]
    assert first["tools"][0]["function"]["parameters"]["required"] == ["text"]
    assert [one["role"] for one in second["messages"]] == ["user", "assistant", "tool", "tool"]
    assert [one.get("tool_call_id") for one in second["messages"][2:]] == ["a1", "a2"]
    assert "no JSON" in second["messages"][3]["content"]
    turn = spans[0][1]
    assert [name for name, _ in spans] == [
        "model_turn", "text_statistics", "model_turn", "ask_with_tools"
    ]  # fmt: skip
    assert (turn["tokens_in"], turn["tokens_out"], turn["provider"]) == (7, 3, "openai")


def test_messages_come_back_as_they_were_written():
    said = [
        Message("user", "Well?"),
        Message("assistant", "", (ToolCall("a", "f", "{}"),)),
        Message("tool", "3", tool_call_id="a"),
    ]

    assert [_read(one) for one in written(said)] == said
    assert written(said) == json.loads(json.dumps(written(said)))

"""An MCP server that does what none should, with nothing but the standard library.

    python odd_server.py HOW [ADDRESS]

HOW says what is wrong from the beginning; the tool ``act`` does what its argument says, and
``listed`` tells how often the server was asked for its tools. It speaks the protocol by hand and of
2025-06-18 only, and so starts in an instant. With ``plain FOLDER`` nothing is wrong
with it.
"""

import json
import os
import sys
import time
from pathlib import Path

HOW, ADDRESS = (*sys.argv[1:3], "", "")[:2]
TEXT, NUMBER = {"type": "string"}, {"type": "number"}
asked = 0
has_grown = False


def out(message):
    text = message if isinstance(message, str) else json.dumps(message)
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def answer(number, **result):
    out({"jsonrpc": "2.0", "id": number, "result": result})


def broken(number, result):
    out('{"jsonrpc":"2.0","id":' + str(number) + ',"result":' + result)


def says(text):
    return {"content": [{"type": "text", "text": text}]}


def tool(name, **more):
    return {"name": name, "inputSchema": {"type": "object", "properties": {"how": TEXT}}, **more}


def tools():
    far = {"$ref": f"{ADDRESS}/schema.json"}
    slow = TEXT | {"pattern": "^(a+)+$"}
    return [
        tool("act"),
        tool("listed"),
        tool("far", inputSchema={"type": "object", "properties": {"x": far}}),
        tool("far_result", outputSchema={"type": "object", "properties": {"x": far}}),
        tool("slow", inputSchema={"type": "object", "properties": {"x": slow}}),
    ]


def fields(**kinds):
    return {"type": "object", "properties": kinds, "required": list(kinds)}


def plain_tools():
    adding = {"inputSchema": fields(a=NUMBER, b=NUMBER), "outputSchema": fields(sum=NUMBER)}
    found = [tool("add", **adding), tool("echo"), tool("die_once"), tool("change")]
    return [*found, tool("grown")] if has_grown else found


def call_plain(number, name, given):
    global has_grown
    if name == "add":
        answer(number, content=[], structuredContent={"sum": given["a"] + given["b"]})
    elif name == "die_once" and not Path(ADDRESS, "died").exists():
        Path(ADDRESS, "died").touch()
        print("dying now", file=sys.stderr, flush=True)
        os._exit(3)
    else:
        answer(number, **says("alive"))
    if name == "change":
        has_grown = True
        out({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})


def list_tools(number):
    global asked
    asked += 1
    if HOW == "plain":
        answer(number, tools=plain_tools())
    elif HOW == "deep list":
        broken(number, '{"tools":' + "[" * 500 + "]" * 500 + "}}")
    elif HOW == "no list":
        answer(number, tools="many")
    elif HOW == "one wrong":
        wrong = tool("wrong", inputSchema={"type": "object", "required": "x"})
        answer(number, tools=[tool("act"), wrong, tool("listed")])
    elif HOW == "endless":
        answer(number, tools=[tool(f"t{asked}")], nextCursor=str(asked))
    else:
        answer(number, tools=tools())
        for _ in range(500 if HOW == "restless" else 0):
            out({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})


def call(number, name, how):
    if name == "listed":
        answer(number, **says(str(asked)))
    elif name == "far_result":
        answer(number, **says("x"), structuredContent={"x": 1})
    elif how == "no result":
        out({"jsonrpc": "2.0", "id": number})
    elif how == "null":
        out({"jsonrpc": "2.0", "id": number, "result": None})
    elif how == "half":
        broken(number, '{"content":[')
    elif how == "half sign":
        broken(number, '{"x":"\\ud800"}}')
    elif how == "deep":
        broken(number, '{"x":' + "[" * 500 + "]" * 500 + "}}")
    elif how == "other content":
        answer(number, content="text")
    else:
        if how == "chatty":
            out("I am working ...")
        answer(number, **says("done"))
        if how == "twice":
            answer(number, **says("done again"))


def serve():
    if HOW == "chatty":
        sys.stdout.buffer.write(b"\xff\xfe welcome!\n{\n[]\n\n")
        sys.stdout.flush()
    for line in sys.stdin:
        message = json.loads(line)
        number = message.get("id")
        match message.get("method"):
            case "initialize" if HOW == "dies":
                print("no licence", file=sys.stderr)
                os._exit(9)
            case "initialize" if HOW == "never":
                time.sleep(600)
            case "initialize":
                about = {"name": "odd", "version": "1"}
                able = {"tools": {"listChanged": True}}
                answer(number, protocolVersion="2025-06-18", capabilities=able, serverInfo=about)
            case "tools/list":
                list_tools(number)
            case "tools/call":
                name = message["params"]["name"]
                given = message["params"].get("arguments", {})
                if HOW == "plain":
                    call_plain(number, name, given)
                else:
                    call(number, name, given.get("how"))
            case _ if number is not None:
                error = {"code": -32601, "message": "Method not found"}
                out({"jsonrpc": "2.0", "id": number, "error": error})


if __name__ == "__main__":
    serve()

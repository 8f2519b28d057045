"""What comes over the way to a server."""

import anyio
import mcp_types as t
from mcp.shared.message import SessionMessage

from packetflow.mcp.client.targets import Wire, _Whole


async def test_a_result_that_does_not_say_its_kind_is_a_whole_one():
    send, receive = anyio.create_memory_object_stream[SessionMessage | Exception](3)
    for result in ({"content": []}, {"resultType": "input_required"}):
        message = t.JSONRPCResponse(jsonrpc="2.0", id=1, result=result)
        send.send_nowait(SessionMessage(message))
    send.send_nowait(OSError("gone"))
    send.close()

    async with _Whole(receive, Wire(lambda: None, lambda _: None)) as stream:
        found = [one async for one in stream]

    kinds = [one.message.result["resultType"] for one in found[:2]]
    assert kinds == ["complete", "input_required"]
    assert isinstance(found[2], OSError)

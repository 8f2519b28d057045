"""For capabilities: ask for what only the caller of a tool has, its model or its folders.

```python
@capability(provides="gist", effects=[Effect.model("caller")])
async def gist(text: str, context: Context) -> str:
    return await ask_model(context, f"The gist of this, in one sentence: {text}")
```

The run waits meanwhile, as for any question, so nothing is lost when the caller takes its time. A
caller that cannot answer is told what it lacks. Needs no MCP package.
"""

from __future__ import annotations

from packetflow.capabilities.asked import OF, ROOTS, of_model
from packetflow.capabilities.context import Context


async def ask_model(context: Context, prompt: str, *, max_tokens: int = 1024) -> str:
    """What the caller's language model answers (sampling)."""
    return str(await context.ask(prompt, form=of_model(max_tokens)))


async def ask_roots(context: Context) -> list[str]:
    """The addresses of the folders that the caller works in (roots)."""
    return list(await context.ask("Which folders do you work in?", form={OF: ROOTS}))

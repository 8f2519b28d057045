// A TypeScript SDK lists and calls our tools: node typescript.mjs v1|v2|v2-modern TARGET
// TARGET is JSON: {"url": ...} or {"command": ..., "args": [...], "env": {...}}. Each line that is
// printed is JSON: {"listening": true} once a change of the list would be heard, then all that was seen.

const [, , version, given] = process.argv;
const target = JSON.parse(given);
const about = { name: `typescript-${version}`, version: "1" };
const options = { capabilities: { elicitation: {} } };

/** Fills in a form: red where it may choose, else Ada. */
function fill({ requestedSchema }) {
  const fields = Object.entries(requestedSchema.properties);
  const content = fields.map(([name, said]) => [name, said.enum || said.oneOf ? "red" : "Ada"]);
  return { action: "accept", content: Object.fromEntries(content) };
}

async function older() {
  const { Client } = await import("@modelcontextprotocol/sdk/client/index.js");
  const { StdioClientTransport } = await import("@modelcontextprotocol/sdk/client/stdio.js");
  const { StreamableHTTPClientTransport } = await import(
    "@modelcontextprotocol/sdk/client/streamableHttp.js"
  );
  const types = await import("@modelcontextprotocol/sdk/types.js");
  const client = new Client(about, options);
  client.setRequestHandler(types.ElicitRequestSchema, (request) => fill(request.params));
  const heard = (then) =>
    client.setNotificationHandler(types.ToolListChangedNotificationSchema, then);
  const call = (name, args, how) => client.callTool({ name, arguments: args }, undefined, how);
  return { client, call, heard, StdioClientTransport, StreamableHTTPClientTransport };
}

async function newer() {
  const { Client, StreamableHTTPClientTransport } = await import("@modelcontextprotocol/client");
  const { StdioClientTransport } = await import("@modelcontextprotocol/client/stdio");
  let then = () => {};
  const mode = version === "v2-modern" ? { pin: "2026-07-28" } : "legacy";
  const client = new Client(about, {
    ...options,
    versionNegotiation: { mode },
    listChanged: { tools: { onChanged: () => then() } },
  });
  client.setRequestHandler("elicitation/create", (request) => fill(request.params));
  const heard = (one) => {
    then = one;
  };
  const call = (name, args, how) => client.callTool({ name, arguments: args }, how);
  return { client, call, heard, StdioClientTransport, StreamableHTTPClientTransport };
}

const { client, call, heard, ...ways } = await (version === "v1" ? older() : newer());
const transport = target.url
  ? new ways.StreamableHTTPClientTransport(new URL(target.url))
  : new ways.StdioClientTransport(target);
await client.connect(transport);

async function names() {
  const found = [];
  let cursor;
  do {
    const page = await client.listTools(cursor ? { cursor } : undefined);
    found.push(...page.tools.map((tool) => tool.name));
    cursor = page.nextCursor;
  } while (cursor);
  return found;
}

const seen = { tools: await names() };
seen.sum = (await call("add", { a: 2, b: 3 })).structuredContent;
seen.failed = await call("divide", { number: 1, by: 0 });
seen.invalid = await call("add", { a: "x" });
seen.unknown = await call("nothing", {}).catch((error) => ({ code: error.code }));
const progress = [];
await call("sleep", { seconds: 0.2 }, { onprogress: (one) => progress.push(one.message) });
seen.progress = progress;
seen.answered = (await call("ask_twice", {})).structuredContent;

const stop = new AbortController();
seen.cancelled = await call(
  "sleep",
  { seconds: 600 },
  { signal: stop.signal, onprogress: () => stop.abort("enough") },
).then(
  () => false,
  () => true,
);

const changed = new Promise((then) => heard(() => then()));
console.log(JSON.stringify({ listening: true }));
await changed;
seen.later = await names();
console.log(JSON.stringify(seen));
await client.close();
process.exit(0);

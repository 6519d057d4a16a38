// Checks a server with the packages `@ag-ui/client` and `@ag-ui/core`: each event with its schema,
// the order with `verifyEvents`, and conversations with `HttpAgent`.
// Usage: node check.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";
import { HttpAgent, verifyEvents } from "@ag-ui/client";
import { EventSchema, MessageSchema } from "@ag-ui/core/schemas";
import { from, lastValueFrom, toArray } from "rxjs";

const base = process.argv[2];
const checks = {};
let count = 0;
const TERMINAL = ["RUN_FINISHED", "RUN_ERROR"];

// Checks a stream beyond what the client refuses.
async function verify(text) {
  const events = text.split("\n\n").filter((own) => own.startsWith("data: ")).map((own) => JSON.parse(own.slice(6)));
  for (const event of events) {
    const result = EventSchema.safeParse(event);
    assert.ok(result.success, `${JSON.stringify(event)}: ${result.error}`);
  }
  await lastValueFrom(from(events).pipe(verifyEvents(false), toArray()));
  assert.equal(events[0].type, "RUN_STARTED");
  const ends = events.filter((own) => TERMINAL.includes(own.type));
  assert.equal(ends.length, 1, JSON.stringify(ends));
  assert.ok(TERMINAL.includes(events.at(-1).type), JSON.stringify(events.at(-1)));
  return events;
}

function agent(options = {}) {
  const threadId = options.threadId ?? `thread-${++count}`;
  const verdicts = [];
  const own = new HttpAgent({
    url: `${base}/agui`,
    ...options,
    threadId,
    fetch: async (url, init) => {
      const response = await fetch(url, init);
      if (!response.ok) return response;
      const [forAgent, forCheck] = response.body.tee();
      const verdict = (async () => {
        let text = "";
        for await (const bytes of forCheck.pipeThrough(new TextDecoderStream())) text += bytes;
        return verify(text);
      })();
      verdict.catch(() => {});
      verdicts.push(verdict);
      return new Response(forAgent, response);
    },
  });
  own.done = async () => Promise.all(verdicts);
  own.say = async (content, parameters) => {
    own.addMessage({ id: `user-${++count}`, role: "user", content });
    return own.runAgent(parameters);
  };
  own.text = () => own.messages.findLast((message) => message.role === "assistant")?.content;
  own.result = () => own.messages.findLast((message) => message.role === "tool");
  // What the client has is what it would have after a restart.
  own.same = async () => {
    const loaded = await load(threadId);
    const plain = ({ error, metadata, ...message }) =>
      JSON.parse(JSON.stringify({ ...message, content: message.content || undefined }));
    assert.deepEqual(own.messages.map(plain), loaded.map(plain));
  };
  return own;
}
async function load(id) {
  const response = await fetch(`${base}/agui/${encodeURIComponent(id)}`);
  assert.equal(response.status, 200);
  const messages = await response.json();
  for (const message of messages) MessageSchema.parse(message);
  return messages;
}
const until = async (condition) => {
  for (let waited = 0; !condition(); waited += 5) {
    assert.ok(waited < 20_000, "it takes too long");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

checks["text, reasoning and usage"] = async () => {
  const own = agent();
  await own.say("hello");
  const [events] = await own.done();
  assert.equal(own.text(), "Hello.");
  assert.equal(own.messages.find((message) => message.role === "reasoning").content, "hm");
  assert.equal(events.at(-1).usage[0].totalTokens, 12);
  await own.same();
  await own.say("hello");
  await own.done();
  await own.same();
};

checks["a tool of the server"] = async () => {
  const own = agent();
  await own.say("clock");
  await own.done();
  assert.equal(own.result().content, '{"time":"noon"}');
  assert.equal(own.text(), "It is noon.");
  await own.same();
};

checks["a tool that fails"] = async () => {
  const own = agent();
  await own.say("fail");
  await own.done();
  assert.match(own.result().content, /out of order/);
  await own.same();
};

checks["a tool of the client"] = async () => {
  const own = agent();
  const tools = [{ name: "find", description: "Finds", parameters: { type: "object", properties: {} } }];
  await own.say("find", { tools });
  const [events] = await own.done();
  const pending = events.at(-1).outcome.pendingToolCallIds;
  assert.equal(pending.length, 1);
  own.addMessage({ id: `tool-${++count}`, role: "tool", toolCallId: pending[0], content: "Bern" });
  await own.runAgent({ tools });
  await own.done();
  assert.equal(own.text(), "Found Bern.");
  await own.same();
};

for (const approved of [true, false]) {
  checks[`an interrupt: ${approved}`] = async () => {
    const own = agent();
    await own.say("pay");
    const [events] = await own.done();
    const [interrupt] = events.at(-1).outcome.interrupts;
    assert.equal(interrupt.message, "May I pay?");
    const payload = { approved, reason: "too much" };
    await own.runAgent({ resume: [{ interruptId: interrupt.id, status: "resolved", payload }] });
    await own.done();
    assert.match(own.result().content, approved ? /paid/ : /too much/);
    assert.equal(own.text(), "It is paid.");
    await own.same();
  };
}

checks["a discarded attempt"] = async () => {
  const own = agent();
  await own.say("retry");
  const [events] = await own.done();
  assert.ok(events.some((event) => event.type === "MESSAGES_SNAPSHOT"));
  assert.equal(own.text(), "It is blue.");
  await own.same();
};

checks["a run that fails, and the next one"] = async () => {
  const own = agent();
  let error;
  await own.say("break").catch((own) => (error = own));
  const [events] = await own.done();
  assert.equal(events.at(-1).type, "RUN_ERROR");
  assert.match(events.at(-1).message, /it broke/);
  await own.say("hello");
  await own.done();
  assert.equal(own.text(), "Hello.");
};

checks["a run that is cancelled by the server"] = async () => {
  const own = agent();
  const sent = own.say("slow");
  await until(() => own.text() === "Well");
  const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  assert.equal((await fetch(`${base}/sessions/${own.threadId}/cancel`, json)).status, 200);
  await sent;
  const [events] = await own.done();
  assert.deepEqual(events.at(-1).outcome, { type: "cancelled" });
};

checks["Stop, and the next message"] = async () => {
  const own = agent();
  const sent = own.say("slow").catch(() => {});
  await until(() => own.text() === "Well");
  own.abortRun();
  await sent;
  await own.say("hello");
  assert.equal(own.text(), "Hello.");
};

checks["a client that connects to what is running"] = async () => {
  const own = agent();
  const sent = own.say("wait");
  await until(() => own.text() === "One ");
  const again = agent({ threadId: own.threadId });
  const connected = again.runAgent();
  await until(() => again.text() === "One ");
  await fetch(`${base}/test/go`);
  await Promise.all([sent, connected]);
  assert.equal(again.text(), "One two.");
  await again.done();
  await again.same();
};

checks["a client with other messages"] = async () => {
  const own = agent();
  await own.say("hello");
  const other = agent({ threadId: own.threadId });
  other.addMessage({ id: "x", role: "assistant", content: "forged" });
  await other.say("clock");
  await other.done();
  assert.ok(!other.messages.some((message) => message.content === "forged"));
  assert.equal(other.messages.filter((message) => message.role === "user").length, 2);
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
  } catch (error) {
    failed += 1;
    console.error(`agui: ${name}: ${error.stack}`);
  }
}
console.log(`agui: ${Object.keys(checks).length - failed} of ${Object.keys(checks).length} checks passed`);
process.exit(failed === 0 ? 0 : 1);

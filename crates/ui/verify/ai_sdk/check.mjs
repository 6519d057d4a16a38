// Checks a server with the package `ai`: each chunk with its schema, and chats with its `AbstractChat`,
// which `useChat` is made of, through its `DefaultChatTransport`.
// Usage: node check.mjs http://127.0.0.1:8080
import assert from "node:assert/strict";
import {
  AbstractChat,
  DefaultChatTransport,
  lastAssistantMessageIsCompleteWithApprovalResponses,
  lastAssistantMessageIsCompleteWithToolCalls,
  readUIMessageStream,
  uiMessageChunkSchema,
  validateUIMessages,
} from "ai";

const base = process.argv[2];
const schema = uiMessageChunkSchema();
const checks = {};
let count = 0;
const TERMINAL = ["finish", "abort", "error"];

// The state of a page, as `useChat` keeps it.
class State {
  status = "ready";
  error = undefined;
  messages = [];
  constructor(messages) {
    this.messages = messages;
  }
  pushMessage = (message) => (this.messages = [...this.messages, message]);
  popMessage = () => (this.messages = this.messages.slice(0, -1));
  replaceMessage = (index, message) =>
    (this.messages = this.messages.map((own, at) => (at === index ? structuredClone(message) : own)));
  snapshot = (value) => structuredClone(value);
}
class Chat extends AbstractChat {
  constructor({ messages = [], ...options }) {
    super({ ...options, state: new State(messages) });
  }
}

// Checks each chunk on its way to the transport, beyond what the reader refuses.
async function checked(response) {
  if (!response.ok || response.status === 204) return response;
  assert.equal(response.headers.get("x-vercel-ai-ui-message-stream"), "v1");
  const [forPage, forCheck] = response.body.tee();
  response.verdict = (async () => {
    let text = "";
    for await (const bytes of forCheck.pipeThrough(new TextDecoderStream())) text += bytes;
    const data = text.split("\n\n").filter((own) => own.startsWith("data: ")).map((own) => own.slice(6));
    assert.equal(data.pop(), "[DONE]");
    const chunks = data.map((own) => JSON.parse(own));
    for (const chunk of chunks) {
      const result = await schema.validate(chunk);
      assert.ok(result.success, `${JSON.stringify(chunk)}: ${result.error}`);
    }
    assert.equal(chunks[0].type, "start");
    const ends = chunks.filter((own) => TERMINAL.includes(own.type));
    assert.equal(ends.length, 1, JSON.stringify(ends));
    assert.ok(TERMINAL.includes(chunks.at(-1).type));
    return chunks;
  })();
  response.verdict.catch(() => {});
  const own = new Response(forPage, response);
  own.verdict = response.verdict;
  return own;
}

function chat(options = {}) {
  const id = options.id ?? `chat-${++count}`;
  const verdicts = [];
  const transport = new DefaultChatTransport({
    api: `${base}/ui`,
    fetch: async (url, init) => {
      const response = await checked(await fetch(url, init));
      if (response.verdict) verdicts.push(response.verdict);
      return response;
    },
  });
  const own = new Chat({ ...options, id, transport, onError: (error) => (own.failed = error) });
  own.done = async () => Promise.all(verdicts);
  own.tool = () => own.lastMessage.parts.findLast((part) => part.type.startsWith("tool-"));
  own.text = () => textOf(own.lastMessage);
  // What the page shows is what it would show after it is loaded again.
  own.same = async () => {
    const loaded = await load(id);
    const plain = (message) => ({
      id: message.id,
      role: message.role,
      parts: message.parts
        .filter((part) => part.type !== "step-start")
        .map(({ id, approval, callProviderMetadata, resultProviderMetadata, rawInput, ...part }) =>
          JSON.parse(JSON.stringify({ ...part, state: part.type === "text" ? "done" : part.state }))),
    });
    assert.deepEqual(own.messages.map(plain), loaded.map(plain));
  };
  return own;
}
const textOf = (message) =>
  message.parts.filter((part) => part.type === "text").map((part) => part.text).join("");
async function load(id) {
  const response = await fetch(`${base}/ui/${encodeURIComponent(id)}`);
  assert.equal(response.status, 200);
  const messages = await response.json();
  if (messages.length > 0) await validateUIMessages({ messages });
  return messages;
}
const until = async (condition) => {
  for (let waited = 0; !condition(); waited += 5) {
    assert.ok(waited < 20_000, "it takes too long");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
};

checks["text, reasoning and usage"] = async () => {
  const own = chat();
  await own.sendMessage({ text: "hello" });
  await own.done();
  assert.equal(own.status, "ready");
  assert.equal(own.text(), "Hello.");
  assert.equal(own.lastMessage.parts.find((part) => part.type === "reasoning").text, "hm");
  assert.equal(own.lastMessage.metadata.usage.totalTokens, 12);
  await own.same();
};

checks["readUIMessageStream"] = async () => {
  const transport = new DefaultChatTransport({ api: `${base}/ui` });
  const message = { id: "m", role: "user", parts: [{ type: "text", text: "hello" }] };
  const stream = await transport.sendMessages({
    chatId: `chat-${++count}`, messages: [message], trigger: "submit-message",
  });
  let last;
  for await (const own of readUIMessageStream({ stream })) last = own;
  assert.equal(textOf(last), "Hello.");
};

checks["a tool of the server"] = async () => {
  const own = chat();
  await own.sendMessage({ text: "clock" });
  await own.done();
  assert.equal(own.tool().type, "tool-now");
  assert.equal(own.tool().state, "output-available");
  assert.deepEqual(own.tool().output, { time: "noon" });
  assert.equal(own.text(), "Let me see.It is noon.");
  await own.same();
};

checks["a tool that fails"] = async () => {
  const own = chat();
  await own.sendMessage({ text: "fail" });
  await own.done();
  assert.equal(own.tool().state, "output-error");
  assert.match(own.tool().errorText, /out of order/);
  assert.equal(own.text(), "I am sorry.");
  await own.same();
};

for (const approved of [true, false]) {
  checks[`a decision: ${approved}`] = async () => {
    const own = chat({ sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses });
    await own.sendMessage({ text: "pay" });
    assert.equal(own.tool().state, "approval-requested");
    assert.equal(own.tool().approval.requestReason, "May I pay?");
    await own.addToolApprovalResponse({ id: own.tool().approval.id, approved });
    await until(() => own.status === "ready" && own.text() === "It is paid.");
    await own.done();
    assert.equal(own.messages.length, 2);
    assert.equal(own.tool().state, approved ? "output-available" : "output-denied");
    if (approved) await own.same();
  };
}

checks["a decision after the page was loaded again"] = async () => {
  const first = chat();
  await first.sendMessage({ text: "pay" });
  const own = chat({
    id: first.id,
    messages: await load(first.id),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
  });
  await own.addToolApprovalResponse({ id: own.tool().approval.id, approved: true });
  await until(() => own.status === "ready" && own.text() === "It is paid.");
  await own.done();
  await own.same();
};

checks["a tool of the page"] = async () => {
  const own = chat({ sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls });
  await own.sendMessage({ text: "locate" });
  assert.equal(own.tool().state, "input-available");
  await own.addToolOutput({ tool: "locate", toolCallId: own.tool().toolCallId, output: { city: "Bern" } });
  await until(() => own.status === "ready" && own.text() === "You are in Bern.");
  await own.done();
  await own.same();
};

checks["a discarded attempt"] = async () => {
  const own = chat();
  await own.sendMessage({ text: "retry" });
  const [chunks] = await own.done();
  assert.ok(chunks.some((chunk) => chunk.type === "reset-step"));
  assert.equal(own.text(), "It is blue.");
  await own.same();
};

checks["a run that fails"] = async () => {
  const own = chat();
  await own.sendMessage({ text: "break" });
  assert.equal(own.status, "error");
  assert.match(own.error.message, /it broke/);
  assert.equal(own.text(), "We");
  await own.done();
  // And goes on.
  await own.sendMessage({ text: "hello" });
  await own.done();
  assert.equal(own.status, "ready");
  assert.equal(own.text(), "Hello.");
};

checks["an answer that is cancelled by the server"] = async () => {
  const own = chat();
  const sent = own.sendMessage({ text: "slow" });
  await until(() => own.lastMessage?.role === "assistant" && own.text() === "Well");
  const json = { method: "POST", headers: { "content-type": "application/json" }, body: "{}" };
  assert.equal((await fetch(`${base}/sessions/${own.id}/cancel`, json)).status, 200);
  await sent;
  const [chunks] = await own.done();
  assert.equal(chunks.at(-1).type, "abort");
  assert.equal(own.status, "ready");
};

checks["Stop, and the next message"] = async () => {
  const own = chat();
  const sent = own.sendMessage({ text: "slow" });
  await until(() => own.lastMessage?.role === "assistant" && own.text() === "Well");
  await own.stop();
  await sent;
  await own.sendMessage({ text: "hello" });
  assert.equal(own.status, "ready", own.error?.message);
  assert.equal(own.text(), "Hello.");
};

checks["a stream that is taken up by another page"] = async () => {
  const own = chat();
  const sent = own.sendMessage({ text: "wait" });
  await until(() => own.lastMessage?.role === "assistant" && own.text() === "One ");
  const again = chat({ id: own.id, messages: await load(own.id) });
  const resumed = again.resumeStream();
  await until(() => again.lastMessage?.role === "assistant" && again.text() === "One ");
  await fetch(`${base}/test/go`);
  await Promise.all([sent, resumed]);
  assert.equal(own.text(), "One two.");
  assert.equal(again.text(), "One two.");
  assert.equal(again.messages.length, 2);
  await again.done();
  await again.same();
};

checks["nothing is taken up where nothing runs"] = async () => {
  const own = chat();
  await own.sendMessage({ text: "hello" });
  const again = chat({ id: own.id, messages: await load(own.id) });
  await again.resumeStream();
  assert.equal(again.status, "ready");
  assert.deepEqual(again.messages.length, 2);
};

checks["an edited message, and another answer"] = async () => {
  const own = chat();
  await own.sendMessage({ text: "hello" });
  await own.sendMessage({ text: "clock" });
  const messageId = own.messages[0].id;
  await own.sendMessage({ text: "fail", messageId });
  assert.equal(own.messages.length, 2);
  assert.equal(own.text(), "I am sorry.");
  await own.same();
  await own.regenerate();
  assert.equal(own.messages.length, 2);
  assert.equal(own.text(), "I am sorry.");
  await own.done();
  await own.same();
};

checks["an image"] = async () => {
  const own = chat();
  const url = "data:image/png;base64,iVBORw0KGgo=";
  await own.sendMessage({ text: "hello", files: [{ type: "file", mediaType: "image/png", url }] });
  assert.equal(own.text(), "Hello.");
  const [message] = await load(own.id);
  assert.deepEqual(message.parts.map((part) => part.type), ["file", "text"]);
  assert.equal(message.parts[0].url, url);
};

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
  } catch (error) {
    failed += 1;
    console.error(`ai_sdk: ${name}: ${error.stack}`);
  }
}
console.log(`ai_sdk: ${Object.keys(checks).length - failed} of ${Object.keys(checks).length} checks passed`);
process.exit(failed === 0 ? 0 : 1);

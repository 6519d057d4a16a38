// Checks a server with the packages `openai`, `@ai-sdk/openai` and `@ai-sdk/openai-compatible`.
// Usage: node check.mjs http://127.0.0.1:8080/v1
import assert from "node:assert/strict";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateText, jsonSchema, stepCountIs, streamText, tool } from "ai";
import OpenAI from "openai";
import { zodResponseFormat } from "openai/helpers/zod";
import { z } from "zod";

const baseURL = process.argv[2];
const client = new OpenAI({ baseURL, apiKey: "none", maxRetries: 0 });
const model = "default";
const user = (content) => [{ role: "user", content }];
const pick = {
  type: "function",
  function: {
    name: "pick",
    description: "Picks",
    parameters: { type: "object", properties: { n: { type: "integer" } }, required: ["n"] },
  },
};
const checks = {};

checks["models"] = async () => {
  const models = await client.models.list();
  assert.equal(models.data[0].id, model);
  assert.equal((await client.models.retrieve(model)).object, "model");
  await assert.rejects(client.models.retrieve("a/b"), OpenAI.NotFoundError);
};

checks["chat, whole"] = async () => {
  const reply = await client.chat.completions.create({ model, messages: user("hello") });
  assert.equal(reply.choices[0].message.content, "Hello.");
  assert.equal(reply.choices[0].message.reasoning_content, "hm");
  assert.equal(reply.usage.total_tokens, 12);
};

checks["chat, stream"] = async () => {
  const stream = client.chat.completions.stream({
    model,
    messages: user("hello"),
    stream_options: { include_usage: true },
  });
  let text = "";
  stream.on("content", (delta) => (text += delta));
  const reply = await stream.finalChatCompletion();
  assert.equal(text, "Hello.");
  assert.equal(reply.choices[0].message.content, "Hello.");
  assert.equal(reply.choices[0].finish_reason, "stop");
  assert.equal((await stream.totalUsage()).total_tokens, 12);
};

checks["chat, tools of the client"] = async () => {
  for (const stream of [false, true]) {
    const runner = client.chat.completions.runTools({
      model,
      stream,
      messages: user("pick"),
      tools: [
        {
          type: "function",
          function: { ...pick.function, function: ({ n }) => `${n + 6}`, parse: JSON.parse },
        },
      ],
    });
    assert.equal(await runner.finalContent(), "Picked 7.");
  }
};

checks["chat, tools of the server"] = async () => {
  const reply = await client.chat.completions.create({ model, messages: user("clock") });
  assert.equal(reply.choices[0].message.content, "Let me see.\n\nIt is noon.");
};

checks["chat, structured output"] = async () => {
  const format = zodResponseFormat(z.object({ a: z.number() }), "answer");
  const body = { model, messages: user("json"), response_format: format };
  const reply = await client.chat.completions.parse(body);
  assert.deepEqual(reply.choices[0].message.parsed, { a: 1 });
  const streamed = await client.chat.completions.stream(body).finalChatCompletion();
  assert.deepEqual(streamed.choices[0].message.parsed, { a: 1 });
};

checks["chat, errors"] = async () => {
  const create = (content, more) =>
    client.chat.completions.create({ model, messages: user(content), ...more });
  await assert.rejects(create("hello", { model: "gpt-9" }), OpenAI.NotFoundError);
  await assert.rejects(create("hello", { n: 2 }), OpenAI.BadRequestError);
  await assert.rejects(create("rate"), OpenAI.RateLimitError);
  await assert.rejects(create("rate", { stream: true }), OpenAI.RateLimitError);
  const read = async () => {
    for await (const _ of await create("break", { stream: true }));
  };
  await assert.rejects(read(), (error) => error instanceof OpenAI.APIError && /it broke/.test(error.message));
  await assert.rejects(client.chat.completions.stream({ model, messages: user("break") }).done(), OpenAI.APIError);
};

checks["chat, abort"] = async () => {
  const stream = await client.chat.completions.create({ model, messages: user("slow"), stream: true });
  for await (const chunk of stream) {
    if (chunk.choices[0].delta.content) break;
  }
  stream.controller.abort();
};

checks["chat, output limit"] = async () => {
  const reply = await client.chat.completions.create({ model, messages: user("long"), max_tokens: 3 });
  assert.equal(reply.choices[0].finish_reason, "length");
};

checks["responses, whole"] = async () => {
  const first = await client.responses.create({ model, input: "hello", instructions: "Be brief" });
  assert.equal(first.output_text, "Hello.");
  assert.equal(first.output[0].type, "reasoning");
  const second = await client.responses.create({ model, input: "again", previous_response_id: first.id });
  assert.equal(second.output_text, "4 blocks");
  assert.deepEqual((await client.responses.retrieve(second.id)).output, second.output);
  await client.responses.delete(second.id);
  await assert.rejects(client.responses.retrieve(second.id), OpenAI.NotFoundError);
};

checks["responses, stream and resume"] = async () => {
  const stream = client.responses.stream({ model, input: "hello" });
  const events = [];
  for await (const event of stream) events.push(event);
  const response = await stream.finalResponse();
  assert.equal(response.output_text, "Hello.");
  // Merged deltas have the number of the last one.
  events.forEach((own, index) => assert.ok(index === 0 || own.sequence_number > events[index - 1].sequence_number));
  for (const { sequence_number } of events.slice(0, -1)) {
    const rest = client.responses.stream({ response_id: response.id, starting_after: sequence_number });
    let last = sequence_number;
    for await (const event of rest) {
      assert.ok(event.sequence_number > last);
      last = event.sequence_number;
    }
    assert.equal(last, events.at(-1).sequence_number);
  }
};

checks["responses, tools of the client"] = async () => {
  const { name, description, parameters } = pick.function;
  const tools = [{ type: "function", name, description, parameters, strict: false }];
  const stream = client.responses.stream({ model, input: "pick", tools });
  const first = await stream.finalResponse();
  const call = first.output.find((own) => own.type === "function_call");
  assert.deepEqual(JSON.parse(call.arguments), { n: 1 });
  const output = { type: "function_call_output", call_id: call.call_id, output: "7" };
  const second = await client.responses.create({ model, tools, input: [output], previous_response_id: first.id });
  assert.equal(second.output_text, "Picked 7.");
};

checks["responses, tools of the server and approvals"] = async () => {
  const shown = await client.responses.create({ model, input: "clock" });
  assert.equal(shown.output.find((own) => own.type === "mcp_call").output, "noon");
  const asked = await client.responses.create({ model, input: "pay" });
  const request = asked.output.find((own) => own.type === "mcp_approval_request");
  const answer = { type: "mcp_approval_response", approval_request_id: request.id, approve: true };
  const paid = await client.responses.create({ model, input: [answer], previous_response_id: asked.id });
  assert.equal(paid.output_text, "It is paid.");
};

checks["responses, background"] = async () => {
  let response = await client.responses.create({ model, input: "slow", background: true });
  assert.ok(["queued", "in_progress"].includes(response.status));
  response = await client.responses.cancel(response.id);
  assert.equal(response.status, "cancelled");
};

checks["responses, errors"] = async () => {
  await assert.rejects(client.responses.create({ model, input: "rate" }), OpenAI.RateLimitError);
  await assert.rejects(client.responses.create({ model, input: "x", previous_response_id: "resp_0" }), OpenAI.BadRequestError);
  const types = [];
  for await (const event of await client.responses.create({ model, input: "break", stream: true })) types.push(event.type);
  assert.equal(types.at(-1), "response.failed");
};

const schema = jsonSchema(pick.function.parameters);
const providers = {
  "ai, chat": createOpenAI({ baseURL, apiKey: "none" }).chat(model),
  "ai, responses": createOpenAI({ baseURL, apiKey: "none" }).responses(model),
  "ai, compatible": createOpenAICompatible({ baseURL, name: "geppetto", includeUsage: true }).chatModel(model),
};
for (const [name, own] of Object.entries(providers)) {
  const options = { model: own, maxRetries: 0, onError: () => {} };
  checks[`${name}: text`] = async () => {
    const whole = await generateText({ ...options, prompt: "hello" });
    assert.equal(whole.text, "Hello.");
    assert.equal(whole.usage.totalTokens, 12);
    const streamed = streamText({ ...options, prompt: "hello" });
    assert.equal(await streamed.text, "Hello.");
    assert.equal(await streamed.finishReason, "stop");
    if (name !== "ai, chat") assert.match((await streamed.reasoningText) ?? "", name === "ai, compatible" ? /hm/ : /.*/);
  };
  checks[`${name}: tools`] = async () => {
    const tools = { pick: tool({ description: "Picks", inputSchema: schema, execute: ({ n }) => `${n + 6}` }) };
    const stopWhen = stepCountIs(3);
    const whole = await generateText({ ...options, prompt: "pick", tools, stopWhen });
    assert.equal(whole.text, "Picked 7.");
    const streamed = streamText({ ...options, prompt: "pick", tools, stopWhen });
    assert.equal(await streamed.text, "Picked 7.");
    const server = await generateText({ ...options, prompt: "clock" });
    assert.match(server.text, /It is noon\.$/);
  };
  checks[`${name}: errors`] = async () => {
    await assert.rejects(generateText({ ...options, prompt: "rate" }), (error) => error.statusCode === 429);
    let failed = false;
    for await (const part of streamText({ ...options, prompt: "break" }).fullStream) failed ||= part.type === "error";
    assert.ok(failed);
  };
}

let failed = 0;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok      ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED  ${name}: ${error.stack}`);
  }
}
process.exit(failed === 0 ? 0 : 1);

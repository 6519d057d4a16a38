// A server that is killed in the middle of a stream of another project's protocol.

import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';

import { gate, startProvider } from './provider.mjs';
import { startServer } from './server.mjs';

let provider;
let server;
beforeEach(async () => {
  provider = await startProvider();
  server = await startServer(provider);
});
afterEach(async () => {
  provider.stop();
  await server.stop();
});

/** Reads the data of a stream, until it has a text, or to its end. */
async function* events(response) {
  let text = '';
  const decoder = new TextDecoder();
  for await (const bytes of response.body) {
    text += decoder.decode(bytes, { stream: true });
    const frames = text.split('\n\n');
    text = frames.pop();
    for (const frame of frames) {
      const data = frame.split('\n').find((line) => line.startsWith('data: '))?.slice(6);
      if (data) yield data === '[DONE]' ? { type: data } : JSON.parse(data);
    }
  }
}

async function until(stream, isLast) {
  const seen = [];
  for (;;) {
    const { value, done } = await stream.next();
    assert.ok(!done, `the stream ended: ${JSON.stringify(seen)}`);
    seen.push(value);
    if (isLast(value)) return seen;
  }
}

/** Reads the rest of a stream. Returns its events, and whether the connection broke. */
async function rest(stream) {
  const seen = [];
  try {
    for await (const event of stream) seen.push(event);
  } catch {
    return { seen, isBroken: true };
  }
  return { seen, isBroken: false };
}

const post = (path, body) => fetch(server.url + path, {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});
const textOf = (seen) => seen.filter((own) => /^text-delta$|^TEXT_MESSAGE_CONTENT$/.test(own.type)).map((own) => own.delta).join('');

/** Kills the server while a stream runs; the model begins again after the restart. */
async function killIn(stream, isText) {
  await until(stream, isText);
  const again = gate();
  provider.reply('Once ', { hold: again }, 'more.');
  await server.kill();
  const { seen, isBroken } = await rest(stream);
  const ends = seen.filter((own) => /^(finish|\[DONE\]|RUN_FINISHED)$/.test(own.type));
  assert.deepEqual(ends, [], 'the stream pretends to be complete');
  assert.ok(isBroken || seen.some((own) => /^(error|RUN_ERROR)$/.test(own.type)), 'the client cannot tell');
  await server.start();
  return again;
}

test('a page of the AI SDK resumes after the restart', async () => {
  const held = gate();
  provider.reply('Once upon ', { hold: held }, 'never');
  const message = { id: 'm1', role: 'user', parts: [{ type: 'text', text: 'A story' }] };
  const stream = events(await post('ui', { id: 'chat', messages: [message] }));
  const again = await killIn(stream, (own) => own.type === 'text-delta');
  const resumed = await fetch(`${server.url}ui/chat/stream`);
  assert.equal(resumed.status, 200);
  // What a page loads before it resumes has no part of the answer.
  assert.deepEqual((await server.get('ui/chat')).map((own) => own.role), ['user']);
  const own = events(resumed);
  const begun = await until(own, (event) => event.type === 'text-delta');
  again.open();
  const { seen, isBroken } = await rest(own);
  const all = [...begun, ...seen];
  assert.equal(isBroken, false);
  assert.equal(textOf(all), 'Once more.');
  assert.deepEqual(all.slice(-2).map((event) => event.type), ['finish', '[DONE]']);
  const messages = await server.get('ui/chat');
  assert.deepEqual(messages.map((event) => event.role), ['user', 'assistant']);
  assert.equal(messages[1].id, begun[0].messageId);
  held.open();
});

test('a client of AG-UI connects again after the restart', async () => {
  const held = gate();
  provider.reply('Once upon ', { hold: held }, 'never');
  const input = { threadId: 'thread', state: {}, tools: [], context: [], forwardedProps: {} };
  const message = { id: 'm1', role: 'user', content: 'A story' };
  const stream = events(await post('agui', { ...input, runId: 'r1', messages: [message] }));
  const again = await killIn(stream, (own) => own.type === 'TEXT_MESSAGE_CONTENT');
  const own = events(await post('agui', { ...input, runId: 'r2', messages: [] }));
  const begun = await until(own, (event) => event.type === 'TEXT_MESSAGE_CONTENT');
  again.open();
  const { seen, isBroken } = await rest(own);
  const all = [...begun, ...seen];
  assert.equal(isBroken, false);
  assert.equal(textOf(all), 'Once more.');
  assert.equal(all[0].type, 'RUN_STARTED');
  const snapshot = all.find((event) => event.type === 'MESSAGES_SNAPSHOT');
  assert.deepEqual(snapshot.messages.map((event) => event.content), ['A story']);
  assert.deepEqual(all.filter((event) => /^RUN_(FINISHED|ERROR)$/.test(event.type)).map((event) => event.type), ['RUN_FINISHED']);
  held.open();
});

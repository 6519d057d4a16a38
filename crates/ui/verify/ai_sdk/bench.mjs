// CPU time of a server made with the AI SDK, per delta of many streams: `node bench.mjs [streams]`, in
// the folder that `cargo xtask ui` installs. Compare with `cargo xtask bench web --ai-sdk`.

import { spawn } from 'node:child_process';
import { Agent, createServer, request } from 'node:http';
import { createUIMessageStream, createUIMessageStreamResponse, streamText } from 'ai';

const RATE = 20; // deltas per second and stream
const DELTAS = 200;

/** Emits the deltas of a stream. */
function pace(count, emit, end) {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < DELTAS) {
      emit(`${process.hrtime.bigint().toString().padStart(19, '1')} `);
      sent += 1;
      count.deltas += 1;
      return;
    }
    clearInterval(timer);
    end();
  }, 1000 / RATE);
}

/** The stream of `streamText` with a model that is not there. */
async function ofModel(count) {
  const test = await import('ai/test');
  const Model = test.MockLanguageModelV4 ?? test.MockLanguageModelV3;
  const doStream = async () => ({
    stream: new ReadableStream({
      start(own) {
        own.enqueue({ type: 'stream-start', warnings: [] });
        own.enqueue({ type: 'text-start', id: '1' });
        pace(count, (delta) => own.enqueue({ type: 'text-delta', id: '1', delta }), () => {
          own.enqueue({ type: 'text-end', id: '1' });
          const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
          own.enqueue({ type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage });
          own.close();
        });
      },
    }),
  });
  return streamText({ model: new Model({ doStream }), prompt: 'Go' }).toUIMessageStreamResponse();
}

/** Chunks that the application writes itself. */
function ofChunks(count) {
  const stream = createUIMessageStream({
    execute: ({ writer }) => new Promise((done) => {
      writer.write({ type: 'start' });
      writer.write({ type: 'text-start', id: '1' });
      pace(count, (delta) => writer.write({ type: 'text-delta', id: '1', delta }), () => {
        writer.write({ type: 'text-end', id: '1' });
        writer.write({ type: 'finish' });
        done();
      });
    }),
  });
  return createUIMessageStreamResponse({ stream });
}

function serve(mode) {
  const count = { deltas: 0 };
  const server = createServer(async (from, to) => {
    if (from.url === '/usage') {
      const { user, system } = process.cpuUsage();
      to.end(JSON.stringify({ micros: user + system, deltas: count.deltas }));
      return;
    }
    const response = mode === 'model' ? await ofModel(count) : ofChunks(count);
    to.writeHead(response.status, Object.fromEntries(response.headers));
    for await (const bytes of response.body) to.write(bytes);
    to.end();
  });
  server.listen(0, '127.0.0.1', () => console.log(server.address().port));
}

async function measure(mode, streams) {
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(process.execPath, [import.meta.filename, 'serve', mode], { stdio: ['ignore', 'pipe', 'inherit'], env });
  const port = await new Promise((ready) => { child.stdout.once('data', (data) => ready(Number(data))); });
  const agent = new Agent({ maxSockets: Infinity });
  for (let number = 0; number < streams; number += 1) {
    request({ host: '127.0.0.1', port, method: 'POST', path: '/ui', agent }, (reply) => reply.resume()).end();
  }
  const at = async (deltas) => {
    for (;;) {
      const usage = await (await fetch(`http://127.0.0.1:${port}/usage`)).json();
      if (usage.deltas >= deltas) return usage;
      await new Promise((done) => { setTimeout(done, 20); });
    }
  };
  const all = streams * DELTAS;
  const [first, last] = [await at(all / 10), await at(all * 0.9)];
  child.kill();
  const cost = (last.micros - first.micros) / (last.deltas - first.deltas);
  console.log(`${mode}: ${cost.toFixed(1)} us per delta, ${streams} streams`);
}

if (process.argv[2] === 'serve') {
  serve(process.argv[3]);
} else {
  const streams = Number(process.argv[2] ?? 50);
  for (const mode of ['model', 'chunks']) await measure(mode, streams);
  process.exit(0);
}

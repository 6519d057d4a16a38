// CPU time of a server made with the AI SDK, per delta of many streams: `node bench.mjs [streams [rate
// [deltas]]]`, in the folder that `cargo xtask ui` installs. The rate is in deltas per second and stream;
// with 0, deltas come as fast as they are read. Compare with `cargo xtask bench web --ai-sdk`.

import { spawn } from 'node:child_process';
import { Agent, createServer, request } from 'node:http';
import { createUIMessageStream, createUIMessageStreamResponse, streamText } from 'ai';

const [STREAMS, RATE, DELTAS] = [50, 20, 200].map((usual, at) => Number(process.argv[at + 2] ?? usual));
const MODE = process.argv[5]; // of the server

const now = () => `${process.hrtime.bigint().toString().padStart(19, '1')} `;

/** Emits the deltas of a stream. */
function pace(count, emit, end) {
  let sent = 0;
  const timer = setInterval(() => {
    if (sent < DELTAS) {
      emit(now());
      sent += 1;
      count.deltas += 1;
      return;
    }
    clearInterval(timer);
    end();
  }, 1000 / RATE);
}

/** Returns a source that gives a delta each time when it is asked for one. */
function unpaced(count, start, delta, end) {
  let sent = 0;
  return {
    start,
    pull(own) {
      if (sent < DELTAS) {
        sent += 1;
        count.deltas += 1;
        own.enqueue(delta(now()));
      } else {
        end(own);
      }
    },
  };
}

/** The stream of `streamText` with a model that is not there. */
async function ofModel(count) {
  const test = await import('ai/test');
  const Model = test.MockLanguageModelV4 ?? test.MockLanguageModelV3;
  const start = (own) => {
    own.enqueue({ type: 'stream-start', warnings: [] });
    own.enqueue({ type: 'text-start', id: '1' });
  };
  const chunk = (delta) => ({ type: 'text-delta', id: '1', delta });
  const end = (own) => {
    own.enqueue({ type: 'text-end', id: '1' });
    const usage = { inputTokens: { total: 1 }, outputTokens: { total: 1 } };
    own.enqueue({ type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage });
    own.close();
  };
  const paced = (own) => {
    start(own);
    pace(count, (delta) => own.enqueue(chunk(delta)), () => end(own));
  };
  const source = () => (RATE === 0 ? unpaced(count, start, chunk, end) : { start: paced });
  const doStream = async () => ({ stream: new ReadableStream(source()) });
  return streamText({ model: new Model({ doStream }), prompt: 'Go' }).toUIMessageStreamResponse();
}

/** Chunks that the application writes itself. */
function ofChunks(count) {
  const stream = createUIMessageStream({
    execute: ({ writer }) => new Promise((done) => {
      writer.write({ type: 'start' });
      writer.write({ type: 'text-start', id: '1' });
      const emit = (delta) => writer.write({ type: 'text-delta', id: '1', delta });
      const end = () => {
        writer.write({ type: 'text-end', id: '1' });
        writer.write({ type: 'finish' });
        done();
      };
      if (RATE > 0) {
        pace(count, emit, end);
        return;
      }
      for (let sent = 0; sent < DELTAS; sent += 1) emit(now());
      count.deltas += DELTAS;
      end();
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

async function measure(mode) {
  const env = { ...process.env, NODE_ENV: 'production' };
  const args = [import.meta.filename, STREAMS, RATE, DELTAS, mode].map(String);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
  const port = await new Promise((ready) => { child.stdout.once('data', (data) => ready(Number(data))); });
  const agent = new Agent({ maxSockets: Infinity });
  const usage = async () => (await fetch(`http://127.0.0.1:${port}/usage`)).json();
  const at = async (deltas) => {
    for (;;) {
      const own = await usage();
      if (own.deltas >= deltas) return own;
      await new Promise((done) => { setTimeout(done, 20); });
    }
  };
  const before = await usage();
  const read = (reply, done) => reply.resume().once('end', done);
  const replies = Array.from({ length: STREAMS }, () => new Promise((done) => {
    const options = { host: '127.0.0.1', port, method: 'POST', path: '/ui', agent };
    request(options, (reply) => read(reply, done)).end();
  }));
  const all = STREAMS * DELTAS;
  const whole = async () => [before, (await Promise.all(replies), await usage())];
  const [first, last] = RATE === 0 ? await whole() : [await at(all / 10), await at(all * 0.9)];
  child.kill();
  const cost = (last.micros - first.micros) / (last.deltas - first.deltas);
  console.log(`${mode}: ${cost.toFixed(1)} us per delta, ${STREAMS} streams`);
}

if (MODE) {
  serve(MODE);
} else {
  for (const mode of ['model', 'chunks']) await measure(mode);
  process.exit(0);
}

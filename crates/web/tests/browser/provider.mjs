// A provider of Chat Completions that says what a test tells it to.

import { createServer } from 'node:http';

/** A point in a reply where it waits until the test opens it. */
export function gate() {
  const own = {};
  own.opened = new Promise((open) => { own.open = open; });
  own.reached = new Promise((reach) => { own.reach = reach; });
  return own;
}

/**
 * Starts a provider. A reply is a list of texts and of `{reasoning}`, `{tool, args}`, `{hold: gate}`,
 * `{pause: ms}` and `{status, error}`.
 */
export async function startProvider() {
  const replies = [];
  const requests = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    if (!request.url.endsWith('/chat/completions')) {
      response.writeHead(404).end();
      return;
    }
    requests.push(JSON.parse(body));
    const steps = replies.shift() ?? ['I have nothing to say.'];
    if (steps[0]?.status) {
      const error = { message: steps[0].error, type: 'error' };
      response.writeHead(steps[0].status, { 'Content-Type': 'application/json' });
      response.end(JSON.stringify({ error }));
      return;
    }
    response.writeHead(200, { 'Content-Type': 'text/event-stream' });
    const send = (delta, finish = null) => response.write(`data: ${JSON.stringify({
      id: 'reply', object: 'chat.completion.chunk', model: 'test-model',
      choices: [{ index: 0, delta, finish_reason: finish }],
    })}\n\n`);
    let calls = 0;
    for (const step of steps) {
      if (typeof step === 'string') send({ content: step });
      else if (step.reasoning) send({ reasoning_content: step.reasoning });
      else if (step.pause) await new Promise((done) => setTimeout(done, step.pause));
      else if (step.tool) {
        const call = { name: step.tool, arguments: JSON.stringify(step.args ?? {}) };
        send({ tool_calls: [{ index: calls, id: `call-${requests.length}-${calls}`, type: 'function', function: call }] });
        calls += 1;
      } else if (step.hold) {
        step.hold.reach();
        await step.hold.opened;
      }
    }
    send({}, calls ? 'tool_calls' : 'stop');
    response.end('data: [DONE]\n\n');
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${server.address().port}/v1`,
    requests,
    reply: (...steps) => replies.push(steps),
    stop: () => { server.closeAllConnections(); server.close(); },
  };
}

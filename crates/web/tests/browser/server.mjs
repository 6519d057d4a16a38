// `geppetto serve`, and a proxy in front of it that cuts connections.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const PROGRAM = process.env.GEPPETTO;

/** Starts the program in a home of its own. */
export async function startServer(provider, ...args) {
  const home = mkdtempSync(join(tmpdir(), 'geppetto-browser-'));
  writeFileSync(join(home, 'notes.md'), '# Notes\n');
  const own = { home, url: '', args };
  own.start = async () => {
    const port = own.url ? new URL(own.url).port : '0';
    const asked = provider ? ['-m', 'test-model', '--openai-base-url', provider.url] : ['--demo'];
    own.child = spawn(PROGRAM, ['serve', '--port', port, ...asked, ...own.args], {
      cwd: home,
      env: { PATH: process.env.PATH, HOME: home, GEPPETTO_NO_DISCOVERY: '1' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: own.child.stdout })) {
      own.url = line;
      return;
    }
    throw new Error('the server did not start');
  };
  own.kill = (signal = 'SIGKILL') => new Promise((ended) => {
    own.child.once('exit', ended);
    own.child.kill(signal);
  });
  own.stop = async () => {
    if (own.child.exitCode === null && own.child.signalCode === null) await own.kill();
    rmSync(home, { recursive: true, force: true });
  };
  own.get = async (path) => (await fetch(own.url + path)).json();
  await own.start();
  return own;
}

/** Starts a proxy that ends each event stream after `events` events, while `isCutting` is set. */
export async function startProxy(target, { events }) {
  const own = { isCutting: true, cuts: 0 };
  const sockets = new Set();
  const server = createServer((client) => {
    const upstream = connect(Number(new URL(target).port), '127.0.0.1');
    let seen = 0;
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => { sockets.delete(socket); client.destroy(); upstream.destroy(); });
    }
    client.pipe(upstream);
    upstream.on('data', (bytes) => {
      client.write(bytes);
      if (!own.isCutting) return;
      seen += bytes.toString('latin1').split('\ndata:').length - 1;
      if (seen < events) return;
      own.cuts += 1;
      client.end();
      upstream.destroy();
    });
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  own.url = `http://127.0.0.1:${server.address().port}/`;
  own.cutAll = () => { for (const socket of sockets) socket.destroy(); };
  own.stop = () => { own.cutAll(); server.close(); };
  return own;
}

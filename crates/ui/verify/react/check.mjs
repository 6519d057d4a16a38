// A page with `useChat` in Chromium, against the server whose address is the argument.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { chromium } from 'playwright-core';

const target = new URL(process.argv[2]);
const executablePath = process.env.CHROMIUM || '/usr/bin/chromium';
if (!existsSync(executablePath)) {
  console.log('react: there is no Chromium, so the page was not tried; set CHROMIUM');
  process.exit(0);
}

const bundle = await build({
  entryPoints: ['page.jsx'],
  bundle: true,
  write: false,
  format: 'esm',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
});
const files = {
  '/': ['text/html', '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="root"></div><script type="module" src="/page.js"></script>'],
  '/page.js': ['text/javascript', bundle.outputFiles[0].text],
};

// The page and the routes have one origin, as in an application.
const proxy = createServer((from, to) => {
  const file = files[from.url];
  if (file) {
    to.writeHead(200, { 'Content-Type': file[0] }).end(file[1]);
    return;
  }
  const { origin, ...headers } = from.headers;
  const passed = request(
    { host: target.hostname, port: target.port, method: from.method, path: from.url, headers: { ...headers, host: target.host } },
    (reply) => {
      to.writeHead(reply.statusCode, reply.headers);
      reply.pipe(to);
    },
  );
  passed.on('error', () => to.destroy());
  to.on('close', () => passed.destroy());
  from.pipe(passed);
});
await new Promise((ready) => proxy.listen(0, '127.0.0.1', ready));
const url = `http://127.0.0.1:${proxy.address().port}/`;

const browser = await chromium.launch({
  executablePath,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run'],
  env: { ...process.env, HOME: mkdtempSync(join(tmpdir(), 'geppetto-react-')) },
});
const page = await browser.newPage();
page.setDefaultTimeout(15000);
const faults = [];
page.on('pageerror', (error) => faults.push(String(error)));

const ready = () => page.locator('main[data-status="ready"]').waitFor();
const texts = () => page.locator('main > p').allInnerTexts();
const answer = (text) => page.locator('.assistant', { hasText: text }).last().waitFor();
const say = async (text) => {
  await page.locator('input').fill(text);
  await page.keyboard.press('Enter');
};

await page.goto(url);
await ready();
assert.deepEqual(await texts(), [], 'a chat without messages has none, and no error');

await say('hello');
await answer('Hello.');
await ready();
await say('clock');
await answer('It is noon.');
await ready();
const two = await texts();
assert.equal(two.length, 4);
assert.match(two[3], /^Let me see\.\[.*output-available\]It is noon\.$/);
console.log('react: two turns, with a tool');

await say('wait');
await answer('One');
await page.reload();
await answer('One');
assert.deepEqual((await texts()).slice(0, 4), two);
await fetch(new URL('/test/go', target));
await answer('One two.');
await ready();
assert.deepEqual((await texts()).slice(4), ['wait', 'One two.']);
console.log('react: a reload in the middle of an answer');

await say('slow');
await answer('Well');
await page.getByRole('button', { name: 'Stop' }).click();
await ready();
await say('hello');
await page.waitForFunction(() => [...document.querySelectorAll('.assistant')].at(-1)?.innerText === 'Hello.');
await ready();
await page.reload();
await ready();
assert.deepEqual((await texts()).slice(6), ['slow', 'Well', 'hello', 'Hello.']);
console.log('react: a stop, and a message after it');

assert.deepEqual(faults, []);
assert.equal(await page.locator('.error').count(), 0);
await browser.close();
proxy.close();
proxy.closeAllConnections();

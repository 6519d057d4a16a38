// Connections that are lost, windows that come and go, servers that are killed.

import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';

import { answered, closeBrowser, look, noFaults, openPage, say, texts } from './page.mjs';
import { gate, startProvider } from './provider.mjs';
import { startProxy, startServer } from './server.mjs';

let provider;
let server;
let proxy;
beforeEach(async () => { provider = await startProvider(); });
afterEach(async () => {
  proxy?.stop();
  provider.stop();
  await server?.stop();
  server = null;
  proxy = null;
});
after(closeBrowser);

test('a reload in the middle of an answer shows all of it, and only once', async () => {
  server = await startServer(provider);
  const page = await openPage(server.url);
  const held = gate();
  provider.reply('Once upon ', { hold: held }, 'a time.');
  await say(page, 'A story');
  await page.answers.filter({ hasText: 'Once upon' }).waitFor();
  await page.reload();
  await page.answers.filter({ hasText: 'Once upon' }).waitFor();
  await page.stopButton.waitFor();
  held.open();
  await answered(page, 'Once upon a time.');
  assert.deepEqual(await texts(page), ['A story', 'Once upon a time.']);
  noFaults(page);
});

test('two windows agree', async () => {
  server = await startServer(provider);
  const one = await openPage(server.url);
  const held = gate();
  provider.reply({ reasoning: 'Hm.' }, 'Once ', { hold: held }, 'upon a time.');
  await say(one, 'A story');
  await one.answers.filter({ hasText: 'Once' }).waitFor();
  const two = await openPage(one.url(), { context: one.context() });
  await two.answers.filter({ hasText: 'Once' }).waitFor();
  held.open();
  await Promise.all([answered(one, 'upon a time.'), answered(two, 'upon a time.')]);
  provider.reply('The end.');
  await say(two, 'And then?');
  await Promise.all([answered(one, 'The end.'), answered(two, 'The end.')]);
  assert.deepEqual(await texts(one), await texts(two));
  // A deletion in one window is told in the other.
  two.on('dialog', (dialog) => dialog.accept());
  await two.locator('nav li.current').hover();
  await two.locator('nav li.current').getByRole('button', { name: /Delete/ }).click();
  await one.getByText('This conversation was deleted').waitFor();
  noFaults(one, two);
});

test('a server that is killed in the middle of an answer goes on with it', async () => {
  server = await startServer(provider);
  const page = await openPage(server.url);
  const held = gate();
  provider.reply('Once upon ', { hold: held }, 'never');
  await say(page, 'A story');
  await page.answers.filter({ hasText: 'Once upon' }).waitFor();
  await server.kill();
  await page.locator('.banner.lost').waitFor();
  await look(page, 'lost');
  provider.reply('Once upon a time.');
  await server.start();
  await answered(page, 'Once upon a time.');
  await page.locator('.banner.lost').waitFor({ state: 'detached' });
  assert.deepEqual(await texts(page), ['A story', 'Once upon a time.']);
  await page.reload();
  await answered(page, 'Once upon a time.');
  provider.reply('The end.');
  await say(page, 'And then?');
  await answered(page, 'The end.');
  held.open();
  noFaults(page);
});

test('a connection that is cut after each event loses and repeats nothing', async () => {
  server = await startServer(provider);
  proxy = await startProxy(server.url, { events: 1 });
  const page = await openPage(proxy.url);
  const words = Array.from({ length: 12 }, (_, number) => `word${number} `);
  const gates = words.map(gate);
  provider.reply({ reasoning: 'Count.' }, ...words.flatMap((word, number) => [word, { hold: gates[number] }]));
  await say(page, 'Count');
  for (const [number, own] of gates.entries()) {
    await page.answers.filter({ hasText: `word${number}` }).waitFor();
    own.open();
  }
  await answered(page, words.at(-1).trim());
  assert.deepEqual(await texts(page), ['Count', words.join('').trim()]);
  assert.ok(proxy.cuts >= words.length, `${proxy.cuts}`);
  proxy.isCutting = false;
  await page.locator('.banner.lost').waitFor({ state: 'detached' });
  noFaults(page);
});

test('a message is sent once, although its connection is cut', async () => {
  server = await startServer(provider);
  proxy = await startProxy(server.url, { events: Infinity });
  const page = await openPage(proxy.url);
  provider.reply('Hello.');
  await say(page, 'Hello');
  await answered(page, 'Hello.');
  // The server has the message, but its reply is lost.
  let losses = 0;
  await page.route('**/messages', async (route) => {
    losses += 1;
    if (losses > 1) return route.continue();
    await route.fetch();
    return route.abort('connectionreset');
  });
  provider.reply('Once.');
  provider.reply('Twice.');
  await say(page, 'Again');
  await answered(page, 'Once.');
  await page.waitForFunction(() => document.getElementById('prompt').value === '');
  assert.deepEqual(await texts(page), ['Hello', 'Hello.', 'Again', 'Once.']);
  assert.equal(losses, 2);
  noFaults(page);
});

test('without a server, a message stays where it was written', async () => {
  server = await startServer(provider);
  const page = await openPage(server.url);
  provider.reply('Hello.');
  await say(page, 'Hello');
  await answered(page, 'Hello.');
  await server.kill();
  await say(page, 'Keep this');
  await page.locator('.banner.problem', { hasText: 'cannot be reached' }).waitFor();
  assert.equal(await page.prompt.inputValue(), 'Keep this');
  provider.reply('Here it is.');
  await server.start();
  await page.locator('.banner.lost').waitFor({ state: 'detached' });
  await page.prompt.press('Enter');
  await answered(page, 'Here it is.');
  noFaults(page);
});

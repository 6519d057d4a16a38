// People and their devices: keyboards, small screens, dark rooms, screen readers, input methods.

import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';

import { answered, closeBrowser, look, noFaults, openPage, say, texts } from './page.mjs';
import { gate, startProvider } from './provider.mjs';
import { startServer } from './server.mjs';

let provider;
let server;
beforeEach(async () => {
  provider = await startProvider();
  server = await startServer(provider, '--tool', 'list-files');
});
afterEach(async () => {
  provider.stop();
  await server.stop();
});
after(closeBrowser);

const LONG = Array.from({ length: 60 }, (_, number) => `Paragraph ${number} of a long answer.\n\n`);

test('everything works with the keyboard alone', async () => {
  const page = await openPage(server.url);
  const focused = () => page.evaluate(() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim());
  assert.equal(await focused(), 'Message');
  await page.keyboard.type('First line');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('second line');
  const held = gate();
  provider.reply('Wait ', { hold: held }, 'never');
  await page.keyboard.press('Enter');
  await page.answers.filter({ hasText: 'Wait' }).waitFor();
  assert.equal(provider.requests[0].messages.at(-1).content, 'First line\nsecond line');
  await page.keyboard.press('Escape');
  await page.stopButton.waitFor({ state: 'detached' });
  provider.reply({ tool: 'list_files', args: {} });
  await page.keyboard.type('List');
  await page.keyboard.press('Enter');
  await page.getByRole('button', { name: 'Allow', exact: true }).waitFor();
  // Backwards from the composer to the decision.
  for (let step = 0; step < 30 && (await focused()) !== 'Allow'; step += 1) await page.keyboard.press('Shift+Tab');
  provider.reply('There is one file.');
  await page.keyboard.press('Enter');
  await answered(page, 'There is one file.');
  await page.keyboard.press('Control+Shift+O');
  assert.equal(await page.answers.count(), 0);
  assert.equal(await focused(), 'Message');
  await page.keyboard.type('Hello');
  provider.reply('Hello.');
  await page.keyboard.press('Enter');
  await answered(page, 'Hello.');
  // From the top of the page: the skip link, the list, its first conversation.
  await page.evaluate(() => document.activeElement.blur());
  for (let step = 0; step < 30 && !(await focused()).startsWith('First line'); step += 1) await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.answers.filter({ hasText: 'There is one file.' }).waitFor();
  held.open();
  noFaults(page);
});

test('Enter that ends a composition of an input method sends nothing', async () => {
  const page = await openPage(server.url);
  const posts = [];
  page.on('request', (request) => request.method() === 'POST' && posts.push(request.url()));
  await page.prompt.fill('にほん');
  await page.evaluate(() => {
    const own = document.getElementById('prompt');
    const enter = (init) => own.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init }));
    enter({ isComposing: true });
    // Safari ends the composition before the key.
    enter({ keyCode: 229 });
  });
  provider.reply('はい。');
  await page.evaluate(() => fetch('profiles'));
  assert.deepEqual(posts, []);
  assert.equal(await page.prompt.inputValue(), 'にほん');
  await page.keyboard.press('Enter');
  await answered(page, 'はい。');
  assert.deepEqual(await texts(page), ['にほん', 'はい。']);
  noFaults(page);
});

test('a double press sends once', async () => {
  const page = await openPage(server.url);
  provider.reply('Once.');
  provider.reply('Twice.');
  await page.prompt.fill('Hello');
  await page.evaluate(() => {
    const own = document.getElementById('prompt');
    for (let count = 0; count < 3; count += 1) own.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
    document.querySelector('.send').click();
    document.querySelector('.send').click();
  });
  await answered(page, 'Once.');
  assert.deepEqual(await texts(page), ['Hello', 'Once.']);
  assert.equal(provider.requests.length, 1);
  noFaults(page);
});

// https://github.com/epam/ai-dial-chat/issues/5784, https://github.com/chatwoot/chatwoot/issues/5957
test('a decision that is pressed twice is sent once', async () => {
  const page = await openPage(server.url);
  provider.reply({ tool: 'list_files', args: { path: '.' } });
  provider.reply('Listed.');
  await say(page, 'List the files');
  const allow = page.getByRole('button', { name: 'Allow', exact: true });
  await allow.waitFor();
  const sent = [];
  page.on('request', (request) => { if (request.url().includes('/approvals/')) sent.push(request.url()); });
  await allow.evaluate((button) => { button.click(); button.click(); });
  await answered(page, 'Listed.');
  assert.equal(sent.length, 1);
  assert.equal(await page.locator('.banner.problem').count(), 0);
  assert.equal(provider.requests.length, 2);
  provider.reply('Fine.');
  await say(page, 'And you?');
  await answered(page, 'Fine.');
  await page.getByRole('button', { name: 'Remove this message and its answer' }).evaluate((button) => { button.click(); button.click(); });
  await page.locator('.message.user', { hasText: 'And you?' }).waitFor({ state: 'detached' });
  assert.deepEqual(await page.users.allInnerTexts(), ['List the files']);
  noFaults(page);
});

test('what is typed while an answer is written stays', async () => {
  const page = await openPage(server.url);
  const held = gate();
  provider.reply('Once ', { hold: held }, 'upon a time.');
  await say(page, 'A story');
  await page.answers.filter({ hasText: 'Once' }).waitFor();
  await page.prompt.fill('And then');
  held.open();
  await answered(page, 'upon a time.');
  assert.equal(await page.prompt.inputValue(), 'And then');
  assert.equal(provider.requests.length, 1);
  noFaults(page);
});

const isAtEnd = () => { const own = document.querySelector('.pane'); return own.scrollHeight - own.scrollTop - own.clientHeight < 4; };

/** The button to the end is there before the pane has moved. */
const isAway = () => { const own = document.querySelector('.pane'); return own.scrollHeight - own.scrollTop - own.clientHeight > 896; };

test('a reader who scrolled up stays there, and one at the end follows', async () => {
  const page = await openPage(server.url);
  const held = gate();
  const more = gate();
  provider.reply(...LONG, { hold: held }, ...LONG, { hold: more }, 'The end.');
  await say(page, 'A long answer');
  await held.reached;
  await page.answers.filter({ hasText: 'Paragraph 59' }).waitFor();
  const place = () => page.evaluate(() => {
    const own = document.querySelector('.pane');
    return [Math.round(own.scrollTop), Math.round(own.scrollHeight - own.scrollTop - own.clientHeight)];
  });
  await page.waitForFunction(isAtEnd);
  await page.mouse.move(700, 300);
  await page.mouse.wheel(0, -900);
  const jump = page.getByRole('button', { name: 'Latest' });
  await jump.waitFor();
  await page.waitForFunction(isAway);
  const [top] = await place();
  held.open();
  await more.reached;
  await page.waitForFunction(() => document.querySelector('.message.answer').textContent.split('Paragraph 59').length > 2);
  assert.equal((await place())[0], top);
  await look(page, 'scrolled-up');
  await jump.click();
  await jump.waitFor({ state: 'detached' });
  more.open();
  await answered(page, 'The end.');
  await page.waitForFunction(isAtEnd);
  noFaults(page);
});

// https://github.com/open-chat-labs/open-chat/issues/1200
test('a reader who scrolled up sees the message that they send, and its answer', async () => {
  const page = await openPage(server.url);
  provider.reply(...LONG);
  await say(page, 'A long answer');
  await answered(page, 'Paragraph 59');
  const jump = page.getByRole('button', { name: 'Latest' });
  const scrollUp = async () => {
    await page.mouse.move(700, 300);
    await page.mouse.wheel(0, -900);
    await jump.waitFor();
    await page.waitForFunction(isAway);
  };
  await page.waitForFunction(isAtEnd);
  await scrollUp();
  provider.reply(...LONG, 'Yes.');
  await say(page, 'And then?');
  await answered(page, 'Yes.');
  await page.waitForFunction(isAtEnd);
  await jump.waitFor({ state: 'detached' });
  await scrollUp();
  provider.reply(...LONG, 'No.');
  await page.prompt.focus();
  await page.keyboard.press('ArrowUp');
  await page.prompt.fill('And now?');
  await page.keyboard.press('Enter');
  await answered(page, 'No.');
  await page.waitForFunction(isAtEnd);
  noFaults(page);
});

test('a narrow screen has everything', async () => {
  const page = await openPage(server.url, { viewport: { width: 360, height: 640 }, hasTouch: true });
  provider.reply('| a | wide | table | with | many | columns |\n|---|---|---|---|---|---|\n| 1 | two | three | four | five | six |\n\n```\na long line of code that does not fit into the width of a small screen at all\n```\n\nhttps://example.com/an/address/that/is/much/longer/than/the/screen/is/wide/and/has/no/spaces\n');
  await say(page, 'Something wide');
  await answered(page, 'no/spaces');
  await look(page, 'narrow');
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
  await page.getByRole('button', { name: 'Conversations' }).click();
  await page.locator('nav.sidebar.open').waitFor();
  await page.locator('nav .name', { hasText: 'Something wide' }).waitFor();
  await page.waitForFunction(() => document.querySelector('nav.sidebar').getBoundingClientRect().left === 0);
  await look(page, 'narrow-list');
  await page.keyboard.press('Escape');
  await page.locator('nav.sidebar.open').waitFor({ state: 'detached' });
  noFaults(page);
});

test('dark and light, as the system or as chosen', async () => {
  const page = await openPage(server.url, { colorScheme: 'dark' });
  const back = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).map(Number)[0]);
  assert.ok(await back() < 60);
  provider.reply({ reasoning: 'Hm.' }, 'Some **text** and `code`.\n\n```js\nconst a = 1;\n```\n');
  await say(page, 'Hello');
  await answered(page, 'Some text');
  await look(page, 'dark');
  await page.getByRole('button', { name: /Colors/ }).click();
  assert.ok(await back() > 200);
  await page.reload();
  assert.ok(await back() > 200);
  noFaults(page);
});

test('a screen reader is told what happens', async () => {
  const page = await openPage(server.url);
  const said = [];
  await page.exposeFunction('announced', (text) => said.push(text));
  await page.evaluate(() => new MutationObserver(() => window.announced(document.querySelector('.hidden[role="status"]').textContent))
    .observe(document.querySelector('.hidden[role="status"]'), { childList: true, characterData: true, subtree: true }));
  provider.reply('Hello.');
  await say(page, 'Hello');
  await answered(page, 'Hello.');
  await page.waitForFunction(() => document.querySelector('.hidden[role="status"]').textContent.includes('finished'));
  assert.ok(said.includes('Answer finished'), said.join());
  for (const button of await page.locator('button:visible, a:visible, textarea:visible').all()) {
    const name = await button.evaluate((own) => own.getAttribute('aria-label') || own.textContent.trim() || own.title);
    assert.ok(name, await button.evaluate((own) => own.outerHTML));
  }
  noFaults(page);
});

// Faults that users of other chats have reported; each must not happen here.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, beforeEach, test } from 'node:test';

import { answered, closeBrowser, noFaults, openPage, say, texts } from './page.mjs';
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
after(closeBrowser);

const typed = (page, init) => page.evaluate((own) => {
  document.activeElement.dispatchEvent(new KeyboardEvent('keydown', { bubbles: true, cancelable: true, ...own }));
}, init);

async function dropImage(page, type = 'image/png', name = 'a.png') {
  await page.evaluate(async ([type, name]) => {
    const canvas = document.createElement('canvas');
    const blob = await new Promise((done) => { canvas.toBlob(done, 'image/png'); });
    const data = new DataTransfer();
    data.items.add(new File([blob], name, { type }));
    document.body.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
  }, [type, name]);
}

// open-webui 2647, 6172
test('a conversation that was left while it was answered goes on, and can be stopped', async () => {
  const page = await openPage(server.url);
  const held = gate();
  provider.reply('Once ', { hold: held }, 'upon a time.');
  await say(page, 'A story');
  await page.answers.filter({ hasText: 'Once' }).waitFor();
  await page.getByRole('button', { name: 'New conversation' }).first().click();
  provider.reply('Hello.');
  await say(page, 'Hello');
  await answered(page, 'Hello.');
  // The answer of the one does not appear in the other.
  assert.deepEqual(await texts(page), ['Hello', 'Hello.']);
  await page.locator('nav .dot.running').waitFor();
  await page.locator('nav .name', { hasText: 'A story' }).click();
  await page.answers.filter({ hasText: 'Once' }).waitFor();
  await page.stopButton.click();
  await page.stopButton.waitFor({ state: 'detached' });
  await page.goBack();
  await page.answers.filter({ hasText: 'Hello.' }).waitFor();
  held.open();
  noFaults(page);
});

// open-webui 24424
test('several regenerations that fail leave nothing behind', async () => {
  const page = await openPage(server.url);
  provider.reply('First.');
  await say(page, 'Say something');
  await answered(page, 'First.');
  for (let count = 0; count < 3; count += 1) {
    provider.reply({ status: 400, error: `failure ${count}` });
    await page.getByRole('button', { name: 'Ask again', exact: true }).click();
    await page.locator('.error', { hasText: `failure ${count}` }).waitFor();
    await page.stopButton.waitFor({ state: 'detached' });
  }
  await page.reload();
  provider.reply('At last.');
  await page.getByRole('button', { name: 'Ask again', exact: true }).click();
  await answered(page, 'At last.');
  assert.deepEqual(await texts(page), ['Say something', 'At last.']);
  noFaults(page);
});

// clowder-ai 314, QuillCode 694, assistant-ui 8046
test('drafts and images belong to their conversation', async () => {
  const page = await openPage(server.url);
  provider.reply('Hello.');
  await say(page, 'One');
  await answered(page, 'Hello.');
  await page.prompt.fill('a draft of one');
  await dropImage(page);
  await page.locator('.previews img').waitFor();
  await page.getByRole('button', { name: 'New conversation' }).first().click();
  await page.locator('.previews').waitFor({ state: 'detached' });
  assert.equal(await page.prompt.inputValue(), '');
  await page.locator('nav .name', { hasText: 'One' }).click();
  await page.locator('.previews img').waitFor();
  assert.equal(await page.prompt.inputValue(), 'a draft of one');
  noFaults(page);
});

// agent-coworker 209: the draft of another conversation was cleared
test('a message that is slow to send clears no other draft', async () => {
  const page = await openPage(server.url);
  provider.reply('Hello.');
  await say(page, 'One');
  await answered(page, 'Hello.');
  const sending = gate();
  await page.route('**/messages', async (route) => {
    sending.reach();
    await sending.opened;
    await route.continue();
  });
  provider.reply('Slow.');
  await say(page, 'Slowly');
  await sending.reached;
  await page.getByRole('button', { name: 'New conversation' }).first().click();
  await page.prompt.fill('another draft');
  sending.open();
  await page.locator('nav .dot').waitFor({ state: 'detached' });
  await page.waitForResponse((response) => response.url().includes('sessions?'));
  assert.equal(await page.prompt.inputValue(), 'another draft');
  await page.locator('nav .name', { hasText: 'One' }).click();
  await answered(page, 'Slow.');
  assert.equal(await page.prompt.inputValue(), '');
  noFaults(page);
});

// llama-swap 1044: also in titles
test('an input method can be used in titles, and Escape in them stops no answer', async () => {
  const page = await openPage(server.url);
  const held = gate();
  provider.reply('Once ', { hold: held }, 'upon a time.');
  await say(page, 'A story');
  await page.answers.filter({ hasText: 'Once' }).waitFor();
  const rename = async () => {
    await page.locator('nav li.current').hover();
    await page.locator('nav li.current').getByRole('button', { name: /Rename/ }).click();
    await page.locator('.rename').fill('物語');
  };
  await rename();
  await typed(page, { key: 'Enter', isComposing: true });
  await typed(page, { key: 'Enter', keyCode: 229 });
  assert.equal(await page.locator('.rename').count(), 1);
  await page.keyboard.press('Escape');
  await page.locator('nav li.current .name', { hasText: 'A story' }).waitFor();
  assert.equal(await page.stopButton.count(), 1);
  await page.prompt.focus();
  await typed(page, { key: 'Escape', isComposing: true });
  assert.equal(await page.stopButton.count(), 1);
  held.open();
  await answered(page, 'upon a time.');
  const changes = [];
  page.on('request', (request) => request.method() === 'PATCH' && changes.push(request.postData()));
  await rename();
  await page.keyboard.press('Enter');
  await page.locator('nav li.current .name', { hasText: '物語' }).waitFor();
  assert.equal(changes.length, 1);
  noFaults(page);
});

// agent-dashboard 19, Memoh 822: the seventh window hangs
test('many windows of one browser all work', async () => {
  const pages = [await openPage(server.url)];
  provider.reply('Hello.');
  await say(pages[0], 'Hello');
  await answered(pages[0], 'Hello.');
  const context = pages[0].context();
  // Headless pages are never hidden by themselves.
  const hide = (page) => page.evaluate((hidden) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    document.dispatchEvent(new Event('visibilitychange'));
  }, true);
  for (let count = 0; count < 8; count += 1) {
    const before = pages.at(-1);
    const closed = before.waitForEvent('requestfinished', (request) => request.url().includes('/events')).catch(() => {});
    const failed = before.waitForEvent('requestfailed', (request) => request.url().includes('/events')).catch(() => {});
    await hide(before);
    await Promise.race([closed, failed]);
    const page = await openPage(pages[0].url(), { context });
    await answered(page, 'Hello.');
    pages.push(page);
  }
  provider.reply('Still here.');
  await say(pages.at(-1), 'Are you there?');
  await answered(pages.at(-1), 'Still here.');
  // A window that is seen again has what it missed.
  await pages[0].evaluate(() => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => false });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await answered(pages[0], 'Still here.');
  noFaults(...pages);
});

// textgen 6722: the page types on when the answer is complete, and Stop does not work
test('a huge and fast answer is shown at once, and can be stopped', async () => {
  const page = await openPage(server.url);
  const held = gate();
  const line = 'A line of a **very** long answer with `code` in it.\n\n';
  provider.reply(...Array.from({ length: 3000 }, () => line), { hold: held }, 'never');
  await say(page, 'A book');
  await held.reached;
  await page.waitForFunction(() => document.querySelectorAll('.markdown .block').length === 3000);
  await page.stopButton.click();
  await page.stopButton.waitFor({ state: 'detached' });
  provider.reply('A word.');
  await say(page, 'Shorter');
  await answered(page, 'A word.');
  held.open();
  noFaults(page);
});

// open-swe 2348, Reasonix 7931, github/app 1851, simple-ai-chat 356
test('Markdown: lists, fences, tasks, tables and formulas are what they are', async () => {
  const page = await openPage(server.url);
  const text = [
    '3. third\n\n   ```js\n   let a = 1;\n   ```\n\n4. fourth\n   - [x] done\n   - [ ] open',
    'I. test `<tables>` test, a<b and 3 > 2, <think>hm</think> &amp; Vec<String>',
    '````md\n```js\ninner\n```\n````',
    'The area is \\(a_1 * b_1\\), and \\[ \\frac{a}{b} \\] or $$x_1 + x_2$$.',
    '| a | b |\n|--|--|\n| x<br>y | `c\\|d` |',
    '[text][1] and H<sub>2</sub>O\n\n[1]: https://example.com/page',
  ].join('\n\n');
  provider.reply(...text.match(/[^]{1,9}/g), '\n\n```python\nprint("open fence")');
  await say(page, 'Everything');
  await answered(page, 'open fence');
  const all = page.locator('.markdown').last();
  assert.equal(await all.locator('ol').getAttribute('start'), '3');
  assert.equal(await all.locator('li pre code').innerText(), 'let a = 1;\n');
  assert.equal(await all.locator('input[type=checkbox]').count(), 2);
  const shown = await all.innerText();
  for (const part of ['<tables>', 'a<b and 3 > 2', '<think>hm</think>', 'Vec<String>', '\\(a_1 * b_1\\)', '\\[ \\frac{a}{b} \\]', '$$x_1 + x_2$$']) {
    assert.ok(shown.includes(part), `${part} in ${shown}`);
  }
  assert.equal(await all.locator('> .code code').nth(0).innerText(), '```js\ninner\n```');
  assert.equal(await all.locator('> .code code').nth(1).innerText(), 'print("open fence")');
  assert.equal(await all.locator('td br').count(), 1);
  assert.equal(await all.locator('sub').innerText(), '2');
  assert.equal(await all.locator('a', { hasText: 'text' }).getAttribute('href'), 'https://example.com/page');
  noFaults(page);
});

test('code in lists and quotes is copied, and columns are aligned as the table says', async () => {
  const page = await openPage(server.url, { permissions: ['clipboard-read', 'clipboard-write'] });
  provider.reply('1. First:\n\n   ```sh\n   make\n     all\n   ```\n2. Then\n\n> ```js\n> let a = 1;\n> ```\n\n| a | b | c | d |\n|:-:|--:|:--|---|\n| 1 | 2 | 3 | 4 |\n');
  await say(page, 'Steps');
  await answered(page, 'Then');
  const heads = page.locator('.code-head');
  assert.deepEqual(await heads.locator('span').allInnerTexts(), ['sh', 'js']);
  for (const [index, text] of ['make\n  all', 'let a = 1;'].entries()) {
    await heads.nth(index).getByRole('button').click();
    await heads.nth(index).getByRole('button', { name: 'Copied' }).waitFor();
    assert.equal(await page.evaluate(() => navigator.clipboard.readText()), text);
  }
  const aligned = await page.locator('td').evaluateAll((all) => all.map((own) => getComputedStyle(own).textAlign));
  assert.deepEqual(aligned, ['center', 'right', 'left', 'start']);
  noFaults(page);
});

// ClaraVerse 198, lobehub 2534, jan 2873
test('a slow finger leaves the end while an answer is written', async () => {
  const page = await openPage(server.url);
  const words = Array.from({ length: 400 }, (_, number) => `Line ${number} of a long answer.\n\n`);
  const held = gate();
  provider.reply(...words.slice(0, 60), { hold: held }, ...words.slice(60).flatMap((own) => [own, { pause: 8 }]), 'The end.');
  await say(page, 'A long answer');
  await page.answers.filter({ hasText: 'Line 59' }).waitFor();
  await page.mouse.move(700, 300);
  held.open();
  for (let count = 0; count < 20; count += 1) {
    await page.mouse.wheel(0, -12);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
  await page.getByRole('button', { name: 'Latest' }).waitFor();
  const top = () => page.evaluate(() => document.querySelector('.pane').scrollTop);
  const before = await top();
  await answered(page, 'The end.');
  assert.ok(Math.abs(await top() - before) < 260, `${before} ${await top()}`);
  await page.getByRole('button', { name: 'Latest' }).waitFor();
  noFaults(page);
});

// Pasting from an office pastes a picture of the text
test('a paste that has text is a text, and other files are named', async () => {
  const page = await openPage(server.url);
  const paste = (text) => page.evaluate((own) => {
    const data = new DataTransfer();
    data.items.add(new File([new Uint8Array([1])], 'cells.png', { type: 'image/png' }));
    if (own) data.setData('text/plain', own);
    const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true });
    return document.getElementById('prompt').dispatchEvent(event);
  }, text);
  assert.equal(await paste('a\tb'), true, 'the browser pastes the text');
  assert.equal(await page.locator('.previews').count(), 0);
  await dropImage(page, 'text/plain', 'notes.txt');
  await page.locator('.banner.problem', { hasText: 'notes.txt' }).waitFor();
  noFaults(page);
});

// Copying fails where the page is not on localhost or HTTPS
test('code and answers are copied, also without HTTPS', async () => {
  const page = await openPage(server.url, { permissions: ['clipboard-read', 'clipboard-write'] });
  provider.reply('```\nlet a = 1;\n```\n');
  await say(page, 'Code');
  await answered(page, 'let a');
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
  await page.getByRole('button', { name: 'Copy', exact: true }).click();
  await page.getByRole('button', { name: 'Copied' }).waitFor();
  assert.equal(await clipboard(), 'let a = 1;');
  await page.evaluate(() => Object.defineProperty(window, 'isSecureContext', { value: false }));
  await page.getByRole('button', { name: 'Copy the answer' }).click();
  await page.waitForFunction(() => document.querySelector('.hidden[role="status"]').textContent === 'Copied');
  assert.equal((await clipboard()).trim(), '```\nlet a = 1;\n```');
  noFaults(page);
});

// https://github.com/novvaccaine/llmchat/issues/36, https://github.com/react-chatbotify/react-chatbotify/issues/299
test('no keyboard of the screen covers a conversation that is opened', async () => {
  const page = await openPage(server.url, { viewport: { width: 390, height: 780 }, hasTouch: true, isMobile: true });
  const focused = () => page.evaluate(() => document.activeElement.id);
  assert.notEqual(await focused(), 'prompt');
  provider.reply('Hello.');
  await page.prompt.tap();
  await say(page, 'Hi');
  await answered(page, 'Hello.');
  await page.evaluate(() => document.activeElement.blur());
  await page.reload();
  await page.answers.filter({ hasText: 'Hello.' }).waitFor();
  assert.notEqual(await focused(), 'prompt');
  // Who edits a message wants to write.
  await page.getByRole('button', { name: 'Edit and ask again' }).tap();
  await page.locator('.editing').waitFor();
  await page.waitForFunction(() => document.activeElement.id === 'prompt');
  noFaults(page);
});

// https://github.com/janhq/jan/issues/5961, https://github.com/obot-platform/obot/issues/3911,
// https://github.com/janhq/jan/issues/3116
test('a title that was given stays, and each is edited as its own', async () => {
  const page = await openPage(server.url);
  for (const name of ['First', 'Second']) {
    provider.reply(`${name} answer.`);
    await say(page, name);
    await answered(page, `${name} answer.`);
    if (name === 'First') await page.getByRole('button', { name: 'New conversation' }).first().click();
  }
  const rename = async (from, to) => {
    await page.locator('nav li', { hasText: from }).hover();
    await page.getByRole('button', { name: `Rename “${from}”` }).click();
    assert.equal(await page.locator('.rename').inputValue(), from);
    await page.locator('.rename').fill(to);
    await page.keyboard.press('Enter');
    await page.locator('nav .name', { hasText: to }).waitFor();
  };
  await rename('First', 'Rivers');
  await rename('Second', 'Mountains');
  provider.reply('Another answer.');
  await say(page, 'And another');
  await answered(page, 'Another answer.');
  for (let count = 0; count < 2; count += 1) {
    await page.locator('.message.user').last().hover();
    const users = await page.users.count();
    await page.getByRole('button', { name: 'Remove this message and its answer' }).click();
    await page.waitForFunction((before) => document.querySelectorAll('.message.user').length < before, users);
  }
  await page.reload();
  await page.locator('nav .name').first().waitFor();
  assert.deepEqual((await page.locator('nav .name').allInnerTexts()).sort(), ['Mountains', 'Rivers']);
  noFaults(page);
});

// https://github.com/danny-avila/LibreChat/issues/2345, https://github.com/getpaseo/paseo/issues/4076,
// https://github.com/logicleai/logicle/issues/211, https://github.com/skalesapp/skales/issues/197
test('a message that is edited or asked again keeps its image', async () => {
  const page = await openPage(server.url);
  await dropImage(page);
  await page.locator('.previews img').waitFor();
  provider.reply('Nothing.');
  await say(page, 'What is this?');
  await answered(page, 'Nothing.');
  provider.reply('Still nothing.');
  await page.getByRole('button', { name: 'Ask again', exact: true }).click();
  await answered(page, 'Still nothing.');
  provider.reply('White.');
  await page.prompt.focus();
  await page.keyboard.press('ArrowUp');
  await page.locator('.editing').waitFor();
  await page.prompt.fill('Which colour?');
  await page.keyboard.press('Enter');
  await answered(page, 'White.');
  for (const request of provider.requests) {
    const { content } = request.messages.at(-1);
    assert.ok(content.some?.((part) => part.type === 'image_url'), JSON.stringify(content).slice(0, 200));
  }
  assert.equal(await page.locator('.picture').count(), 1);
  noFaults(page);
});

// https://github.com/dino/dino/issues/1061, https://github.com/element-hq/element-web/issues/27174,
// https://github.com/BoltAI/BoltAI/issues/25, https://github.com/johnsideserf/siggy/issues/481
test('what is changed in a message waits in its conversation', async () => {
  const page = await openPage(server.url);
  for (const name of ['First', 'Second']) {
    provider.reply(`${name} answer.`);
    await say(page, name);
    await answered(page, `${name} answer.`);
    if (name === 'First') await page.getByRole('button', { name: 'New conversation' }).first().click();
  }
  await page.prompt.focus();
  await page.keyboard.press('ArrowUp');
  await page.locator('.editing').waitFor();
  await page.prompt.fill('Second, changed');
  await page.locator('nav .name', { hasText: 'First' }).click();
  await page.locator('.editing').waitFor({ state: 'detached' });
  assert.equal(await page.prompt.inputValue(), '');
  provider.reply('Another answer.');
  await say(page, 'Hello');
  await answered(page, 'Another answer.');
  await page.locator('nav .name', { hasText: 'Second' }).click();
  await page.locator('.editing').waitFor();
  await page.waitForFunction(() => document.getElementById('prompt').value === 'Second, changed');
  provider.reply('Changed answer.');
  await page.keyboard.press('Enter');
  await answered(page, 'Changed answer.');
  assert.deepEqual(await texts(page), ['Second, changed', 'Changed answer.']);
  await page.locator('nav .name', { hasText: 'First' }).click();
  await page.answers.filter({ hasText: 'Another answer.' }).waitFor();
  await page.locator('nav .name', { hasText: 'Second' }).click();
  await page.answers.filter({ hasText: 'Changed answer.' }).waitFor();
  assert.equal(await page.locator('.editing').count(), 0);
  noFaults(page);
});

// https://github.com/epam/ai-dial-chat/issues/7562, https://github.com/danny-avila/LibreChat/issues/6694,
// https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1112
test('a reload sends nothing again, and cells keep their colons and bars', async () => {
  const page = await openPage(server.url);
  provider.reply('| Code | Part |\n|--|--|\n| LON:DGE | `(1 \\| g)` |\n');
  await say(page, 'A table');
  await answered(page, 'LON');
  const cells = () => page.locator('td').allInnerTexts();
  assert.deepEqual(await cells(), ['LON:DGE', '(1 | g)']);
  for (let count = 0; count < 3; count += 1) {
    await page.reload();
    await page.answers.filter({ hasText: 'LON' }).waitFor();
  }
  assert.deepEqual(await cells(), ['LON:DGE', '(1 | g)']);
  assert.equal(await page.users.count(), 1);
  assert.equal(provider.requests.length, 1);
  noFaults(page);
});

test('texts from right to left are set that way', async () => {
  const page = await openPage(server.url);
  provider.reply('مرحبا بالعالم\n\nHello.');
  await say(page, 'שלום');
  await answered(page, 'Hello.');
  const direction = (own) => own.evaluate((node) => getComputedStyle(node).direction);
  assert.equal(await direction(page.users.last().locator('.plain')), 'rtl');
  assert.equal(await direction(page.answers.last().locator('.block').nth(0)), 'rtl');
  assert.equal(await direction(page.answers.last().locator('.block').nth(1)), 'ltr');
  noFaults(page);
});

test('a page whose token is not valid any more says so', async () => {
  const token = (own) => writeFileSync(join(server.home, 'token'), own.repeat(20));
  token('a');
  await server.kill();
  server.args.push('--token-file', 'token');
  await server.start();
  const page = await openPage(`${server.url}?token=${'a'.repeat(20)}`);
  provider.reply('Hello.');
  await say(page, 'Hello');
  await answered(page, 'Hello.');
  await server.kill();
  token('b');
  await server.start();
  await page.getByText('not signed in any more').waitFor();
  await say(page, 'Keep this');
  await page.locator('.banner.problem').waitFor();
  assert.equal(await page.prompt.inputValue(), 'Keep this');
  noFaults(page);
});

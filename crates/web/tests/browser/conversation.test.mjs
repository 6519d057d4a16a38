// What a person does with a conversation.

import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';

import { answered, closeBrowser, look, noFaults, openPage, say, texts } from './page.mjs';
import { gate, startProvider } from './provider.mjs';
import { startServer } from './server.mjs';

let provider;
let server;
beforeEach(async () => { provider = await startProvider(); });
afterEach(async () => {
  provider.stop();
  await server?.stop();
  server = null;
});
after(closeBrowser);

const MARKDOWN = `## Rivers

The **Rhine** is *long*; see [a map](https://maps.example/rhine).

1. Rhine
2. Danube
3. Volga

| river | km |
|---|---|
| Rhine | 1230 |
| Danube | 2850 |

\`\`\`python
def length(river):
    return {"Rhine": 1230}[river]
\`\`\`

> A quotation with \`code\`.
`;

test('two turns, of which the second knows the first', async () => {
  server = await startServer(provider);
  const page = await openPage(server.url);
  await look(page, 'empty');
  provider.reply({ reasoning: 'Three rivers of Europe.' }, ...MARKDOWN.split(/(?<=\n)/));
  await say(page, 'Name three rivers');
  await answered(page, 'A quotation');
  await look(page, 'markdown');
  provider.reply('The Volga.');
  await say(page, 'Which is the longest?');
  await answered(page, 'The Volga.');
  const asked = JSON.stringify(provider.requests[1].messages);
  assert.ok(asked.includes('Name three rivers') && asked.includes('Danube'), asked);
  assert.equal(await page.locator('.markdown table').count(), 1);
  assert.equal(await page.locator('.code code').innerText(), 'def length(river):\n    return {"Rhine": 1230}[river]');
  await page.locator('nav .name', { hasText: 'Name three rivers' }).waitFor();
  await look(page, 'two-turns');
  noFaults(page);
});

test('Stop in the middle of a text, and then another prompt', async () => {
  server = await startServer(provider);
  const page = await openPage(server.url);
  const held = gate();
  provider.reply('Once upon ', 'a time ', { hold: held }, 'never');
  await say(page, 'A story');
  await page.answers.filter({ hasText: 'a time' }).waitFor();
  await look(page, 'busy');
  await page.stopButton.click();
  await page.stopButton.waitFor({ state: 'detached' });
  await page.locator('.mark', { hasText: 'stopped' }).waitFor();
  await look(page, 'stopped');
  provider.reply('Another one.');
  await say(page, 'Another');
  await answered(page, 'Another one.');
  assert.ok(!(await texts(page)).join().includes('never'));
  held.open();
  noFaults(page);
});

test('Stop in the middle of a tool, and then another prompt', async () => {
  server = await startServer(provider, '--yes', 'shell');
  const page = await openPage(server.url);
  provider.reply('I wait. ', { tool: 'run_command', args: { command: 'sleep 60' } });
  await say(page, 'Wait a minute');
  await page.locator('.tool.running').waitFor();
  await look(page, 'tool-running');
  await page.keyboard.press('Escape');
  await page.stopButton.waitFor({ state: 'detached' });
  await page.locator('.tool.running').waitFor({ state: 'detached' });
  await look(page, 'tool-stopped');
  provider.reply('Here I am.');
  await say(page, 'Hello?');
  await answered(page, 'Here I am.');
  noFaults(page);
});

test('a tool runs when a person allows it', async () => {
  server = await startServer(provider, '--tool', 'list-files');
  const page = await openPage(server.url);
  provider.reply({ tool: 'list_files', args: { path: '.' } });
  await say(page, 'Which files are there?');
  const allow = page.getByRole('button', { name: 'Allow', exact: true });
  await allow.waitFor();
  await look(page, 'approval');
  provider.reply('There are notes.');
  await allow.click();
  await answered(page, 'There are notes.');
  const said = JSON.stringify(provider.requests[1].messages);
  assert.ok(said.includes('notes.md'), said);
  provider.reply({ tool: 'list_files', args: { path: '.' } });
  await say(page, 'Again');
  provider.reply('As you wish.');
  await page.getByRole('button', { name: 'Reject' }).click();
  await answered(page, 'As you wish.');
  const last = provider.requests[3].messages.at(-1);
  assert.ok(JSON.stringify(last).includes('rejected'), JSON.stringify(last));
  noFaults(page);
});

test('a tool that is always allowed asks once in a conversation', async () => {
  server = await startServer(provider, '--tool', 'list-files');
  const page = await openPage(server.url);
  const files = { tool: 'list_files', args: { path: '.' } };
  const always = page.getByRole('button', { name: 'Always allow' });
  provider.reply(files, files);
  provider.reply('Twice.');
  await say(page, 'Look twice');
  await always.first().click();
  await answered(page, 'Twice.');
  provider.reply(files);
  provider.reply('And again.');
  await say(page, 'Again');
  await answered(page, 'And again.');
  assert.equal(await page.locator('.banner.problem').count(), 0);
  await page.getByRole('button', { name: 'New conversation' }).first().click();
  provider.reply(files);
  await say(page, 'Elsewhere');
  await always.waitFor();
  noFaults(page);
});

test('calls are decided about one after the other, also while one runs', async () => {
  server = await startServer(provider, '--tool', 'list-files');
  const page = await openPage(server.url);
  const files = { tool: 'list_files', args: { path: '.' } };
  provider.reply(files, files, files);
  provider.reply('All of it.');
  await say(page, 'Look three times');
  const allow = page.getByRole('button', { name: 'Allow', exact: true });
  await allow.nth(2).waitFor();
  await page.evaluate(() => {
    for (const own of document.querySelectorAll('.decision .primary')) own.click();
  });
  await answered(page, 'All of it.');
  assert.equal(await page.locator('.banner.problem').count(), 0);
  noFaults(page);
});

test('an image that is dropped is sent', async () => {
  server = await startServer(provider);
  const page = await openPage(server.url);
  await page.evaluate(async () => {
    const canvas = document.createElement('canvas');
    [canvas.width, canvas.height] = [320, 200];
    const context = canvas.getContext('2d');
    context.fillStyle = 'teal';
    context.fillRect(0, 0, 320, 200);
    const blob = await new Promise((done) => { canvas.toBlob(done, 'image/png'); });
    const data = new DataTransfer();
    data.items.add(new File([blob], 'teal.png', { type: 'image/png' }));
    for (const type of ['dragover', 'drop']) {
      document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
    }
  });
  await page.locator('.previews img').waitFor();
  await look(page, 'preview');
  provider.reply('It is teal.');
  await say(page, 'Which colour is this?');
  await answered(page, 'It is teal.');
  const [part] = provider.requests[0].messages.at(-1).content.filter((own) => own.type === 'image_url');
  assert.ok(part.image_url.url.startsWith('data:image/png;base64,'), part.image_url.url.slice(0, 40));
  const shown = page.locator('.message.user img');
  await shown.waitFor();
  assert.equal(await shown.evaluate((own) => own.naturalWidth), 320);
  await look(page, 'image');
  noFaults(page);
});

test('retry, edit, fork, rename and delete', async () => {
  server = await startServer(provider);
  const page = await openPage(server.url);
  provider.reply('First.');
  await say(page, 'Say something');
  await answered(page, 'First.');
  provider.reply('Second.');
  await page.answers.last().hover();
  await page.getByRole('button', { name: 'Ask again', exact: true }).click();
  await answered(page, 'Second.');
  assert.deepEqual(await texts(page), ['Say something', 'Second.']);
  provider.reply('Third.');
  await page.users.last().hover();
  await page.getByRole('button', { name: 'Edit and ask again' }).click();
  await page.prompt.fill('Say something else');
  await page.keyboard.press('Enter');
  await answered(page, 'Third.');
  assert.deepEqual(await texts(page), ['Say something else', 'Third.']);
  await page.answers.last().hover();
  await page.getByRole('button', { name: 'Continue from here in a new conversation' }).click();
  await page.waitForFunction(() => document.querySelectorAll('nav li').length === 2);
  await answered(page, 'Third.');
  await page.locator('nav li.current').hover();
  await page.locator('nav li.current').getByRole('button', { name: /Rename/ }).click();
  await page.locator('.rename').fill('A branch');
  await page.keyboard.press('Enter');
  await page.locator('nav li.current .name', { hasText: 'A branch' }).waitFor();
  page.on('dialog', (dialog) => dialog.accept());
  await page.locator('nav li.current').hover();
  await page.locator('nav li.current').getByRole('button', { name: /Delete/ }).click();
  await page.waitForFunction(() => document.querySelectorAll('nav li').length === 1);
  noFaults(page);
});

test('an error is shown, and the next prompt works', async () => {
  server = await startServer(provider);
  const page = await openPage(server.url);
  provider.reply({ status: 400, error: 'this model has no such thing' });
  await say(page, 'Break');
  await page.locator('.error', { hasText: 'no such thing' }).waitFor();
  await page.stopButton.waitFor({ state: 'detached' });
  await look(page, 'error');
  provider.reply('It works.');
  await page.getByRole('button', { name: 'Ask again', exact: true }).click();
  await answered(page, 'It works.');
  assert.deepEqual(await texts(page), ['Break', 'It works.']);
  provider.reply('Always.');
  await say(page, 'And now?');
  await answered(page, 'Always.');
  noFaults(page);
});

test('a message waits for the answer, another one is removed, and a model is chosen', async () => {
  server = await startServer(provider, '--queue', '4', '--also-model', 'other-model');
  const page = await openPage(server.url);
  const held = gate();
  provider.reply('One', { hold: held }, '.');
  await page.getByLabel('Profile').selectOption('model/other-model');
  await say(page, 'First');
  await page.answers.filter({ hasText: 'One' }).waitFor();
  assert.equal(provider.requests.at(-1).model, 'other-model');
  await say(page, 'Second');
  await page.locator('.queue li', { hasText: 'Second' }).waitFor();
  await say(page, 'Third');
  await page.locator('.queue li', { hasText: 'Third' }).waitFor();
  await page.locator('.queue li', { hasText: 'Second' }).getByRole('button').click();
  await page.locator('.queue li', { hasText: 'Second' }).waitFor({ state: 'detached' });
  await look(page, 'queue');
  provider.reply('Three.');
  held.open();
  await answered(page, 'Three.');
  await page.locator('.queue').waitFor({ state: 'detached' });
  assert.deepEqual(await texts(page), ['First', 'One.', 'Third', 'Three.']);
  noFaults(page);
});

test('a message sent while an answer is written is read with its next step, or answered next', async () => {
  server = await startServer(provider, '--tool', 'list-files', '--yes', 'list-files');
  const page = await openPage(server.url);
  const looking = gate();
  provider.reply('Looking.', { hold: looking }, { tool: 'list_files', args: {} });
  await say(page, 'List the files');
  await page.answers.filter({ hasText: 'Looking' }).waitFor();
  await say(page, 'Only the newest');
  await page.locator('.queue li', { hasText: 'Only the newest' }).waitFor();
  await look(page, 'joins');
  const telling = gate();
  provider.reply('It is ', { hold: telling }, 'new.txt.');
  looking.open();
  await page.answers.filter({ hasText: 'It is' }).waitFor();
  assert.equal(provider.requests[1].messages.at(-1).content, 'Only the newest');
  await page.locator('.queue').waitFor({ state: 'detached' });
  // Nothing reads this one but a run of its own.
  await say(page, 'Thanks');
  await page.locator('.queue li', { hasText: 'Thanks' }).waitFor();
  provider.reply('You are welcome.');
  telling.open();
  await answered(page, 'You are welcome.');
  await page.locator('.queue').waitFor({ state: 'detached' });
  const all = ['List the files', 'Looking.', 'Only the newest', 'It is new.txt.', 'Thanks', 'You are welcome.'];
  assert.deepEqual(await texts(page), all);
  await page.reload();
  await page.answers.filter({ hasText: 'You are welcome.' }).waitFor();
  assert.deepEqual(await texts(page), all);
  noFaults(page);
});

test('what joined an answer is asked again with it, and goes when the message before it is changed', async () => {
  server = await startServer(provider, '--tool', 'list-files', '--yes', 'list-files');
  const page = await openPage(server.url);
  const looking = gate();
  provider.reply('Looking.', { hold: looking }, { tool: 'list_files', args: {} });
  await say(page, 'List the files');
  await page.answers.filter({ hasText: 'Looking' }).waitFor();
  await say(page, 'Only the newest');
  await page.locator('.queue li', { hasText: 'Only the newest' }).waitFor();
  provider.reply('It is new.txt.');
  looking.open();
  await answered(page, 'It is new.txt.');
  provider.reply('Still new.txt.');
  await page.answers.last().hover();
  await page.getByRole('button', { name: 'Ask again', exact: true }).click();
  await answered(page, 'Still new.txt.');
  assert.deepEqual(await texts(page), ['List the files', 'Only the newest', 'Still new.txt.']);
  provider.reply('All of them.');
  await page.users.first().hover();
  await page.getByRole('button', { name: 'Edit and ask again' }).click();
  assert.equal(await page.prompt.inputValue(), 'List the files');
  await page.prompt.fill('Count the files');
  await page.keyboard.press('Enter');
  await answered(page, 'All of them.');
  assert.deepEqual(await texts(page), ['Count the files', 'All of them.']);
  noFaults(page);
});

// The page, as a person uses it.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const require = createRequire(`${process.env.BROWSER_MODULES}/`);
const { chromium } = require('playwright-core');

const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
  '--disable-background-networking', '--disable-component-update', '--disable-sync'];

let started = null;

/** Returns the browser of this process. */
export function browser() {
  started ??= (async () => {
    const profile = mkdtempSync(join(tmpdir(), 'geppetto-chromium-'));
    process.on('exit', () => rmSync(profile, { recursive: true, force: true }));
    return chromium.launch({
      executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
      args: FLAGS,
      env: { ...process.env, HOME: profile },
    });
  })();
  return started;
}

export async function closeBrowser() {
  if (started) await (await started).close();
}

/** Opens the page, and fails the test on errors of its scripts and violations of its policy. */
export async function openPage(url, options = {}) {
  const { context: shared, isOffline, ...rest } = options;
  const context = shared ?? await (await browser()).newContext({ viewport: { width: 1180, height: 780 }, ...rest });
  const page = await context.newPage();
  page.setDefaultTimeout(15000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    const text = message.text();
    // Requests fail where a test cuts the connection, or expects a refusal.
    if (message.type() === 'error' && !/Failed to load resource|net::ERR/.test(text)) faults.push(text);
  });
  page.on('request', (request) => {
    if (!request.url().startsWith(new URL(url).origin) && !/^(data|blob):/.test(request.url())) faults.push(`request to ${request.url()}`);
  });
  // The files as they are now, instead of those in the program: to try changes of the page.
  const files = process.env.BROWSER_PAGE;
  if (files) {
    await page.route('**/page/*.{js,css}', (route) => route.fulfill({
      body: readFileSync(join(files, new URL(route.request().url()).pathname.replace('/page/', ''))),
      contentType: route.request().url().endsWith('.css') ? 'text/css' : 'text/javascript',
    }));
  }
  await page.goto(url);
  await page.locator('#prompt').waitFor();
  return Object.assign(page, {
    faults,
    prompt: page.locator('#prompt'),
    answers: page.locator('.message.answer'),
    users: page.locator('.message.user'),
    stopButton: page.getByRole('button', { name: 'Stop the answer' }),
  });
}

export async function say(page, text) {
  await page.prompt.fill(text);
  await page.keyboard.press('Enter');
}

/** Waits until the last answer has a text and nothing runs. */
export async function answered(page, text) {
  await page.answers.filter({ hasText: text }).last().waitFor();
  await page.stopButton.waitFor({ state: 'detached' });
}

/** Returns all texts of the conversation, without labels of buttons. */
export function texts(page) {
  return page.locator('.message .bubble, .message .markdown').allInnerTexts();
}

export function noFaults(...pages) {
  for (const page of pages) assert.deepEqual(page.faults, []);
}

/** Keeps a picture for people to look at. */
export async function look(page, name) {
  if (!process.env.BROWSER_PICTURES) return;
  mkdirSync(process.env.BROWSER_PICTURES, { recursive: true });
  await page.screenshot({ path: join(process.env.BROWSER_PICTURES, `${name}.png`) });
}

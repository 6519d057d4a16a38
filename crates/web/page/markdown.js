// Markdown of models, which nobody has checked, as HTML that runs nothing.

import DOMPurify from 'dompurify';
import htm from 'htm';
import { Marked } from 'marked';
import { Component, h, render } from 'preact';

import { copyText } from './copy.js';

const html = htm.bind(h);

DOMPurify.addHook('afterSanitizeAttributes', (node) => {
  if (node.tagName === 'A') {
    node.setAttribute('target', '_blank');
    node.setAttribute('rel', 'noopener noreferrer nofollow');
  }
  // Of all fields, task lists have check boxes.
  if (node.tagName === 'INPUT' && (node.type !== 'checkbox' || !node.disabled)) return node.remove();
  if (node.tagName === 'IMG' && !/^data:image\//.test(node.getAttribute('src') ?? '')) {
    // The address of an image can carry the conversation to its server; a link waits for a click.
    const link = document.createElement('a');
    const source = node.getAttribute('src') ?? '';
    link.textContent = node.getAttribute('alt') || source || 'image';
    if (!/^https?:/.test(source)) return node.replaceWith(link.textContent);
    link.href = source;
    link.target = '_blank';
    link.rel = 'noopener noreferrer nofollow';
    return node.replaceWith(link);
  }
  const classes = node.getAttribute('class');
  if (classes && !/^language-[\w+#.-]+$/.test(classes)) node.removeAttribute('class');
  return undefined;
});

/** Tags that may stand in Markdown, without attributes. All others are shown as they were written. */
const TAGS = new Set(('b blockquote br code dd del details div dl dt em h1 h2 h3 h4 h5 h6 hr i kbd li mark ol p pre '
  + 'q s samp small span strong sub summary sup table tbody td th thead tr u ul var').split(' '));
const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
const escape = (text) => text.replace(/[&<>"]/g, (own) => ESCAPES[own]);
const escapeTags = (text) => text.split(/(<\/?[a-z][a-z0-9]*\s*\/?>)/i).map((own, index) => {
  const name = index % 2 ? own.match(/[a-z][a-z0-9]*/i)[0].toLowerCase() : '';
  return TAGS.has(name) ? own : escape(own).replace(/&amp;(#?\w+;)/g, '&$1');
}).join('');

/** Formulas, which are shown as they are: Markdown would take backslashes and underscores from them. */
const FORMULA = /^(?:\\\([^]+?\\\)|\\\[[^]+?\\\]|\$\$[^]+?\$\$)/;
const formula = {
  name: 'formula',
  level: 'inline',
  start: (text) => text.match(/\\[([]|\$\$/)?.index,
  tokenizer(text) {
    const found = text.match(FORMULA);
    return found ? { type: 'formula', raw: found[0] } : undefined;
  },
  renderer: ({ raw }) => `<code>${escape(raw)}</code>`,
};
const marked = new Marked({ extensions: [formula] }, { gfm: true, breaks: false, renderer: { html: ({ text }) => escapeTags(text) } });

const CONFIG = {
  USE_PROFILES: { html: true },
  FORBID_TAGS: ['style', 'form', 'button', 'textarea', 'select', 'option', 'video', 'audio', 'source', 'dialog'],
  FORBID_ATTR: ['style', 'id', 'name', 'srcset', 'action', 'role', 'tabindex', 'accesskey'],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
};

const clean = (text) => DOMPurify.sanitize(text, CONFIG);

/** Gives code in lists and quotes the head that other code has. */
function frameCode(block) {
  for (const pre of block.querySelectorAll('pre')) {
    const language = pre.querySelector('code')?.className.replace('language-', '') ?? '';
    const frame = document.createElement('div');
    pre.replaceWith(frame);
    render(html`<${Code} text=${pre.textContent} language=${language} />`, frame);
  }
}

/** One block; made anew only when its text changes. */
class Block extends Component {
  componentDidMount() {
    this.componentDidUpdate();
  }

  componentDidUpdate() {
    if (this.node) frameCode(this.node);
  }

  shouldComponentUpdate(next) {
    return next.raw !== this.props.raw;
  }

  render({ token }) {
    if (token.type === 'code') return html`<${Code} text=${token.text} language=${token.lang ?? ''} />`;
    const text = clean(marked.parser([token]));
    return html`<div class="block" dir="auto" ref=${(node) => { this.node = node; }} dangerouslySetInnerHTML=${{ __html: text }} />`;
  }
}

function Code({ text, language }) {
  const copy = async (event) => {
    const button = event.currentTarget;
    try {
      await copyText(text.replace(/\n$/, ''));
      button.textContent = 'Copied';
    } catch {
      button.textContent = 'Not allowed';
    }
    setTimeout(() => { button.textContent = 'Copy'; }, 1500);
  };
  return html`<div class="code">
    <div class="code-head"><span>${language.split(/\s/)[0]}</span><button type="button" onClick=${copy}>Copy</button></div>
    <pre tabindex="0"><code>${text}</code></pre>
  </div>`;
}

/** Markdown that may still be written: only its last block is parsed to HTML again. */
export function Markdown({ text }) {
  let tokens;
  try {
    tokens = marked.lexer(text).filter((own) => own.type !== 'space' && own.type !== 'def');
  } catch {
    return html`<pre class="plain">${text}</pre>`;
  }
  return html`<div class="markdown">${tokens.map((token, index) => html`<${Block} key=${index} raw=${token.raw} token=${token} />`)}</div>`;
}

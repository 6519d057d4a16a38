// The conversation.

import htm from 'htm';
import { Component, h } from 'preact';
import { useState } from 'preact/hooks';

import { session } from './api.js';
import { copyText } from './copy.js';
import { allowAlways, decide } from './decisions.js';
import { Icon, IconButton } from './icons.js';
import { Markdown } from './markdown.js';
import { fork, get, retry, set, undo } from './store.js';

const html = htm.bind(h);

const STATES = {
  streaming: 'being written',
  requested: 'about to run',
  waiting: 'waits for you',
  running: 'running',
  done: 'done',
  failed: 'failed',
  cancelled: 'stopped',
  truncated: 'cut off',
  not_run: 'not run',
};

const isActive = (state) => ['streaming', 'requested', 'running'].includes(state);

function size(bytes) {
  if (bytes === undefined) return '';
  return bytes < 1024 * 1024 ? `${Math.max(1, Math.round(bytes / 1024))} KB` : `${(bytes / 1048576).toFixed(1)} MB`;
}

/** An image of the user, or its description where it cannot be shown. */
function Picture({ own, source }) {
  const [isBroken, setBroken] = useState(!source);
  const name = own.name ?? own.media_type ?? own.kind;
  if (!isBroken) {
    return html`<li class="picture"><a href=${source} target="_blank" rel="noopener"><img src=${source} alt=${`Image, ${name}`} loading="lazy" onError=${() => setBroken(true)} /></a></li>`;
  }
  return html`<li><${Icon} name="image" /><span>${name}</span><span class="faint">${size(own.bytes)}</span></li>`;
}

function Attachments({ list, message }) {
  if (!list?.length) return null;
  let index = 0;
  return html`<ul class="attachments">${list.map((own) => {
    const isImage = own.kind === 'image';
    const isOwn = message && isImage && !own.url && !own.file_id;
    const source = isOwn ? session(get().current, `/images/${encodeURIComponent(message)}/${index}`) : null;
    if (isImage) index += 1;
    return html`<${Picture} key=${index} own=${own} source=${source} />`;
  })}</ul>`;
}

async function copy(text) {
  try {
    await copyText(text);
    set({ announcement: 'Copied' });
  } catch {
    set({ notice: { text: 'The browser does not allow to copy.', help: 'Select the text instead.' } });
  }
}

function User({ own, isLast, isBusy }) {
  return html`<article class="message user" aria-label="You">
    <div class="bubble">
      <${Attachments} list=${own.attachments} message=${own.id} />
      ${own.text && html`<p class="plain" dir="auto">${own.text}</p>`}
    </div>
    <div class="actions">
      <${IconButton} name="copy" label="Copy the message" onClick=${() => copy(own.text)} />
      ${isLast && html`<${IconButton} name="edit" label="Edit and ask again" disabled=${isBusy} onClick=${() => set({ editing: own.text })} />
        <${IconButton} name="undo" label="Remove this message and its answer" disabled=${isBusy} onClick=${undo} />`}
    </div>
  </article>`;
}

function Answer({ own, isLast, isEnd, isBusy }) {
  const mark = own.refusal ? 'refused' : { cancelled: 'stopped', failed: 'failed', truncated: 'cut off' }[own.state];
  return html`<article class=${`message answer ${own.state}`} aria-label="Answer" aria-busy=${own.state === 'streaming'}>
    <${Markdown} text=${own.text} />
    ${mark && html`<p class="mark">${mark}</p>`}
    <${Sources} list=${own.sources} />
    ${isEnd && own.state !== 'streaming' && html`<div class="actions">
      <${IconButton} name="copy" label="Copy the answer" onClick=${() => copy(own.text)} />
      ${isLast && html`<${IconButton} name="retry" label="Ask again" disabled=${isBusy} onClick=${retry} />`}
      ${own.turn_id && html`<${IconButton} name="fork" label="Continue from here in a new conversation" onClick=${() => fork(own.turn_id)} />`}
    </div>`}
  </article>`;
}

function Sources({ list }) {
  if (!list?.length) return null;
  const link = (own) => (/^https?:\/\//i.test(own.url ?? '')
    ? html`<a href=${own.url} target="_blank" rel="noopener noreferrer nofollow">${own.title || own.url}</a>`
    : own.title || own.url);
  return html`<details class="sources"><summary>${list.length} ${list.length === 1 ? 'source' : 'sources'}</summary>
    <ol>${list.map((own) => html`<li>${link(own)}</li>`)}</ol></details>`;
}

function Reasoning({ own }) {
  const text = [own.summary, own.text].filter(Boolean).join('\n\n');
  if (!text && !isActive(own.state)) return null;
  const title = isActive(own.state) ? 'Thinking…' : 'Thoughts';
  if (!text) return html`<p class="thinking pulse">${title}</p>`;
  return html`<details class="thinking"><summary class=${isActive(own.state) ? 'pulse' : ''}>${title}</summary>
    <${Markdown} text=${text} /></details>`;
}

/** JSON in lines, where it is JSON. */
function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text ?? '';
  }
}

function Omitted({ bytes }) {
  return bytes ? html`<p class="faint">… ${size(bytes)} more</p>` : null;
}

function Decision({ own }) {
  const [args, setArgs] = useState(null);
  const [reason, setReason] = useState('');
  const [isSending, setSending] = useState(false);
  const [wrong, setWrong] = useState('');
  const send = async (body) => {
    setSending(true);
    await decide(own, body);
    setSending(false);
  };
  const allow = () => {
    if (args === null) return send({ decision: 'allow' });
    try {
      const value = JSON.parse(args);
      setWrong('');
      return send({ decision: 'allow', arguments: value });
    } catch (error) {
      return setWrong(`The arguments are not JSON: ${error.message}`);
    }
  };
  return html`<form class="decision" aria-label=${`Decision about ${own.name}`} onSubmit=${(event) => event.preventDefault()}>
    <p class="question">${own.question || `May “${own.name}” run?`}</p>
    ${args !== null && html`<label class="field">Arguments<textarea rows="5" value=${args} onInput=${(event) => setArgs(event.target.value)} /></label>`}
    ${wrong && html`<p class="error" role="alert">${wrong}</p>`}
    <label class="field">Reason or answer for the model<input value=${reason} placeholder="optional" onInput=${(event) => setReason(event.target.value)} /></label>
    <div class="buttons">
      <button type="button" class="primary" disabled=${isSending} onClick=${allow}>Allow</button>
      ${args === null && html`<button type="button" disabled=${isSending} title="All calls of this tool in this conversation, until this page is closed" onClick=${() => allowAlways(own)}>Always allow</button>`}
      <button type="button" disabled=${isSending} onClick=${() => send({ decision: 'reject', reason })}>Reject</button>
      <button type="button" disabled=${isSending || !reason.trim()} onClick=${() => send({ decision: 'answer', result: reason })}>Answer instead</button>
      ${args === null && html`<button type="button" class="quiet" onClick=${() => setArgs(pretty(own.arguments))}>Change the arguments</button>`}
    </div>
  </form>`;
}

function Tool({ own, children }) {
  const took = own.duration_ms >= 1000 ? ` in ${(own.duration_ms / 1000).toFixed(1)} s` : '';
  const isWaiting = own.state === 'waiting';
  return html`<details class=${`tool ${own.state}`} open=${isWaiting || undefined}>
    <summary><span class="tool-name">${own.name}</span>
      <span class=${`tool-state ${isActive(own.state) ? 'pulse' : ''}`}>${own.progress && isActive(own.state) ? own.progress : STATES[own.state]}${took}</span></summary>
    ${own.arguments && html`<h4>Arguments</h4><pre tabindex="0">${pretty(own.arguments)}</pre><${Omitted} bytes=${own.arguments_omitted} />`}
    ${own.ran_with && html`<h4>Ran with</h4><pre tabindex="0">${pretty(own.ran_with)}</pre>`}
    ${own.result && html`<h4>Result</h4><pre tabindex="0">${pretty(own.result)}</pre><${Omitted} bytes=${own.result_omitted} />`}
    <${Attachments} list=${own.attachments} /><${Sources} list=${own.sources} />
    ${isWaiting && html`<${Decision} own=${own} />`}
    ${children?.length > 0 && html`<div class="nested">${children}</div>`}
  </details>`;
}

/** One entity; drawn anew only when it changes. */
class Entity extends Component {
  shouldComponentUpdate(next) {
    const { own, isLast, isEnd, isBusy, children } = this.props;
    return own !== next.own || isEnd !== next.isEnd || isLast !== next.isLast || isBusy !== next.isBusy || children?.length || next.children?.length;
  }

  render({ own, isLast, isEnd, isBusy, children }) {
    switch (own.kind) {
      case 'user': return html`<${User} own=${own} isLast=${isLast} isBusy=${isBusy} />`;
      case 'system': return html`<details class="system"><summary>Instructions</summary><p class="plain">${own.text}</p></details>`;
      case 'answer': return html`<${Answer} own=${own} isLast=${isLast} isEnd=${isEnd} isBusy=${isBusy} />`;
      case 'reasoning': return html`<${Reasoning} own=${own} />`;
      case 'tool_call':
      case 'server_tool': return html`<${Tool} own=${own}>${children}<//>`;
      case 'agent': return html`<section class="agent" aria-label="Agent"><p class="faint">Agent: ${own.text}</p>${children}</section>`;
      case 'error': return html`<p class="error" role="alert">${own.text}</p>`;
      default: return html`<p class=${`notice ${own.notice ?? ''}`}>${own.notice === 'cancelled' ? 'Stopped' : own.text}</p>`;
    }
  }
}

/** The index of the last turn's prompt, which can be changed: further messages of the user may have joined its run, and go with it. */
function promptBefore(top, lastUser) {
  const turn = top[lastUser]?.turn_id;
  if (!turn) return lastUser;
  const isOwn = (own) => own?.kind === 'user' && own.turn_id === turn;
  let at = top.findLastIndex((own, index) => index < lastUser && own.turn_id !== turn) + 1;
  while (at < lastUser && !isOwn(top[at])) at += 1;
  return at;
}

export function Messages({ view, isBusy }) {
  const entities = [...view.entities.values()].sort((a, b) => a.position - b.position);
  const children = new Map();
  for (const own of entities) {
    if (own.parent) children.set(own.parent, [...(children.get(own.parent) ?? []), own]);
  }
  const top = entities.filter((own) => !own.parent);
  const lastUser = top.findLastIndex((own) => own.kind === 'user');
  const lastAnswer = top.findLastIndex((own) => own.kind === 'answer');
  // What can be done with an answer stands below the last part of it.
  const ends = new Map(top.filter((own) => own.kind === 'answer').map((own) => [own.turn_id ?? own.id, own.id]));
  const growing = isBusy ? top.at(-1)?.turn_id : null;
  const isEnd = (own) => ends.get(own.turn_id ?? own.id) === own.id && (!growing || own.turn_id !== growing);
  const draw = (own, isLast) => html`<${Entity} key=${own.id} own=${own} isLast=${isLast} isEnd=${isEnd(own)} isBusy=${isBusy}>
    ${(children.get(own.id) ?? []).map((inner) => draw(inner, false))}<//>`;
  const last = top.at(-1);
  const needsRetry = !isBusy && lastUser >= 0 && lastAnswer < lastUser && ['error', 'notice'].includes(last?.kind);
  const isQuiet = isBusy && !(last && isActive(last.state));
  const prompt = promptBefore(top, lastUser);
  return html`${top.map((own, index) => draw(own, index === prompt || (index === lastAnswer && index > lastUser)))}
    ${needsRetry && html`<p class="again" key="again"><button type="button" onClick=${retry}><${Icon} name="retry" /> Ask again</button></p>`}
    ${isQuiet && html`<p class="thinking pulse" key="quiet"><span class="typing" aria-hidden="true"><i /><i /><i /></span><span class="hidden">Answering</span></p>`}`;
}

// The page.

import htm from 'htm';
import { h, render } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { session } from './api.js';
import { Composer } from './composer.js';
import { Icon, IconButton } from './icons.js';
import { Messages } from './messages.js';
import { Sidebar } from './sidebar.js';
import { fromHash, get, loadProfiles, loadSessions, open, report, set, setTheme, stop, theme, unqueue, useStore } from './store.js';

const html = htm.bind(h);

function Banner() {
  const { connection, notice, sessions, current, view } = useStore();
  const isCut = !view.status.run && sessions.some((own) => own.id === current && own.state === 'open');
  return html`<div class="banners">
    ${connection === 'refused' && html`<p class="banner lost" role="alert">This page is not signed in any more. Open it again, with its token if it has one.</p>`}
    ${connection === 'lost' && html`<p class="banner lost" role="status"><span class="pulse">Connection lost.</span> The answer goes on; reconnecting…</p>`}
    ${isCut && html`<p class="banner" role="status">The last answer was interrupted.
      <button type="button" onClick=${async () => { await stop(); loadSessions(); }}>End it</button></p>`}
    ${notice && html`<p class="banner problem" role="alert"><span>${notice.text} ${notice.help && html`<span class="faint">${notice.help}</span>`}</span>
      <${IconButton} name="close" label="Dismiss" onClick=${() => set({ notice: null })} /></p>`}
  </div>`;
}

function Header({ isBusy }) {
  const { current, sessions, title, view } = useStore();
  const own = sessions.find((item) => item.id === current);
  const name = own?.title || (current ? 'New conversation' : title);
  useEffect(() => {
    document.title = `${isBusy ? '● ' : ''}${current ? `${name} · ${title}` : title}`;
  }, [name, isBusy, current]);
  const usage = view.status.usage;
  const tokens = (usage?.input_tokens ?? 0) + (usage?.output_tokens ?? 0);
  return html`<header>
    <${IconButton} name="menu" label="Conversations" class="icon-button narrow" aria-controls="conversations" onClick=${() => set({ isListOpen: true })} />
    <h1 dir="auto">${name}</h1>
    <span class="faint model">${view.status.model ?? ''}${tokens ? ` · ${tokens.toLocaleString()} tokens` : ''}</span>
    ${current && html`<a class="icon-button" href=${session(current, '/export?format=markdown')} download aria-label="Download as Markdown" title="Download as Markdown"><${Icon} name="save" /></a>`}
    <${IconButton} name="plus" label="New conversation" class="icon-button narrow" onClick=${() => open(null)} />
  </header>`;
}

/** Keeps the end in sight while the reader is there, and from each message on that is sent. */
function useFollow(current, asked) {
  const pane = useRef(null);
  const isAtEnd = useRef(true);
  const lastTop = useRef(0);
  const [isAway, setAway] = useState(false);
  const setAtEnd = (own) => { isAtEnd.current = own; setAway(!own); };
  const toEnd = () => {
    pane.current.scrollTop = pane.current.scrollHeight;
    // Read back, because the browser bounds it. What is above it later was moved by the reader.
    lastTop.current = pane.current.scrollTop;
  };
  const backToEnd = () => { toEnd(); setAtEnd(true); };
  useLayoutEffect(() => setAtEnd(true), [current, asked]);
  useLayoutEffect(() => { if (isAtEnd.current && pane.current) toEnd(); });
  // A wheel is heard before the pane moves: text that arrives in between does not pull it back.
  const onWheel = ({ deltaY, ctrlKey }) => {
    if (deltaY < 0 && !ctrlKey && pane.current.scrollTop > 0) setAtEnd(false);
  };
  // Only moves of the reader change whether the end is followed, however few pixels they have.
  const onScroll = () => {
    const { scrollTop, scrollHeight, clientHeight } = pane.current;
    const rest = scrollHeight - scrollTop - clientHeight;
    if (scrollTop < lastTop.current && rest > 2) setAtEnd(false);
    else if (scrollTop > lastTop.current && rest < 8) setAtEnd(true);
    lastTop.current = scrollTop;
  };
  return { pane, onWheel, onScroll, isAway, backToEnd };
}

/** Messages that wait for the answer. */
function Queue({ list, count }) {
  if (!list.length) return count > 0 && html`<p class="notice">${count} ${count === 1 ? 'message waits' : 'messages wait'} for the answer.</p>`;
  return html`<ul class="queue" aria-label="Waiting messages">${list.map((own) => html`<li key=${own.run}>
    <span class="plain" dir="auto">${own.text || 'Images'}</span>
    ${own.joins && html`<span class="hidden">It is read with the next step of the answer.</span>`}
    <${IconButton} name="close" label="Remove this message" onClick=${() => unqueue(own.run)} /></li>`)}</ul>`;
}

function App() {
  const { view, current, connection, announcement, isListOpen, queued, asked } = useStore();
  const isBusy = Boolean(view.status.run);
  const { pane, onWheel, onScroll, isAway, backToEnd } = useFollow(current, asked);
  const isEmpty = !current || (view.isLoaded && view.entities.size === 0 && !isBusy);
  return html`<a class="skip" href="#prompt" onClick=${(event) => { event.preventDefault(); document.getElementById('prompt').focus(); }}>Skip to the message</a>
    <${Sidebar} />
    ${isListOpen && html`<div class="shade" onClick=${() => set({ isListOpen: false })} />`}
    <main class=${isEmpty ? 'empty' : ''}>
      <${Header} isBusy=${isBusy} />
      <div class="pane" ref=${pane} onWheel=${onWheel} onScroll=${onScroll}>
        <div class="messages" role="log" aria-live="off" aria-label="Conversation" aria-busy=${isBusy}>
          ${isEmpty && html`<div class="welcome"><h2>What is on your mind?</h2><p class="faint">Answers go on when you close this page, and are here when you come back.</p>
            ${document.body.dataset.notice && html`<p class="plain welcome-notice">${document.body.dataset.notice}</p>`}</div>`}
          ${current && !view.isLoaded && connection !== 'deleted' && html`<p class="faint pulse">Loading…</p>`}
          <${Messages} view=${view} isBusy=${isBusy} />
          <${Queue} list=${queued} count=${view.status.queued ?? 0} />
        </div>
      </div>
      <div class="bottom">
        ${isAway && html`<button type="button" class="jump" onClick=${backToEnd}><${Icon} name="down" /> Latest</button>`}
        <${Banner} />
        <${Composer} />
      </div>
    </main>
    <p class="hidden" role="status" aria-live="polite">${announcement}</p>`;
}

window.addEventListener('keydown', (event) => {
  if (event.key === 'Escape' && !event.isComposing && event.keyCode !== 229) {
    if (get().isListOpen) set({ isListOpen: false });
    else if (get().view.status.run) stop();
  }
  if (event.key.toLowerCase() === 'o' && event.shiftKey && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    open(null);
    document.getElementById('prompt')?.focus();
  }
  const isWriting = /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement?.tagName ?? '');
  if (event.key === '/' && !isWriting) {
    event.preventDefault();
    document.getElementById('prompt')?.focus();
  }
});
window.addEventListener('popstate', fromHash);
window.addEventListener('hashchange', fromHash);
window.addEventListener('focus', loadSessions);

setTheme(theme());
const root = document.getElementById('app');
root.replaceChildren();
render(html`<${App} />`, root);
loadProfiles().catch(report);
loadSessions();
fromHash();

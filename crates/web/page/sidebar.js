// The list of conversations.

import htm from 'htm';
import { h } from 'preact';
import { useRef, useState } from 'preact/hooks';

import { Icon, IconButton } from './icons.js';
import { loadMore, open, remove, rename, report, set, setTheme, theme, useStore } from './store.js';

const html = htm.bind(h);

const THEMES = { auto: 'light', light: 'dark', dark: 'auto' };

function age(ms) {
  const days = Math.floor((Date.now() - ms) / 86400000);
  if (days < 1) return 'Today';
  if (days < 2) return 'Yesterday';
  if (days < 7) return 'This week';
  if (days < 31) return 'This month';
  return 'Older';
}

function Item({ own, isCurrent }) {
  const [name, setName] = useState(null);
  const title = own.title || 'New conversation';
  const isDone = useRef(false); // an input that is removed loses its focus, too
  const done = (value) => {
    if (isDone.current) return;
    isDone.current = true;
    setName(null);
    if (value.trim() && value !== own.title) rename(own.id, value.trim());
  };
  if (name !== null) {
    return html`<li><input class="rename" aria-label="Title" value=${name} ref=${(node) => node && node !== document.activeElement && node.focus()}
      onInput=${(event) => setName(event.target.value)}
      onBlur=${(event) => done(event.target.value)}
      onKeyDown=${(event) => {
        if (event.isComposing || event.keyCode === 229) return;
        if (event.key === 'Enter') done(event.target.value);
        if (event.key === 'Escape') {
          event.stopPropagation();
          done('');
        }
      }} /></li>`;
  }
  const state = { running: 'answering', waiting: 'waits for you', open: 'interrupted' }[own.state];
  return html`<li class=${isCurrent ? 'current' : ''}>
    <a href=${`#/${own.id}`} aria-current=${isCurrent ? 'page' : undefined} title=${title}
      onClick=${(event) => { if (!event.metaKey && !event.ctrlKey) { event.preventDefault(); open(own.id); } }}>
      <span class="name" dir="auto">${title}</span>
      ${state && html`<span class=${`dot ${own.state}`} title=${state}><span class="hidden">, ${state}</span></span>`}
    </a>
    <span class="item-actions">
      <${IconButton} name="edit" label=${`Rename “${title}”`} onClick=${() => { isDone.current = false; setName(own.title || ''); }} />
      <${IconButton} name="trash" label=${`Delete “${title}”`} onClick=${() => { if (confirm(`Delete “${title}”? This cannot be undone.`)) remove(own.id); }} />
    </span>
  </li>`;
}

export function Sidebar() {
  const { sessions, next, current, isListOpen, title } = useStore();
  const groups = [];
  for (const own of sessions) {
    const name = age(own.updated_ms ?? Date.now());
    if (groups.at(-1)?.name !== name) groups.push({ name, items: [] });
    groups.at(-1).items.push(own);
  }
  const mode = theme();
  return html`<nav class=${`sidebar ${isListOpen ? 'open' : ''}`} id="conversations" aria-label="Conversations">
    <div class="sidebar-head">
      <strong>${title}</strong>
      <${IconButton} name="close" label="Close the list" class="icon-button narrow" onClick=${() => set({ isListOpen: false })} />
    </div>
    <button type="button" class="new" onClick=${() => { open(null); document.getElementById('prompt')?.focus(); }} aria-keyshortcuts="Control+Shift+O">
      <${Icon} name="plus" /> New conversation</button>
    <div class="list">
      ${groups.map(({ name, items }) => html`<section key=${name} aria-label=${name}><h2>${name}</h2>
        <ul>${items.map((own) => html`<${Item} key=${own.id} own=${own} isCurrent=${own.id === current} />`)}</ul></section>`)}
      ${sessions.length === 0 && html`<p class="faint">No conversations yet.</p>`}
      ${next && html`<button type="button" class="more" onClick=${() => loadMore().catch(report)}>Show more</button>`}
    </div>
    <button type="button" class="theme" onClick=${() => setTheme(THEMES[mode])}>
      <${Icon} name="theme" /> Colors: ${mode === 'auto' ? 'as the system' : mode}</button>
  </nav>`;
}

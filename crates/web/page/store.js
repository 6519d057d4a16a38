// The state of the page, and what changes it.

import { useEffect, useState } from 'preact/hooks';

import { newKey, send, session } from './api.js';
import { emptyView, follow } from './stream.js';

let state = {
  sessions: [],
  next: null,
  current: null,
  title: document.body.dataset.title || 'Chat',
  view: emptyView(),
  connection: 'none',
  profiles: [],
  profile: null,
  notice: null,
  announcement: '',
  isSending: false,
  isListOpen: false,
  editing: null,
  queued: [],
  /** Number of messages that were sent here; a reader who sends one wants to see it. */
  asked: 0,
};
const listeners = new Set();

export const get = () => state;

export function set(changes) {
  state = { ...state, ...changes };
  for (const listener of listeners) listener(state);
}

/** Calls a function with each state. */
export function listen(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useStore() {
  const [own, setOwn] = useState(state);
  useEffect(() => {
    setOwn(state);
    return listen(setOwn);
  }, []);
  return own;
}

/** Shows a problem until it is dismissed, or the next request succeeds. */
export function report(error) {
  set({ notice: { text: error.message, help: error.help ?? '' } });
}

const saved = (name) => {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // not available, for example in a private window
  }
};
const save = (name, value) => {
  try {
    if (value) localStorage.setItem(name, value);
    else localStorage.removeItem(name);
  } catch {
    // not kept
  }
};

export const draft = (id) => saved(`draft:${id ?? 'new'}`) ?? '';
export const keepDraft = (id, text) => save(`draft:${id ?? 'new'}`, text);
export const theme = () => saved('theme') ?? 'auto';
export function setTheme(value) {
  save('theme', value === 'auto' ? '' : value);
  document.documentElement.dataset.theme = value;
  set({});
}

export async function loadSessions() {
  try {
    const page = await send('GET', 'sessions?limit=40');
    const listed = new Set(page.sessions.map((own) => own.id));
    const older = state.sessions.slice(40).filter((own) => !listed.has(own.id));
    set({ sessions: [...page.sessions, ...older], next: older.length ? state.next : page.next ?? null });
  } catch (error) {
    report(error);
  }
}

export async function loadMore() {
  if (!state.next) return;
  const page = await send('GET', `sessions?limit=40&after=${encodeURIComponent(state.next)}`);
  const listed = new Set(state.sessions.map((own) => own.id));
  const added = page.sessions.filter((own) => !listed.has(own.id));
  set({ sessions: [...state.sessions, ...added], next: page.next ?? null });
}

export async function loadProfiles() {
  const { profiles } = await send('GET', 'profiles');
  set({ profiles, profile: state.profile ?? profiles[0]?.name ?? null });
}

let close = () => {};

/** Changed texts of last messages that were not sent, by session. */
const edits = new Map();
export const keepEdit = (id, text) => (text === null ? edits.delete(id) : edits.set(id, text));

/** Shows a session; `null` is a new one. */
export function open(id) {
  close();
  close = () => {};
  expected = null;
  set({ current: id, view: emptyView(), queued: [], notice: null, isListOpen: false, editing: edits.get(id) ?? null, connection: id ? 'connecting' : 'none' });
  const hash = id ? `#/${id}` : '#/';
  if (location.hash !== hash && !(hash === '#/' && !location.hash)) history.pushState(null, '', hash);
  if (!id) {
    set({ profile: state.profiles[0]?.name ?? null });
    return;
  }
  let wasLost = false;
  let messages = 0;
  close = follow(id, {
    onView: (view) => {
      const before = state.view;
      set({ view });
      if (view.status.run && view.status.run !== before.status.run && before.isLoaded) set({ announcement: 'Answering' });
      if (view.status.run) expected = { run: view.status.run, isSeen: true };
      if (state.queued.length) {
        // A message of the queue runs or has joined the answer, or all are gone.
        const count = [...view.entities.values()].filter((own) => own.kind === 'user').length;
        if (view.status.run !== before.status.run || count !== messages) loadSession(id);
        messages = count;
      }
      announceEnd(view);
    },
    onConnection: (connection) => {
      if (connection === 'deleted') {
        close();
        set({ notice: { text: 'This conversation was deleted.', help: '' } });
        loadSessions();
        set({ connection });
        return;
      }
      if (connection === 'lost' && !wasLost) set({ announcement: 'Connection lost' });
      if (connection === 'open' && wasLost) set({ announcement: 'Connected again' });
      wasLost = connection === 'lost';
      set({ connection });
    },
  });
  loadSession(id).then((own) => {
    if (own?.profile && state.current === id) set({ profile: own.profile });
  });
}

/** Loads what the event stream does not have: the queue, and the profile. */
async function loadSession(id) {
  try {
    const own = await send('GET', session(id));
    if (state.current === id) set({ queued: own.queued ?? [] });
    return own;
  } catch {
    return null; // the stream says what is wrong
  }
}

/** The run whose end is to be announced. It may begin and end between two frames. */
let expected = null;

/** Position of the last entity that is no message of the user. */
function lastPlace(view) {
  let last = 0;
  for (const own of view.entities.values()) if (own.kind !== 'user') last = Math.max(last, own.position);
  return last;
}

function announceEnd(view) {
  if (!expected || view.status.run) return;
  if (!expected.isSeen && lastPlace(view) <= expected.place) return;
  expected = null;
  const waits = [...view.entities.values()].some((own) => own.kind === 'tool_call' && own.state === 'waiting');
  set({ announcement: waits ? 'A tool waits for your decision' : 'Answer finished' });
  loadSessions();
}

export function fromHash() {
  const id = location.hash.replace(/^#\//, '');
  if ((id || null) !== state.current) open(id || null);
}

/** Sends a message. Returns the session if the server has it, otherwise `null`. */
export async function sendMessage(text, images) {
  set({ isSending: true, asked: state.asked + 1 });
  try {
    let id = state.current;
    if (!id) {
      const created = await send('POST', 'sessions', {}); // the message has the profile
      id = created.id;
      const { profile } = state;
      // The draft moves along, in case the message is not sent.
      keepDraft(id, text);
      keepDraft(null, '');
      if (state.current === null) {
        open(id);
        set({ profile });
      }
    }
    // While an answer is written, its model reads the message with its next step.
    const body = { text, images, join: true };
    const place = lastPlace(state.view);
    if (state.profile) body.profile = state.profile;
    const accepted = await send('POST', session(id, '/messages'), body, newKey());
    set({ notice: null });
    if (accepted.state === 'queued') {
      set({ announcement: 'Message queued' });
      loadSession(id);
    }
    if (state.current === id) {
      if (expected?.run !== accepted.run) expected = { run: accepted.run, place };
      announceEnd(state.view);
    }
    loadSessions();
    return id;
  } catch (error) {
    const isBusy = error.kind === 'busy';
    if (isBusy) set({ notice: { text: 'The answer is still being written.', help: 'Send the message when it is finished, or stop it.' } });
    else report(error);
    return null;
  } finally {
    set({ isSending: false });
  }
}

const acting = new Set();

/** Sends a request about the current session, unless the same one is on its way: a button may be pressed twice. */
async function act(rest, body, key) {
  const path = session(state.current, rest);
  if (acting.has(path)) return null;
  acting.add(path);
  try {
    const reply = await send('POST', path, body, key);
    set({ notice: null });
    return reply;
  } catch (error) {
    report(error);
    return null;
  } finally {
    acting.delete(path);
  }
}

/** Removes a message from the queue. */
export async function unqueue(run) {
  const id = state.current;
  try {
    await send('DELETE', session(id, `/queue/${encodeURIComponent(run)}`));
    set({ announcement: 'Message removed' });
  } catch (error) {
    if (error.kind !== 'not-queued') report(error); // it runs already
  }
  loadSession(id);
}

export const stop = () => act('/cancel');
const withProfile = (body) => (state.profile ? { ...body, profile: state.profile } : body);
const ask = (rest, body) => {
  set({ asked: state.asked + 1 });
  return act(rest, withProfile(body), newKey());
};
export const retry = () => ask('/retry', {});
export const edit = (text) => ask('/edit', { text });
export async function undo() {
  if (await act('/undo')) loadSessions();
}

export async function fork(turnId) {
  const forked = await act('/fork', turnId ? { turn_id: turnId } : {});
  if (!forked) return;
  open(forked.id);
  set({ announcement: 'Continued in a new conversation' });
  loadSessions();
}

export async function rename(id, title) {
  try {
    await send('PATCH', session(id), { title });
  } catch (error) {
    report(error);
  }
  loadSessions();
}

export async function remove(id) {
  try {
    if (state.current === id) open(null);
    await send('DELETE', session(id));
    keepDraft(id, '');
    set({ sessions: state.sessions.filter((own) => own.id !== id) });
  } catch (error) {
    report(error);
  }
}

export async function chooseProfile(name) {
  set({ profile: name });
  if (!state.current) return;
  try {
    await send('PATCH', session(state.current), { profile: name });
  } catch (error) {
    report(error);
  }
}

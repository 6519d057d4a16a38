// Decisions about tool calls that wait.

import { newKey, send, session } from './api.js';
import { get, listen, report, set } from './store.js';

/** Decisions that are not sent yet, by call: while a call that was allowed runs, the server takes none. */
const decisions = new Map();

/** Entities that were decided about, which a view may still show as waiting. */
const sent = new Set();

/** Tools that run without a question, by session, while this page is open. */
const allowed = new Map();

/** The session of the decisions. */
let decided = null;

let isSending = false;

/** Decides about a call of the current session. Resolves when the server has the decision or refused it. */
export function decide(own, body) {
  return new Promise((done) => {
    sent.delete(own.id);
    decisions.set(own.call_id, { body, done });
    sendDecision();
  });
}

/** Allows a call, and all others of its tool in the current session. */
export function allowAlways(own) {
  const { current } = get();
  allowed.set(current, (allowed.get(current) ?? new Set()).add(own.name));
  sendDecision();
}

/** Returns a call that waits and its decision. */
function next({ current, view }) {
  const tools = allowed.get(current);
  // Each view asks, and nearly none has a decision to send.
  if (!decisions.size && !tools) return null;
  for (const own of view.entities.values()) {
    if (own.kind !== 'tool_call' || own.state !== 'waiting' || sent.has(own.id)) continue;
    const decision = decisions.get(own.call_id);
    if (decision) return { own, ...decision };
    if (tools?.has(own.name)) return { own, body: { decision: 'allow' } };
  }
  return null;
}

/** Sends the next decision, if there is one and nothing runs. */
async function sendDecision() {
  const state = get();
  if (isSending || state.view.status.run) return;
  const found = next(state);
  if (!found) return;
  const { own, body, done } = found;
  isSending = true;
  let isBusy = false;
  try {
    await send('POST', session(state.current, `/approvals/${encodeURIComponent(own.call_id)}`), body, newKey());
    set({ notice: null });
  } catch (error) {
    isBusy = error.kind === 'busy';
    if (!isBusy) report(error);
  }
  isSending = false;
  if (isBusy) {
    // A run that no view had shown. Either its views came meanwhile, or they will.
    if (get().view !== state.view) sendDecision();
    return;
  }
  sent.add(own.id);
  decisions.delete(own.call_id);
  done?.();
  sendDecision();
}

let seen = null;
listen(({ current, view }) => {
  if (current !== decided) {
    decided = current;
    decisions.clear();
    sent.clear();
  }
  if (view !== seen) {
    seen = view;
    sendDecision();
  }
});

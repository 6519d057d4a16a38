// Requests to the server.

/** A request that failed: `kind` as the problem's type without its prefix. */
export class Problem extends Error {
  constructor(status, body) {
    super(body.detail || 'The request failed.');
    this.status = status;
    this.kind = (body.type || '').replace('urn:geppetto:', '');
    this.help = body.help || '';
    this.run = body.run;
    this.retryAfter = body.retry_after;
  }
}

/** Random text for an `Idempotency-Key`; `crypto.randomUUID` needs HTTPS or localhost. */
export function newKey() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function once(method, path, body, key) {
  const headers = {};
  if (method === 'POST' || method === 'PATCH') headers['Content-Type'] = 'application/json';
  if (key) headers['Idempotency-Key'] = key;
  const response = await fetch(path, {
    method,
    headers,
    body: headers['Content-Type'] ? JSON.stringify(body ?? {}) : undefined,
    credentials: 'same-origin',
  });
  if (response.status === 204) return null;
  const json = await response.json().catch(() => ({}));
  if (!response.ok) throw new Problem(response.status, json);
  return json;
}

/**
 * Sends a request. With a key, it is repeated when the connection fails: the server carries it out
 * once.
 */
export async function send(method, path, body, key) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await once(method, path, body, key);
    } catch (error) {
      const isLost = error instanceof TypeError;
      if (isLost && (key || method === 'GET') && attempt < 4) {
        await pause(300 * 2 ** attempt);
        continue;
      }
      if (isLost) {
        throw new Problem(0, {
          type: 'urn:geppetto:offline',
          detail: 'The server cannot be reached.',
          help: 'Check the connection and try again.',
        });
      }
      throw error;
    }
  }
}

export const session = (id, rest = '') => `sessions/${encodeURIComponent(id)}${rest}`;

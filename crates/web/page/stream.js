// The event stream of a session.

/** State of a timeline: entities by id, and what the session is doing. */
export function emptyView() {
  return { version: 0, status: {}, entities: new Map(), isLoaded: false };
}

function load(json) {
  const entities = new Map(json.entities.map((own) => [own.id, own]));
  return { version: json.version, status: json.status, entities, isLoaded: true };
}

/** Applies a patch. Changed entities are new objects, so that components can compare them. */
function apply(view, patch) {
  const { op, id, version, ...rest } = patch;
  const own = id === undefined ? undefined : view.entities.get(id);
  if (op === 'insert') view.entities.set(patch.entity.id, patch.entity);
  else if (op === 'remove') view.entities.delete(id);
  else if (op === 'status') view.status = patch.status;
  else if (op === 'append' && own) {
    view.entities.set(id, { ...own, version, [patch.field]: (own[patch.field] ?? '') + patch.text });
  } else if (op === 'update' && own) view.entities.set(id, { ...own, ...rest, version });
}

/** Time after which a page that nobody sees closes its stream, in milliseconds. */
const REST_AFTER = 3000;

/**
 * Follows a session until `close` is called. `onView` receives each state, at most once a frame, and
 * `onConnection` one of `connecting`, `open`, `lost`, `refused`, `deleted`.
 */
export function follow(id, { onView, onConnection }) {
  let view = emptyView();
  let source = null;
  let timer = 0;
  let frame = 0;
  let failures = 0;
  let last = null;
  let isClosed = false;
  let isResting = false;
  let restTimer = 0;

  const show = () => {
    if (frame || isClosed) return;
    const run = () => {
      frame = 0;
      if (!isClosed) onView({ ...view });
    };
    // Hidden pages have no frames.
    frame = document.hidden ? setTimeout(run, 200) : requestAnimationFrame(run);
  };

  const connect = () => {
    isResting = false;
    const after = last === null ? '' : `?after=${last}`;
    source = new EventSource(`sessions/${encodeURIComponent(id)}/events${after}`);
    source.onopen = () => {
      failures = 0;
      onConnection('open');
    };
    source.onerror = () => {
      onConnection('lost');
      if (source.readyState !== EventSource.CLOSED) return; // it reconnects by itself
      failures += 1;
      timer = setTimeout(check, Math.min(500 * 2 ** failures, 15000) * (0.5 + Math.random() / 2));
    };
    source.addEventListener('view', (event) => {
      view = load(JSON.parse(event.data));
      last = event.lastEventId;
      show();
    });
    source.addEventListener('patches', (event) => {
      for (const patch of JSON.parse(event.data)) apply(view, patch);
      view.version = Number(event.lastEventId);
      last = event.lastEventId;
      show();
      if (document.hidden && !view.status.run) onVisibility();
    });
    source.addEventListener('deleted', gone);
  };

  const gone = () => {
    source?.close();
    onConnection('deleted');
  };

  // An `EventSource` does not say why it gave up: a session that is gone, or a server that is busy.
  const check = async () => {
    try {
      const response = await fetch(`sessions/${encodeURIComponent(id)}`);
      if (isClosed) return;
      if (response.status === 404) return gone();
      if (response.status === 401 || response.status === 403) {
        onConnection('refused');
        failures = 9;
        timer = setTimeout(check, 15000);
        return undefined;
      }
    } catch {
      if (isClosed) return;
    }
    return connect();
  };

  // Browsers open six connections to a server. A page that nobody sees, and where nothing runs, leaves
  // its own to others.
  const rest = () => {
    if (!document.hidden || isClosed || view.status.run || !view.isLoaded || source?.readyState !== EventSource.OPEN) return;
    source.close();
    isResting = true;
  };
  const onVisibility = () => {
    clearTimeout(restTimer);
    if (document.hidden) restTimer = setTimeout(rest, REST_AFTER);
    else if (isResting) connect();
  };
  document.addEventListener('visibilitychange', onVisibility);

  const retryNow = () => {
    if (source?.readyState !== EventSource.CLOSED || isClosed || isResting) return;
    clearTimeout(timer);
    connect();
  };
  window.addEventListener('online', retryNow);

  onConnection('connecting');
  connect();
  return () => {
    isClosed = true;
    clearTimeout(timer);
    clearTimeout(restTimer);
    source?.close();
    document.removeEventListener('visibilitychange', onVisibility);
    window.removeEventListener('online', retryNow);
  };
}

// Where messages are written.

import htm from 'htm';
import { h } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

import { Icon, IconButton } from './icons.js';
import { chooseProfile, draft, edit, get, keepDraft, keepEdit, sendMessage, set, stop, useStore } from './store.js';

const html = htm.bind(h);

const TYPES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];
const LONGEST_SIDE = 1568;
const MAX_BYTES = 4 * 1024 * 1024;

function base64(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result.slice(reader.result.indexOf(',') + 1));
    reader.onerror = () => failed(reader.error);
    reader.readAsDataURL(blob);
  });
}

/** Reads an image, and makes it as small as models need it. */
async function read(file) {
  let blob = file;
  if (!TYPES.includes(file.type)) throw new Error(`${file.name || 'The file'} is not a PNG, JPEG, GIF or WebP image.`);
  const bitmap = await createImageBitmap(file);
  const scale = LONGEST_SIDE / Math.max(bitmap.width, bitmap.height);
  if ((scale < 1 && file.type !== 'image/gif') || file.size > MAX_BYTES) {
    const factor = Math.min(1, scale);
    const canvas = document.createElement('canvas');
    canvas.width = Math.max(1, Math.round(bitmap.width * factor));
    canvas.height = Math.max(1, Math.round(bitmap.height * factor));
    const context = canvas.getContext('2d');
    const type = file.type === 'image/png' && file.size < MAX_BYTES ? 'image/png' : 'image/jpeg';
    if (type === 'image/jpeg') {
      context.fillStyle = 'white'; // instead of transparency, which would be black
      context.fillRect(0, 0, canvas.width, canvas.height);
    }
    context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
    blob = await new Promise((done) => { canvas.toBlob(done, type, 0.9); });
  }
  bitmap.close();
  return { data: await base64(blob), media_type: blob.type, preview: URL.createObjectURL(blob), name: file.name };
}

function endEdit(id) {
  keepEdit(id, null);
  // Meanwhile another conversation may be shown, with a message that is edited.
  if (get().current === id) set({ editing: null });
}

export function Composer() {
  const { current, view, isSending, profiles, profile, editing, connection } = useStore();
  const [text, setText] = useState('');
  const [pictures, setPictures] = useState({});
  // Each conversation has its own, as it has its own draft.
  const place = current ?? 'new';
  const images = pictures[place] ?? [];
  const setImages = (change, id = place) => setPictures((all) => ({ ...all, [id]: typeof change === 'function' ? change(all[id] ?? []) : change }));
  const [isOver, setOver] = useState(false);
  const area = useRef(null);
  const picker = useRef(null);
  const isBusy = Boolean(view.status.run);
  const isEditing = editing !== null;

  // Before the next event: what is typed or pasted at once is not put behind the text of another place.
  useLayoutEffect(() => {
    setText(isEditing ? editing : draft(current));
    // On a screen that is touched, the focus opens a keyboard over the conversation.
    if (isEditing || !matchMedia('(pointer: coarse)').matches) area.current?.focus();
  }, [current, editing]);
  useEffect(() => {
    const node = area.current;
    if (!node) return;
    node.style.height = 'auto';
    node.style.height = `${Math.min(node.scrollHeight, window.innerHeight * 0.4)}px`;
  }, [text]);

  const write = (value) => {
    setText(value);
    if (isEditing) keepEdit(current, value);
    else keepDraft(current, value);
  };
  const add = async (files) => {
    const id = get().current ?? 'new';
    for (const file of files) {
      try {
        const image = await read(file);
        setImages((own) => [...own, image], id);
        set({ announcement: 'Image added' });
      } catch (error) {
        set({ notice: { text: error.message || 'The image cannot be read.', help: '' } });
      }
    }
  };
  useEffect(() => {
    const isFiles = (event) => event.dataTransfer?.types.includes('Files');
    const over = (event) => { if (isFiles(event)) { event.preventDefault(); setOver(true); } };
    const leave = (event) => { if (!event.relatedTarget) setOver(false); };
    const drop = (event) => {
      if (!isFiles(event)) return;
      event.preventDefault();
      setOver(false);
      add([...event.dataTransfer.files]);
    };
    window.addEventListener('dragover', over);
    window.addEventListener('dragleave', leave);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', over);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('drop', drop);
    };
  }, []);

  const submit = async () => {
    const own = text.trim();
    // Of several events before the next frame, each sees the same `isSending`, but not the same state.
    if (get().isSending || (!own && !images.length)) return;
    if (isEditing) {
      set({ isSending: true });
      try {
        if (own && await edit(own)) endEdit(current);
      } finally {
        set({ isSending: false });
      }
      return;
    }
    const before = current;
    const sent = await sendMessage(text, images.map(({ data, media_type }) => ({ data, media_type })));
    if (!sent) {
      const own = get().current;
      // A session was created for the message.
      if (before === null && own) setPictures(({ new: moved, ...all }) => ({ ...all, [own]: moved ?? [] }));
      return;
    }
    // Meanwhile another conversation may be shown, whose draft is its own.
    keepDraft(before, '');
    if (sent !== before) keepDraft(sent, '');
    if (get().current === sent) setText((own) => (own === text ? '' : own));
    images.forEach((image) => URL.revokeObjectURL(image.preview));
    setImages([], before ?? 'new');
  };
  const onKeyDown = (event) => {
    // Safari ends a composition before the Enter that confirms it; 229 stands for such a key.
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      submit();
    } else if (event.key === 'ArrowUp' && !text && !isEditing && !isBusy) {
      const users = [...view.entities.values()].filter((own) => own.kind === 'user');
      const last = users.sort((a, b) => a.position - b.position).at(-1);
      if (last) {
        event.preventDefault();
        set({ editing: last.text });
      }
    } else if (event.key === 'Escape' && isEditing) {
      event.stopPropagation();
      endEdit(current);
    }
  };
  const onPaste = (event) => {
    const files = [...event.clipboardData.files].filter((file) => file.type.startsWith('image/'));
    // Offices and browsers add a picture of the text.
    if (!files.length || event.clipboardData.getData('text/plain').trim()) return;
    event.preventDefault();
    add(files);
  };
  const canSend = !isSending && connection !== 'deleted' && Boolean(text.trim() || images.length);

  return html`<form class=${`composer ${isOver ? 'over' : ''}`} aria-label="Message" onSubmit=${(event) => { event.preventDefault(); submit(); }}>
    ${isOver && html`<p class="drop-hint">Drop images to add them</p>`}
    ${isEditing && html`<p class="editing">Editing your last message <button type="button" class="quiet" onClick=${() => endEdit(current)}>Cancel</button></p>`}
    ${images.length > 0 && html`<ul class="previews">${images.map((image, index) => html`<li key=${image.preview}>
      <img src=${image.preview} alt=${image.name || 'Image'} />
      <${IconButton} name="close" label=${`Remove ${image.name || 'the image'}`} onClick=${() => setImages(images.filter((_, own) => own !== index))} /></li>`)}</ul>`}
    <textarea id="prompt" dir="auto" ref=${area} rows="1" value=${text} placeholder="Write a message" aria-label="Message"
      enterkeyhint="send" onInput=${(event) => write(event.target.value)} onKeyDown=${onKeyDown} onPaste=${onPaste} />
    <div class="composer-foot">
      <input type="file" ref=${picker} accept=${TYPES.join(',')} multiple hidden
        onChange=${(event) => { add([...event.target.files]); event.target.value = ''; }} />
      <${IconButton} name="image" label="Add images" disabled=${isEditing} onClick=${() => picker.current.click()} />
      ${profiles.length > 1 && html`<select aria-label="Profile" value=${profile} onChange=${(event) => chooseProfile(event.target.value)}>
        ${profiles.map((own) => html`<option value=${own.name} title=${own.description}>${own.title}${own.model && own.model !== own.title ? ` · ${own.model}` : ''}</option>`)}</select>`}
      <span class="hint faint">${isBusy ? 'Esc stops the answer' : 'Enter sends, Shift+Enter is a new line'}</span>
      ${isBusy && html`<button type="button" class="round stop" aria-label="Stop the answer" title="Stop (Esc)" onClick=${stop}><${Icon} name="stop" /></button>`}
      ${(!isBusy || canSend) && html`<button type="submit" class="round send" aria-label="Send" title="Send (Enter)" disabled=${!canSend}><${Icon} name="send" /></button>`}
    </div>
  </form>`;
}

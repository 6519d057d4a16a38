// A page with `useChat`, as the guide describes it.

import { useChat } from '@ai-sdk/react';
import { DefaultChatTransport, lastAssistantMessageIsCompleteWithToolCalls } from 'ai';
import { createRoot } from 'react-dom/client';

const id = 'react';

function Chat({ initial }) {
  const { messages, sendMessage, status, stop, error } = useChat({
    id,
    messages: initial,
    resume: true,
    transport: new DefaultChatTransport({ api: '/ui' }),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithToolCalls,
  });
  const cancel = () => {
    stop();
    fetch(`/sessions/${id}/cancel`, { method: 'POST' });
  };
  const submit = (event) => {
    event.preventDefault();
    const input = event.target.elements.text;
    sendMessage({ text: input.value });
    input.value = '';
  };
  const show = (part, index) => {
    if (part.type === 'text') return <span key={index}>{part.text}</span>;
    if (part.type.startsWith('tool-') || part.type === 'dynamic-tool') {
      return <i key={index}>[{part.toolName ?? part.type}: {part.state}]</i>;
    }
    return null;
  };
  return <main data-status={status}>
    {messages.map((own) => <p key={own.id} className={own.role}>{own.parts.map(show)}</p>)}
    {error && <p className="error">{error.message}</p>}
    <form onSubmit={submit}><input name="text" /></form>
    <button onClick={cancel}>Stop</button>
  </main>;
}

const known = await fetch(`/ui/${id}`);
const initial = known.ok ? await known.json() : [];
createRoot(document.getElementById('root')).render(<Chat initial={initial} />);

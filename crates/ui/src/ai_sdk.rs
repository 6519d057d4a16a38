//! UI message stream v1 of the Vercel AI SDK, which `useChat` reads.

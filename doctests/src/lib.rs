//! Compiles and runs every Rust snippet of the documentation pages.
//!
//! Each page is the documentation of an item here, so `cargo test -p doctests` runs its snippets as
//! documentation tests. `cargo xtask docs --check` reports pages that are missing here.

/// The pages.
#[cfg(doctest)]
mod pages {
    #[doc = include_str!("../../README.md")]
    struct Readme;

    #[doc = include_str!("../../docs/introduction.md")]
    struct Introduction;

    #[doc = include_str!("../../docs/migration.md")]
    struct Migration;

    #[doc = include_str!("../../docs/guides/first-session.md")]
    struct FirstSession;

    #[doc = include_str!("../../docs/guides/structured-output.md")]
    struct StructuredOutput;

    #[doc = include_str!("../../docs/guides/images.md")]
    struct Images;

    #[doc = include_str!("../../docs/guides/streaming-to-a-ui.md")]
    struct StreamingToAUi;

    #[doc = include_str!("../../docs/guides/writing-a-tool.md")]
    struct WritingATool;

    #[doc = include_str!("../../docs/guides/asking-a-person.md")]
    struct AskingAPerson;

    #[doc = include_str!("../../crates/web/README.md")]
    struct WebReadme;

    #[doc = include_str!("../../docs/guides/web-chat.md")]
    struct WebChat;

    #[doc = include_str!("../../docs/guides/openai-compatible-server.md")]
    struct OpenAiCompatibleServer;

    #[doc = include_str!("../../docs/guides/durable-sessions.md")]
    struct DurableSessions;

    #[doc = include_str!("../../docs/guides/several-machines.md")]
    struct SeveralMachines;

    #[doc = include_str!("../../docs/guides/writing-a-middleware.md")]
    struct WritingAMiddleware;

    #[doc = include_str!("../../docs/guides/writing-a-provider.md")]
    struct WritingAProvider;

    #[doc = include_str!("../../docs/guides/testing-your-app.md")]
    struct TestingYourApp;
}

//! A conversation goes on when its provider changes: the server of each wire accepts the history that
//! any other one has left, with thinking, calls and answers of tools.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::sync::Arc;

use geppetto_engine::{Engine, RunStatus, middleware::SystemPrompt};
use geppetto_enginebuilder::Builder;
use geppetto_providers_anthropic::MessagesEngine;
use geppetto_providers_gemini::GeminiEngine;
use geppetto_providers_openai::{ChatEngine, ResponsesEngine};
use geppetto_session::Session;
use geppetto_testing::{ProviderServer, Reply};
use geppetto_toolloop::{ToolError, ToolRegistry, tool_fn};
use geppetto_turns::Turn;
use serde_json::{Value, json};

#[derive(Debug, Clone, Copy)]
enum Wire {
    Chat,
    Responses,
    Messages,
    Gemini,
    /// Gemini 3, which requires signatures.
    SigningGemini,
}

const ALL: [Wire; 5] = [
    Wire::Chat,
    Wire::Responses,
    Wire::Messages,
    Wire::Gemini,
    Wire::SigningGemini,
];

impl Wire {
    fn engine(self, server: &ProviderServer) -> Arc<dyn Engine> {
        let url = server.base_url();
        match self {
            Self::Chat => Arc::new(
                ChatEngine::builder("gpt-5-mini")
                    .base_url(url)
                    .build()
                    .unwrap(),
            ),
            Self::Responses => {
                let builder = ResponsesEngine::builder("gpt-5-mini").base_url(url);
                Arc::new(builder.build().unwrap())
            }
            Self::Messages => {
                let builder = MessagesEngine::builder("claude-sonnet-4-5").base_url(url);
                Arc::new(builder.build().unwrap())
            }
            Self::Gemini => {
                let builder = GeminiEngine::builder("gemini-2.5-flash").base_url(url);
                Arc::new(builder.build().unwrap())
            }
            Self::SigningGemini => {
                let builder = GeminiEngine::builder("gemini-3-pro-preview").base_url(url);
                Arc::new(builder.build().unwrap())
            }
        }
    }

    /// A reply that thinks, says something and calls the tool twice.
    fn calls(self) -> Reply {
        let (mail, dns) = (json!({"service": "mail"}), json!({"service": "dns"}));
        let (first, second) = (mail.to_string(), dns.to_string());
        match self {
            Self::Chat => Reply::chat()
                .reasoning("Two ports.")
                .text("I look.")
                .tool_call("call_1", "port_of", first)
                .tool_call("call_2", "port_of", second)
                .into(),
            Self::Responses => Reply::responses()
                .summary("Two ports.")
                .encrypted_content("c2VhbGVk")
                .text("I look.")
                .tool_call("call_1", "port_of", first)
                .tool_call("call_2", "port_of", second)
                .into(),
            Self::Messages => Reply::messages()
                .thinking("Two ports.")
                .signature("c2lnbmVk")
                .text("I look.")
                .tool_call("toolu_1", "port_of", first)
                .tool_call("toolu_2", "port_of", second)
                .into(),
            Self::Gemini | Self::SigningGemini => Reply::gemini()
                .thought("Two ports.")
                .text("I look.")
                .function_call("port_of", &mail)
                .signed("c2lnbmVk")
                .function_call("port_of", &dns)
                .into(),
        }
    }

    fn answers(self) -> Reply {
        match self {
            Self::Chat => Reply::chat().text("25 and 53.").into(),
            Self::Responses => Reply::responses().text("25 and 53.").into(),
            Self::Messages => Reply::messages().text("25 and 53.").into(),
            Self::Gemini | Self::SigningGemini => Reply::gemini().text("25 and 53.").into(),
        }
    }
}

async fn port_of(args: Value) -> Result<u32, ToolError> {
    match args.get("service").and_then(Value::as_str) {
        Some("mail") => Ok(25),
        Some("dns") => Ok(53),
        _ => Err(ToolError::new("no such service")),
    }
}

/// Runs one prompt with the tool, and returns the grown history.
async fn turn_with(wire: Wire, history: Turn, said: &str) -> Turn {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(wire.calls());
    server.enqueue(wire.answers());
    let tools = ToolRegistry::new()
        .with(tool_fn("port_of", "The port of a service", port_of))
        .unwrap();
    let builder = Builder::new(wire.engine(&server))
        .middleware(SystemPrompt::new("Be terse."))
        .tools(tools);
    let session = Session::builder(builder).history([history]).build();
    let run = session
        .submit("Which ports are those of mail and DNS?")
        .await
        .unwrap();
    let outcome = run.outcome().await;
    assert!(
        matches!(outcome.status, RunStatus::Finished),
        "{said}: {:?}",
        outcome.error
    );
    assert_eq!(server.replies_left(), 0, "{said}");
    outcome.turn.clone()
}

#[tokio::test]
async fn the_history_of_any_provider_is_accepted_by_any_other() {
    for first in ALL {
        for second in ALL {
            let mut history = Turn::default();
            for (step, wire) in [first, second, first].into_iter().enumerate() {
                let said = format!("{first:?}, {second:?}, {first:?}: step {step}");
                history = turn_with(wire, history, &said).await;
            }
        }
    }
}

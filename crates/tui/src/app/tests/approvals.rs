//! Tool calls that wait for the person.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use crossterm::event::KeyCode;
use geppetto_engine::RunContext;
use geppetto_enginebuilder::Builder;
use geppetto_session::Session;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_toolloop::{Rejection, Tool, ToolExecutor, ToolRegistry, raw_tool_fn};
use geppetto_turns::ToolCall;
use serde_json::{Value, json};

use super::support::TestChat;
use crate::Chat;

/// Asks before each call.
struct Ask;

#[async_trait]
impl ToolExecutor for Ask {
    async fn is_allowed(
        &self,
        _: &RunContext,
        _: &ToolCall,
        _: &dyn Tool,
    ) -> Result<(), Rejection> {
        Err(Rejection::wait("May I send this mail?"))
    }
}

struct Mail {
    engine: ScriptedEngine,
    sent: Arc<AtomicUsize>,
    session: Session,
}

impl Mail {
    fn new(scripts: impl IntoIterator<Item = Script>) -> Self {
        let sent = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&sent);
        let send = raw_tool_fn(
            "send",
            "Sends",
            json!({"type": "object"}),
            move |_: Value| {
                let counter = Arc::clone(&counter);
                async move {
                    counter.fetch_add(1, Ordering::SeqCst);
                    "sent"
                }
            },
        );
        let tools = ToolRegistry::new().with(send).unwrap();
        let engine = ScriptedEngine::new(scripts);
        let builder = Builder::new(engine.clone()).tools(tools).tool_executor(Ask);
        Self {
            engine,
            sent,
            session: Session::new(builder),
        }
    }

    /// Starts a chat whose model wants to send a mail.
    async fn asks(&self) -> TestChat {
        let chat = TestChat::start(Chat::new(self.session.clone()));
        chat.is_ready().await;
        chat.types("write to ann\n");
        chat.shows("May I send this mail?").await;
        // Nothing is typed meanwhile.
        tokio::time::sleep(Duration::from_secs(1)).await;
        chat
    }

    fn sent(&self) -> usize {
        self.sent.load(Ordering::SeqCst)
    }

    /// Returns the result of the last call, as the model was told.
    fn told(&self) -> String {
        let turn = self.engine.turns().pop().unwrap();
        format!("{:?}", turn.tool_answer("call_1").unwrap())
    }
}

fn wants_to_send() -> Script {
    Script::new().tool_call("call_1", "send", r#"{"to": "ann"}"#)
}

/// A decision needs the whole command, on lines as it has them. Reported for other programs:
/// <https://github.com/letta-ai/letta-code/issues/1584>, <https://github.com/pingdotgg/t3code/issues/2790>,
/// <https://github.com/microsoft/vscode/issues/314918>.
#[tokio::test(start_paused = true)]
async fn all_arguments_can_be_read_before_the_decision() {
    let lines: Vec<String> = (1..=9).map(|number| format!("line {number}")).collect();
    let text = format!("{}\nto: eve", lines.join("\n"));
    let arguments = json!({"to": "ann", "text": text, "urgent": true}).to_string();
    let mail = Mail::new([
        Script::new().tool_call("call_1", "send", arguments.as_str()),
        Script::new().text("Sent it."),
    ]);
    let chat = mail.asks().await;
    let mut seen = String::new();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(1)).await;
        seen.push_str(&chat.screen());
        assert!(chat.screen().contains("May I send this mail?"), "{seen}");
        assert!(chat.screen().contains("y allow"), "{seen}");
        chat.key(KeyCode::PageDown);
    }
    assert!(seen.contains("PgDn: more"), "{seen}");
    for own in [
        "\nto: ann\n",
        "text: line 1\n      line 2\n",
        "\nurgent: true\n",
    ] {
        assert!(seen.contains(own), "{own} in {seen}");
    }
    // A text does not look like another argument.
    assert!(seen.contains("\n      to: eve\n"), "{seen}");
    assert!(!seen.contains("\nto: eve"), "{seen}");
    chat.types("y");
    chat.shows("Sent it.").await;
}

#[tokio::test(start_paused = true)]
async fn allowed_once() {
    let mail = Mail::new([
        wants_to_send(),
        Script::new().text("Sent it."),
        wants_to_send(),
    ]);
    let chat = mail.asks().await;
    assert!(chat.screen().contains("\nto: ann\n"), "{}", chat.screen());
    assert_eq!(chat.screen().matches("May I send this mail?").count(), 1);
    chat.types("y");
    chat.shows("Sent it.").await;
    chat.is_ready().await;
    assert_eq!(mail.sent(), 1);
    chat.types("again\n");
    chat.until("the question", |own| {
        own.screen().contains("May I send this mail?")
    })
    .await;
    assert_eq!(mail.sent(), 1);
}

#[tokio::test(start_paused = true)]
async fn allowed_for_the_session() {
    let mail = Mail::new([
        wants_to_send(),
        Script::new().text("Sent it."),
        wants_to_send(),
        Script::new().text("And again."),
    ]);
    let chat = mail.asks().await;
    chat.types("a");
    chat.shows("Sent it.").await;
    chat.is_ready().await;
    chat.types("again\n");
    chat.shows("And again.").await;
    assert_eq!(mail.sent(), 2);
}

#[tokio::test(start_paused = true)]
async fn refused_with_a_word_to_the_model() {
    let mail = Mail::new([wants_to_send(), Script::new().text("I will not.")]);
    let chat = mail.asks().await;
    chat.types("n");
    chat.shows("Why not?").await;
    chat.types("not to ann\n");
    chat.shows("I will not.").await;
    assert_eq!(mail.sent(), 0);
    assert!(mail.told().contains("not to ann"), "{}", mail.told());
}

#[tokio::test(start_paused = true)]
async fn decided_calls_do_not_ask_while_others_wait() {
    let two = wants_to_send().tool_call("call_2", "send", r#"{"to": "bob"}"#);
    let mail = Mail::new([two, Script::new().text("Sent one.")]);
    let chat = mail.asks().await;
    assert_eq!(chat.screen().matches("needs your decision").count(), 2);
    chat.types("n");
    chat.shows("Why not?").await;
    chat.types("not to ann\n");
    chat.shows("refused").await;
    assert_eq!(chat.screen().matches("needs your decision").count(), 1);
    tokio::time::sleep(Duration::from_secs(1)).await;
    chat.types("y");
    chat.shows("Sent one.").await;
    assert_eq!(mail.sent(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_being_typed_is_not_an_answer() {
    let mail = Mail::new([wants_to_send(), Script::new().text("Sent it.")]);
    let chat = TestChat::start(Chat::new(mail.session.clone()));
    chat.is_ready().await;
    chat.types("write to ann\nany");
    chat.shows("May I send this mail?").await;
    chat.types("y");
    chat.shows("> anyy").await;
    assert_eq!(mail.sent(), 0);
    tokio::time::sleep(Duration::from_secs(1)).await;
    chat.types("y");
    chat.shows("Sent it.").await;
    chat.is_ready().await;
    assert!(chat.screen().contains("> anyy"), "{}", chat.screen());
}

#[tokio::test(start_paused = true)]
async fn refused_at_the_deadline() {
    let mail = Mail::new([wants_to_send(), Script::new().text("Nobody was there.")]);
    let chat = Chat::new(mail.session.clone()).approval_time(Duration::from_secs(10));
    let chat = TestChat::start(chat);
    chat.is_ready().await;
    chat.types("write to ann\n");
    chat.shows("refused after 10 s").await;
    tokio::time::sleep(Duration::from_secs(11)).await;
    chat.shows("Nobody was there.").await;
    assert_eq!(mail.sent(), 0);
    assert!(mail.told().contains("within 10 s"), "{}", mail.told());
}

#[tokio::test(start_paused = true)]
async fn left_open_and_answered_by_the_next_prompt() {
    let mail = Mail::new([wants_to_send(), Script::new().text("Then not.")]);
    let chat = mail.asks().await;
    chat.key(KeyCode::Esc);
    chat.shows("left open").await;
    chat.types("never mind\n");
    chat.shows("Then not.").await;
    assert_eq!(mail.sent(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_waited_before_asks_again() {
    let mail = Mail::new([wants_to_send(), Script::new().text("Sent it.")]);
    mail.session
        .submit("write to ann")
        .await
        .unwrap()
        .outcome()
        .await;
    let chat = TestChat::start(Chat::new(mail.session.clone()));
    chat.shows("May I send this mail?").await;
    chat.types("y");
    chat.shows("Sent it.").await;
}

#[tokio::test(start_paused = true)]
async fn several_calls_are_asked_about_in_turn() {
    let two = wants_to_send().tool_call("call_2", "send", r#"{"to": "all"}"#);
    let mail = Mail::new([two, Script::new().text("One mail.")]);
    let chat = mail.asks().await;
    chat.shows("(1 of 2)").await;
    chat.types("y");
    chat.shows("(2 of 2)").await;
    chat.types("n");
    chat.shows("Why not?").await;
    chat.types("\n");
    chat.shows("One mail.").await;
    assert_eq!(mail.sent(), 1);
}

/// <https://github.com/openai/codex/issues/31037>, <https://github.com/openai/codex/issues/19165>,
/// <https://github.com/openai/codex/issues/44868>,
/// <https://github.com/anthropics/claude-code/issues/37955>
#[tokio::test(start_paused = true)]
async fn keys_of_a_draft_or_with_modifiers_are_no_answer() {
    let mail = Mail::new([wants_to_send(), Script::new().text("Sent it.")]);
    let chat = TestChat::start(Chat::new(mail.session.clone()));
    chat.is_ready().await;
    chat.types("write to ann\n");
    // Typed on while the question appears.
    for typed in "why nobody may say any".chars() {
        chat.key(KeyCode::Char(typed));
        tokio::time::sleep(Duration::from_millis(120)).await;
    }
    chat.shows("May I send this mail?").await;
    assert_eq!(mail.sent(), 0);
    chat.shows("> why nobody may say any").await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    chat.control('y');
    chat.press(KeyCode::Char('a'), crossterm::event::KeyModifiers::ALT);
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(mail.sent(), 0);
    // With the shift lock.
    chat.press(KeyCode::Char('Y'), crossterm::event::KeyModifiers::SHIFT);
    chat.shows("Sent it.").await;
    assert_eq!(mail.sent(), 1);
}

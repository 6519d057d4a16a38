//! Commands.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use crossterm::event::KeyCode;
use geppetto_engine::{Engine, EngineError, RunContext};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_session::Session;
use geppetto_store::MemoryStore;
use geppetto_testing::{Script, ScriptedEngine};
use geppetto_turns::{InferenceResult, Turn};

use super::support::{TestChat, chat};
use crate::{Chat, Models, Selection};

fn says(text: &str) -> Script {
    Script::new().text(text)
}

#[tokio::test(start_paused = true)]
async fn help_is_shown_and_closed() {
    let chat = chat([]).await;
    chat.key(KeyCode::F(1));
    chat.shows("/help").await;
    chat.key(KeyCode::Esc);
    chat.hides("/model").await;
    chat.types("/help\n");
    chat.shows("show keys and commands").await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_command_is_named_and_kept() {
    let chat = chat([]).await;
    chat.types("/nothing\n");
    chat.shows("there is no command /nothing").await;
    assert!(chat.screen().contains("> /nothing"), "{}", chat.screen());
}

#[tokio::test(start_paused = true)]
async fn a_path_is_a_prompt() {
    let chat = chat([says("A program.")]).await;
    chat.types("/usr/bin/env is what?\n");
    chat.shows("A program.").await;
}

#[tokio::test(start_paused = true)]
async fn tab_completes() {
    let chat = chat([]).await;
    chat.types("/se");
    chat.key(KeyCode::Tab);
    chat.shows("> /sessions").await;
}

#[tokio::test(start_paused = true)]
async fn a_path_is_completed_and_attached() {
    let folder = std::env::temp_dir().join(format!("geppetto-tab-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("inner")).unwrap();
    std::fs::write(folder.join("inner/a note.md"), "Read me.").unwrap();
    let chat = TestChat::start_in(Chat::new(super::support::session([says("Read.")])), 120, 16);
    chat.is_ready().await;
    chat.types(&format!("/file {}/in", folder.display()));
    chat.shows("/in").await;
    chat.until("the folder", |own| {
        own.screen().matches("inner/").count() == 1
    })
    .await;
    chat.key(KeyCode::Tab);
    chat.shows("inner/a note.md").await;
    chat.key(KeyCode::Tab);
    chat.until("the path", |own| own.screen().contains("note.md\n"))
        .await;
    chat.key(KeyCode::Enter);
    chat.shows("+ a note.md").await;
    std::fs::remove_dir_all(folder).unwrap();
}

/// Lists models after ten seconds.
struct SlowModels;

#[async_trait]
impl Models for SlowModels {
    async fn models(&self) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>> {
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        Ok(vec!["first".to_owned(), "second".to_owned()])
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_that_comes_late_takes_no_keys_of_a_draft() {
    let session = super::support::session([says("Hello."), says("Fine.")]);
    let chat = TestChat::start(Chat::new(session).models(SlowModels));
    chat.is_ready().await;
    chat.types("/model\n");
    chat.shows("asking for the models").await;
    chat.types("hi ");
    chat.hides("asking").await;
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    chat.types("there\n");
    chat.shows("Hello.").await;
    assert!(chat.text().contains("hi there"), "{}", chat.text());
    // The names that were requested by the completion do not open a menu either.
    chat.types("/model other\n");
    chat.shows("from the next prompt on: other").await;
    tokio::time::sleep(std::time::Duration::from_secs(11)).await;
    chat.types("how are you\n");
    chat.shows("Fine.").await;
}

#[tokio::test(start_paused = true)]
async fn commands_about_turns_say_that_there_are_none() {
    let chat = chat([]).await;
    for (command, said) in [
        ("/undo", "nothing to remove"),
        ("/fork", "nothing to fork"),
        ("/save", "nothing to save"),
        ("/edit", "no prompt to edit"),
        ("/retry", "no prompt to ask again"),
        ("/copy", "no answer to copy"),
    ] {
        chat.types(&format!("{command}\n"));
        chat.shows(said).await;
        chat.key(KeyCode::Esc);
        chat.hides(said).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_choice_of_the_menu_is_taken_by_enter() {
    let chat = chat([]).await;
    chat.types("/");
    chat.shows("/help").await;
    chat.key(KeyCode::Down);
    chat.key(KeyCode::Enter);
    chat.shows("Esc closes").await;
}

struct TwoModels;

#[async_trait]
impl Models for TwoModels {
    async fn models(&self) -> Result<Vec<String>, Box<dyn std::error::Error + Send + Sync>> {
        Ok(vec!["large".to_owned(), "small".to_owned()])
    }
}

/// Records the models that are requested.
struct Asked(ScriptedEngine, Arc<Mutex<Vec<Option<String>>>>);

#[async_trait]
impl Engine for Asked {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let settings = ctx.run_settings().unwrap();
        let model = settings.inference.model.clone();
        self.1.lock().unwrap().push(model);
        self.0.run_inference(ctx, turn).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_model_is_chosen_and_requested() {
    let asked = Arc::default();
    let engine = Asked(ScriptedEngine::new([says("Hello.")]), Arc::clone(&asked));
    let session = Session::new(Builder::new(engine));
    let chat = TestChat::start(Chat::new(session).models(TwoModels));
    chat.is_ready().await;
    chat.types("/model\n");
    chat.shows("2 choices").await;
    chat.key(KeyCode::Down);
    chat.key(KeyCode::Enter);
    chat.shows("from the next prompt on: small").await;
    chat.types("hi\n");
    chat.shows("Hello.").await;
    assert_eq!(*asked.lock().unwrap(), [Some("small".to_owned())]);
    // Enter alone keeps the model in use.
    chat.is_ready().await;
    chat.types("/model\n");
    chat.shows("current").await;
    chat.key(KeyCode::Enter);
    chat.until("the model in use", |own| {
        own.screen().contains("from the next prompt on: small")
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_does_not_exist_changes_nothing() {
    let chat = chat([says("Hello.")]).await;
    chat.types("/profile fast\n");
    chat.shows("there is no profile `fast`").await;
    chat.types("hi\n");
    chat.shows("Hello.").await;
}

#[tokio::test(start_paused = true)]
async fn a_profile_has_an_engine_of_its_own() {
    struct Other;
    #[async_trait]
    impl Models for Other {
        async fn select_profile(
            &self,
            name: &str,
        ) -> Result<Selection, Box<dyn std::error::Error + Send + Sync>> {
            let engine = ScriptedEngine::always(says("From the other."));
            Ok(Selection::new()
                .profile(name)
                .engine_builder(Builder::new(engine)))
        }
    }
    let session = super::support::session([says("Hello.")]);
    let chat = TestChat::start(Chat::new(session).models(Other));
    chat.is_ready().await;
    chat.types("/profile other\n");
    chat.shows("from the next prompt on: other").await;
    chat.types("hi\n");
    chat.shows("From the other.").await;
}

#[tokio::test(start_paused = true)]
async fn the_system_prompt_applies_from_the_next_prompt_on() {
    let engine = ScriptedEngine::new([says("One."), says("Two.")]);
    let session = Session::new(Builder::new(engine.clone()));
    let chat = TestChat::start(Chat::new(session).system_prompt("Be brief."));
    chat.is_ready().await;
    chat.types("hi\n");
    chat.shows("One.").await;
    chat.is_ready().await;
    chat.types("/system Be rude.\n");
    chat.types("hi again\n");
    chat.shows("Two.").await;
    let turns = engine.turns();
    let prompts: Vec<_> = turns.iter().map(|turn| turn.system_prompt()).collect();
    assert_eq!(prompts, [Some("Be brief."), Some("Be rude.")]);
    chat.types("/system\n");
    chat.shows("Esc closes").await;
    assert!(chat.screen().contains("Be rude."), "{}", chat.screen());
}

#[tokio::test(start_paused = true)]
async fn a_new_session_knows_nothing() {
    let engine = ScriptedEngine::new([says("One."), says("Two.")]);
    let chat = TestChat::start(Chat::new(Session::new(Builder::new(engine.clone()))));
    chat.is_ready().await;
    chat.types("first\n");
    chat.shows("One.").await;
    chat.is_ready().await;
    chat.types("/new\n");
    chat.shows("new session").await;
    chat.types("second\n");
    chat.shows("Two.").await;
    assert_eq!(engine.turns().pop().unwrap().blocks.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fork_leaves_the_session_as_it_is() {
    let session = super::support::session([says("One."), says("Two.")]);
    let chat = TestChat::start(Chat::new(session.clone()));
    chat.is_ready().await;
    chat.types("first\n");
    chat.shows("One.").await;
    chat.is_ready().await;
    chat.types("/fork\n");
    chat.shows("copy of the session").await;
    chat.types("second\n");
    chat.shows("Two.").await;
    assert_eq!(session.turn_count(), 1);
}

#[tokio::test(start_paused = true)]
async fn retry_asks_again() {
    let session = super::support::session([says("One."), says("Another.")]);
    let chat = TestChat::start(Chat::new(session.clone()));
    chat.is_ready().await;
    chat.types("first\n");
    chat.shows("One.").await;
    chat.is_ready().await;
    chat.types("/retry\n");
    chat.shows("Another.").await;
    chat.is_ready().await;
    assert_eq!(session.turn_count(), 1);
    assert!(!chat.screen().contains("One."), "{}", chat.screen());
}

#[tokio::test(start_paused = true)]
async fn retry_and_edit_keep_the_system_prompt() {
    let session = super::support::session([says("A."), says("B."), says("C.")]);
    let chat = TestChat::start(Chat::new(session.clone()).system_prompt("Be brief."));
    chat.is_ready().await;
    for (typed, answer) in [("hi\n", "A."), ("/retry\n", "B."), ("/edit\n", "C.")] {
        chat.types(typed);
        if typed == "/edit\n" {
            chat.shows("> hi").await;
            chat.types(" there\n");
        }
        chat.shows(answer).await;
        chat.is_ready().await;
        let turn = session.latest().unwrap();
        assert_eq!(turn.system_prompt(), Some("Be brief."), "{typed}");
    }
}

#[tokio::test(start_paused = true)]
async fn edit_asks_another_prompt_in_its_place() {
    let engine = ScriptedEngine::new([says("One."), says("Another.")]);
    let session = Session::new(Builder::new(engine.clone()));
    let chat = TestChat::start(Chat::new(session.clone()));
    chat.is_ready().await;
    chat.types("first\n");
    chat.shows("One.").await;
    chat.is_ready().await;
    chat.types("/edit\n");
    chat.shows("\n> first").await;
    chat.types(" of all\n");
    chat.shows("Another.").await;
    assert_eq!(session.turn_count(), 1);
    let asked = engine.turns().pop().unwrap();
    assert_eq!(asked.blocks.last().unwrap().text(), Some("first of all"));
}

#[tokio::test(start_paused = true)]
async fn undo_removes_the_turn_and_returns_the_prompt() {
    let session = super::support::session([says("One."), says("Two.")]);
    let chat = TestChat::start(Chat::new(session.clone()));
    chat.is_ready().await;
    chat.types("first\n");
    chat.shows("One.").await;
    chat.is_ready().await;
    chat.types("/undo\n");
    chat.shows("\n> first").await;
    chat.hides("One.").await;
    assert_eq!(session.turn_count(), 0);
}

#[tokio::test(start_paused = true)]
async fn commands_that_change_the_session_wait_for_the_answer() {
    let chat = chat([says("One").hang()]).await;
    chat.types("first\n");
    chat.shows("One").await;
    for command in ["/new", "/fork", "/retry", "/undo", "/edit", "/sessions"] {
        chat.types(&format!("{command}\n"));
        chat.shows("not while an answer arrives").await;
        chat.types("x");
        chat.hides("not while an answer arrives").await;
        chat.key(KeyCode::Backspace);
    }
}

#[tokio::test(start_paused = true)]
async fn the_answer_or_a_block_of_it_is_copied() {
    let answer = "Run:\n\n```sh\nls\n```\n\nor\n\n```sh\ndir\n```\n";
    let chat = chat([says(answer)]).await;
    chat.types("/copy\n");
    chat.shows("no answer to copy").await;
    chat.types("how\n");
    chat.shows("dir").await;
    chat.is_ready().await;
    chat.types("/copy 2\n");
    chat.shows("4 characters sent").await;
    let sent = chat.terminal.0.lock().unwrap().1.clone();
    assert_eq!(sent, b"\x1b]52;c;ZGlyCg==\x07");
    chat.types("/copy 3\n");
    chat.shows("the last answer has 2 code blocks").await;
}

#[tokio::test]
async fn the_conversation_is_saved_and_no_file_is_replaced() {
    let folder = std::env::temp_dir().join(format!("geppetto-tui-save-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let chat = chat([says("Hello.")]).await;
    chat.types("hi\n");
    chat.shows("Hello.").await;
    chat.is_ready().await;
    for (name, content) in [
        ("a.md", "## User\n\nhi"),
        ("a.yaml", "Hello."),
        ("a.json", "{"),
    ] {
        let path = folder.join(name);
        chat.types(&format!("/save {}\n", path.display()));
        chat.shows("saved as").await;
        chat.types("x");
        chat.hides("saved as").await;
        chat.key(KeyCode::Backspace);
        let saved = std::fs::read_to_string(&path).unwrap();
        assert!(saved.contains(content), "{saved}");
    }
    chat.types(&format!("/save {}\n", folder.join("a.md").display()));
    chat.shows("exists already").await;
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn an_image_goes_with_the_next_prompt() {
    let path = std::env::temp_dir().join(format!("geppetto-tui-{}.png", std::process::id()));
    std::fs::write(&path, b"\x89PNG\r\n\x1a\n").unwrap();
    let engine = ScriptedEngine::new([says("A cat.")]);
    let chat = TestChat::start(Chat::new(Session::new(Builder::new(engine.clone()))));
    chat.is_ready().await;
    chat.types(&format!("/image {}\n", path.display()));
    chat.shows("+ geppetto-tui-").await;
    chat.types("what is it\n");
    chat.shows("A cat.").await;
    chat.hides("+ geppetto-tui-").await;
    std::fs::remove_file(&path).unwrap();
    let turn = engine.turns().pop().unwrap();
    let user = turn.to_yaml().unwrap();
    assert!(user.contains("image/png"), "{user}");
}

#[tokio::test(start_paused = true)]
async fn tools_and_cost_are_shown() {
    let session = super::support::session([says("Hello.").usage(12, 3)]);
    let chat = TestChat::start(Chat::new(session).tools([("clock", "tells the time")]));
    chat.is_ready().await;
    chat.types("/tools\n");
    chat.shows("clock: tells the time").await;
    chat.types("hi\n");
    chat.shows("Hello.").await;
    chat.is_ready().await;
    chat.types("/cost\n");
    chat.shows("input tokens: 12").await;
    chat.shows("output tokens: 3").await;
}

#[tokio::test(start_paused = true)]
async fn a_session_without_a_store_names_what_it_cannot_do() {
    let chat = chat([]).await;
    chat.types("/sessions\n");
    chat.shows("sessions are not stored here").await;
}

/// Returns a host with a session that has a turn.
async fn host() -> Host {
    let engine = ScriptedEngine::new([says("Stored."), says("One."), says("Two.")]);
    let host = Host::new(MemoryStore::new(), Builder::new(engine));
    let run = host.session("old").submit("an old prompt").await.unwrap();
    run.wait().await.unwrap();
    host
}

#[tokio::test(start_paused = true)]
async fn stored_sessions_are_listed_and_opened() {
    let host = host().await;
    let chat = TestChat::start(Chat::hosted(host.session("new")));
    chat.is_ready().await;
    chat.types("hi\n");
    chat.shows("One.").await;
    chat.is_ready().await;
    chat.types("/sessions\n");
    chat.shows("2 choices").await;
    chat.types("old");
    chat.shows("1 choice,").await;
    chat.key(KeyCode::Enter);
    chat.shows("Stored.").await;
    chat.types("go on\n");
    chat.shows("Two.").await;
    chat.is_ready().await;
    chat.control('d');
    assert_eq!(chat.ended().await, "old");
    assert_eq!(host.session("old").turns().await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn ids_of_sessions_are_completed_with_their_titles() {
    let host = host().await;
    let chat = TestChat::start(Chat::hosted(host.session("new")));
    chat.is_ready().await;
    chat.types("/sessions ");
    chat.until("the title", |own| {
        let screen = own.screen();
        let row = screen.lines().find(|row| row.contains("/sessions old"));
        row.is_some_and(|row| row.contains("an old prompt · 1 turn"))
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_session_that_does_not_exist_is_not_opened() {
    let host = host().await;
    let chat = TestChat::start(Chat::hosted(host.session("old")));
    chat.shows("Stored.").await;
    chat.is_ready().await;
    chat.types("/sessions nothing\n");
    chat.shows("there is no session").await;
    chat.types("hi\n");
    chat.shows("One.").await;
    chat.control('d');
    assert_eq!(chat.ended().await, "old");
}

#[tokio::test(start_paused = true)]
async fn a_session_without_a_prompt_is_not_stored() {
    let host = host().await;
    let chat = TestChat::start(Chat::hosted(host.session("old")));
    chat.is_ready().await;
    chat.types("/new\n");
    chat.shows("new session").await;
    chat.control('d');
    assert_ne!(chat.ended().await, "old");
    let page = geppetto_store::Page::first(10);
    assert_eq!(host.list(&page).await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn undo_and_fork_change_the_store() {
    let host = host().await;
    let chat = TestChat::start(Chat::hosted(host.session("old")));
    chat.shows("Stored.").await;
    chat.is_ready().await;
    chat.types("/fork\n");
    chat.shows("copy of the session").await;
    chat.types("/undo\n");
    chat.shows("> an old prompt").await;
    assert_eq!(host.session("old").turns().await.unwrap().len(), 1);
    let page = geppetto_store::Page::first(10);
    let listed = host.list(&page).await.unwrap();
    let turns: Vec<_> = listed.iter().map(|(info, _)| info.turns).collect();
    assert_eq!(turns.iter().sum::<u64>(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_turn_that_was_cut_off_by_quitting_is_stored() {
    let engine = ScriptedEngine::new([says("Once upon").hang()]);
    let store = MemoryStore::new();
    let host = Host::new(store.clone(), Builder::new(engine));
    let chat = TestChat::start(Chat::hosted(host.session("chat")));
    chat.is_ready().await;
    chat.types("a story\n");
    chat.shows("Once upon").await;
    chat.control('d');
    chat.ended().await;
    let turn = host.session("chat").turns().await.unwrap().pop().unwrap();
    assert_eq!(turn.assistant_text(), "Once upon");
}

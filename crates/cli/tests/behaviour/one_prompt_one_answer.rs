use super::support::Home;

#[tokio::test]
async fn the_answer_alone_is_on_standard_output() {
    let home = Home::new();
    let ended = home.geppetto("ask", ["My name is Ada"]).end().await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.starts_with("Nice to meet you, Ada."), "{ended:?}");
    assert!(ended.out.ends_with('\n'));
    assert!(!ended.out.contains("tokens"), "{ended:?}");
}

#[tokio::test]
async fn without_a_key_the_demo_answers_and_says_so() {
    let home = Home::new();
    let ended = home.geppetto("ask hello", []).end().await;
    assert!(ended.err.contains("the built-in demo answers"), "{ended:?}");
    assert!(ended.err.contains("OPENAI_API_KEY"), "{ended:?}");
}

#[tokio::test]
async fn a_named_model_is_not_replaced_by_the_demo() {
    let home = Home::new();
    let ended = home.geppetto("ask -m gpt-5 hello", []).end().await;
    ended.fails_with(2, "no API key is set for `openai`");
    let ended = home
        .geppetto("ask -m claude-sonnet-4-5 hello", [])
        .end()
        .await;
    ended.fails_with(2, "ANTHROPIC_API_KEY");
}

#[tokio::test]
async fn a_quiet_answer_has_no_notes() {
    let home = Home::new();
    let ended = home.geppetto("ask -q hello", []).end().await;
    assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    assert!(ended.out.starts_with("Hello!"), "{ended:?}");
}

#[tokio::test]
async fn the_next_prompt_goes_on_with_the_session() {
    let home = Home::new();
    let first = home.geppetto("ask -o json", ["My name is Ada"]).end().await;
    let session = first.json()["session"].as_str().unwrap().to_owned();
    home.ok("ask", "Something else").await;
    let line = format!("ask -s {}", &session[..6]);
    assert!(home.ok(&line, "What is my name?").await.contains("Ada"));
    // Now it is the latest one.
    assert!(home.ok("ask -c", "What is my name?").await.contains("Ada"));
    assert!(!home.ok("ask", "What is my name?").await.contains("Ada"));
}

#[tokio::test]
async fn an_unknown_session_is_not_started_silently() {
    let home = Home::new();
    home.ok("ask", "hello").await;
    let ended = home.geppetto("ask -s nope hello", []).end().await;
    ended.fails_with(2, "there is no session `nope`");
    let ended = Home::new().geppetto("ask -c hello", []).end().await;
    ended.fails_with(2, "there is no session to go on with");
}

#[tokio::test]
async fn a_session_has_an_id_of_the_users_own() {
    let home = Home::new();
    home.ok("ask --new-session notes", "My name is Ada").await;
    assert!(
        home.ok("ask -s notes", "What is my name?")
            .await
            .contains("Ada")
    );
    let again = home
        .geppetto("ask --new-session notes hello", [])
        .end()
        .await;
    again.fails_with(2, "session `notes` exists already");
}

#[tokio::test]
async fn without_a_store_nothing_is_written() {
    let home = Home::new();
    home.ok("ask --no-store", "hello").await;
    assert_eq!(std::fs::read_dir(home.path("")).unwrap().count(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn a_home_that_cannot_be_written_costs_the_session_and_not_the_answer() {
    let home = Home::new();
    home.write("file", "");
    let run = home
        .geppetto("ask hello", [])
        .env("GEPPETTO_DATA", home.path("file/below"));
    let ended = run.end().await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(ended.out.starts_with("Hello!") && ended.err.contains("the session is not kept"));
    // Unless the store was asked for.
    let run = home.geppetto(
        "ask hello --store",
        [home.path("file/below").to_str().unwrap()],
    );
    assert_eq!(run.end().await.code, 1);
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_kept_is_for_its_owner_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    home.ok("ask", "hello").await;
    let folder = home.path(".local/share/geppetto");
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    let files = std::fs::read_dir(&folder).unwrap();
    for file in files {
        let path = file.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
}

use super::support::Home;

#[tokio::test]
async fn the_newest_comes_first_with_its_title() {
    let home = Home::new();
    for (id, prompt) in [("a", "First question"), ("b", "Second\n\u{1b}[31mquestion")] {
        home.ok(&format!("ask --new-session {id}"), prompt).await;
    }
    let list = home.ok("sessions list", "").await;
    let lines: Vec<&str> = list.lines().collect();
    assert_eq!(lines.len(), 2, "{list}");
    assert!(
        lines[0].starts_with("b ") && lines[0].contains("Second"),
        "{list}"
    );
    assert!(
        lines[1].starts_with("a ") && lines[1].contains("First question"),
        "{list}"
    );
    assert!(!list.contains('\u{1b}'), "{list:?}");
    let page = home.ok("sessions list -n 1 --after b", "").await;
    assert!(page.starts_with("a "), "{page}");
    let found = home.ok("sessions ls --json --matching FIRST", "").await;
    let found: serde_json::Value = serde_json::from_str(&found).unwrap();
    assert_eq!(
        (found["id"].as_str(), found["turns"].as_u64()),
        (Some("a"), Some(1))
    );
}

#[tokio::test]
async fn an_empty_store_is_no_error() {
    let home = Home::new();
    let ended = home.geppetto("sessions list", []).end().await;
    assert_eq!((ended.code, ended.out.as_str()), (0, ""), "{ended:?}");
    assert_eq!(ended.err, "no sessions\n");
}

#[tokio::test]
async fn a_session_is_shown_as_a_document() {
    let home = Home::new();
    home.ok("ask --new-session a", "My name is Ada").await;
    let shown = home.ok("sessions show", "").await;
    assert!(
        shown.contains("My name is Ada") && shown.contains("Nice to meet you"),
        "{shown}"
    );
    let ended = home.geppetto("sessions show nope", []).end().await;
    ended.fails_with(2, "there is no session `nope`");
}

#[tokio::test]
async fn an_export_is_imported_elsewhere_and_goes_on() {
    let (home, other) = (Home::new(), Home::new());
    home.ok("ask --new-session a", "My name is Ada").await;
    let archive = home.path("a.jsonl");
    let archive = archive.to_str().unwrap();
    home.ok("sessions export a -o", archive).await;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(archive).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    assert_eq!(other.ok("sessions import", archive).await, "a\n");
    assert!(
        other
            .ok("ask -s a", "What is my name?")
            .await
            .contains("Ada")
    );
    let again = other.geppetto("sessions import", [archive]).end().await;
    again.fails_with(2, "--id");
    assert_eq!(other.ok("sessions import --id b", archive).await, "b\n");
}

/// <https://github.com/andrewyng/openworker/pull/56>: what is left of a file that was cut off can be
/// had, and it is told.
#[tokio::test]
async fn an_export_that_was_cut_off_is_imported_where_it_is_wanted() {
    let home = Home::new();
    home.ok("ask --new-session a", "My name is Ada").await;
    home.ok("ask -s a", "And yours?").await;
    home.ok("sessions fork a --id f", "").await;
    for id in ["a", "f"] {
        let whole = home.ok("sessions export", id).await;
        home.write("whole.jsonl", &whole);
        home.ok("sessions import whole.jsonl --id", &format!("{id}2"))
            .await;
    }
    let whole = home.ok("sessions export", "a").await;
    let second = whole.match_indices("\n{\"turn\"").nth(1).unwrap().0;
    for (name, end, message) in [
        (
            "line",
            second + 1,
            "the export is cut off after 1 of 2 turns",
        ),
        ("middle", second + 20, "line 3: not valid JSON: "),
    ] {
        home.write("cut.jsonl", &whole[..end]);
        let line = format!("sessions import cut.jsonl --id {name}");
        let refused = home.geppetto(&line, []).end().await;
        refused.fails_with(2, message);
        assert!(
            refused
                .err
                .ends_with("; import what is there with --partial\n"),
            "{refused:?}"
        );
        let taken = home.geppetto(&format!("{line} --partial"), []).end().await;
        assert_eq!((taken.code, taken.out.trim_end()), (0, name), "{taken:?}");
        assert!(
            taken.err.contains("cut off after 1 of 2 turns"),
            "{taken:?}"
        );
        let line = format!("ask -s {name}");
        assert!(home.ok(&line, "What is my name?").await.contains("Ada"));
    }
}

#[tokio::test]
async fn a_turn_in_yaml_is_exported_and_imported() {
    let home = Home::new();
    home.ok("ask --new-session a", "My name is Ada").await;
    let yaml = home.ok("sessions export a -f yaml", "").await;
    let file = home.write("turn.yaml", yaml);
    let id = home.ok("sessions import", file.to_str().unwrap()).await;
    let line = format!("ask -s {}", id.trim());
    assert!(home.ok(&line, "What is my name?").await.contains("Ada"));
    let markdown = home.ok("sessions export a -f markdown", "").await;
    assert!(markdown.contains("My name is Ada"), "{markdown}");
}

#[tokio::test]
async fn what_is_no_session_is_not_imported() {
    let home = Home::new();
    for (name, content) in [
        ("a", "- just\n- a list\n"),
        ("b", ""),
        ("c", "{\"session\": 1}\n"),
    ] {
        let file = home.write(name, content);
        let ended = home
            .geppetto("sessions import", [file.to_str().unwrap()])
            .end()
            .await;
        assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{ended:?}");
    }
    let ended = home.geppetto("sessions import missing", []).end().await;
    ended.fails_with(2, "cannot read `missing`");
}

#[tokio::test]
async fn a_fork_has_the_history_and_leaves_the_session_as_it_is() {
    let home = Home::new();
    home.ok("ask --new-session a", "My name is Ada").await;
    home.ok("ask -s a", "My name is Bea").await;
    let fork = home.ok("sessions fork a --turn 1 --id f", "").await;
    assert_eq!(fork, "f\n");
    assert!(
        home.ok("ask -s f", "What is my name?")
            .await
            .contains("Ada")
    );
    assert!(
        home.ok("ask -s a", "What is my name?")
            .await
            .contains("Bea")
    );
    let ended = home.geppetto("sessions fork a --turn 9", []).end().await;
    ended.fails_with(2, "session `a` has 3 turns");
}

#[tokio::test]
async fn sessions_are_deleted_all_or_none() {
    let home = Home::new();
    home.ok("ask --new-session a", "hello").await;
    home.geppetto("sessions delete a nope", [])
        .end()
        .await
        .fails_with(2, "nope");
    assert!(home.ok("sessions list", "").await.starts_with("a "));
    home.ok("sessions delete a", "").await;
    assert_eq!(home.ok("sessions list", "").await, "");
}

#[tokio::test]
async fn a_damaged_store_is_reported() {
    let home = Home::new();
    home.ok("ask --new-session a", "hello").await;
    let checked = home.ok("sessions check", "").await;
    assert!(
        checked.contains("1 sessions") && checked.contains("no problems"),
        "{checked}"
    );
    let file = home.write(
        "other.db",
        "this is not a database, but something else entirely.",
    );
    let ended = home
        .geppetto("sessions check --store", [file.to_str().unwrap()])
        .end()
        .await;
    assert_eq!((ended.code, ended.out.as_str()), (1, ""), "{ended:?}");
}

/// The tables as pinocchio creates them.
const TABLES: &str = "
    create table turns(
      conv_id text not null, session_id text not null, turn_id text not null,
      turn_created_at_ms integer not null, turn_metadata_json text not null default '{}',
      turn_data_json text not null default '{}', runtime_key text not null default '',
      inference_id text not null default '', updated_at_ms integer not null,
      primary key(conv_id, session_id, turn_id));
    create table blocks(
      block_id text not null, content_hash text not null,
      hash_algorithm text not null default 'sha256-canonical-json-v1', kind text not null,
      role text not null default '', payload_json text not null default '{}',
      block_metadata_json text not null default '{}', first_seen_at_ms integer not null,
      primary key(block_id, content_hash));
    create table turn_block_membership(
      conv_id text not null, session_id text not null, turn_id text not null,
      phase text not null, snapshot_created_at_ms integer not null, ordinal integer not null,
      block_id text not null, content_hash text not null,
      primary key(conv_id, session_id, turn_id, phase, snapshot_created_at_ms, ordinal));";

const ROWS: &str = r#"
    insert into turns values
      ('c1', 's1', 't1', 1000, '{}', '{}', '', '', 1500),
      ('bad', 's1', 't1', 4000, '{}', '{}', '', '', 4500);
    insert into blocks values
      ('b1', 'h1', '', 'user', 'user', '{"text":"My name is Ada"}', '{}', 1),
      ('b2', 'h1', '', 'llm_text', 'assistant', '{"text":"Nice to meet you, Ada."}', '{}', 1);
    insert into turn_block_membership values
      ('c1', 's1', 't1', 'final', 1300, 0, 'b1', 'h1'),
      ('c1', 's1', 't1', 'final', 1300, 1, 'b2', 'h1'),
      ('bad', 's1', 't1', 'final', 4000, 0, 'b9', 'h1');"#;

#[tokio::test]
async fn the_turn_store_of_pinocchio_is_imported_and_goes_on() {
    let home = Home::new();
    let conn = rusqlite::Connection::open(home.path("turns.db")).unwrap();
    conn.execute_batch(TABLES).unwrap();
    conn.execute_batch(ROWS).unwrap();
    drop(conn);
    let ended = home.geppetto("sessions import turns.db", []).end().await;
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (1, "c1/s1\n"),
        "{ended:?}"
    );
    assert!(ended.err.contains("`bad/s1` was not imported"), "{ended:?}");
    let answer = home.ok("ask -s c1/s1", "What is my name?").await;
    assert!(answer.contains("Ada"), "{answer}");
    let again = home.geppetto("sessions import turns.db", []).end().await;
    assert!(again.err.contains("`c1/s1` is kept already"), "{again:?}");
}

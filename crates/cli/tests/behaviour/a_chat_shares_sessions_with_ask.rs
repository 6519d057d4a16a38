use super::support::Home;

#[tokio::test]
async fn without_a_terminal_lines_are_prompts() {
    let home = Home::new();
    let run = home.geppetto("chat --new-session c", []);
    let ended = run.input("My name is Ada\nWhat is my name?\n").end().await;
    assert_eq!(ended.code, 0, "{ended:?}");
    assert!(
        ended.out.contains("Nice to meet you, Ada") && ended.out.contains("Ada."),
        "{ended:?}"
    );
    assert!(
        home.ok("ask -s c", "What is my name?")
            .await
            .contains("Ada")
    );
    assert!(home.ok("sessions list", "").await.contains("3 turns"));
}

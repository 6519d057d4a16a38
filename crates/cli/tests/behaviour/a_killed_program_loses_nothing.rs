use geppetto_testing::{At, ProviderServer, Reply};

use super::support::Home;

#[tokio::test]
async fn the_next_one_goes_on_at_once() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    let url = server.base_url();
    let text = Reply::chat().text("one ").text("two ").text("three");
    server.enqueue(text.stall_at(At::Event(3)));
    let line = "ask -m test --new-session s Count --openai-base-url";
    let mut child = home.geppetto(line, [url.as_str()]).background();
    let mut out = child.stdout.take().unwrap();
    let mut start = [0; 4];
    tokio::io::AsyncReadExt::read_exact(&mut out, &mut start)
        .await
        .unwrap();
    child.kill().await.unwrap();

    server.enqueue(Reply::chat().text("Again."));
    let line = "ask -q -m test -s s Again --openai-base-url";
    let ended = home.geppetto(line, [url.as_str()]).end().await;
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (0, "Again.\n"),
        "{ended:?}"
    );
    // The model is told what was asked before.
    let said = server.requests().last().unwrap().json().to_string();
    assert!(said.contains("Count"), "{said}");
    let checked = home.ok("sessions check", "").await;
    assert!(checked.contains("no problems"), "{checked}");
}

#[tokio::test]
async fn a_session_that_another_program_runs_is_refused_by_its_process() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    let url = server.base_url();
    server.enqueue(Reply::chat().text("never").stall_at(At::Event(1)));
    let line = "ask -m test --new-session s Wait --openai-base-url";
    let mut child = home.geppetto(line, [url.as_str()]).background();
    server.next_request().await;
    let id = child.id().unwrap();
    let ended = home
        .geppetto("ask -m test -s s Me --openai-base-url", [url.as_str()])
        .end()
        .await;
    ended.fails_with(
        1,
        &format!("another geppetto (process {id}) runs this session"),
    );
    // Other sessions are free.
    server.enqueue(Reply::chat().text("Hello."));
    home.ok("ask -m test Me --openai-base-url", &url).await;
    child.kill().await.unwrap();
}

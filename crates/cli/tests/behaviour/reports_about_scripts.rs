//! What users of comparable programs reported about scripts, pipes and files.

use geppetto_testing::{ProviderServer, Reply};
use serde_json::Value;

use super::support::{Ended, Home, Run};

/// Returns `ask` with a server that answers each prompt with "Fine.".
async fn asks(home: &Home, line: &str) -> (ProviderServer, Run) {
    let server = ProviderServer::start().await.unwrap();
    server.respond_with(|_| Reply::chat().text("Fine."));
    let url = server.base_url();
    let line = format!("ask -q -m test {line} --openai-base-url {url}");
    let run = home.geppetto(&line, []);
    (server, run)
}

/// Returns what was sent.
fn sent(server: &ProviderServer) -> String {
    let requests = server.requests();
    requests.last().unwrap().json().to_string()
}

/// <https://github.com/google-gemini/gemini-cli/issues/20183>,
/// <https://github.com/google-gemini/gemini-cli/pull/8373>
#[tokio::test]
async fn what_is_wrong_before_a_run_is_in_the_output_that_a_program_reads() {
    let home = Home::new();
    for (format, wrong) in [
        ("json", "-m gpt-5"),
        ("json", "--profile nothing"),
        ("json", "--file missing.txt"),
        ("json", "--demo --session nothing"),
        ("jsonl", "-m gpt-5"),
        ("yaml", "-m gpt-5"),
    ] {
        let ended = home
            .geppetto(&format!("ask -o {format} {wrong} Hello"), [])
            .end()
            .await;
        assert_eq!(ended.code, 2, "{ended:?}");
        match format {
            "yaml" => assert!(ended.out.contains("status: failed"), "{ended:?}"),
            "jsonl" => assert_eq!(ended.json()["type"], "error", "{ended:?}"),
            _ => {
                let result: Value = ended.json();
                assert_eq!(result["status"], "failed", "{ended:?}");
                let error = result["error"].as_str().unwrap();
                assert!(ended.err.contains(error), "{ended:?}");
            }
        }
    }
}

/// <https://github.com/charmbracelet/mods/issues/602>, <https://github.com/charmbracelet/mods/issues/559>,
/// <https://github.com/charmbracelet/mods/issues/575>, <https://github.com/charmbracelet/mods/issues/86>,
/// <https://github.com/charmbracelet/mods/issues/97>, <https://github.com/charmbracelet/mods/issues/198>
#[tokio::test]
async fn outputs_that_go_to_a_pipe_are_whole_and_plain() {
    let home = Home::new();
    let answer = home.ok("ask --new-session s", "hello").await;
    for line in [
        "sessions show s",
        "sessions show",
        "sessions list",
        "sessions export s",
    ] {
        let run = home.geppetto(line, []);
        let run = run.env("CLICOLOR_FORCE", "1").env("TERM", "xterm-256color");
        let ended: Ended = run.end().await;
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.out.contains("hello"), "{line}: {ended:?}");
        assert!(!ended.out.contains('\u{1b}'), "{line}: {ended:?}");
    }
    assert!(!answer.contains('\u{1b}'), "{answer:?}");
}

/// <https://github.com/charmbracelet/mods/issues/178>
#[cfg(unix)]
#[tokio::test]
async fn a_pipe_with_a_name_is_attached() {
    let home = Home::new();
    let (server, run) = asks(&home, "--file pipe.txt Sum up").await;
    let pipe = home.path("pipe.txt");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let writer = tokio::task::spawn_blocking(move || std::fs::write(pipe, "through the pipe"));
    let ended = run.end().await;
    writer.await.unwrap().unwrap();
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (0, "Fine.\n"),
        "{ended:?}"
    );
    assert!(sent(&server).contains("through the pipe"));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_device_without_an_end_is_not_read_into_memory() {
    let home = Home::new();
    let (server, run) = asks(&home, "--file /dev/zero Sum up").await;
    run.end().await.fails_with(2, "more than 64 MiB");
    assert_eq!(server.request_count(), 0);
}

#[tokio::test]
async fn a_byte_order_mark_is_no_part_of_a_file() {
    let home = Home::new();
    home.write("bom.txt", "\u{feff}the text");
    let (server, run) = asks(&home, "--file bom.txt Sum up").await;
    assert_eq!(run.end().await.code, 0);
    let sent = sent(&server);
    assert!(
        sent.contains("the text") && !sent.contains('\u{feff}'),
        "{sent}"
    );
}

#[tokio::test]
async fn standard_input_is_attached_once() {
    let home = Home::new();
    let (_server, run) = asks(&home, "--file - --image - Sum up").await;
    run.input("text").end().await.fails_with(2, "attached once");
}

/// <https://github.com/daytonaio/daytona/issues/3770>, <https://github.com/cline/cline/pull/9073>,
/// <https://github.com/openai/codex/issues/27019>
#[cfg(unix)]
#[tokio::test]
async fn closed_streams_are_like_empty_ones() {
    let home = Home::new();
    for closed in ["0<&-", "2>&-", "0<&- 2>&-"] {
        let line = format!(
            "{} ask --demo hello {closed}",
            env!("CARGO_BIN_EXE_geppetto")
        );
        let output = tokio::process::Command::new("sh")
            .args(["-c", &line])
            .env_clear()
            .env("HOME", home.path(""))
            .env("TERM", "dumb")
            .output()
            .await
            .unwrap();
        assert!(output.status.success(), "{closed}: {output:?}");
        assert!(output.stdout.starts_with(b"Hello!"), "{closed}: {output:?}");
    }
}

#[tokio::test]
async fn an_export_is_imported_from_a_pipe_with_a_mark_and_with_other_line_ends() {
    let home = Home::new();
    home.ok("ask --new-session s", "hello").await;
    let export = home.ok("sessions export s -o", "-").await;
    let windows = export.replace('\n', "\r\n");
    let marked = format!("\u{feff}{windows}");
    for (id, content) in [
        ("unix", &export),
        ("windows", &windows),
        ("marked", &marked),
    ] {
        let run = home.geppetto(&format!("sessions import - --id {id}"), []);
        let ended = run.input(content).end().await;
        assert_eq!((ended.code, ended.out.trim()), (0, id), "{ended:?}");
        let shown = home.ok("sessions show", id).await;
        assert_eq!(shown, home.ok("sessions show", "s").await);
    }
    let run = home.geppetto("sessions import -", []);
    run.end().await.fails_with(2, "the file is empty");
}

#[cfg(unix)]
#[tokio::test]
async fn an_export_goes_to_devices_and_through_links() {
    let home = Home::new();
    home.ok("ask --new-session s", "hello").await;
    let whole = home.ok("sessions export", "s").await;
    assert_eq!(home.ok("sessions export s -o", "/dev/stdout").await, whole);
    home.write("real.jsonl", "old");
    std::os::unix::fs::symlink("real.jsonl", home.path("link.jsonl")).unwrap();
    home.ok("sessions export s -o", "link.jsonl").await;
    let link = std::fs::symlink_metadata(home.path("link.jsonl")).unwrap();
    assert!(link.file_type().is_symlink());
    let written = std::fs::read_to_string(home.path("real.jsonl")).unwrap();
    assert_eq!(written, whole);
}

/// The message of the HTTP client alone is that a request failed.
#[tokio::test]
async fn a_server_that_is_down_is_named_with_the_reason() {
    let home = Home::new();
    let run = home.geppetto("models --openai-base-url http://127.0.0.1:1/v1 -m x", []);
    run.end().await.fails_with(1, "refused");
}

/// <https://github.com/openai/codex/issues/20919>
#[cfg(unix)]
#[tokio::test]
async fn a_chat_of_a_script_ends_with_the_signal_and_not_with_the_next_line() {
    use tokio::io::AsyncWriteExt as _;
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    let url = server.base_url();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        server.enqueue(
            Reply::chat()
                .text("partial")
                .stall_at(geppetto_testing::At::Event(1)),
        );
        let mut child = home
            .geppetto("chat -m test --openai-base-url", [url.as_str()])
            .start();
        let mut stdin = child.stdin.take().unwrap();
        stdin.write_all(b"first\nsecond\n").await.unwrap();
        server.next_request().await;
        let asked = server.request_count();
        let id = child.id().unwrap().to_string();
        let killed = std::process::Command::new("kill")
            .args(["-s", signal, &id])
            .status();
        assert!(killed.unwrap().success());
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        assert_eq!(server.request_count(), asked, "{output:?}");
    }
}

/// <https://github.com/simonw/llm/issues/606>, <https://github.com/kharvd/gpt-cli/issues/57>,
/// <https://github.com/sigoden/aichat/issues/1281>, <https://github.com/simonw/llm/issues/597>,
/// <https://github.com/simonw/llm/issues/601>
#[tokio::test]
async fn a_chat_answers_each_line_of_a_pipe_and_ends() {
    let home = Home::new();
    home.ok("ask --new-session c", "My name is Ada").await;
    for input in [
        "hello\nWhat is my name?",
        "hello\r\n\r\nWhat is my name?\r\n",
    ] {
        let ended = home
            .geppetto("chat --session c", [])
            .input(input)
            .end()
            .await;
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.out.contains("Hello!"), "{ended:?}");
        assert!(ended.out.contains("Your name is Ada"), "{ended:?}");
        assert!(!ended.out.contains('\u{1b}'), "{ended:?}");
    }
}

/// <https://github.com/simonw/llm/issues/1135>
#[tokio::test]
async fn a_session_does_not_need_its_attached_files_again() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    let url = server.base_url();
    let path = home.write("a.png", b"\x89PNG\r\n\x1a\n");
    server.enqueue(Reply::chat().text("A plain image."));
    let line = format!("ask --new-session i -m test --image a.png --openai-base-url {url}");
    assert_eq!(home.ok(&line, "what is it").await, "A plain image.\n");
    std::fs::remove_file(path).unwrap();
    for answer in ["Still plain.", "Yes."] {
        server.enqueue(Reply::chat().text(answer));
        let line = format!("ask -s i -m test --openai-base-url {url}");
        assert_eq!(home.ok(&line, "and now").await, format!("{answer}\n"));
        let sent = server.requests().last().unwrap().json().to_string();
        assert!(sent.contains("data:image/png;base64,iVBORw0KGgo"), "{sent}");
    }
}

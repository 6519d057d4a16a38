use geppetto_testing::{ProviderServer, Reply};
use serde_json::{Value, json};

use super::support::{Ended, Home};

/// Lets a model call a tool, and returns what the tool answered.
async fn call(home: &Home, line: &str, tool: &str, arguments: &Value) -> (Ended, String) {
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().tool_call("call_1", tool, arguments.to_string()));
    server.enqueue(Reply::chat().text("Done."));
    let url = server.base_url();
    let line = format!("ask --no-store -q -m test {line} --openai-base-url");
    let ended = home.geppetto(&line, [url.as_str(), "Go"]).end().await;
    let requests = server.requests();
    let messages = requests
        .last()
        .map(|last| last.messages().to_vec())
        .unwrap_or_default();
    let answer = messages.iter().rev().find(|own| own["role"] == "tool");
    let answer = answer.map(|own| own["content"].as_str().unwrap_or_default().to_owned());
    (ended, answer.unwrap_or_default())
}

async fn answer(home: &Home, line: &str, tool: &str, arguments: Value) -> String {
    let (ended, answer) = call(home, line, tool, &arguments).await;
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (0, "Done.\n"),
        "{ended:?}"
    );
    answer
}

#[tokio::test]
async fn no_tool_is_on_by_itself() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("Hi."));
    home.ok("ask -m test hello --openai-base-url", &server.base_url())
        .await;
    assert_eq!(server.requests()[0].json().get("tools"), None);
}

#[tokio::test]
async fn without_a_terminal_an_unapproved_call_is_refused_with_a_word_to_the_model() {
    let home = Home::new();
    home.write("secret.txt", "the secret");
    let said = answer(
        &home,
        "-t read-file",
        "read_file",
        json!({"path": "secret.txt"}),
    )
    .await;
    assert!(
        said.contains("nobody can be asked") && !said.contains("the secret"),
        "{said}"
    );
    let said = answer(
        &home,
        "-t shell",
        "run_command",
        json!({"command": "touch made"}),
    )
    .await;
    assert!(said.contains("it was not run"), "{said}");
    assert!(!home.path("made").exists());
}

#[tokio::test]
async fn a_tool_that_was_not_switched_on_does_not_run() {
    let home = Home::new();
    let line = "--yes read-file -t list-files";
    let said = answer(&home, line, "run_command", json!({"command": "touch made"})).await;
    assert!(!home.path("made").exists(), "{said}");
}

#[tokio::test]
async fn files_are_read_by_lines() {
    let home = Home::new();
    home.write("notes.txt", "one\ntwo\nthree\nfour\n");
    let read = json!({"path": "notes.txt", "first_line": 2, "lines": 2});
    assert_eq!(
        answer(&home, "--yes read-file", "read_file", read).await,
        "two\nthree\n"
    );
    home.write("binary", b"a\0b");
    let said = answer(
        &home,
        "--yes read-file",
        "read_file",
        json!({"path": "binary"}),
    )
    .await;
    assert!(said.contains("not a text file"), "{said}");
}

#[tokio::test]
async fn a_long_file_is_cut_and_says_how_to_go_on() {
    let home = Home::new();
    home.write("long", "0123456789\n".repeat(100_000));
    let said = answer(
        &home,
        "--yes read-file",
        "read_file",
        json!({"path": "long"}),
    )
    .await;
    assert!(said.len() < (256 << 10) + 100, "{}", said.len());
    assert!(
        said.ends_with("go on with first_line 23832]"),
        "{}",
        &said[said.len() - 80..]
    );
}

#[cfg(unix)]
#[tokio::test]
async fn no_path_leads_out_of_the_folder() {
    let home = Home::new();
    home.write("secret.txt", "the secret");
    let folder = home
        .write("project/inside.txt", "inside")
        .parent()
        .unwrap()
        .to_owned();
    std::os::unix::fs::symlink("..", folder.join("up")).unwrap();
    std::os::unix::fs::symlink(home.path("secret.txt"), folder.join("link")).unwrap();
    let line = "--yes read-file --yes list-files --yes search-text --folder project";
    let absolute = home.path("secret.txt").to_str().unwrap().to_owned();
    let paths = [
        "../secret.txt",
        "up/secret.txt",
        "link",
        "inside/../../secret.txt",
        &absolute,
        "/etc/passwd",
    ];
    for path in paths {
        let said = answer(&home, line, "read_file", json!({"path": path})).await;
        assert!(said.contains("outside of the folder"), "{path}: {said}");
    }
    let said = answer(&home, line, "list_files", json!({"path": "up"})).await;
    assert!(said.contains("outside of the folder"), "{said}");
    let said = answer(&home, line, "search_text", json!({"text": "the secret"})).await;
    assert!(said.contains("nothing found"), "{said}");
    // Inside, an absolute path works as well.
    let inside = folder.join("inside.txt");
    let said = answer(
        &home,
        line,
        "read_file",
        json!({"path": inside.to_str().unwrap()}),
    )
    .await;
    assert_eq!(said, "inside");
}

#[cfg(unix)]
#[tokio::test]
async fn pipes_and_devices_are_not_read() {
    let home = Home::new();
    let made = std::process::Command::new("mkfifo")
        .arg(home.path("pipe"))
        .status()
        .unwrap();
    assert!(made.success());
    let said = answer(
        &home,
        "--yes read-file",
        "read_file",
        json!({"path": "pipe"}),
    )
    .await;
    assert!(said.contains("not a file"), "{said}");
}

#[tokio::test]
async fn files_are_listed_and_searched() {
    let home = Home::new();
    home.write("project/a.rs", "fn main() {}\n// TODO: more\n");
    home.write("project/sub/b.rs", "// todo: less\n");
    home.write("project/.git/config", "todo");
    let line = "--yes list-files --yes search-text --folder project";
    let said = answer(&home, line, "list_files", json!({"depth": 2})).await;
    assert_eq!(said, "a.rs\nsub/\nsub/b.rs");
    let said = answer(&home, line, "search_text", json!({"text": "todo"})).await;
    assert_eq!(said, "a.rs:2: // TODO: more\nsub/b.rs:1: // todo: less");
    let said = answer(
        &home,
        line,
        "search_text",
        json!({"text": "todo", "case_sensitive": true}),
    )
    .await;
    assert_eq!(said, "sub/b.rs:1: // todo: less");
}

#[tokio::test]
async fn a_list_and_a_search_have_an_end() {
    let home = Home::new();
    for number in 0..1_010 {
        home.write(&format!("many/{number:04}"), "word\n");
    }
    let line = "--yes list-files --yes search-text --folder many";
    let said = answer(&home, line, "list_files", json!({})).await;
    assert_eq!(said.lines().count(), 1_001);
    let said = answer(&home, line, "search_text", json!({"text": "word"})).await;
    assert_eq!(said.lines().count(), 201);
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_returns_output_errors_and_code() {
    let home = Home::new();
    let run = json!({"command": "echo out; echo err >&2; exit 3"});
    let said = answer(&home, "--yes shell", "run_command", run).await;
    assert_eq!(said, "exit code 3\noutput:\nout\nerrors:\nerr\n");
    // It has no input.
    let said = answer(
        &home,
        "--yes shell",
        "run_command",
        json!({"command": "cat"}),
    )
    .await;
    assert_eq!(said, "exit code 0\n");
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_is_killed_with_everything_it_started() {
    let home = Home::new();
    let script = "sh -c 'sleep 5; touch late' & sleep 5; touch late";
    let run = json!({"command": script, "timeout_seconds": 1});
    let said = answer(&home, "--yes shell", "run_command", run).await;
    assert!(said.contains("killed after 1 seconds"), "{said}");
    // What is left in the background does not hold the answer up.
    let run = json!({"command": "echo started; (sleep 300; touch late) &"});
    let said = answer(&home, "--yes shell", "run_command", run).await;
    assert_eq!(said, "exit code 0\noutput:\nstarted\n");
    let left = std::process::Command::new("pgrep")
        .args(["-f", "sleep 300; touch late"])
        .output();
    assert_eq!(String::from_utf8(left.unwrap().stdout).unwrap(), "");
}

#[cfg(unix)]
/// <https://github.com/anomalyco/opencode/issues/47350>: a process of a group of its own outlives the
/// command and keeps its pipes open. What was written before is the output.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_output_is_kept_where_a_process_holds_the_pipes() {
    let home = Home::new();
    let holds = "mkfifo go; setsid sh -c 'echo > go; exec sleep 5' & read started < go";
    let run = json!({"command": format!("echo out; echo err >&2; {holds}; exit 3")});
    let said = answer(&home, "--yes shell", "run_command", run).await;
    assert_eq!(said, "exit code 3\noutput:\nout\nerrors:\nerr\n");
    let run = json!({"command": "echo out; setsid sleep 5; echo late", "timeout_seconds": 1});
    let said = answer(&home, "--yes shell", "run_command", run).await;
    assert!(
        said.contains("killed after 1 seconds\noutput:\nout\n"),
        "{said}"
    );
}

#[tokio::test]
async fn a_long_output_keeps_its_start_and_its_end() {
    let home = Home::new();
    let run = json!({"command": "echo first; yes | head -c 1000000; echo last"});
    let said = answer(&home, "--yes shell", "run_command", run).await;
    assert!(said.len() < 70_000, "{}", said.len());
    assert!(said.contains("output:\nfirst\n") && said.ends_with("\nlast\n"));
    assert!(said.contains("bytes are left out"));
}

#[cfg(unix)]
#[tokio::test]
async fn a_command_does_not_see_keys() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().tool_call("call_1", "run_command", r#"{"command":"env"}"#));
    server.enqueue(Reply::chat().text("Done."));
    let url = server.base_url();
    let run = home.geppetto(
        "ask --no-store -m test --yes shell Go --openai-base-url",
        [url.as_str()],
    );
    let run = run
        .env("OPENAI_API_KEY", "sk-secret")
        .env("MY_TOKEN", "sk-secret");
    let ended = run.env("LC_ALL", "C").end().await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let said = server.requests()[1].json().to_string();
    assert!(
        said.contains("LC_ALL=C") && !said.contains("sk-secret"),
        "{said}"
    );
}

#[tokio::test]
async fn private_addresses_are_not_fetched() {
    let home = Home::new();
    let pages = ProviderServer::start().await.unwrap();
    let port = pages.address().port();
    let urls = [
        format!("http://127.0.0.1:{port}/"),
        format!("http://localhost:{port}/"),
        format!("http://[::ffff:127.0.0.1]:{port}/"),
        format!("http://2130706433:{port}/"),
        format!("http://0x7f.1:{port}/"),
        "http://169.254.169.254/latest/meta-data".to_owned(),
    ];
    for url in urls {
        let said = answer(&home, "--yes fetch-url", "fetch_url", json!({"url": url})).await;
        assert!(said.contains("private"), "{url}: {said}");
    }
    assert_eq!(pages.accepted_connections(), 0);
}

#[tokio::test]
async fn other_schemes_and_credentials_are_not_fetched() {
    let home = Home::new();
    let urls = [
        "file:///etc/passwd",
        "ftp://example.com/",
        "http://me:pw@example.com/",
        "nonsense",
    ];
    for url in urls {
        let line = "--yes fetch-url --allow-private-addresses";
        let said = answer(&home, line, "fetch_url", json!({"url": url})).await;
        assert!(
            !said.contains("root:") && said.contains("address") || said.contains("URL"),
            "{said}"
        );
    }
}

#[tokio::test]
async fn a_redirect_is_checked_like_the_first_address() {
    let home = Home::new();
    let pages = ProviderServer::start().await.unwrap();
    pages.accept_anything();
    pages.respond_always(Reply::plain(302, "").header("location", "file:///etc/passwd"));
    let line = "--yes fetch-url --allow-private-addresses";
    let url = json!({"url": format!("http://{}/", pages.address())});
    let said = answer(&home, line, "fetch_url", url.clone()).await;
    assert!(said.contains("only http and https"), "{said}");
    pages.respond_always(Reply::plain(302, "").header("location", "/again"));
    let said = answer(&home, line, "fetch_url", url).await;
    assert!(said.contains("more than 5 times"), "{said}");
}

#[tokio::test]
async fn a_page_is_cut_and_must_be_text() {
    let home = Home::new();
    let pages = ProviderServer::start().await.unwrap();
    pages.accept_anything();
    let line = "--yes fetch-url --allow-private-addresses";
    let url = json!({"url": format!("http://{}/", pages.address())});
    pages.respond_always(Reply::html(200, "<p>Hello"));
    assert_eq!(
        answer(&home, line, "fetch_url", url.clone()).await,
        "<p>Hello"
    );
    pages.respond_always(Reply::plain(200, "x".repeat(2 << 20)));
    let said = answer(&home, line, "fetch_url", url.clone()).await;
    assert!(said.ends_with("[cut after 1 MiB]") && said.len() < (1 << 20) + 100);
    pages.respond_always(Reply::raw(200, "image/png", vec![0; 10]));
    assert!(
        answer(&home, line, "fetch_url", url)
            .await
            .contains("not text")
    );
}

#[cfg(unix)]
#[tokio::test]
async fn ctrl_c_kills_a_running_command() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    let command = format!(
        "touch {0}/started; sleep 77; touch {0}/late",
        home.path("").display()
    );
    server.enqueue(Reply::chat().tool_call(
        "c",
        "run_command",
        json!({"command": command}).to_string(),
    ));
    let url = server.base_url();
    let run = home.geppetto(
        "ask -m test --yes shell Go --openai-base-url",
        [url.as_str()],
    );
    let child = run.background();
    let id = child.id().unwrap();
    while !home.path("started").exists() {
        tokio::task::yield_now().await;
    }
    let sent = std::process::Command::new("kill")
        .args(["-INT", &id.to_string()])
        .status();
    assert!(sent.unwrap().success());
    let output = child.wait_with_output().await.unwrap();
    assert_eq!(output.status.code(), Some(130));
    let left = std::process::Command::new("pgrep")
        .args(["-f", "sleep 77; touch"])
        .output();
    assert_eq!(String::from_utf8(left.unwrap().stdout).unwrap(), "");
    // The session is whole, and goes on.
    server.enqueue(Reply::chat().text("Hello again."));
    let again = home
        .ok("ask -c -m test Again --openai-base-url", &url)
        .await;
    assert_eq!(again, "Hello again.\n");
}

#[tokio::test]
async fn limits_are_in_the_help() {
    let help = Home::new().ok("ask --help", "").await;
    let help: String = help.split_whitespace().collect::<Vec<_>>().join(" ");
    let limits = [
        "at most 256 KiB",
        "at most 1,000",
        "at most 200 lines",
        "1 MiB and 30 seconds",
        "60 seconds and 64 KiB",
    ];
    for limit in limits {
        assert!(help.contains(limit), "{limit} is not in {help}");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_person_is_asked_on_the_terminal() {
    let home = Home::new();
    let program = env!("CARGO_BIN_EXE_geppetto");
    home.write("found.txt", "");
    let cases = [
        ("y\n", "returned found.txt"),
        (
            "not today\n",
            "the user does not allow this call: not today",
        ),
    ];
    for (typed, part) in cases {
        let line = format!("'{program}' ask --no-store -t list-files Use list_files to list files");
        let mut child = tokio::process::Command::new("script")
            .args(["-qec", &line, "/dev/null"])
            .env_clear()
            .env("HOME", home.path(""))
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("GEPPETTO_NO_DISCOVERY", "1")
            .current_dir(home.path(""))
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = child.stdin.take().unwrap();
        tokio::io::AsyncWriteExt::write_all(&mut input, typed.as_bytes())
            .await
            .unwrap();
        // The end of the input would be the end of the terminal.
        let output = child.wait_with_output().await.unwrap();
        drop(input);
        let shown = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(shown.contains("Run it?"), "{shown}");
        assert!(shown.contains(part), "{part} is not in {shown}");
    }
}

//! What users of comparable programs reported.

use geppetto_testing::{At, ProviderServer, Reply};
use serde_json::json;

use super::support::{Home, Run};

fn asks(home: &Home, server: &ProviderServer, line: &str) -> Run {
    let url = server.base_url();
    home.geppetto(
        &format!("ask -m test {line} Hello --openai-base-url"),
        [url.as_str()],
    )
}

/// <https://github.com/google-gemini/gemini-cli/issues/6125>, <https://github.com/sigoden/aichat/issues/516>
#[tokio::test]
async fn an_error_of_the_server_is_an_error_of_the_program() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    for (status, code) in [(400, 1), (403, 1), (404, 1), (422, 1)] {
        server.enqueue(Reply::error(
            status,
            "some_code",
            "the reason of the server",
        ));
        let ended = asks(&home, &server, "").end().await;
        ended.fails_with(code, "the reason of the server");
        assert_eq!(ended.err.matches("error:").count(), 1, "{ended:?}");
    }
    server.enqueue(Reply::error(401, "invalid_api_key", "no key"));
    asks(&home, &server, "")
        .end()
        .await
        .fails_with(2, "--openai-api-key");
}

#[tokio::test]
async fn programs_find_the_error_in_the_output_they_asked_for() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::error(400, "code", "the reason"));
    let ended = asks(&home, &server, "-o json").end().await;
    assert_eq!(ended.code, 1);
    let result = ended.json();
    assert_eq!(
        (&result["status"], &result["answer"]),
        (&json!("failed"), &json!(""))
    );
    assert!(
        result["error"].as_str().unwrap().contains("the reason"),
        "{result}"
    );
}

#[tokio::test]
async fn a_stream_that_breaks_off_is_no_answer() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    server.respond_with(|_| {
        Reply::chat()
            .text("Half an ")
            .text("answer")
            .cut_at(At::Event(2))
    });
    let ended = asks(&home, &server, "").end().await;
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("error: "), "{ended:?}");
}

#[tokio::test]
async fn text_in_a_pipe_is_that_of_one_reply() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    let url = server.base_url();
    for (line, code, out) in [
        ("ask -m test Hello", 1, "Half an\n"),
        ("ask -q -m test Hello", 1, "Half an\n"),
        ("chat -m test", 0, "Half an\n"),
    ] {
        let cut = || Reply::chat().text("Half an").text("!").cut_at(At::Event(2));
        server.enqueue(cut());
        let run = home.geppetto(&format!("{line} --openai-base-url"), [url.as_str()]);
        let ended = run.input("Hello\n").end().await;
        assert_eq!((ended.code, ended.out.as_str()), (code, out), "{ended:?}");
        assert!(ended.err.contains("broke"), "{ended:?}");
        // What is printed at the end is asked for again.
        server.enqueue(cut());
        server.enqueue(Reply::chat().text("Half an answer."));
        let ended = asks(&home, &server, "-o json").end().await;
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(ended.json()["answer"], "Half an answer.");
    }
}

#[tokio::test]
async fn an_answer_that_the_output_limit_cut_off_says_so() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    for (line, is_said) in [("", true), ("-o json", true), ("-q", false)] {
        server.enqueue(Reply::chat().text("Half an").finish("length"));
        let ended = asks(&home, &server, line).end().await;
        assert_eq!(ended.code, 0, "{ended:?}");
        assert!(ended.out.contains("Half an"), "{ended:?}");
        assert_eq!(
            ended.err.contains("warning: the answer is cut off"),
            is_said,
            "{ended:?}"
        );
    }
}

#[tokio::test]
async fn a_prompt_without_a_verb_names_the_verb() {
    let home = Home::new();
    let ended = home.geppetto("", ["What's a river?"]).end().await;
    ended.fails_with(2, r"geppetto ask 'What'\''s a river?'");
    for line in ["sessions frob", "asks"] {
        let ended = home.geppetto(line, []).end().await;
        assert!(!ended.err.contains("To ask a model"), "{ended:?}");
    }
}

/// <https://github.com/openai/codex/issues/20919>, <https://github.com/anomalyco/opencode/issues/38723>
#[tokio::test]
async fn an_input_that_nobody_writes_or_closes_does_not_hold_the_prompt_up() {
    let home = Home::new();
    let mut child = home.geppetto("ask --stdin-wait 1 hello", []).start();
    let open = child.stdin.take();
    let output = child.wait_with_output().await.unwrap();
    drop(open);
    assert_eq!(output.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&output.stdout).starts_with("Hello!"));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        said.contains("--no-stdin") && said.contains("asked without it"),
        "{said}"
    );
}

#[tokio::test]
async fn no_output_has_a_key() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    let secret = "sk-very-secret-key-0123456789";
    home.write(
        ".config/pinocchio/config.yaml",
        format!("openai-chat:\n  openai-api-key: {secret}\n"),
    );
    let line = format!("--openai-base-url {} -m test", server.base_url());
    let reply = format!("Incorrect API key provided: {secret}");
    server.respond_with(move |_| Reply::error(401, "invalid_api_key", reply.clone()));
    for verb in [
        "ask -v hello",
        "ask -o json hello",
        "settings -v",
        "models",
        "ask --print-inference-settings hi",
    ] {
        let run = home.geppetto(&format!("{verb} {line} --openai-api-key"), [secret]);
        let ended = run.env("OPENAI_API_KEY", secret).end().await;
        assert!(
            !ended.out.contains(secret) && !ended.err.contains(secret),
            "{verb}: {ended:?}"
        );
    }
    let stored = std::fs::read(home.path(".local/share/geppetto/sessions.db")).unwrap();
    let stored = String::from_utf8_lossy(&stored).into_owned();
    assert!(!stored.contains(secret), "a key is in the store");
}

#[tokio::test]
async fn control_characters_of_a_model_do_not_reach_the_terminal() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    for line in ["", "-o json", "-o jsonl", "-o yaml"] {
        server.enqueue(Reply::chat().text("red \u{1b}[31m and \u{1b}]0;title\u{7} and \u{9b}2J"));
        let ended = asks(&home, &server, line).end().await;
        assert_eq!(ended.code, 0, "{ended:?}");
        let escapes = ended.out.chars().chain(ended.err.chars());
        assert_eq!(
            escapes.filter(|c| c.is_control() && *c != '\n').count(),
            0,
            "{ended:?}"
        );
    }
    let shown = home.ok("sessions show", "").await;
    assert!(!shown.contains('\u{1b}'), "{shown:?}");
}

#[tokio::test]
async fn several_programs_start_at_once_on_a_new_store() {
    let home = Home::new();
    let runs = (0..6).map(|number| {
        let number = number.to_string();
        let run = home.geppetto("ask -q hello --new-session", [number.as_str()]);
        run.end()
    });
    let mut tasks = tokio::task::JoinSet::new();
    for run in runs {
        tasks.spawn(run);
    }
    while let Some(ended) = tasks.join_next().await {
        let ended = ended.unwrap();
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{ended:?}");
    }
    assert_eq!(home.ok("sessions list", "").await.lines().count(), 6);
}

/// <https://github.com/charmbracelet/mods/issues/132>
#[tokio::test]
async fn input_alone_goes_on_with_a_session() {
    let home = Home::new();
    home.ok("ask", "My name is Ada").await;
    let ended = home
        .geppetto("ask -c", [])
        .input("What is my name?\n")
        .end()
        .await;
    assert!(ended.out.contains("Ada"), "{ended:?}");
}

#[tokio::test]
async fn a_large_input_is_sent_whole() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().text("Read."));
    let input = "0123456789abcde\n".repeat(1 << 18);
    let ended = asks(&home, &server, "").input(&input).end().await;
    assert_eq!(
        (ended.code, ended.out.as_str()),
        (0, "Read.\n"),
        "{}",
        ended.err
    );
    assert!(server.requests()[0].json().to_string().len() > input.len());
}

#[cfg(unix)]
async fn shell(home: &Home, script: &str) -> (Option<i32>, String, String) {
    let program = env!("CARGO_BIN_EXE_geppetto");
    let output = tokio::process::Command::new("bash")
        .args(["-c", &script.replace("geppetto", &format!("'{program}'"))])
        .env_clear()
        .env("HOME", home.path(""))
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("GEPPETTO_NO_DISCOVERY", "1")
        .stdin(std::process::Stdio::null())
        .output();
    let output = output.await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (
        output.status.code(),
        text(&output.stdout),
        text(&output.stderr),
    )
}

#[cfg(unix)]
#[tokio::test]
async fn closed_and_full_outputs_are_no_panic() {
    let home = Home::new();
    let (code, _, err) = shell(&home, "geppetto ask -q -o json hello > /dev/full").await;
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("cannot write to standard output"), "{err}");
    let (code, _, err) = shell(&home, "geppetto ask -q hello > /dev/full").await;
    assert_eq!(code, Some(1), "{err}");
    assert!(err.contains("cannot write to standard output"), "{err}");
    // What is wrong with standard error does not end the answer.
    let (code, out, _) = shell(&home, "geppetto ask hello 2> >(exit)").await;
    assert_eq!(code, Some(0));
    assert!(out.ends_with("understand little.\n"), "{out}");
    let (code, out, _) = shell(&home, "geppetto ask hello 2>&-").await;
    assert_eq!(code, Some(0));
    assert!(out.starts_with("Hello!"), "{out}");
    for script in [
        "geppetto ask hello >&-",
        "geppetto sessions list >&-",
        "geppetto --help | true",
    ] {
        let (_, _, err) = shell(&home, script).await;
        assert!(!err.contains("panicked"), "{script}: {err}");
    }
    let (code, out, err) = shell(&home, "geppetto ask hello <&-").await;
    assert_eq!(code, Some(0), "{err}");
    assert!(out.starts_with("Hello!"), "{out}");
}

#[cfg(unix)]
#[tokio::test]
async fn without_a_home_the_answer_comes_and_a_warning() {
    let home = Home::new();
    let (code, out, err) = shell(&home, "env -u HOME geppetto ask hello").await;
    assert!(out.starts_with("Hello!"), "{out} {err}");
    assert_eq!(code, Some(0));
}

#[cfg(unix)]
#[tokio::test]
async fn a_signal_ends_the_run_and_keeps_the_session() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        server.enqueue(Reply::chat().text("never ").stall_at(At::Event(2)));
        let child = asks(&home, &server, &format!("--new-session {signal}")).background();
        server.next_request().await;
        let id = child.id().unwrap().to_string();
        let sent = std::process::Command::new("kill")
            .args([&format!("-{signal}"), &id])
            .status();
        assert!(sent.unwrap().success());
        let output = child.wait_with_output().await.unwrap();
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let shown = home.ok(&format!("sessions show {signal}"), "").await;
        assert!(shown.contains("Hello"), "{shown}");
    }
}

#[tokio::test]
async fn settings_that_are_wrong_are_named_with_their_place() {
    let home = Home::new();
    let ended = home.geppetto("ask --profile nope hello", []).end().await;
    ended.fails_with(2, "nope");
    let ended = home
        .geppetto("ask --ai-temperature hot hello", [])
        .end()
        .await;
    ended.fails_with(2, "--ai-temperature");
    home.write(".config/pinocchio/config.yaml", "ai-chat: [\n");
    home.geppetto("ask hello", [])
        .end()
        .await
        .fails_with(2, "config.yaml");
}

#[tokio::test]
async fn the_command_line_explains_itself() {
    let home = Home::new();
    let ended = home.geppetto("", []).end().await;
    assert_eq!((ended.code, ended.out.as_str()), (2, ""), "{ended:?}");
    assert!(ended.err.contains("Usage: geppetto"), "{ended:?}");
    assert!(home.ok("--version", "").await.starts_with("geppetto 0."));
    let help = home.ok("--help", "").await;
    for verb in [
        "ask",
        "chat",
        "sessions",
        "models",
        "settings",
        "profiles",
        "run",
        "rpc",
        "completions",
    ] {
        assert!(
            help.contains(&format!("\n  {verb} ")),
            "{verb} is not in {help}"
        );
        home.ok(&format!("{verb} --help"), "").await;
    }
    home.geppetto("aske hello", [])
        .end()
        .await
        .fails_with(2, "ask");
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        assert!(
            home.ok("completions", shell).await.contains("geppetto"),
            "{shell}"
        );
    }
}

#[tokio::test]
async fn a_refusal_and_a_wrong_answer_are_failures() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    server.enqueue(Reply::chat().refusal("I will not."));
    asks(&home, &server, "-q").end().await;
    let schema = r#"{"type":"object","properties":{"n":{"type":"integer"}},"required":["n"]}"#;
    home.write("n.json", schema);
    server.respond_with(|_| Reply::chat().text("no JSON at all"));
    let ended = asks(&home, &server, "--schema n.json").end().await;
    ended.fails_with(1, "JSON");
}

#[tokio::test]
async fn models_of_the_server_are_listed() {
    let home = Home::new();
    let server = ProviderServer::start().await.unwrap();
    server.models(["b-model", "a-model"]);
    let listed = home
        .ok("models -q --openai-base-url", &server.base_url())
        .await;
    assert_eq!(listed, "a-model\nb-model\n");
    drop(server);
    let ended = home
        .geppetto("models --openai-base-url http://127.0.0.1:9/v1", [])
        .end()
        .await;
    ended.fails_with(1, "no list of models from http://127.0.0.1:9/v1");
}

#[tokio::test]
async fn profiles_are_listed_shown_without_keys_and_converted() {
    let home = Home::new();
    let old = "mine:\n  openai-chat:\n    openai-api-key: sk-secret\n  ai-chat:\n    ai-engine: gpt-old\n";
    home.write(".config/pinocchio/profiles.yaml", old);
    let listed = home.ok("profiles list", "").await;
    assert!(listed.contains("/mine"), "{listed}");
    let shown = home.ok("profiles show mine", "").await;
    assert!(
        shown.contains("gpt-old") && !shown.contains("sk-secret"),
        "{shown}"
    );
    let converted = home
        .ok("profiles convert .config/pinocchio/profiles.yaml", "")
        .await;
    assert!(
        converted.contains("inference_settings") && converted.contains("gpt-old"),
        "{converted}"
    );
    home.geppetto("profiles show nope", [])
        .end()
        .await
        .fails_with(2, "there is no profile `nope`");
}

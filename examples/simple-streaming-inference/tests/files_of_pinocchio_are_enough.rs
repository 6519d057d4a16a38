//! A user with pinocchio's files needs nothing but `--profile NAME`.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test's helpers fail the test"
)]

use std::{fs, path::PathBuf};

use example_check::{Output, Program};
use geppetto_testing::{ProviderServer, Reply};
use serde_json::json;

/// A home folder with these files below `.config/pinocchio`.
fn home(name: &str, files: &[(&str, String)]) -> PathBuf {
    let home = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    let folder = home.join(".config/pinocchio");
    fs::create_dir_all(&folder).unwrap();
    for (file, text) in files {
        fs::write(folder.join(file), text).unwrap();
    }
    home
}

async fn ask(home: PathBuf, args: &'static [&'static str]) -> Output {
    let program = Program::new(env!("CARGO_BIN_EXE_simple-streaming-inference"))
        .home(&home)
        .args(args);
    tokio::task::spawn_blocking(|| program.run()).await.unwrap()
}

async fn server() -> ProviderServer {
    let server = ProviderServer::start().await.unwrap();
    server.respond_always(Reply::chat().words("Hello from the gateway."));
    server.require_key("key-of-the-profile");
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_registry_of_today() {
    let server = server().await;
    let registry = format!(
        "slug: mine
profiles:
  default:
    slug: default
    inference_settings:
      chat: {{engine: gpt-5-mini}}
  gateway:
    slug: gateway
    stack:
      - profile_slug: default
    inference_settings:
      chat: {{engine: my-model, temperature: 0.2}}
      api:
        api_keys: {{openai-api-key: key-of-the-profile}}
        base_urls: {{openai-base-url: '{}'}}
",
        server.base_url()
    );
    let config = "profile:\n  active: default\n".to_owned();
    let home = home(
        "today",
        &[("profiles.yaml", registry), ("config.yaml", config)],
    );
    let output = ask(home, &["--profile", "gateway", "hi"]).await;
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.stdout, "Hello from the gateway.\n");
    assert!(
        output
            .stderr
            .starts_with("Asking my-model at http://127.0.0.1:"),
        "{output:?}"
    );
    assert!(
        !format!("{output:?}").contains("key-of-the-profile"),
        "{output:?}"
    );
    server.requests()[0]
        .assert_model("my-model")
        .assert_header("authorization", "Bearer key-of-the-profile")
        .assert_json("/temperature", &json!(0.2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn files_of_january() {
    let server = server().await;
    let profiles = format!(
        "gateway:
  ai-chat:
    ai-engine: my-model
  openai-chat:
    openai-api-key: key-of-the-profile
    openai-base-url: {}
",
        server.base_url()
    );
    let config = "openai-chat:\n  openai-api-key: key-of-the-config\n".to_owned();
    let home = home(
        "january",
        &[("profiles.yaml", profiles), ("config.yaml", config)],
    );
    let output = ask(
        home,
        &[
            "--profile",
            "gateway",
            "--ai-max-response-tokens",
            "50",
            "hi",
        ],
    )
    .await;
    assert_eq!(output.code, Some(0), "{output:?}");
    assert_eq!(output.stdout, "Hello from the gateway.\n");
    server.requests()[0]
        .assert_header("authorization", "Bearer key-of-the-profile")
        .assert_json("/max_tokens", &json!(50));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_profile_that_does_not_exist_is_named() {
    let home = home("none", &[]);
    let output = ask(home, &["--profile", "gatway", "hi"]).await;
    assert_eq!(output.code, Some(2), "{output:?}");
    assert!(output.stderr.contains("gatway"), "{output:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn settings_are_printed_without_keys() {
    let profiles = "gateway:\n  openai-chat:\n    openai-api-key: key-of-the-profile\n".to_owned();
    let home = home("printed", &[("profiles.yaml", profiles)]);
    for flag in [
        &["--profile", "gateway", "--print-settings"],
        &["--profile", "gateway", "--print-inference-settings"],
        &["--profile", "gateway", "--print-parsed-parameters"],
    ] {
        let output = ask(home.clone(), flag).await;
        assert_eq!(output.code, Some(0), "{output:?}");
        assert!(output.stdout.contains("***"), "{output:?}");
        assert!(!output.stdout.contains("key-of-the-profile"), "{output:?}");
    }
}

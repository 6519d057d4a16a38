use std::path::Path;

use serde_json::Value;

use super::support::Home;

/// Returns the lines of the blocks of a language.
fn blocks(language: &str) -> Vec<String> {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/command-line.md");
    let guide = std::fs::read_to_string(guide).unwrap();
    let mut found = Vec::new();
    let mut is_inside = false;
    for line in guide.lines() {
        match line.strip_prefix("```") {
            Some(own) => is_inside = own == language,
            None if is_inside => found.push(line.to_owned()),
            None => {}
        }
    }
    found
}

#[tokio::test]
async fn each_command_succeeds() {
    let home = Home::new();
    home.write("notes.md", "# Notes\n");
    home.write("greet.yaml", blocks("yaml").join("\n"));
    let folder = Path::new(env!("CARGO_BIN_EXE_geppetto")).parent().unwrap();
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").unwrap());
    let commands = blocks("console");
    assert!(commands.len() > 20, "{commands:?}");
    for line in commands {
        let command = line.strip_prefix("$ ").unwrap();
        let run = tokio::process::Command::new("bash")
            .args(["-c", command])
            .env_clear()
            .env("HOME", home.path(""))
            .env("PATH", &path)
            .env("GEPPETTO_NO_DISCOVERY", "1")
            .current_dir(home.path(""))
            .stdin(std::process::Stdio::null())
            .output();
        let output = run.await.unwrap();
        assert!(
            output.status.success(),
            "{command}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[tokio::test]
async fn each_message_is_understood() {
    let home = Home::new();
    let input = blocks("json").join("\n");
    let ended = home
        .geppetto("rpc", [])
        .input(format!("{input}\n"))
        .end()
        .await;
    assert_eq!(ended.code, 0, "{ended:?}");
    let messages = ended
        .out
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let replies: Vec<i64> = messages
        .filter(|own| own["type"] != "error" || panic!("{own}"))
        .filter(|own| own["type"] == "reply")
        .filter_map(|own| own["id"].as_i64())
        .collect();
    assert_eq!(replies, [1, 2, 3, 4, 5]);
}

use std::path::PathBuf;

use super::{ALL, Command, Typed, complete, read};

fn command(text: &str) -> Command {
    match read(text) {
        Typed::Command(command) => command,
        other => panic!("{text}: {other:?}"),
    }
}

#[test]
fn every_command_of_the_help_exists() {
    for own in ALL {
        let argument = match own.argument {
            "PATH" => "a.png",
            "[N]" => "1",
            _ => "",
        };
        command(&format!("/{} {argument}", own.name));
    }
}

#[test]
fn arguments_are_read() {
    assert_eq!(
        command("/model  gpt-5 "),
        Command::Model(Some("gpt-5".to_owned()))
    );
    assert_eq!(command("/copy 2"), Command::Copy(Some(2)));
    assert_eq!(
        command("/system be brief\nand kind"),
        Command::System(Some("be brief\nand kind".to_owned()))
    );
    assert_eq!(
        command("/save a b.md"),
        Command::Save(Some(PathBuf::from("a b.md")))
    );
}

#[test]
fn paths_and_escaped_slashes_are_prompts() {
    let prompt = |text: &str| Typed::Prompt(text.to_owned());
    assert_eq!(read("/etc/passwd is what?"), prompt("/etc/passwd is what?"));
    assert_eq!(read("//help"), prompt("/help"));
    assert_eq!(read("/ "), prompt("/ "));
    assert_eq!(read("a /help"), prompt("a /help"));
}

#[test]
fn wrong_commands_say_what_to_do() {
    for text in ["/nothing", "/copy x", "/copy 0", "/image"] {
        let Typed::Wrong(what) = read(text) else {
            panic!("{text} is wrong");
        };
        assert!(what.contains('/'), "{what}");
    }
}

#[test]
fn names_and_arguments_are_completed() {
    let texts = |draft: &str| -> Vec<String> {
        let models = ["gpt-5", "gpt-5-mini", "qwen"].map(|own| (own.to_owned(), String::new()));
        let found = complete(draft, &[("model", &models)]);
        found.choices.into_iter().map(|(text, _)| text).collect()
    };
    assert_eq!(texts("/fo"), ["/fork", "/fold"]);
    assert_eq!(texts("/mo"), ["/model "]);
    assert_eq!(texts("/model gpt"), ["/model gpt-5", "/model gpt-5-mini"]);
    assert_eq!(texts("hello"), Vec::<String>::new());
    assert_eq!(texts("//"), Vec::<String>::new());
}

#[test]
fn the_common_beginning_is_within_characters() {
    let choices = ["/model \u{e9}a", "/model \u{e8}b"];
    let choices = choices
        .map(|text| (text.to_owned(), String::new()))
        .to_vec();
    assert_eq!(
        super::Completion { choices }.common().as_deref(),
        Some("/model ")
    );
}

use super::render;
use crate::docs::generated::values::{Setting, Values};

fn setting(path: &str, flag: Option<&str>, ignored: Option<&str>) -> Setting {
    Setting {
        section: "ai-chat".to_owned(),
        path: path.to_owned(),
        flag: flag.map(str::to_owned),
        kind: "number".to_owned(),
        allowed: "a number from 0 to 2".to_owned(),
        default: flag.map(|_| "1".to_owned()),
        help: "Heat.".to_owned(),
        ignored: ignored.map(str::to_owned),
    }
}

fn values() -> Values {
    let mut values = Values::of_default("none", "");
    values.settings = vec![
        setting("chat.temperature", Some("ai-temperature"), None),
        setting("chat.cold", None, None),
        setting("chat.dead", Some("ai-dead"), Some("nobody has it")),
    ];
    values
}

#[test]
fn a_section_has_a_row_for_each_setting_that_is_used() {
    assert_eq!(
        render("ai-chat", &values()).unwrap(),
        "| flag | path | value | what |\n\
         |---|---|---|---|\n\
         | `--ai-temperature` | `chat.temperature` | a number from 0 to 2 | Heat. Default: `1`. |\n\
         | - | `chat.cold` | a number from 0 to 2 | Heat. |\n"
    );
}

#[test]
fn ignored_settings_have_a_table_of_their_own() {
    assert_eq!(
        render("ignored", &values()).unwrap(),
        "| flag | path | why |\n|---|---|---|\n| `--ai-dead` | `chat.dead` | nobody has it |\n"
    );
}

#[test]
fn a_section_that_the_catalogue_does_not_have_is_an_error() {
    let error = render("ai-caht", &values()).unwrap_err().to_string();
    assert!(error.contains("has no such section"), "{error}");
}

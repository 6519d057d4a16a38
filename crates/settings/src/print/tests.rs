use super::table;
use crate::{App, Layer, MemoryPlatform, Resolver};

#[test]
fn the_table_has_what_is_set_and_what_it_overrides() {
    let app = App::new("pinocchio");
    let platform = MemoryPlatform::new()
        .with_file(
            "/etc/pinocchio/config.yaml",
            "ai-engine: \"a\\e[31m\"\nopenai-base-url: https://gw/v1\n",
        )
        .with_variable("OPENAI_API_KEY", "k");
    let flags = Layer::flags().set("ai-engine", "b").unwrap();
    let resolved = Resolver::new(&app)
        .platform(&platform)
        .layer(flags)
        .resolve()
        .unwrap();
    let shown = table(&resolved);
    let expected = "\
openai-api-key   -              not used (not OPENAI_API_KEY)
openai-base-url  https://gw/v1  /etc/pinocchio/config.yaml:2
ai-api-type      openai         default
ai-engine        b              --ai-engine (over /etc/pinocchio/config.yaml:1)
";
    assert_eq!(shown, expected);
}

#[test]
fn a_table_is_safe_for_terminals() {
    let app = App::new("pinocchio");
    let platform = MemoryPlatform::new().with_file(
        "/etc/pinocchio/config.yaml",
        "ai-engine: \"a\\u202E\\nb\"\n",
    );
    let resolved = Resolver::new(&app).platform(&platform).resolve().unwrap();
    let shown = table(&resolved);
    assert!(
        !shown.contains('\u{202e}') && shown.lines().count() == 2,
        "{shown:?}"
    );
}

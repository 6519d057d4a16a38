use geppetto_engine::{
    ErrorKind, InferenceRunner, RunStop, ToolChoice, ToolConfig, ToolDefinition, keys,
};
use geppetto_toolloop::{ToolError, ToolLoop, ToolRegistry, tool_fn};
use geppetto_turns::Turn;

use crate::support::*;

fn tools() -> ToolRegistry {
    let ok = || async { Ok::<_, ToolError>("ok") };
    registry(vec![
        Box::new(tool_fn("b", "", ok)),
        Box::new(tool_fn("a", "", ok)),
    ])
}

fn choosing(choice: ToolChoice) -> ToolConfig {
    let mut config = ToolConfig::default();
    config.tool_choice = choice;
    config
}

fn choice_in(turn: &Turn) -> ToolChoice {
    turn.data
        .get(&keys::TOOL_CONFIG)
        .unwrap()
        .unwrap()
        .tool_choice
}

#[tokio::test(start_paused = true)]
async fn a_forced_tool_is_forced_once() {
    for choice in [
        ToolChoice::Required,
        ToolChoice::Tool("a".to_owned()),
        ToolChoice::None,
    ] {
        let script = Script::new([
            vec![Do::Call("1", "a", "{}")],
            vec![Do::Call("2", "a", "{}")],
            vec![Do::Say("ok")],
        ]);
        let config = choosing(choice.clone());
        let tool_loop = ToolLoop::new(script.clone(), tools()).with_config(config);
        let done = run(&tool_loop).await;
        let asked: Vec<_> = script.asked().iter().map(choice_in).collect();
        let after = match choice {
            ToolChoice::None => ToolChoice::None,
            _ => ToolChoice::Auto,
        };
        assert_eq!(asked, [choice.clone(), after.clone(), after]);
        assert_eq!(choice_in(&done.turn), choice);
    }
}

#[tokio::test(start_paused = true)]
async fn also_where_the_run_ends_while_it_is_not() {
    let script = Script::new([
        vec![Do::Call("1", "a", "{}")],
        vec![Do::Break(ErrorKind::Other)],
    ]);
    let config = choosing(ToolChoice::Required);
    let done = run(&ToolLoop::new(script, tools()).with_config(config)).await;
    assert!(done.outcome.is_err());
    assert_eq!(choice_in(&done.turn), ToolChoice::Required);
}

#[tokio::test(start_paused = true)]
async fn what_the_turn_says_already_is_not_written_again() {
    let script = Script::new([
        vec![Do::Say("one")],
        vec![Do::Call("1", "a", "{}")],
        vec![Do::Say("two")],
    ]);
    let tool_loop = ToolLoop::new(script, tools());
    let (ctx, _sink) = context();
    let mut turn = prompt();
    tool_loop.run(&ctx, &mut turn).await.unwrap();
    let definitions = turn.data.get(&keys::TOOL_DEFINITIONS).unwrap().unwrap();
    assert_eq!(definitions, tools().definitions());
    let before = turn.clone();
    turn.push_user("again", []);
    tool_loop.run(&ctx, &mut turn).await.unwrap();
    assert!(turn.data.shares_with(&before.data));
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_program_wrote_into_the_turn_orders_nothing() {
    let script = Script::new([
        vec![Do::Call("1", "a", "{}")],
        vec![Do::Call("2", "gone", "{}")],
        vec![Do::Say("ok")],
    ]);
    let mut config = choosing(ToolChoice::Tool("gone".to_owned()));
    config.max_iterations = 1;
    let gone = ToolDefinition::new("gone", "", any());
    let mut turn = prompt();
    turn.data.set(&keys::TOOL_CONFIG, &config).unwrap();
    turn.data.set(&keys::TOOL_DEFINITIONS, &vec![gone]).unwrap();
    let (ctx, sink) = context();
    let tool_loop = ToolLoop::new(script.clone(), tools());
    let report = tool_loop.run(&ctx, &mut turn).await.unwrap();
    assert_eq!(report.stop, RunStop::Finished);
    assert_eq!(
        answers(&turn),
        pairs(&[
            ("1", "ok"),
            ("2", "Error: unknown tool `gone`; there are: a, b")
        ])
    );
    for asked in script.asked() {
        let data = &asked.data;
        let config = data.get(&keys::TOOL_CONFIG).unwrap().unwrap();
        assert_eq!(config, ToolConfig::default());
        let offered = data.get(&keys::TOOL_DEFINITIONS).unwrap().unwrap();
        assert_eq!(offered, tools().definitions());
    }
    assert_sound(&ctx, &sink, &turn);
}

#[tokio::test(start_paused = true)]
async fn a_configuration_that_cannot_be_read_is_replaced() {
    let mut turn = prompt();
    turn.data.set_raw(
        keys::TOOL_CONFIG.id(),
        serde_json::json!("of another program"),
    );
    let (ctx, _sink) = context();
    let tool_loop = ToolLoop::new(Script::new([vec![Do::Say("ok")]]), tools());
    tool_loop.run(&ctx, &mut turn).await.unwrap();
    assert_eq!(choice_in(&turn), ToolChoice::Auto);
}

#[tokio::test(start_paused = true)]
async fn a_disabled_registry_offers_nothing() {
    let script = Script::new([vec![Do::Call("1", "a", "{}")], vec![Do::Say("ok")]]);
    let mut config = ToolConfig::default();
    config.enabled = false;
    let done = run(&ToolLoop::new(script.clone(), tools()).with_config(config)).await;
    assert!(!script.asked()[0].data.contains(&keys::TOOL_DEFINITIONS));
    assert_eq!(
        done.answers()[0].1,
        "Error: unknown tool `a`; there are no tools"
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_work_is_told_before_anything_is_asked() {
    let mut zero = ToolConfig::default();
    zero.max_iterations = 0;
    for (config, message) in [
        (zero, "max_iterations: is 0; allowed is 1 and more"),
        (
            choosing(ToolChoice::Tool("z".to_owned())),
            "tool_choice: names `z`; there are: a, b",
        ),
    ] {
        let script = Script::new([]);
        let done = run(&ToolLoop::new(script, tools()).with_config(config)).await;
        let error = done.outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Configuration);
        assert_eq!(error.to_string(), message);
        assert_eq!(done.turn, prompt());
    }
}

#[test]
fn the_tools_of_a_loop_can_be_read() {
    let tools = registry(vec![Box::new(slow(&Diary::default(), "slow", 1))]);
    let tool_loop = ToolLoop::new(Script::new([]), tools);
    assert_eq!(tool_loop.registry().names().collect::<Vec<_>>(), ["slow"]);
}

use proptest::prelude::*;

use super::{
    super::tests::{any_history, history, is_accepted, spec},
    *,
};

#[track_caller]
fn check(before: &str, rules: Rules, expect: &str) {
    let blocks = repair_with(&history(before), &rules);
    assert_eq!(spec(&blocks), expect, "{rules:?} of: {before}");
}

fn rule(set: impl FnOnce(&mut Rules)) -> Rules {
    let mut rules = Rules::new();
    set(&mut rules);
    rules
}

#[test]
fn each_rule_gives_the_order_that_it_is_for() {
    check("s u u t u", rule(|r| r.users_joined = true), "s u t u");
    check("u r u t", rule(|r| r.users_joined = true), "u t");
    check(
        "u c1 a1 u",
        rule(|r| r.reply_after_tools = true),
        "u c1 a1 t u",
    );
    check("s t u", rule(|r| r.user_first = true), "s u t u");
    check("r t u", rule(|r| r.user_first = true), "u r t u");
    check("u t", rule(|r| r.user_last = true), "u t u");
    check("s s u s t", rule(|r| r.system_first = true), "s u u t");
    check("s r s", rule(|r| r.system_first = true), "s");
    check("s u t s u", rule(|r| r.system_as_user = true), "u u t u u");
    let joined = rule(|r| (r.system_as_user, r.users_joined) = (true, true));
    check("s s u t", joined, "u t");
    check(
        "s s u t s s u",
        rule(|r| r.system_joined = true),
        "s u t s u",
    );
    check("s u c1 u u", Rules::strict(), "s u c1 x1 t u");
}

#[test]
fn joined_texts_stand_apart_and_in_order() {
    let blocks = repair_with(&history("u u t"), &Rules::strict());
    assert_eq!(blocks[0].text(), Some("user 0\n\nuser 1"));
}

#[test]
fn what_is_empty_is_left_out_or_filled() {
    let call = crate::ToolCall::new("1", "tool", "{}");
    let empty: Blocks = [
        Block::user("Go."),
        Block::user(" "),
        Block::tool_call(call),
        Block::tool_result("1", " \n"),
        Block::llm_text("\n"),
        Block::system(" "),
        Block::user("On."),
    ]
    .into_iter()
    .collect();
    let blocks = repair_with(&empty, &rule(|r| r.no_empty = true));
    assert_eq!(spec(&blocks), "u c1 a1 u");
    assert_eq!(blocks[2].as_tool_use().unwrap().output(), NO_OUTPUT);
}

#[test]
fn what_a_tool_shows_follows_the_results_where_these_are_texts() {
    let rules = rule(|r| r.media_after_tools = true);
    check("u c1 c2 m1 a2 t", rules, "u c1 c2 a1 a2 u t");
    check("u c1 c2 m1 m2", rules, "u c1 c2 a1 a2 u u");
    check("u c1 m1", Rules::new(), "u c1 m1");
    check("u c1 m1 u t", Rules::strict(), "u c1 a1 t u t u");
    let blocks = repair_with(&history("u c1 m1"), &rules);
    assert_eq!(blocks[2].as_tool_use().unwrap().output(), ATTACHED);
    let Content::User(said) = &blocks[3].content else {
        panic!("no user block");
    };
    assert_eq!(said.text, "(attached to the result of tool: 1 image)");
    assert_eq!(said.images, [crate::ImagePart::file_id("image")]);
}

/// Returns `true` if user and model messages alternate, with the results of a model's calls after
/// it.
fn alternates(blocks: &[Arc<Block>]) -> bool {
    let mut last = Role::None;
    blocks.iter().all(|block| {
        let (role, fits) = match &block.content {
            Content::System(_) => (Role::System, last == Role::None),
            Content::User(_) => {
                let after = [Role::None, Role::System, Role::Model];
                (Role::User, after.contains(&last))
            }
            Content::LlmText(_) | Content::ToolCall(_) => {
                (Role::Model, !matches!(last, Role::None | Role::System))
            }
            Content::ToolUse(_) => (Role::Tool, matches!(last, Role::Model | Role::Tool)),
            _ => (last, true),
        };
        last = role;
        fits
    })
}

fn any_rules() -> impl Strategy<Value = Rules> {
    any::<[bool; 9]>().prop_map(|on| {
        let [
            system_first,
            system_as_user,
            system_joined,
            users_joined,
            reply_after_tools,
            user_first,
            user_last,
            no_empty,
            media_after_tools,
        ] = on;
        Rules {
            system_first,
            system_as_user,
            system_joined,
            users_joined,
            reply_after_tools,
            user_first,
            user_last,
            no_empty,
            media_after_tools,
        }
    })
}

proptest! {
    #[test]
    fn any_history_follows_any_rules_and_stays_so(before in any_history(), rules in any_rules()) {
        let once = repair_with(&history(&before), &rules);
        prop_assert!(is_accepted(&once), "{before} -> {}", spec(&once));
        let again = repair_with(&once.iter().cloned().collect(), &rules);
        prop_assert_eq!(&once, &again);
    }

    #[test]
    fn under_strict_rules_users_and_models_alternate(before in any_history()) {
        let after = repair_with(&history(&before), &Rules::strict());
        prop_assert!(alternates(&after), "{before} -> {}", spec(&after));
    }

    #[test]
    fn a_history_that_got_an_answer_is_a_prefix_of_what_it_grows_to(
        old in any_history(), more in any_history(), mut rules in any_rules(),
    ) {
        rules.user_last = false;
        let old = format!("{old} u t");
        let before = repair_with(&history(&old), &rules);
        let after = repair_with(&history(&format!("{old} u {more}")), &rules);
        prop_assert!(after.starts_with(&before), "{} | {}", spec(&before), spec(&after));
    }
}

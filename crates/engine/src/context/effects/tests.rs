use std::collections::{HashMap, HashSet};

use geppetto_turns::ToolCall;
use proptest::prelude::*;

use crate::RunContext;

/// The calls of a turn, with ids that a server may restart in each reply.
fn calls() -> impl Strategy<Value = Vec<ToolCall>> {
    let call = ("[a:#/%]{1,2}", "[ab]{1,2}", "[ab]{0,2}");
    let call = call.prop_map(|(id, name, args)| ToolCall::new(id, name, args));
    prop::collection::vec(call, 1..12)
}

fn run(session: &str, turn: &str, inference: &str) -> RunContext {
    RunContext::new().with_run(session, inference, turn)
}

/// Returns the keys of the calls from `from` on: a resumed run runs only the remaining ones.
fn keys(ctx: &RunContext, calls: &[ToolCall], from: usize) -> Vec<String> {
    let mut seen: HashMap<&str, usize> = HashMap::new();
    let mut keys = Vec::new();
    for (index, call) in calls.iter().enumerate() {
        let earlier = seen.entry(&call.id).or_default();
        if index >= from {
            keys.push(ctx.effect_key(call, *earlier));
        }
        *earlier += 1;
    }
    keys
}

proptest! {
    #[test]
    fn two_calls_never_share_a_key_and_a_resumed_run_gives_the_same(
        calls in calls(),
        from in 0..12_usize,
    ) {
        let from = from.min(calls.len());
        let whole = keys(&run("s", "t", "first"), &calls, 0);
        let resumed = keys(&run("s", "t", "second"), &calls, from);
        prop_assert_eq!(&whole[from..], resumed.as_slice());
        let mut all: HashSet<String> = whole.iter().cloned().collect();
        prop_assert_eq!(all.len(), calls.len());
        // Other sessions and turns have distinct keys, even if their parts could run into each
        // other.
        for (session, turn) in [("s:t", "t"), ("s", "t:"), ("s#2", "t"), ("s/t", "t"), ("", "t")] {
            for key in keys(&run(session, turn, "first"), &calls, 0) {
                prop_assert!(all.insert(key));
            }
        }
    }
}

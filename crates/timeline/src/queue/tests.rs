use proptest::prelude::*;

use super::*;
use crate::{Content, State, View, entity::Answer};

fn entity(id: u8, position: u64, version: u64) -> Entity {
    let content = match id % 2 {
        0 => Content::Answer(Answer::default()),
        _ => Content::ToolCall(Box::default()),
    };
    Entity {
        id: id.to_string(),
        version,
        position,
        parent: None,
        turn_id: None,
        content,
    }
}

#[derive(Debug, Clone)]
enum Op {
    Insert(u8),
    Append(u8, Field, String),
    Text(u8, String),
    State(u8, State),
    Remove(u8),
    Take,
}

fn op() -> impl Strategy<Value = Op> {
    let id = 0..4_u8;
    let field = prop_oneof![Just(Field::Text), Just(Field::Arguments)];
    let state = prop_oneof![Just(State::Done), Just(State::Streaming)];
    prop_oneof![
        id.clone().prop_map(Op::Insert),
        (id.clone(), field, "[a-c]{1,2}").prop_map(|(id, field, text)| Op::Append(id, field, text)),
        (id.clone(), "[a-c]{0,2}").prop_map(|(id, text)| Op::Text(id, text)),
        (id.clone(), state).prop_map(|(id, state)| Op::State(id, state)),
        id.prop_map(Op::Remove),
        Just(Op::Take),
    ]
}

/// Returns the patches of an operation, as a timeline would publish them.
fn patches(op: Op, view: &View, version: u64) -> Option<Patch> {
    let known = |id: u8| view.entity(&id.to_string()).cloned();
    Some(match op {
        Op::Insert(id) => {
            let position = known(id).map_or(version, |own| own.position);
            let entity = entity(id, position, version);
            Patch::Insert { entity }
        }
        Op::Append(id, field, text) => {
            known(id)?.growing_mut(field)?;
            let id = id.to_string();
            Patch::Append {
                id,
                version,
                field,
                text,
            }
        }
        Op::Text(id, text) => update(known(id)?, Changes::text(text), version)?,
        Op::State(id, state) => update(known(id)?, Changes::state(state), version)?,
        Op::Remove(id) => {
            let id = known(id)?.id;
            Patch::Remove { id, version }
        }
        Op::Take => return None,
    })
}

fn update(mut entity: Entity, mut changes: Changes, version: u64) -> Option<Patch> {
    entity.apply(&mut changes);
    (!changes.is_empty()).then_some(Patch::Update {
        id: entity.id,
        version,
        changes,
    })
}

proptest! {
    #[test]
    fn merged_patches_have_the_effect_of_all(ops in prop::collection::vec(op(), 0..60)) {
        let (mut all, mut merged) = (View::default(), View::default());
        let mut queue = PatchQueue::new();
        for (op, version) in ops.into_iter().zip(1..) {
            let takes = matches!(op, Op::Take);
            if let Some(patch) = patches(op, &all, version) {
                all.apply(patch.clone());
                queue.push(patch);
            }
            if takes {
                for patch in queue.take() {
                    merged.apply(patch);
                }
                prop_assert!(queue.is_empty());
                prop_assert_eq!(&merged, &all);
            }
        }
        let patches = queue.take();
        prop_assert!(patches.len() <= 4 * 5, "{}", patches.len());
        for patch in patches {
            merged.apply(patch);
        }
        prop_assert_eq!(merged, all);
    }
}

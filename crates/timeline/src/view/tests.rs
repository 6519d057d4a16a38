use serde_json::json;

use super::*;
use crate::{Changes, Content, Field, State, entity::Answer};

fn answer(id: &str, position: u64) -> Entity {
    Entity {
        id: id.to_owned(),
        version: 3,
        position,
        parent: None,
        turn_id: Some("t".to_owned()),
        content: Content::Answer(Answer {
            text: "Hel".to_owned(),
            ..Answer::default()
        }),
    }
}

#[test]
fn patches_are_flat_objects_with_the_names_of_the_fields() {
    let insert = Patch::Insert {
        entity: answer("a", 7),
    };
    let append = Patch::Append {
        id: "a".to_owned(),
        version: 4,
        field: Field::Text,
        text: "lo".to_owned(),
    };
    let update = Patch::Update {
        id: "a".to_owned(),
        version: 5,
        changes: Changes::state(State::NotRun),
    };
    let expected = json!([
        {"op": "insert", "entity": {"id": "a", "version": 3, "position": 7, "turn_id": "t",
            "kind": "answer", "text": "Hel", "state": "streaming"}},
        {"op": "append", "id": "a", "version": 4, "field": "text", "text": "lo"},
        {"op": "update", "id": "a", "version": 5, "state": "not_run"},
    ]);
    let patches = [insert, append, update];
    assert_eq!(serde_json::to_value(&patches).unwrap(), expected);
    let read: Vec<Patch> = serde_json::from_value(expected).unwrap();
    assert_eq!(read, patches);
    let mut view = View::default();
    read.into_iter().for_each(|patch| view.apply(patch));
    let shown = view.entity("a").unwrap();
    assert_eq!(
        (shown.text(), shown.state()),
        (Some("Hello"), Some(State::NotRun))
    );
    assert_eq!((shown.version, view.version), (5, 5));
}

#[test]
fn entities_are_sorted_by_position_and_move_with_it() {
    let mut view = View::default();
    for (id, position) in [("b", 20), ("a", 10), ("c", 30)] {
        view.apply(Patch::Insert {
            entity: answer(id, position),
        });
    }
    let ids = |view: &View| -> Vec<String> { view.entities().map(|own| own.id.clone()).collect() };
    assert_eq!(ids(&view), ["a", "b", "c"]);
    let changes = Changes {
        position: Some(25),
        ..Changes::default()
    };
    view.apply(Patch::Update {
        id: "a".to_owned(),
        version: 9,
        changes,
    });
    assert_eq!(ids(&view), ["b", "a", "c"]);
    view.apply(Patch::Remove {
        id: "b".to_owned(),
        version: 10,
    });
    view.apply(Patch::Remove {
        id: "unknown".to_owned(),
        version: 11,
    });
    assert_eq!(
        (ids(&view), view.version),
        (vec!["a".into(), "c".into()], 11)
    );
    assert_eq!(view.entity("b"), None);
}

use std::sync::Arc;

use proptest::prelude::*;

use crate::{Block, Blocks};

fn naive(a: &Blocks, b: &Blocks) -> usize {
    a.iter()
        .zip(b)
        .take_while(|(a, b)| Arc::ptr_eq(a, b))
        .count()
}

/// Returns the length of the prefix and the number of comparisons.
fn counted(a: &Blocks, b: &Blocks) -> (usize, usize) {
    let mut comparisons = 0;
    let prefix = a.common_prefix_by(b, &mut |a, b| {
        comparisons += 1;
        std::ptr::eq(a, b)
    });
    (prefix, comparisons)
}

fn many(count: usize) -> Blocks {
    (0..count).map(|n| Block::user(n.to_string())).collect()
}

#[test]
fn in_long_lists_it_takes_a_few_comparisons_a_level() {
    let long = many(100_000);
    // 4 levels of at most 32 comparisons each, and the tail.
    let at_most = 5 * 33;
    let mut grown = long.clone();
    for n in 0..5_000 {
        grown.push(Block::user(n.to_string()));
    }
    for (a, b) in [(&long, &grown), (&grown, &long), (&long, &long.clone())] {
        let (prefix, comparisons) = counted(a, b);
        assert_eq!(prefix, 100_000);
        assert!(comparisons <= at_most, "{comparisons}");
    }
    for changed in [0, 1, 31, 32, 1_023, 1_024, 50_000, 99_967, 99_999] {
        let mut other = grown.clone();
        other
            .make_mut(changed)
            .unwrap()
            .metadata
            .set_raw("k", 1.into());
        let (prefix, comparisons) = counted(&long, &other);
        assert_eq!(prefix, changed);
        assert!(comparisons <= at_most, "{changed}: {comparisons}");
    }
}

#[test]
fn equal_blocks_that_are_not_shared_do_not_count() {
    assert_eq!(many(40), many(40));
    assert_eq!(many(40).common_prefix(&many(40)), 0);
    assert_eq!(Blocks::new().common_prefix(&many(1)), 0);
}

#[derive(Debug, Clone)]
enum Step {
    Push(usize),
    Change(usize),
    Truncate(usize),
    Insert(usize),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (1..80_usize).prop_map(Step::Push),
        any::<usize>().prop_map(Step::Change),
        any::<usize>().prop_map(Step::Truncate),
        any::<usize>().prop_map(Step::Insert),
    ]
}

fn take(list: &mut Blocks, step: &Step) {
    match *step {
        Step::Push(count) => list.extend((0..count).map(|n| Block::user(n.to_string()))),
        Step::Change(at) if !list.is_empty() => {
            let at = at % list.len();
            list.make_mut(at).unwrap().metadata.set_raw("k", 1.into());
        }
        Step::Truncate(at) => list.truncate(at % (list.len() + 1)),
        Step::Insert(at) => list.insert(at % (list.len() + 1), Block::user("new")),
        Step::Change(_) => {}
    }
}

proptest! {
    #[test]
    fn it_agrees_with_comparing_block_by_block(
        len in 0..3_000_usize,
        ours in prop::collection::vec(step(), 0..4),
        theirs in prop::collection::vec(step(), 0..4),
    ) {
        let (mut a, mut b) = (many(len), Blocks::new());
        b.clone_from(&a);
        ours.iter().for_each(|step| take(&mut a, step));
        theirs.iter().for_each(|step| take(&mut b, step));
        prop_assert_eq!(a.common_prefix(&b), naive(&a, &b));
        prop_assert_eq!(b.common_prefix(&a), naive(&a, &b));
    }
}

use proptest::prelude::*;

use super::*;

fn block(n: usize) -> Block {
    Block::user(n.to_string())
}

fn numbers(blocks: &Blocks) -> Vec<usize> {
    blocks
        .iter()
        .map(|b| b.text().unwrap_or_default().parse().unwrap())
        .collect()
}

#[test]
fn push_and_get_agree_with_a_vec_over_three_levels() {
    let mut blocks = Blocks::new();
    let count = WIDTH * WIDTH * 2 + WIDTH + 3;
    for n in 0..count {
        blocks.push(block(n));
        assert_eq!(blocks.len(), n + 1);
    }
    assert_eq!(numbers(&blocks), (0..count).collect::<Vec<_>>());
    for n in [0, 31, 32, 1023, 1024, 1055, count - 1] {
        assert_eq!(blocks.get(n).unwrap().text(), Some(n.to_string().as_str()));
    }
    assert!(blocks.get(count).is_none());
}

#[test]
fn a_clone_does_not_see_later_changes() {
    let mut blocks: Blocks = (0..100).map(block).collect();
    let before = blocks.clone();
    blocks.push(block(100));
    *blocks.make_mut(5).unwrap() = block(555);
    *blocks.make_mut(99).unwrap() = block(999);
    assert_eq!(numbers(&before), (0..100).collect::<Vec<_>>());
    assert_eq!(blocks.get(5).unwrap().text(), Some("555"));
    assert_eq!(blocks.get(99).unwrap().text(), Some("999"));
}

#[test]
fn a_clone_shares_its_blocks() {
    let blocks: Blocks = (0..100).map(block).collect();
    let mut longer = blocks.clone();
    longer.push(block(100));
    for (a, b) in blocks.iter().zip(longer.iter()) {
        assert!(Arc::ptr_eq(a, b));
    }
}

#[derive(Debug, Clone)]
enum Op {
    Push,
    Insert(usize),
    Truncate(usize),
    Change(usize),
    Fork,
}

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        6 => Just(Op::Push),
        1 => (0usize..200).prop_map(Op::Insert),
        1 => (0usize..200).prop_map(Op::Truncate),
        2 => (0usize..200).prop_map(Op::Change),
        1 => Just(Op::Fork),
    ]
}

proptest! {
    #[test]
    fn every_sequence_of_operations_agrees_with_a_vec(
        start in 0usize..1100,
        ops in prop::collection::vec(op(), 0..120),
        window in (0usize..300, 0usize..300),
    ) {
        let mut model: Vec<usize> = (0..start).collect();
        let mut blocks: Blocks = (0..start).map(block).collect();
        let mut forks = Vec::new();
        for (step, op) in ops.into_iter().enumerate() {
            let n = 10_000 + step;
            match op {
                Op::Push => { model.push(n); blocks.push(block(n)); }
                Op::Insert(at) => { model.insert(at.min(model.len()), n); blocks.insert(at, block(n)); }
                Op::Truncate(len) => { model.truncate(len); blocks.truncate(len); }
                Op::Change(at) => if at < model.len() {
                    model[at] = n;
                    *blocks.make_mut(at).unwrap() = block(n);
                } else { prop_assert!(blocks.make_mut(at).is_none()); },
                Op::Fork => forks.push((model.clone(), blocks.clone())),
            }
        }
        prop_assert_eq!(numbers(&blocks), model.clone());
        for (model, blocks) in forks { prop_assert_eq!(numbers(&blocks), model); }

        let mut backwards: Vec<usize> = blocks.iter().rev().map(|b| b.text().unwrap().parse().unwrap()).collect();
        backwards.reverse();
        prop_assert_eq!(&backwards, &model);

        let (from, to) = (window.0.min(model.len()), window.1.min(model.len()));
        let expect: Vec<usize> = if from < to { model[from..to].to_vec() } else { Vec::new() };
        let got: Vec<usize> = blocks.range(window.0..window.1).map(|b| b.text().unwrap().parse().unwrap()).collect();
        prop_assert_eq!(got, expect);
    }
}

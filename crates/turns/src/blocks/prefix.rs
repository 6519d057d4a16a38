//! Length of the common prefix of two lists.

use std::sync::Arc;

use super::{BITS, Blocks, Node};
use crate::Block;

#[cfg(test)]
mod tests;

/// Compares two addresses. All comparisons use this function, so that tests can count them.
type Same<'a> = &'a mut dyn FnMut(*const (), *const ()) -> bool;

impl Blocks {
    /// Returns the length of the common prefix, in blocks, comparing blocks by allocation.
    ///
    /// O(log n) if one list was derived from the other by pushing, or both from a common clone,
    /// like the turns of a session. Lists built separately from the same blocks, for example with
    /// [`insert`](Self::insert) or [`truncate`](Self::truncate), are compared block by block.
    /// Blocks that are equal but not shared are different.
    #[must_use]
    pub fn common_prefix(&self, other: &Self) -> usize {
        self.common_prefix_by(other, &mut |a, b| std::ptr::eq(a, b))
    }

    fn common_prefix_by(&self, other: &Self, same: Same<'_>) -> usize {
        let both = self.tree_len.min(other.tree_len);
        if let (Some(a), Some(b)) = (&self.root, &other.root) {
            let height = self.height.min(other.height);
            let (a, b) = (
                leftmost(a, self.height, height),
                leftmost(b, other.height, height),
            );
            let found = in_trees(
                a,
                b,
                Subtree {
                    height,
                    from: 0,
                    to: both,
                },
                same,
            );
            if found < both {
                return found;
            }
        }
        // At least one of the two slices is a tail and ends with its list.
        both + in_slices(self.leaf(both), other.leaf(both), same)
    }
}

/// The part of a tree that contains the blocks `from..to`.
#[derive(Clone, Copy)]
struct Subtree {
    height: u32,
    from: usize,
    to: usize,
}

/// The subtree of `height` that contains the first blocks.
fn leftmost(mut node: &Arc<Node>, mut at: u32, height: u32) -> &Arc<Node> {
    while at > height
        && let Node::Branch(children) = &**node
        && let Some(first) = children.first()
    {
        node = first;
        at -= 1;
    }
    node
}

/// Returns the position of the first block that differs, or `to`.
fn in_trees(a: &Arc<Node>, b: &Arc<Node>, part: Subtree, same: Same<'_>) -> usize {
    let Subtree { height, from, to } = part;
    if from >= to || same(address(a), address(b)) {
        return to;
    }
    match (&**a, &**b) {
        (Node::Branch(a), Node::Branch(b)) => {
            let size = 1_usize << (height * BITS);
            let mut end = from;
            for (a, b) in a.iter().zip(b) {
                let from = end;
                end = from.saturating_add(size).min(to);
                let child = Subtree {
                    height: height.saturating_sub(1),
                    from,
                    to: end,
                };
                let found = in_trees(a, b, child, same);
                if found < end {
                    return found;
                }
            }
            end
        }
        (Node::Leaf(a), Node::Leaf(b)) => from + in_slices(a, b, same),
        _ => from,
    }
}

fn in_slices(a: &[Arc<Block>], b: &[Arc<Block>], same: Same<'_>) -> usize {
    if same(a.as_ptr().cast(), b.as_ptr().cast()) {
        return a.len().min(b.len());
    }
    let pairs = a.iter().zip(b);
    pairs
        .take_while(|(a, b)| same(address(a), address(b)))
        .count()
}

fn address<T>(value: &Arc<T>) -> *const () {
    Arc::as_ptr(value).cast()
}

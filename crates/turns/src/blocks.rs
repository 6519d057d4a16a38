//! [`Blocks`]: a persistent vector of shared blocks.
//!
//! A session of N turns must hold O(N) blocks, and starting turn N+1 must not copy N turns. A `Vec`
//! of pointers would copy N pointers per turn, so the list is a radix tree of 32-way nodes behind
//! `Arc`s: cloning is O(1), pushing copies at most one path, and clones share their common nodes.

use std::{fmt, iter::FusedIterator, ops::Range, slice, sync::Arc};

use crate::Block;

mod prefix;

#[cfg(test)]
mod tests;

const BITS: u32 = 5;
const WIDTH: usize = 1 << BITS;
const MASK: usize = WIDTH - 1;

/// Ordered, persistent list of shared blocks with O(1) clone and cheap append.
#[derive(Clone, Default)]
pub struct Blocks {
    root: Option<Arc<Node>>,
    /// Number of branch levels above the leaves.
    height: u32,
    /// Number of blocks in the tree; always a multiple of [`WIDTH`].
    tree_len: usize,
    tail: Arc<Vec<Arc<Block>>>,
}

#[derive(Clone)]
enum Node {
    Branch(Vec<Arc<Node>>),
    Leaf(Arc<Vec<Arc<Block>>>),
}

impl Blocks {
    /// Creates an empty list.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Returns the number of blocks.
    #[must_use]
    pub fn len(&self) -> usize {
        self.tree_len + self.tail.len()
    }

    /// Returns `true` if the list is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the block at the zero-based `index`.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&Arc<Block>> {
        self.leaf(index).get(index & MASK)
    }

    /// Returns the first block.
    #[must_use]
    pub fn first(&self) -> Option<&Arc<Block>> {
        self.get(0)
    }

    /// Returns the last block.
    #[must_use]
    pub fn last(&self) -> Option<&Arc<Block>> {
        self.get(self.len().checked_sub(1)?)
    }

    /// Returns a mutable reference to the block at `index`, cloning the block first if it is
    /// shared.
    pub fn make_mut(&mut self, index: usize) -> Option<&mut Block> {
        if index >= self.len() {
            return None;
        }
        let leaf = if index >= self.tree_len {
            &mut self.tail
        } else {
            let mut node = self.root.as_mut()?;
            let mut level = self.height;
            loop {
                match Arc::make_mut(node) {
                    Node::Branch(children) => {
                        node = children.get_mut((index >> (level * BITS)) & MASK)?;
                        level = level.saturating_sub(1);
                    }
                    Node::Leaf(leaf) => break leaf,
                }
            }
        };
        Arc::make_mut(leaf).get_mut(index & MASK).map(Arc::make_mut)
    }

    /// Appends a block.
    pub fn push(&mut self, block: impl Into<Arc<Block>>) {
        if self.tail.len() == WIDTH {
            let full = std::mem::take(&mut self.tail);
            self.push_leaf(full);
        }
        Arc::make_mut(&mut self.tail).push(block.into());
    }

    /// Inserts a block before the one at `index`, or at the end if `index` is out of bounds. O(n).
    pub fn insert(&mut self, index: usize, block: impl Into<Arc<Block>>) {
        let index = index.min(self.len());
        let mut rebuilt: Self = self.range(0..index).cloned().collect();
        rebuilt.push(block);
        rebuilt.extend(self.range(index..self.len()).cloned());
        *self = rebuilt;
    }

    /// Shortens the list to its first `len` blocks. O(len).
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            *self = self.range(0..len).cloned().collect();
        }
    }

    /// Iterates over all blocks in order.
    #[must_use]
    pub fn iter(&self) -> Iter<'_> {
        self.range(0..self.len())
    }

    /// Iterates over the blocks in a range of indices, clamped to the length of the list.
    #[must_use]
    pub fn range(&self, range: Range<usize>) -> Iter<'_> {
        let end = range.end.min(self.len());
        Iter {
            blocks: self,
            leaf: [].iter(),
            next: range.start.min(end),
            end,
        }
    }

    /// Returns the leaf that contains `index`; empty if `index` is past the end.
    fn leaf(&self, index: usize) -> &[Arc<Block>] {
        if index >= self.tree_len {
            return if index < self.len() { &self.tail } else { &[] };
        }
        let mut node = self.root.as_ref();
        let mut level = self.height;
        while let Some(current) = node {
            match &**current {
                Node::Branch(children) => {
                    node = children.get((index >> (level * BITS)) & MASK);
                    level = level.saturating_sub(1);
                }
                Node::Leaf(leaf) => return leaf,
            }
        }
        &[]
    }

    fn push_leaf(&mut self, leaf: Arc<Vec<Arc<Block>>>) {
        let index = self.tree_len;
        self.tree_len += leaf.len();
        let leaf = Arc::new(Node::Leaf(leaf));
        let Some(root) = &mut self.root else {
            self.root = Some(leaf);
            return;
        };
        if index == WIDTH << (self.height * BITS) {
            let old = Arc::clone(root);
            *root = Arc::new(Node::Branch(vec![old]));
            self.height += 1;
        }
        insert_leaf(root, self.height, index, leaf);
    }
}

/// Inserts `leaf` below `node`, whose subtree has room for it at `index`.
fn insert_leaf(node: &mut Arc<Node>, level: u32, index: usize, leaf: Arc<Node>) {
    let Node::Branch(children) = Arc::make_mut(node) else {
        return;
    };
    let slot = (index >> (level * BITS)) & MASK;
    if level == 1 {
        children.push(leaf);
    } else if let Some(child) = children.get_mut(slot) {
        insert_leaf(child, level - 1, index, leaf);
    } else {
        let mut child = Arc::new(Node::Branch(Vec::new()));
        insert_leaf(&mut child, level - 1, index, leaf);
        children.push(child);
    }
}

impl<B: Into<Arc<Block>>> Extend<B> for Blocks {
    fn extend<I: IntoIterator<Item = B>>(&mut self, blocks: I) {
        for block in blocks {
            self.push(block);
        }
    }
}

impl<B: Into<Arc<Block>>> FromIterator<B> for Blocks {
    fn from_iter<I: IntoIterator<Item = B>>(blocks: I) -> Self {
        let mut list = Self::new();
        list.extend(blocks);
        list
    }
}

impl<'a> IntoIterator for &'a Blocks {
    type Item = &'a Arc<Block>;
    type IntoIter = Iter<'a>;

    fn into_iter(self) -> Iter<'a> {
        self.iter()
    }
}

impl PartialEq for Blocks {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len()
            && self
                .iter()
                .zip(other)
                .all(|(a, b)| Arc::ptr_eq(a, b) || a == b)
    }
}

impl fmt::Debug for Blocks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Double-ended iterator over [`Blocks`].
#[derive(Clone)]
pub struct Iter<'a> {
    blocks: &'a Blocks,
    /// Remaining blocks of the leaf at the front.
    leaf: slice::Iter<'a, Arc<Block>>,
    next: usize,
    end: usize,
}

impl fmt::Debug for Iter<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter")
            .field("next", &self.next)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

impl<'a> Iterator for Iter<'a> {
    type Item = &'a Arc<Block>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        let block = self.leaf.next().or_else(|| {
            let leaf = self.blocks.leaf(self.next);
            self.leaf = leaf.get(self.next & MASK..).unwrap_or_default().iter();
            self.leaf.next()
        });
        self.next += 1;
        block
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.end - self.next;
        (left, Some(left))
    }
}

impl DoubleEndedIterator for Iter<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        if self.next >= self.end {
            return None;
        }
        self.end -= 1;
        self.blocks.get(self.end)
    }
}

impl ExactSizeIterator for Iter<'_> {}
impl FusedIterator for Iter<'_> {}

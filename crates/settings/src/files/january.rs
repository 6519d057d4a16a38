//! Files of January 2026: `section: {flag: value}`.

use super::{
    Node,
    document::{Spelling, Spellings},
    flat,
};
use crate::{
    catalogue::{by_flag, fields},
    nearest::nearest,
};

/// Parses a section. Flags are accepted in any section.
pub(super) fn section(section: &str, node: &Node, into: &mut Spellings<'_>) {
    for (name, node) in node.entries() {
        if by_flag(name).is_some() {
            flat::take(name, node, Spelling::January, into);
        } else if section != "command-settings" {
            into.unknown(&format!("{section}.{name}"), node, |_| {
                let all = fields().filter_map(|field| field.flag);
                let of_section = fields().filter(|field| field.section == section);
                let of_section = of_section.filter_map(|field| field.flag);
                let near = nearest(name, of_section).or_else(|| nearest(name, all));
                near.map(str::to_owned)
            });
        }
    }
}

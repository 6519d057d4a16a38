use super::blocks;

#[test]
fn fenced_blocks_in_order() {
    let text = "a\n```rust\nfn main() {}\n```\n- item\n  ~~~\n  second\n  ~~~\n\n    indented\n";
    assert_eq!(blocks(text), ["fn main() {}\n", "second\n"]);
}

#[test]
fn one_that_is_cut_off_counts() {
    assert_eq!(blocks("```\nlet a"), ["let a"]);
}

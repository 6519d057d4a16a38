use geppetto_turns::Block;

use super::{BlockHash, EncodedBlock};

/// Examples of the standard's publisher and of Python's `hashlib`.
#[test]
fn hashes_are_those_of_the_standard() {
    let long = "a".repeat(1_000_000);
    for (text, hash) in [
        (
            "",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        ),
        (
            "abc",
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        ),
        (
            "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
        ),
        (
            &long,
            "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0",
        ),
    ] {
        assert_eq!(BlockHash::of_json(text).to_string(), hash);
    }
}

#[test]
fn equal_blocks_have_one_address_and_others_another() {
    let hash = |block: &Block| EncodedBlock::new(block).unwrap().hash;
    let block = Block::user("hi").with_id("a");
    assert_eq!(hash(&block), hash(&block.clone()));
    assert_ne!(hash(&block), hash(&Block::user("hi").with_id("b")));
    assert_ne!(hash(&block), hash(&Block::llm_text("hi").with_id("a")));
}

use geppetto_testing::validate;
use geppetto_turns::Block;
use proptest::{collection::vec, prelude::*, sample::select};

use crate::support::{MODELS, block, body_of, settings, turn};

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn by_the_rules_of_the_vendor(
        blocks in vec(block(), 0..14),
        settings in settings(),
        model in select(&MODELS[..]),
        is_cached in any::<bool>(),
    ) {
        let turn = turn(blocks.into_iter().chain([Block::user("On.")]), &settings);
        let (text, body) = body_of(&turn, model, is_cached);
        let accepted = validate::messages_request(&body);
        prop_assert!(accepted.is_ok(), "{accepted:?}\n{text}");
        // Thinking is sent to its model alone.
        let signed = text.matches("\"type\":\"thinking\"").count();
        let own = turn.blocks.iter().filter(|block| {
            let origin = block.metadata.raw("openai.origin@v1").map(ToString::to_string);
            origin.is_none_or(|origin| origin.contains(&format!("\"{model}\"")))
        });
        prop_assert!(signed <= own.count(), "{text}");
    }

    #[test]
    fn wherever_it_ends(blocks in vec(block(), 1..10), model in select(&MODELS[..])) {
        let nothing = blocks.iter().all(|block| block.text().is_none_or(|text| text.trim().is_empty()));
        prop_assume!(!nothing);
        let blocks = [Block::user("Hi.")].into_iter().chain(blocks);
        let turn = turn(blocks, &Default::default());
        let (text, body) = body_of(&turn, model, false);
        let accepted = validate::messages_request(&body);
        prop_assert!(accepted.is_ok(), "{accepted:?}\n{text}");
    }
}

use geppetto_turns::{Block, ImagePart, Incomplete, ToolCall, Turn};

use super::*;
use crate::Timeline;

#[test]
fn a_conversation_is_readable_and_fences_hold_what_is_in_them() {
    let mut turn = Turn::new();
    turn.push(Block::user_with_images(
        "Look at this",
        [
            ImagePart::url("https://example.com/a(1).png"),
            ImagePart::bytes("image/png", [0; 300]),
        ],
    ));
    turn.push(Block::reasoning("It is\na cat."));
    let call = ToolCall::new("c", "write`s", "{\"code\": \"````\"}");
    turn.push(Block::tool_call(call));
    turn.push(Block::tool_result("c", "```\nnot the end\n```\n"));
    turn.push(Block::llm_text("Done.\n"));
    turn.push(Block::user("Go on"));
    turn.push(Block::llm_text("Once").with_incomplete(Incomplete::Cancelled));
    let timeline = Timeline::from_turns([&turn]);
    let expected = "\
## User

Look at this

![image](<https://example.com/a(1).png>)

*(image: image/png, 300 bytes)*

## Assistant

> **Reasoning:** It is
> a cat.

**Tool call:** `` write`s ``

`````json
{\"code\": \"````\"}
`````

Result:

````
```
not the end
```
````

Done.

## User

Go on

## Assistant

Once

*(cancelled)*
";
    assert_eq!(markdown(timeline.view()), expected);
}

#[test]
fn links_end_where_they_should() {
    assert_eq!(address("https://a/>)\n<x"), "<https://a/%3E)%3Cx>");
    assert_eq!(label("a](evil)\nb"), "a\\](evil) b");
}

use super::*;

fn names(form: NameForm, own: &[&str]) -> ToolNames {
    ToolNames::new(form, own.iter().copied())
}

#[test]
fn a_name_that_no_tool_can_have_is_made_fit() {
    let long = "a".repeat(70);
    let cut = format!("{}_{}", "a".repeat(40), "a".repeat(23));
    for (form, called, sent) in [
        (NameForm::Plain, "look_up-1", "look_up-1"),
        (NameForm::Plain, "", "_"),
        (NameForm::Plain, "$", "_"),
        (NameForm::Plain, "functions.look up", "functions_look_up"),
        (NameForm::Plain, "größe", "gr__e"),
        (NameForm::Plain, "1password", "1password"),
        (NameForm::Plain, &long, &cut),
        (NameForm::LetterFirst, "1password", "t_1password"),
        (NameForm::LetterFirst, "_x", "t__x"),
        (NameForm::LetterFirst, "", "t_"),
        (NameForm::LetterFirst, "read.file", "read_file"),
    ] {
        assert_eq!(form.fit(called), sent, "{called:?}");
    }
}

#[test]
fn reserved_names_are_not_sent() {
    let own = ["web_search", "web.search", "read"];
    let names = ToolNames::beside(NameForm::Plain, own.iter().copied(), &["web_search"]);
    let sent: Vec<_> = own.iter().map(|name| names.sent(name)).collect();
    assert_eq!(sent, ["web_search_2", "web_search_3", "read"]);
    assert_eq!(names.own("web_search_2"), "web_search");
}

#[test]
fn names_are_translated_one_to_one() {
    let long = ["x".repeat(64) + ".a", "x".repeat(64) + "/a"];
    let own = [
        "files.read",
        "files/read",
        "files_read",
        "files read",
        "read",
        &long[0],
        &long[1],
    ];
    let names = names(NameForm::Plain, &own);
    let sent: Vec<_> = own.iter().map(|name| names.sent(name)).collect();
    assert_eq!(
        sent[..5],
        [
            "files_read_2",
            "files_read_3",
            "files_read",
            "files_read_4",
            "read"
        ]
    );
    let distinct: HashSet<_> = sent.iter().collect();
    assert_eq!(distinct.len(), own.len());
    for (own, sent) in own.iter().zip(&sent) {
        assert!(sent.len() <= LONGEST, "{sent}");
        assert_eq!(names.own(sent), *own);
    }
}

#[test]
fn a_name_without_a_translation_stays() {
    let names = names(NameForm::Plain, &["files.read"]);
    assert_eq!(names.own("files.read"), "files.read");
    assert_eq!(names.own("other"), "other");
    assert_eq!(names.sent("gone.tool"), "gone_tool");
}

#[test]
fn a_mark_behind_a_name_is_no_part_of_it() {
    let names = ToolNames::new(NameForm::Plain, ["search", "files.read"].into_iter());
    assert_eq!(names.own("search<|channel|>commentary"), "search");
    assert_eq!(names.own("files_read"), "files.read");
    assert_eq!(names.own("<|call|>"), "<|call|>");
}

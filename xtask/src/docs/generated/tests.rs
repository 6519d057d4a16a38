use super::renewed;
use crate::error::Error;

#[allow(clippy::unnecessary_wraps, reason = "the signature that is asked for")]
fn shout(name: &str) -> Result<String, Error> {
    Ok(format!("{}\n", name.to_uppercase()))
}

#[test]
fn parts_are_made_anew_and_the_rest_stays() {
    let old = "a\n<!-- generated: one -->\nold\n<!-- /generated -->\nb\n<!-- generated: two x -->\n\
               <!-- /generated -->\n";
    let new = "a\n<!-- generated: one -->\n\nONE\n\n<!-- /generated -->\nb\n\
               <!-- generated: two x -->\n\nTWO X\n\n<!-- /generated -->\n";
    assert_eq!(renewed(old, shout).unwrap(), new);
    assert_eq!(renewed(new, shout).unwrap(), new);
}

#[test]
fn a_part_without_an_end_is_an_error() {
    let error = renewed("<!-- generated: one -->\n", shout).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("nothing says where the part ends")
    );
}

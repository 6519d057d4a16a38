//! Types and documentation from the source, in readable form.

use syn::{Attribute, Expr, GenericArgument, Lit, Meta, PathArguments, Type};

/// Returns the first paragraph in one line, without link targets.
pub(super) fn doc(attributes: &[Attribute]) -> String {
    let lines = attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
                Expr::Lit(value) => match &value.lit {
                    Lit::Str(text) => Some(text.value().trim().to_owned()),
                    _ => None,
                },
                _ => None,
            },
            _ => None,
        });
    let paragraph: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    unlinked(&paragraph.join(" ")).replace('|', "\\|")
}

/// Replaces links into the code's documentation by their text.
pub(super) fn unlinked(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("[") {
        let Some((words, after)) = after.split_once(']') else {
            out.push_str(before);
            out.push('[');
            rest = after;
            continue;
        };
        let target = after
            .strip_prefix('(')
            .and_then(|after| after.split_once(')'));
        out.push_str(before);
        match target {
            Some((_, after)) => {
                out.push_str(words);
                rest = after;
            }
            None if words.starts_with('`') => {
                out.push_str(words);
                rest = after;
            }
            None => {
                out.push_str(&format!("[{words}]"));
                rest = after;
            }
        }
    }
    out + rest
}

/// Formats a type for readers who do not know Rust.
pub(super) fn readable(ty: &Type) -> String {
    let Some((name, inner)) = parts(ty) else {
        return match ty {
            Type::Reference(reference) => readable(&reference.elem),
            Type::Slice(slice) => format!("list of {}", readable(&slice.elem)),
            _ => "value".to_owned(),
        };
    };
    match (name.as_str(), inner) {
        ("Option" | "Box" | "Arc", Some(inner)) => readable(inner),
        ("Vec", Some(inner)) => format!("list of {}", readable(inner)),
        ("String" | "str" | "Cow", _) => "text".to_owned(),
        ("u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" | "NonZeroU32", _) => {
            "integer".to_owned()
        }
        ("f64" | "Number", _) => "number".to_owned(),
        ("bool", _) => "boolean".to_owned(),
        ("Value" | "Extra" | "Map", _) => "JSON".to_owned(),
        _ => name,
    }
}

pub(super) fn is_optional(ty: &Type) -> bool {
    parts(ty).is_some_and(|(name, _)| name == "Option")
}

pub(super) fn last_name(ty: &Type) -> Option<String> {
    parts(ty).map(|(name, _)| name)
}

/// Returns the last name of a path, and its first type argument.
fn parts(ty: &Type) -> Option<(String, Option<&Type>)> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    let inner = match &last.arguments {
        PathArguments::AngleBracketed(arguments) => arguments.args.iter().find_map(|a| match a {
            GenericArgument::Type(inner) => Some(inner),
            _ => None,
        }),
        _ => None,
    };
    Some((last.ident.to_string(), inner))
}

/// Returns `true` if a serde attribute contains plain `skip`.
pub(super) fn is_skipped(attributes: &[Attribute]) -> bool {
    let mut skipped = false;
    for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
        // Attributes of other forms have another meaning.
        let _ = attribute.parse_nested_meta(|meta| {
            skipped |= meta.path.is_ident("skip");
            if meta.input.peek(syn::Token![=]) {
                meta.value()?.parse::<Expr>()?;
            }
            Ok(())
        });
    }
    skipped
}

//! What the sources say of their own types: fields, methods and their documentation.

use syn::{
    Attribute, Expr, FnArg, GenericArgument, ImplItem, Item, ItemMacro, Lit, LitStr, Meta, Pat,
    PathArguments, ReceiverKind, ReturnType, Type, Visibility, parse::Parse, parse::ParseStream,
};

use crate::error::Error;
use crate::tidy::tree::Tree;

/// A field of a struct, or a method of a builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    /// The field's type, or the types of what the method takes.
    pub(super) types: Vec<String>,
    /// Whether the type is an `Option`.
    pub(super) optional: bool,
    /// The documentation, in one line.
    pub(super) doc: String,
    /// Whether serde leaves the field out of files.
    pub(super) skipped: bool,
}

/// One line of the macro that writes the enum of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) doc: String,
    pub(super) variant: String,
    pub(super) payload: String,
    pub(super) wire: String,
}

/// A source file, parsed.
pub(super) struct Source {
    path: String,
    items: Vec<Item>,
}

impl Source {
    pub(super) fn load(tree: &Tree, path: &str) -> Result<Self, Error> {
        let failed = |problem: String| Error::Generate {
            what: path.to_owned(),
            problem,
        };
        let file = tree
            .get(path)
            .ok_or_else(|| failed("there is no such file; correct its path in xtask".to_owned()))?;
        let parsed = syn::parse_file(&file.text).map_err(|error| failed(error.to_string()))?;
        Ok(Self {
            path: path.to_owned(),
            items: parsed.items,
        })
    }

    fn missing(&self, what: &str) -> Error {
        Error::Generate {
            what: self.path.clone(),
            problem: format!("there is no {what} in it; correct the path or the name in xtask"),
        }
    }

    /// The public fields of a struct.
    pub(super) fn fields(&self, name: &str) -> Result<Vec<Member>, Error> {
        let found = self.items.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(item),
            _ => None,
        });
        let item = found.ok_or_else(|| self.missing(&format!("struct `{name}`")))?;
        let fields = item.fields.iter();
        let fields = fields.filter(|field| matches!(field.vis, Visibility::Public(_)));
        Ok(fields
            .map(|field| Member {
                name: field
                    .ident
                    .as_ref()
                    .map(ToString::to_string)
                    .unwrap_or_default(),
                types: vec![readable(&field.ty)],
                optional: is_optional(&field.ty),
                doc: doc(&field.attrs),
                skipped: is_skipped(&field.attrs),
            })
            .collect())
    }

    /// The public methods of a builder that change it: those that take it and give it back.
    pub(super) fn setters(&self, name: &str) -> Result<Vec<Member>, Error> {
        let mut setters = Vec::new();
        for item in &self.items {
            let Item::Impl(item) = item else { continue };
            if item.trait_.is_some() || last_name(&item.self_ty).as_deref() != Some(name) {
                continue;
            }
            for item in &item.items {
                if let ImplItem::Fn(method) = item
                    && matches!(method.vis, Visibility::Public(_))
                    && method.sig.inputs.first().is_some_and(takes_itself)
                    && gives_itself(&method.sig.output)
                {
                    setters.push(Member {
                        name: method.sig.ident.to_string(),
                        types: method.sig.inputs.iter().filter_map(argument).collect(),
                        optional: false,
                        doc: doc(&method.attrs),
                        skipped: false,
                    });
                }
            }
        }
        if setters.is_empty() {
            return Err(self.missing(&format!("builder `{name}`")));
        }
        Ok(setters)
    }

    /// The documentation of a public constant.
    pub(super) fn constant(&self, name: &str) -> Result<String, Error> {
        let found = self.items.iter().find_map(|item| match item {
            Item::Const(item) if item.ident == name => Some(doc(&item.attrs)),
            _ => None,
        });
        found.ok_or_else(|| self.missing(&format!("constant `{name}`")))
    }

    /// The documentation of a struct, first paragraph.
    pub(super) fn about(&self, name: &str) -> Result<String, Error> {
        let found = self.items.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(doc(&item.attrs)),
            _ => None,
        });
        found.ok_or_else(|| self.missing(&format!("struct `{name}`")))
    }

    /// The lines of the macro call `name! { ... }`.
    pub(super) fn kinds(&self, name: &str) -> Result<Vec<Kind>, Error> {
        let call = self.items.iter().find_map(|item| match item {
            Item::Macro(ItemMacro { mac, ident, .. })
                if ident.is_none() && mac.path.is_ident(name) =>
            {
                Some(mac)
            }
            _ => None,
        });
        let call = call.ok_or_else(|| self.missing(&format!("call of `{name}!`")))?;
        let kinds: Kinds = call.parse_body().map_err(|error| Error::Generate {
            what: self.path.clone(),
            problem: error.to_string(),
        })?;
        Ok(kinds.0)
    }
}

struct Kinds(Vec<Kind>);

impl Parse for Kinds {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut kinds = Vec::new();
        while !input.is_empty() {
            let attributes = input.call(Attribute::parse_outer)?;
            let variant: syn::Ident = input.parse()?;
            let payload;
            syn::parenthesized!(payload in input);
            let payload: Type = payload.parse()?;
            input.parse::<syn::Token![=]>()?;
            let wire: LitStr = input.parse()?;
            input.parse::<syn::Token![;]>()?;
            kinds.push(Kind {
                doc: doc(&attributes),
                variant: variant.to_string(),
                payload: readable(&payload),
                wire: wire.value(),
            });
        }
        Ok(Self(kinds))
    }
}

/// The first paragraph, in one line, without the targets of its links.
fn doc(attributes: &[Attribute]) -> String {
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

/// Text whose links, which lead into the code's documentation, are their words only.
fn unlinked(text: &str) -> String {
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

/// A type as people who do not write Rust read it.
fn readable(ty: &Type) -> String {
    let Some((name, inner)) = parts(ty) else {
        return match ty {
            Type::Reference(reference) => readable(&reference.elem),
            _ => "value".to_owned(),
        };
    };
    match (name.as_str(), inner) {
        ("Option" | "Box" | "Arc", Some(inner)) => readable(inner),
        ("Vec", Some(inner)) => format!("list of {}", readable(inner)),
        ("String" | "str", _) => "text".to_owned(),
        ("u8" | "u16" | "u32" | "u64" | "usize" | "i32" | "i64" | "NonZeroU32", _) => {
            "integer".to_owned()
        }
        ("f64" | "Number", _) => "number".to_owned(),
        ("bool", _) => "boolean".to_owned(),
        ("Value" | "Extra", _) => "JSON".to_owned(),
        _ => name,
    }
}

fn is_optional(ty: &Type) -> bool {
    parts(ty).is_some_and(|(name, _)| name == "Option")
}

fn last_name(ty: &Type) -> Option<String> {
    parts(ty).map(|(name, _)| name)
}

/// The last name of a path, and its first type argument.
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

fn takes_itself(argument: &FnArg) -> bool {
    matches!(argument, FnArg::Receiver(receiver) if matches!(receiver.kind, ReceiverKind::Value))
}

fn gives_itself(output: &ReturnType) -> bool {
    matches!(output, ReturnType::Type(_, ty) if last_name(ty).as_deref() == Some("Self"))
}

fn argument(argument: &FnArg) -> Option<String> {
    match argument {
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(name) => Some(name.ident.to_string()),
            _ => Some("_".to_owned()),
        },
        FnArg::Receiver(_) => None,
    }
}

/// Whether a serde attribute says just `skip`.
fn is_skipped(attributes: &[Attribute]) -> bool {
    let mut skipped = false;
    for attribute in attributes.iter().filter(|a| a.path().is_ident("serde")) {
        // Attributes of other forms say something else.
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

#[cfg(test)]
mod tests;

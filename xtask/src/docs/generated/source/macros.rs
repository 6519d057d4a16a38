//! Expansion of the macros that the code defines.

use syn::parse::{Parse, ParseStream};
use syn::{Attribute, ImplItem, ImplItemFn, Item, LitStr, Macro, Token, Type};

use super::Kind;
use super::words::{doc, readable};
use crate::error::Error;
use crate::tidy::tree::Tree;

/// Returns the lines of the macro call that defines the enum of events.
pub(super) fn kinds(path: &str, call: &Macro) -> Result<Vec<Kind>, Error> {
    let kinds: Kinds = call.parse_body().map_err(|error| problem(path, &error))?;
    Ok(kinds.0)
}

/// Returns the methods that the call of a macro without arguments generates. The macro must be
/// defined in the same crate, with one arm.
pub(super) fn methods(tree: &Tree, path: &str, call: &Macro) -> Result<Vec<ImplItemFn>, Error> {
    let name = call.path.get_ident().map(ToString::to_string);
    let name = name.unwrap_or_default();
    let crate_folder: Vec<_> = path.split('/').take(2).collect();
    let prefix = crate_folder.join("/") + "/";
    let definition = format!("macro_rules! {name} ");
    let mut files = tree.rust().filter(|file| file.path.starts_with(&prefix));
    let Some(file) = files.find(|file| file.text.contains(&definition)) else {
        return Err(problem(
            path,
            &format!("nothing in {prefix} defines `{name}!`"),
        ));
    };
    let parsed = syn::parse_file(&file.text).map_err(|error| problem(&file.path, &error))?;
    let body = parsed.items.into_iter().find_map(|item| match item {
        Item::Macro(item) if item.ident.as_ref().is_some_and(|ident| *ident == name) => {
            Some(item.mac)
        }
        _ => None,
    });
    let body = body.ok_or_else(|| problem(&file.path, &format!("`{name}!` is not at its top")))?;
    let methods: Methods = body
        .parse_body()
        .map_err(|error| problem(&file.path, &error))?;
    Ok(methods.0)
}

fn problem(path: &str, what: &impl ToString) -> Error {
    Error::Generate {
        what: path.to_owned(),
        problem: what.to_string(),
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
            input.parse::<Token![=]>()?;
            let wire: LitStr = input.parse()?;
            input.parse::<Token![;]>()?;
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

/// `() => { methods };`
struct Methods(Vec<ImplItemFn>);

impl Parse for Methods {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let _no_arguments;
        syn::parenthesized!(_no_arguments in input);
        input.parse::<Token![=>]>()?;
        let body;
        syn::braced!(body in input);
        input.parse::<Option<Token![;]>>()?;
        let mut methods = Vec::new();
        while !body.is_empty() {
            if let ImplItem::Fn(method) = body.parse()? {
                methods.push(method);
            }
        }
        Ok(Self(methods))
    }
}

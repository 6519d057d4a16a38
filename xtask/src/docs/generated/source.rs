//! Information about types from the source code: fields, methods and their documentation.

use syn::{
    FnArg, ImplItem, ImplItemFn, Item, ItemMacro, Pat, ReceiverKind, ReturnType, Visibility,
};

use crate::error::Error;
use crate::tidy::tree::Tree;
use words::{doc, is_optional, is_skipped, last_name, readable};

mod macros;
mod words;

/// A field of a struct, or a method of a builder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Member {
    pub(super) name: String,
    /// The type of the field, or the types of the method's parameters.
    pub(super) types: Vec<String>,
    /// Whether the type is an `Option`.
    pub(super) optional: bool,
    /// The documentation, in one line.
    pub(super) doc: String,
    /// `true` if serde skips the field.
    pub(super) skipped: bool,
}

/// One line of the macro call that defines the enum of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) doc: String,
    pub(super) variant: String,
    pub(super) payload: String,
    pub(super) wire: String,
}

/// A parsed source file.
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

    /// Returns the public fields of a struct.
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

    /// Returns the public setters of a builder: methods that take and return the builder.
    pub(super) fn setters(&self, name: &str, tree: &Tree) -> Result<Vec<Member>, Error> {
        let mut setters = Vec::new();
        for item in &self.items {
            let Item::Impl(item) = item else { continue };
            if item.trait_.is_some() || last_name(&item.self_ty).as_deref() != Some(name) {
                continue;
            }
            for item in &item.items {
                match item {
                    ImplItem::Fn(method) => setters.extend(setter(method)),
                    // Setters shared by several builders.
                    ImplItem::Macro(call) => {
                        let written = macros::methods(tree, &self.path, &call.mac)?;
                        setters.extend(written.iter().filter_map(setter));
                    }
                    _ => {}
                }
            }
        }
        if setters.is_empty() {
            return Err(self.missing(&format!("builder `{name}`")));
        }
        Ok(setters)
    }

    /// Returns the documentation of a public constant.
    pub(super) fn constant(&self, name: &str) -> Result<String, Error> {
        let found = self.items.iter().find_map(|item| match item {
            Item::Const(item) if item.ident == name => Some(doc(&item.attrs)),
            _ => None,
        });
        found.ok_or_else(|| self.missing(&format!("constant `{name}`")))
    }

    /// Returns the first paragraph of a struct's documentation.
    pub(super) fn about(&self, name: &str) -> Result<String, Error> {
        let found = self.items.iter().find_map(|item| match item {
            Item::Struct(item) if item.ident == name => Some(doc(&item.attrs)),
            _ => None,
        });
        found.ok_or_else(|| self.missing(&format!("struct `{name}`")))
    }

    /// Returns the lines of the macro call `name! { ... }`.
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
        macros::kinds(&self.path, call)
    }
}

/// Returns the setter if the method is public and takes and returns the builder.
fn setter(method: &ImplItemFn) -> Option<Member> {
    let is_setter = matches!(method.vis, Visibility::Public(_))
        && method.sig.inputs.first().is_some_and(takes_itself)
        && gives_itself(&method.sig.output);
    is_setter.then(|| Member {
        name: method.sig.ident.to_string(),
        types: method.sig.inputs.iter().filter_map(argument).collect(),
        optional: false,
        doc: doc(&method.attrs),
        skipped: false,
    })
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

#[cfg(test)]
mod tests;

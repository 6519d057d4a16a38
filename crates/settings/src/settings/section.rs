//! Structs of sections: all fields are optional.

/// Defines a struct whose fields are optional, with a method that merges two values.
macro_rules! section {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $($(#[$field_meta:meta])* pub $field:ident: $kind:ty,)*
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Default, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "Option::is_none")]
                pub $field: Option<$kind>,
            )*
        }

        impl $name {
            /// Returns these values, overridden by those that `overlay` sets.
            #[must_use]
            pub fn merged(self, overlay: Self) -> Self {
                Self { $($field: overlay.$field.or(self.$field),)* }
            }
        }
    };
}

pub(super) use section;

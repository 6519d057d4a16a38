//! Selection of a profile and of files.

use super::{Field, Kind};

pub(super) const FIELDS: &[Field] = &[
    Field::new(
        "profile.active",
        "profile-settings",
        "profile",
        Kind::Text,
        "The profile: `NAME`, or `REGISTRY/NAME`.",
    )
    .local(),
    Field::new(
        "profile.registries",
        "profile-settings",
        "profile-registries",
        Kind::List,
        "Files with profiles; later ones are stronger.",
    )
    .local(),
    Field::new(
        "profile.file",
        "profile-settings",
        "profile-file",
        Kind::Text,
        "A file with profiles; the older spelling of `profile-registries`.",
    )
    .local()
    .rare(),
    Field::new(
        "command.config_file",
        "command-settings",
        "config-file",
        Kind::Text,
        "A configuration file that is read after all others.",
    )
    .local(),
    Field::new(
        "command.load_parameters_from_file",
        "command-settings",
        "load-parameters-from-file",
        Kind::Text,
        "A file with sections; the older spelling of `config-file`.",
    )
    .local()
    .rare(),
];

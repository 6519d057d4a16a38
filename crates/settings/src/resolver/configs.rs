//! The layers of configuration files.

use std::path::PathBuf;

use super::{Resolver, pick::strongest};
use crate::{
    SettingsError, Warning,
    files::{File, Trust, expand, load_named, look_for, read_config},
    layer::{Group, Layer},
    profiles::Registry,
};

/// Contents of the configuration files.
pub(super) struct Configs {
    /// Their layers, weakest first.
    pub(super) layers: Vec<Layer>,
    /// Profiles defined in them.
    pub(super) inline: Option<Registry>,
    /// Their paths.
    pub(super) files: Vec<PathBuf>,
}

/// Reads the files of the plan, then those named by flags or variables.
pub(super) fn read(
    resolver: &Resolver<'_>,
    strong: &[Layer],
    warnings: &mut Vec<Warning>,
) -> Result<Configs, SettingsError> {
    let platform = resolver.platform;
    let mut files = Vec::new();
    for candidate in resolver.plan.candidates(resolver.app, platform) {
        let file = look_for(platform, &candidate.path, warnings)?;
        files.extend(file.map(|file| (file, candidate.trust)));
    }
    for path in ["command.config_file", "command.load_parameters_from_file"] {
        if let Some((value, source, _)) = strongest(strong, path)? {
            let given = value.as_text().unwrap_or_default();
            let folder = platform.current_dir();
            let named = expand(given, folder.as_deref(), platform)
                .map_err(|problem| super::registries::unreadable(&source, &problem))?;
            files.push((load_named(platform, &named, &source)?, Trust::User));
        }
    }
    let mut configs = Configs {
        layers: Vec::new(),
        inline: None,
        files: files
            .iter()
            .map(|(file, _)| file.path.to_path_buf())
            .collect(),
    };
    for (index, (file, trust)) in files.iter().enumerate() {
        add(&mut configs, index, file, *trust, warnings);
    }
    Ok(configs)
}

fn add(
    configs: &mut Configs,
    index: usize,
    file: &File,
    trust: Trust,
    warnings: &mut Vec<Warning>,
) {
    let document = read_config(file, warnings);
    let mut layer = Layer::new(match trust {
        Trust::User => Group::File(index),
        Trust::Project => Group::Project(index),
    });
    layer.entries = document.entries;
    configs.layers.push(layer);
    let Some(mut profiles) = document.profiles else {
        return;
    };
    for profile in profiles.profiles.values_mut() {
        profile.is_project = trust == Trust::Project;
    }
    match &mut configs.inline {
        Some(inline) => inline.extend(profiles),
        None => configs.inline = Some(profiles),
    }
}

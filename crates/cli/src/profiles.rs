//! `geppetto profiles`.

use std::path::PathBuf;

use geppetto_settings::{Profile, ProfileRef, Registry, Resolved, Resolver, SettingsArgs};
use geppetto_turns::printable_line;

use crate::{failure::Failure, say, server};

/// List, show and convert profiles: named settings in files.
#[derive(Debug, clap::Args)]
pub(crate) struct Profiles {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, clap::Subcommand)]
enum Verb {
    List(List),
    Show(Show),
    Convert(Convert),
}

/// List the profiles. The one in use has a star.
#[derive(Debug, clap::Args)]
#[command(visible_alias = "ls")]
struct List {
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Print what a profile sets, and where. Keys are masked.
#[derive(Debug, clap::Args)]
struct Show {
    /// The profile: NAME, or REGISTRY/NAME.
    #[arg(id = "shown", value_name = "PROFILE")]
    profile: String,
    #[command(flatten)]
    settings: SettingsArgs,
}

/// Print a file with profiles in today's format. The output has API keys as they are.
#[derive(Debug, clap::Args)]
struct Convert {
    /// A file of any version of pinocchio, or of this program.
    file: PathBuf,
}

impl Profiles {
    /// Runs the verb.
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.verb {
            Verb::List(list) => list.run(),
            Verb::Show(show) => show.run(),
            Verb::Convert(convert) => convert.run(),
        }
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        let resolved = resolve(&self.settings)?;
        let active = resolved.profile.as_ref();
        let mut out = String::new();
        for (registry, profile) in resolved.profiles.list() {
            let is_active = active.is_some_and(|active| active.place == profile.place);
            let mark = if is_active { '*' } else { ' ' };
            let name = format!("{}/{}", registry.slug, profile.slug);
            let said = profile
                .description
                .as_deref()
                .or(profile.display_name.as_deref());
            let line = format!("{mark} {name:<30}  {}", said.unwrap_or_default());
            out.push_str(printable_line(&line).trim_end());
            out.push('\n');
        }
        if out.is_empty() {
            say::line(
                "no profiles; see https://github.com/go-go-golems/geppetto-rs for their files",
            );
        }
        say::out(&out)
    }
}

impl Show {
    fn run(self) -> Result<(), Failure> {
        let resolved = resolve(&self.settings)?;
        let wanted = ProfileRef::parse(&self.profile);
        let is_wanted = |(registry, profile): &(&Registry, &Profile)| {
            let registry_fits = wanted
                .registry
                .as_ref()
                .is_none_or(|own| *own == registry.slug);
            registry_fits && profile.slug == wanted.profile
        };
        let Some((registry, profile)) = resolved.profiles.list().find(is_wanted) else {
            return Err(Failure::Usage(format!(
                "there is no profile `{}`; `geppetto profiles list` lists them",
                printable_line(&self.profile)
            )));
        };
        let mut out = format!(
            "profile {}/{} ({})\n",
            registry.slug, profile.slug, profile.place
        );
        for base in &profile.stack {
            out.push_str(&format!("inherits from {base}\n"));
        }
        for (path, value, source) in profile.values() {
            out.push_str(&printable_line(&format!("{path}: {value} ({source})")));
            out.push('\n');
        }
        say::out(&out)
    }
}

impl Convert {
    fn run(self) -> Result<(), Failure> {
        let shown = self.file.display();
        let text = std::fs::read_to_string(&self.file)
            .map_err(|error| Failure::Usage(format!("cannot read `{shown}`: {error}")))?;
        let (registries, warnings) = Registry::parse(&self.file, &text)?;
        warn(&warnings);
        let documents: Result<Vec<String>, _> = registries.iter().map(Registry::to_yaml).collect();
        say::out(&documents?.join("---\n"))
    }
}

/// Resolves the settings of flags, files and environment, and prints the warnings.
fn resolve(flags: &SettingsArgs) -> Result<Resolved, Failure> {
    let app = server::app();
    let resolved = Resolver::new(&app).layer(flags.layer()?).resolve()?;
    warn(&resolved.warnings);
    Ok(resolved)
}

fn warn(warnings: &[geppetto_settings::Warning]) {
    for warning in warnings {
        say::warning(&warning.message);
    }
}

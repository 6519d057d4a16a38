//! [`Profiles`]: the choice of a profile, and those that it inherits from.

use std::collections::BTreeSet;

use super::{Profile, ProfileRef, Registry};
use crate::{
    Place, SettingsError, SettingsErrorKind, Source, Table,
    layer::{Entry, Group, Layer},
    nearest::{nearest, shown},
};

/// Maximum number of profiles in a chain of inheritance: 32.
pub const MAX_STACK_DEPTH: usize = 32;

/// The most profiles that an error compares a missing name with.
const MAX_NAMES: usize = 1000;

/// Registries, weakest first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profiles {
    registries: Vec<Registry>,
}

/// The profile in use.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ActiveProfile {
    /// The registry's name.
    pub registry: String,
    /// The profile's name.
    pub slug: String,
    /// Display name.
    pub display_name: Option<String>,
    /// Position of the profile.
    pub place: Place,
    /// The profile and all those that it inherits from, base first, as `registry/name`.
    pub lineage: Vec<String>,
    /// Settings of applications, by `namespace.feature@vN`: those of the profile override those
    /// that it inherits.
    pub extensions: Table,
    /// `true` if the profile is the default, because none was chosen.
    pub is_default: bool,
}

/// The layers of a profile, weakest first.
#[derive(Debug)]
pub(crate) struct Stack {
    pub(crate) active: ActiveProfile,
    pub(crate) layers: Vec<Layer>,
}

/// A profile with its registry.
type Found<'p> = (&'p Registry, &'p Profile);

impl Profiles {
    /// Creates the set of these registries, weakest first.
    ///
    /// # Errors
    ///
    /// Returns an error if two files give registries the same name. Registries without a name
    /// receive one.
    pub fn new(registries: Vec<Registry>) -> Result<Self, SettingsError> {
        let mut known: Vec<Registry> = Vec::new();
        for mut registry in registries {
            let slug = registry.slug.clone();
            let mut number = 1;
            while let Some(other) = known.iter().find(|other| other.slug == registry.slug) {
                if registry.is_named && other.is_named {
                    let message = format!(
                        "{} and {} both have the registry `{}`; change the `slug` of one",
                        other.file.display(),
                        registry.file.display(),
                        shown(&slug)
                    );
                    return Err(error(message));
                }
                number += 1;
                registry.slug = format!("{slug}-{number}");
            }
            known.push(registry);
        }
        Ok(Self { registries: known })
    }

    /// Returns the registries, weakest first.
    #[must_use]
    pub fn registries(&self) -> &[Registry] {
        &self.registries
    }

    /// Returns all profiles with their registries, strongest registry first, sorted by name within
    /// each.
    pub fn list(&self) -> impl Iterator<Item = (&Registry, &Profile)> {
        self.registries.iter().rev().flat_map(|registry| {
            let profiles = registry.profiles.values();
            profiles.map(move |profile| (registry, profile))
        })
    }

    /// Returns the chosen profile, with those that it inherits from. `None` if none is chosen and
    /// there is no default.
    ///
    /// # Errors
    ///
    /// Returns an error if the profile, or one that it inherits from, does not exist, or if the
    /// inheritance is circular or too deep.
    pub(crate) fn choose(
        &self,
        chosen: Option<(&str, &Source)>,
    ) -> Result<Option<Stack>, SettingsError> {
        let leaf = match chosen {
            None => self.default(),
            Some((name, source)) => match self.find(&ProfileRef::parse(name), None) {
                Some(found) => Some(found),
                // In January 2026, that profile exists implicitly.
                None if name == "default" => None,
                None => return Err(self.missing(name, &format!("{source} names"))),
            },
        };
        let Some((registry, leaf)) = leaf else {
            return Ok(None);
        };
        let mut walk = Walk::default();
        self.walk((registry, leaf), &mut walk)?;
        let mut extensions = serde_json::Map::new();
        for (_, profile) in &walk.order {
            extensions.extend(profile.extensions.clone().into_map());
        }
        let names = walk.order.iter().map(|found| full_name(*found));
        let active = ActiveProfile {
            registry: registry.slug.clone(),
            slug: leaf.slug.clone(),
            display_name: leaf.display_name.clone(),
            place: leaf.place.clone(),
            lineage: names.collect(),
            extensions: Table::new(extensions),
            is_default: chosen.is_none(),
        };
        let layers = walk.order.iter().map(|found| layer(*found)).collect();
        Ok(Some(Stack { active, layers }))
    }

    /// Returns the profile to use if none is chosen: `default` of the strongest registry that has
    /// it, otherwise the first of the strongest registry that is not of January 2026.
    fn default(&self) -> Option<Found<'_>> {
        let strongest = || self.registries.iter().rev();
        let default = strongest().find_map(|registry| Some((registry, registry.default()?)));
        default.or_else(|| {
            strongest()
                .filter(|registry| !registry.is_january)
                .find_map(|registry| Some((registry, registry.profiles.values().next()?)))
        })
    }

    fn find(&self, reference: &ProfileRef, home: Option<&str>) -> Option<Found<'_>> {
        let registry = reference.registry.as_deref().or(home);
        let mut registries = self.registries.iter().rev();
        registries.find_map(|candidate| {
            let fits = registry.is_none_or(|slug| slug == candidate.slug);
            let profile = fits.then(|| candidate.get(&reference.profile)).flatten()?;
            Some((candidate, profile))
        })
    }

    /// Adds a profile after all those that it inherits from. Each is added once, so that the work
    /// is bounded by the number of profiles, however often they refer to each other.
    fn walk<'p>(&'p self, found: Found<'p>, walk: &mut Walk<'p>) -> Result<(), SettingsError> {
        let (registry, profile) = found;
        let name = full_name(found);
        if walk.done.contains(&name) {
            return Ok(());
        }
        if walk.open.contains(&name) {
            let circle = walk.open.iter().skip_while(|open| **open != name);
            let circle: Vec<_> = circle.chain([&name]).map(|name| shown(name)).collect();
            let message = format!(
                "{}: profiles stand on each other in a circle: {}",
                profile.place,
                circle.join(" -> ")
            );
            return Err(error(message));
        }
        if walk.open.len() >= MAX_STACK_DEPTH {
            let message = format!(
                "{}: more than {MAX_STACK_DEPTH} profiles stand on each other",
                profile.place
            );
            return Err(error(message));
        }
        walk.open.push(name.clone());
        for reference in &profile.stack {
            let base = self.find(reference, Some(&registry.slug));
            let Some(base) = base else {
                let by = format!("the stack of {} ({}) names", shown(&name), profile.place);
                return Err(self.missing(&reference.to_string(), &by));
            };
            self.walk(base, walk)?;
        }
        walk.open.pop();
        walk.done.insert(name);
        walk.order.push(found);
        Ok(())
    }

    fn missing(&self, name: &str, who: &str) -> SettingsError {
        let wanted = ProfileRef::parse(name).profile;
        let names = self.list().map(|(_, profile)| profile.slug.as_str());
        let names: Vec<_> = names.take(MAX_NAMES).collect();
        let hint = match nearest(&wanted, names.iter().copied()) {
            Some(near) => format!("did you mean `{}`?", shown(near)),
            None if names.is_empty() => "no profile is in any file".to_owned(),
            None => {
                let some = names.iter().take(10).map(|name| shown(name));
                format!("there are {}", some.collect::<Vec<_>>().join(", "))
            }
        };
        error(format!(
            "there is no profile `{}`, which {who}; {hint}",
            shown(name)
        ))
    }
}

/// State of the traversal of the profiles that one inherits from.
#[derive(Default)]
struct Walk<'p> {
    /// Profiles and all those that they inherit from, base first.
    order: Vec<Found<'p>>,
    done: BTreeSet<String>,
    open: Vec<String>,
}

fn full_name((registry, profile): Found<'_>) -> String {
    format!("{}/{}", registry.slug, profile.slug)
}

/// Returns the values of the profile itself.
fn layer((registry, profile): Found<'_>) -> Layer {
    let mut layer = Layer::new(if profile.is_project {
        Group::ProjectStack
    } else {
        Group::Stack
    });
    layer.entries = profile
        .entries
        .iter()
        .map(|entry| Entry {
            source: Source::Profile {
                registry: registry.slug.clone(),
                profile: profile.slug.clone(),
                place: entry.source.place().unwrap_or(&profile.place).clone(),
            },
            ..entry.clone()
        })
        .collect();
    layer
}

fn error(message: String) -> SettingsError {
    SettingsError::new(SettingsErrorKind::Profile, message)
}

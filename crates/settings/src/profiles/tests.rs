use std::path::Path;

use super::{MAX_STACK_DEPTH, ProfileRef, Profiles, Registry, Stack};
use crate::{Place, Source};

fn registry(name: &str, text: &str) -> Registry {
    let (mut registries, warnings) = Registry::parse(Path::new(name), text).unwrap();
    assert!(warnings.is_empty(), "{warnings:?}");
    assert_eq!(registries.len(), 1);
    registries.remove(0)
}

fn flag() -> Source {
    Source::Flag {
        name: "profile".to_owned(),
    }
}

/// Returns the profiles that a choice inherits from, base first, or the error as text.
fn lineage(profiles: &Profiles, chosen: Option<&str>) -> Result<Vec<String>, String> {
    let source = flag();
    let stack = profiles.choose(chosen.map(|name| (name, &source)));
    let stack: Option<Stack> = stack.map_err(|error| error.to_string())?;
    Ok(stack.map(|stack| stack.active.lineage).unwrap_or_default())
}

/// Returns a registry of profiles that inherit from each other.
fn stacks(name: &str, profiles: &[(&str, &[&str])]) -> Registry {
    let profiles = profiles
        .iter()
        .map(|(slug, stack)| format!("  {slug}: {{stack: {stack:?}}}\n"));
    registry(
        name,
        &format!("slug: {name}\nprofiles:\n{}", profiles.collect::<String>()),
    )
}

#[test]
fn a_stack_goes_from_the_base_to_the_chosen_profile() {
    let registry = stacks(
        "r",
        &[("a", &["b", "c"]), ("b", &["d"]), ("c", &["d"]), ("d", &[])],
    );
    let profiles = Profiles::new(vec![registry]).unwrap();
    assert_eq!(
        lineage(&profiles, Some("a")).unwrap(),
        ["r/d", "r/b", "r/c", "r/a"]
    );
}

#[test]
fn profiles_that_name_each_other_often_are_visited_once() {
    let names: Vec<String> = (0..MAX_STACK_DEPTH)
        .map(|index| format!("p{index:02}"))
        .collect();
    let all = names.iter().enumerate().map(|(index, name)| {
        let rest: Vec<&str> = names.iter().skip(index + 1).map(String::as_str).collect();
        (name.as_str(), rest)
    });
    let all: Vec<_> = all.collect();
    let all: Vec<_> = all
        .iter()
        .map(|(name, stack)| (*name, stack.as_slice()))
        .collect();
    let profiles = Profiles::new(vec![stacks("r", &all)]).unwrap();
    assert_eq!(
        lineage(&profiles, Some("p00")).unwrap().len(),
        MAX_STACK_DEPTH
    );
}

#[test]
fn circles_and_towers_are_refused() {
    let circle = stacks("r", &[("a", &["b"]), ("b", &["c"]), ("c", &["b"])]);
    let profiles = Profiles::new(vec![circle]).unwrap();
    let said = lineage(&profiles, Some("a")).unwrap_err();
    assert_eq!(
        said,
        "r:4: profiles stand on each other in a circle: r/b -> r/c -> r/b"
    );

    let names: Vec<String> = (0..=MAX_STACK_DEPTH)
        .map(|index| format!("p{index}"))
        .collect();
    let tower = names.iter().enumerate().map(|(index, name)| {
        (
            name.as_str(),
            names
                .get(index + 1)
                .map(|below| vec![below.as_str()])
                .unwrap_or_default(),
        )
    });
    let tower: Vec<_> = tower.collect();
    let tower: Vec<_> = tower
        .iter()
        .map(|(name, stack)| (*name, stack.as_slice()))
        .collect();
    let profiles = Profiles::new(vec![stacks("r", &tower)]).unwrap();
    assert!(
        lineage(&profiles, Some("p0"))
            .unwrap_err()
            .contains("more than 32 profiles")
    );
    assert_eq!(
        lineage(&profiles, Some("p1")).unwrap().len(),
        MAX_STACK_DEPTH
    );
}

#[test]
fn a_name_is_looked_for_in_the_strongest_registry_first() {
    let weak = stacks("weak", &[("a", &[]), ("only", &["a"])]);
    let strong = stacks("strong", &[("a", &[]), ("b", &["weak/a"]), ("c", &["a"])]);
    let profiles = Profiles::new(vec![weak, strong]).unwrap();
    let lineage = |name| lineage(&profiles, Some(name)).unwrap();
    assert_eq!(lineage("a"), ["strong/a"]);
    assert_eq!(lineage("weak/a"), ["weak/a"]);
    assert_eq!(lineage("b"), ["weak/a", "strong/b"]);
    // A base without a registry is in the same registry.
    assert_eq!(lineage("only"), ["weak/a", "weak/only"]);
}

#[test]
fn the_default_is_the_profile_of_that_name_or_the_first_of_a_registry() {
    let check = |registries, expected: &[&str]| {
        let profiles = Profiles::new(registries).unwrap();
        assert_eq!(lineage(&profiles, None).unwrap(), expected);
    };
    let january = |text| registry("old.yaml", text);
    check(vec![], &[]);
    check(vec![stacks("r", &[("b", &[]), ("a", &[])])], &["r/a"]);
    check(
        vec![
            stacks("r", &[("default", &[]), ("a", &[])]),
            stacks("s", &[("b", &[])]),
        ],
        &["r/default"],
    );
    check(vec![january("a: {ai-chat: {ai-engine: x}}")], &[]);
    check(vec![january("a: {}\ndefault: {}")], &["legacy/default"]);
    let mut named = stacks("r", &[("a", &[]), ("b", &[])]);
    named.default_profile = Some("b".to_owned());
    check(vec![named], &["r/b"]);
}

#[test]
fn a_missing_profile_is_an_error_unless_it_is_the_default() {
    let profiles = Profiles::new(vec![stacks(
        "r",
        &[("fast", &[]), ("slow", &["bsae"]), ("base", &[])],
    )])
    .unwrap();
    let said = |name| lineage(&profiles, Some(name)).unwrap_err();
    assert_eq!(
        said("fsat"),
        "there is no profile `fsat`, which --profile names; did you mean `fast`?"
    );
    assert_eq!(
        said("other"),
        "there is no profile `other`, which --profile names; there are base, fast, slow"
    );
    assert_eq!(
        said("slow"),
        "there is no profile `bsae`, which the stack of r/slow (r:4) names; did you mean `base`?"
    );
    assert_eq!(lineage(&profiles, Some("default")), Ok(Vec::new()));
    let none = Profiles::default();
    assert!(
        lineage(&none, Some("x"))
            .unwrap_err()
            .ends_with("no profile is in any file")
    );
}

#[test]
fn registries_of_one_name_are_refused_and_nameless_ones_are_numbered() {
    let error = Profiles::new(vec![stacks("r", &[]), stacks("r", &[])]).unwrap_err();
    assert!(
        error.to_string().contains("both have the registry `r`"),
        "{error}"
    );
    let old = || registry("old.yaml", "a: {}");
    let profiles = Profiles::new(vec![old(), old(), old()]).unwrap();
    let names: Vec<_> = profiles
        .registries()
        .iter()
        .map(|registry| registry.slug.as_str())
        .collect();
    assert_eq!(names, ["legacy", "legacy-2", "legacy-3"]);
}

#[test]
fn older_files_with_several_registries_are_read() {
    let text = "registries:\n  a: {profiles: {x: {}}}\n  b: {slug: c, default_profile_slug: z, profiles: {z: {}}}\n";
    let (registries, warnings) = Registry::parse(Path::new("p.yaml"), text).unwrap();
    let slugs: Vec<_> = registries
        .iter()
        .map(|registry| registry.slug.as_str())
        .collect();
    assert_eq!(slugs, ["a", "c"]);
    assert_eq!(registries[1].default_profile.as_deref(), Some("z"));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
}

#[test]
fn a_profile_has_values_with_their_places_and_extensions() {
    let text = "
slug: r
profiles:
  p:
    display_name: P
    inference_settings: {chat: {engine: m}}
    ai-temperature: 0.5
    extensions: {x@v1: {a: 1}}
";
    let registry = registry("p.yaml", text);
    let profile = registry.get("p").unwrap();
    let values: Vec<_> = profile
        .values()
        .map(|(path, value, source)| format!("{path}={value} {source}"))
        .collect();
    assert_eq!(
        values,
        ["chat.temperature=0.5 p.yaml:7", "chat.engine=m p.yaml:6"]
    );
    assert_eq!(
        profile.place,
        Place::new(Path::new("p.yaml").into(), Some(4))
    );
    assert_eq!(
        (profile.display_name.as_deref(), profile.extensions.len()),
        (Some("P"), 1)
    );
}

#[test]
fn a_profile_cannot_choose_a_profile_or_a_file() {
    let text = "p:\n  profile-settings: {profile: q}\n  config-file: x\n";
    let (registries, warnings) = Registry::parse(Path::new("p.yaml"), text).unwrap();
    assert_eq!(registries[0].get("p").unwrap().values().count(), 0);
    assert_eq!(warnings.len(), 2, "{warnings:?}");
}

#[test]
fn references_are_names_with_or_without_a_registry() {
    assert_eq!(ProfileRef::parse("a").to_string(), "a");
    assert_eq!(ProfileRef::parse("r/a").registry.as_deref(), Some("r"));
    assert_eq!(ProfileRef::parse("/a").registry, None);
}

#[test]
fn files_of_january_are_converted_with_their_keys() {
    let text = "
default:
  ai-chat: {ai-temperature: 0.2, ai-stop: [a]}
gateway:
  openai-chat: {openai-api-key: sk-1, openai-base-url: 'https://me:pw@gw/v1', openai-logit-bias: {'1': 2}}
";
    let old = registry("profiles.yaml", text);
    let new = old.to_yaml().unwrap();
    let expected = "\
slug: legacy
profiles:
  default:
    inference_settings:
      chat:
        stop:
        - a
        temperature: 0.2
  gateway:
    inference_settings:
      api:
        api_keys:
          openai-api-key: sk-1
        base_urls:
          openai-base-url: https://me:pw@gw/v1
      openai:
        logit_bias:
          '1': 2
";
    assert_eq!(new, expected);
    let values = |registry: &Registry| {
        let profiles = registry.profiles.values();
        let values = profiles.flat_map(|profile| {
            profile
                .values()
                .map(|(path, value, _)| (path.to_owned(), value.clone()))
        });
        let mut values: Vec<_> = values.collect();
        values.sort_by(|a, b| a.0.cmp(&b.0));
        values
    };
    let read = registry("new.yaml", &new);
    assert_eq!(values(&read), values(&old));
    assert_eq!(read.to_yaml().unwrap(), new);
}

#[test]
fn a_registry_is_written_with_stacks_and_extensions() {
    let text = "\
slug: r
display_name: R
profiles:
  p:
    description: P
    stack:
    - profile_slug: q
      registry_slug: s
    inference_settings: {}
    extensions:
      x@v1:
        token: t
    metadata:
      a: 1
";
    assert_eq!(registry("r.yaml", text).to_yaml().unwrap(), text);
}

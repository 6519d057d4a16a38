//! [`SettingsArgs`]: the catalogue as command-line flags, for `clap`.

use std::fmt;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, error::ErrorKind};

use crate::{
    Field, Kind, Layer, SettingsError, Value,
    catalogue::{by_flag, fields},
};

#[cfg(test)]
mod tests;

/// Heading of the flags in help texts.
const HEADING: &str = "Settings";

/// The catalogue as command-line flags.
///
/// Every field with a flag has one; `--help` shows the common ones and refers to the environment
/// for the rest. A boolean flag without a value is true. Values are validated when the command line
/// is parsed, and never printed.
///
/// ```
/// use clap::Parser;
/// use geppetto_settings::{App, MemoryPlatform, Resolver, SettingsArgs};
///
/// #[derive(Parser)]
/// struct Arguments {
///     #[command(flatten)]
///     settings: SettingsArgs,
///     prompt: String,
/// }
///
/// let arguments = Arguments::parse_from(["ask", "--ai-engine", "gpt-5-mini", "hi"]);
/// let app = App::new("ask");
/// let platform = MemoryPlatform::new();
/// let resolved = Resolver::new(&app)
///     .platform(&platform)
///     .layer(arguments.settings.layer()?)
///     .resolve()?;
/// assert_eq!(resolved.model()?, "gpt-5-mini");
/// # Ok::<(), geppetto_settings::SettingsError>(())
/// ```
#[derive(Clone, PartialEq, Eq, Default)]
pub struct SettingsArgs {
    given: Vec<(&'static str, String)>,
    print: Vec<Print>,
}

/// What a command line requests to print instead of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Print {
    /// `--print-inference-settings`
    InferenceSettings,
    /// `--print-parsed-fields`, or `--print-parsed-parameters`
    ParsedFields,
    /// `--print-settings`
    Table,
}

/// The flags that request printing.
const PRINTS: &[(&str, Print, &str)] = &[
    (
        "print-inference-settings",
        Print::InferenceSettings,
        "Print the settings with the source of every value as YAML, and exit",
    ),
    (
        "print-parsed-fields",
        Print::ParsedFields,
        "Print every setting by section as YAML, and exit",
    ),
    (
        "print-settings",
        Print::Table,
        "Print the settings in use as a table, and exit",
    ),
];

impl SettingsArgs {
    /// Returns the layer of the flags that were given.
    ///
    /// # Errors
    ///
    /// Returns an error if a value is invalid. Arguments parsed by `clap` are already validated and
    /// cause none.
    pub fn layer(&self) -> Result<Layer, SettingsError> {
        let mut layer = Layer::flags();
        for (flag, text) in &self.given {
            layer = layer.set(flag, text)?;
        }
        Ok(layer)
    }

    /// Returns what to print instead of running, if requested.
    #[must_use]
    pub fn print(&self) -> Option<Print> {
        self.print.first().copied()
    }
}

impl Print {
    /// Returns the text to print.
    #[must_use]
    pub fn render(self, resolved: &crate::Resolved) -> String {
        match self {
            Self::InferenceSettings => crate::print::inference_settings(resolved),
            Self::ParsedFields => crate::print::parsed_fields(resolved),
            Self::Table => crate::print::table(resolved),
        }
    }
}

/// Creates the argument of a field.
fn argument(field: &'static Field, flag: &'static str) -> Arg {
    let arg = Arg::new(flag)
        .long(flag)
        .help(help(field))
        .help_heading(HEADING)
        .value_name(value_name(field))
        .hide_short_help(field.rare)
        .hide(field.is_ignored())
        .hide_possible_values(true)
        .allow_hyphen_values(matches!(field.kind, Kind::Int(..) | Kind::Float(..)));
    match field.kind {
        Kind::Bool => arg
            .num_args(0..=1)
            .default_missing_value("true")
            .require_equals(true),
        Kind::List => arg.action(ArgAction::Append),
        _ => arg,
    }
}

fn help(field: &Field) -> String {
    let mut help = field.help.trim_end_matches('.').to_owned();
    if !field.values.is_empty() {
        help += &format!(" [{}]", field.values.join(", "));
    }
    if let Some(default) = field.default {
        help += &format!(" [default: {default}]");
    }
    help
}

fn value_name(field: &Field) -> &'static str {
    match field.kind {
        Kind::Int(..) | Kind::Float(..) => "NUMBER",
        Kind::Bool => "BOOL",
        Kind::List => "LIST",
        Kind::Seconds => "SECONDS",
        Kind::Json | Kind::Map => "JSON",
        Kind::Secret => "KEY",
        Kind::Url => "URL",
        Kind::Text | Kind::Choice => "TEXT",
    }
}

impl Args for SettingsArgs {
    fn augment_args(mut command: Command) -> Command {
        for field in fields() {
            if let Some(flag) = field.flag {
                command = command.arg(argument(field, flag));
            }
        }
        for (flag, _, help) in PRINTS {
            let arg = Arg::new(*flag)
                .long(*flag)
                .help(*help)
                .help_heading(HEADING)
                .action(ArgAction::SetTrue);
            command = command.arg(match *flag {
                "print-parsed-fields" => arg.alias("print-parsed-parameters"),
                _ => arg,
            });
        }
        command
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for SettingsArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut args = Self::default();
        args.update_from_arg_matches(matches)?;
        Ok(args)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for flag in fields().filter_map(|field| field.flag) {
            let Some(texts) = matches.get_many::<String>(flag) else {
                continue;
            };
            let texts: Vec<_> = texts.map(String::as_str).collect();
            let text = joined(flag, &texts);
            check(flag, &text)?;
            self.given.push((flag, text));
        }
        let asked = PRINTS.iter().filter(|(flag, _, _)| matches.get_flag(flag));
        self.print.extend(asked.map(|(_, print, _)| *print));
        Ok(())
    }
}

/// Returns the values of a repeated flag as one list.
fn joined(flag: &str, texts: &[&str]) -> String {
    let lists = texts.iter().filter_map(|text| {
        let value = by_flag(flag).and_then(|field| Value::parse(field, text).ok().flatten());
        match value {
            Some(Value::List(items)) => Some(items),
            _ => None,
        }
    });
    let items: Vec<String> = lists.flatten().collect();
    match texts {
        [one] => (*one).to_owned(),
        _ => serde_json::to_string(&items).unwrap_or_default(),
    }
}

fn check(flag: &str, text: &str) -> Result<(), clap::Error> {
    let Some(field) = by_flag(flag) else {
        return Ok(());
    };
    match Value::parse(field, text) {
        Ok(_) => Ok(()),
        Err(invalid) => {
            let message = format!("--{flag}: {invalid}");
            Err(clap::Error::raw(ErrorKind::ValueValidation, message))
        }
    }
}

impl fmt::Debug for SettingsArgs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = self.given.iter().map(|(flag, _)| flag);
        f.debug_list().entries(flags).finish()
    }
}

//! Tools and the format of the answer without what a server refuses in them.

use geppetto_engine::{StructuredOutput, ToolChoice, ToolDefinition};
use geppetto_provider::{Settings, rules::schema};

use super::{DESCRIPTIONS, KEYWORDS, NAMED_CHOICE, STRICT, patterns};

/// Longest description that every server accepts, in characters.
const LONGEST_DESCRIPTION: usize = 1024;

/// Returns `true` if a schema of the request has a regular expression.
pub(crate) fn has_patterns(settings: &Settings) -> bool {
    let mut tools = settings.tools.iter();
    let output = settings.output.as_ref();
    tools.any(|tool| patterns::has_any(&tool.parameters))
        || output.is_some_and(|output| patterns::has_any(&output.schema))
}

/// Returns `true` if the description of a tool is too long for some servers.
pub(crate) fn has_long_descriptions(settings: &Settings) -> bool {
    let is_long = |tool: &ToolDefinition| tool.description.chars().count() > LONGEST_DESCRIPTION;
    settings.tools.iter().any(is_long)
}

/// Returns the beginning of a description that is too long for the server.
fn shortened(description: &str) -> String {
    match description.char_indices().nth(LONGEST_DESCRIPTION) {
        None => description.to_owned(),
        Some(_) => {
            let beginning = description.chars().take(LONGEST_DESCRIPTION - 1);
            beginning.chain(['…']).collect()
        }
    }
}

/// Returns the tools without what the server refuses in them: regular expressions, keywords, `strict`, the ends of long
/// descriptions, and those that are not the one to be called.
pub(crate) fn plain_tools(settings: &Settings) -> Option<Vec<ToolDefinition>> {
    let unsent = &settings.unsent;
    let (words, keywords) = (unsent.has(patterns::SETTING), unsent.has(KEYWORDS));
    let (strict, named) = (unsent.has(STRICT), unsent.has(NAMED_CHOICE));
    let long = unsent.has(DESCRIPTIONS);
    let plain = |tool: &ToolDefinition| {
        let mut tool = tool.clone();
        if words {
            tool.parameters = patterns::without(&tool.parameters);
        }
        if keywords {
            tool.parameters = schema::open_api(&tool.parameters);
        }
        if strict {
            tool.strict = None;
        }
        if long {
            tool.description = shortened(&tool.description);
        }
        tool
    };
    let is_offered = |tool: &&ToolDefinition| match &settings.tool_config.tool_choice {
        ToolChoice::Tool(name) if named => tool.name == *name,
        _ => true,
    };
    let tools = settings.tools.iter().filter(is_offered);
    (words || keywords || strict || named || long).then(|| tools.map(plain).collect())
}

/// Returns the format of the answer without regular expressions, if the server cannot read them.
pub(crate) fn plain_output(settings: &Settings) -> Option<StructuredOutput> {
    let is_refused = settings.unsent.has(patterns::SETTING);
    let mut output = settings.output.clone().filter(|_| is_refused)?;
    output.schema = patterns::without(&output.schema);
    Some(output)
}

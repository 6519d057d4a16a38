//! Go's templates. `gtmpl` is behind this module.

use std::{sync::mpsc, time::Duration};

use gtmpl::{Context, Template, Value};
use serde_json::Value as Json;

use super::functions;

/// Maximum size of a rendered text, in bytes.
const MOST: usize = 64 << 20;

/// Time limit for a template: a file may be from anyone, and `range` can be nested.
const LIMIT: Duration = Duration::from_secs(10);

/// Renders a template with values by name.
pub(super) fn render(text: &str, values: &Json) -> Result<String, String> {
    is_closed(text)?;
    let (text, values) = (text.to_owned(), values.clone());
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        // Nobody waits after the limit.
        let _ = sender.send(render_now(&text, &values));
    });
    match receiver.recv_timeout(LIMIT) {
        Ok(rendered) => rendered,
        Err(mpsc::RecvTimeoutError::Timeout) => Err(format!("it takes longer than {LIMIT:?}")),
        Err(mpsc::RecvTimeoutError::Disconnected) => Err("it cannot be rendered".to_owned()),
    }
}

/// Fails if an action has no end: the library would wait for it.
fn is_closed(text: &str) -> Result<(), String> {
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((_, next)) = after.split_once("}}") else {
            let line = text.len() - rest.len() + before.len();
            let line = text
                .bytes()
                .take(line)
                .filter(|byte| *byte == b'\n')
                .count()
                + 1;
            return Err(format!(
                "the action in line {line} has no end: `}}}}` is missing"
            ));
        };
        rest = next;
    }
    Ok(())
}

fn render_now(text: &str, values: &Json) -> Result<String, String> {
    let mut template = Template::default();
    template.add_funcs(functions::ALL);
    template.parse(text).map_err(|error| error.to_string())?;
    let rendered = template.render(&Context::from(value(values)));
    let rendered = rendered.map_err(|error| error.to_string())?;
    if rendered.len() > MOST {
        return Err(format!("it has more than {} MiB", MOST >> 20));
    }
    Ok(rendered)
}

/// Converts a value.
pub(super) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::NoValue,
        Json::Bool(value) => Value::from(*value),
        Json::String(value) => Value::from(value.as_str()),
        Json::Array(values) => Value::Array(values.iter().map(value).collect()),
        Json::Object(fields) => Value::Map(
            fields
                .iter()
                .map(|(key, own)| (key.clone(), value(own)))
                .collect(),
        ),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Value::from(whole),
            (None, Some(real)) => Value::from(real),
            (None, None) => Value::NoValue,
        },
    }
}

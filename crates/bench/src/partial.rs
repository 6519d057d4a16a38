//! The cost of reading a document of 1 MB while it streams in, in pieces of a few bytes.

use std::{fmt::Write as _, hint::black_box};

use geppetto_structured::{PartialJson, PartialYaml};
use geppetto_turns::serial::{yaml_string, yaml_value};
use serde_json::{Value, json};

use crate::{
    Failure, Options, cpu,
    table::{median, print},
};

/// The size of the documents in bytes.
const SIZE: usize = 1_000_000;

/// The sizes of the pieces, in rotation; they resemble tokens.
const PIECES: [usize; 7] = [4, 1, 6, 3, 9, 2, 5];

/// A way of reading, and the expected result.
struct Way {
    name: &'static str,
    read: fn(&Documents) -> Result<Value, Failure>,
    expected: fn(&Documents) -> &Value,
}

const WAYS: [Way; 6] = [
    Way {
        name: "steps: JSON, streamed",
        read: |documents| stream_json(&documents.json),
        expected: |documents| &documents.steps,
    },
    Way {
        name: "steps: YAML, streamed",
        read: |documents| stream_yaml(&documents.yaml),
        expected: |documents| &documents.steps,
    },
    Way {
        name: "the same with an anchor",
        read: |documents| stream_yaml(&documents.anchored),
        expected: |documents| &documents.steps,
    },
    Way {
        name: "the same, whole, read once",
        read: |documents| Ok(yaml_value(&documents.yaml)?),
        expected: |documents| &documents.steps,
    },
    Way {
        name: "pairs: YAML, streamed",
        read: |documents| stream_yaml(&documents.pairs_yaml),
        expected: |documents| &documents.pairs,
    },
    Way {
        name: "the same, whole, read once",
        read: |documents| Ok(yaml_value(&documents.pairs_yaml)?),
        expected: |documents| &documents.pairs,
    },
];

fn stream_json(text: &str) -> Result<Value, Failure> {
    let mut json = PartialJson::new();
    for piece in pieces(text) {
        json.push(piece);
        black_box(json.value());
    }
    Ok(json.finish()?)
}

fn stream_yaml(text: &str) -> Result<Value, Failure> {
    let mut yaml = PartialYaml::new();
    for piece in pieces(text) {
        yaml.push(piece);
        black_box(yaml.value());
    }
    Ok(yaml.finish()?)
}

/// Values in different forms.
struct Documents {
    /// A plan of many steps, with lines of all kinds.
    steps: Value,
    json: String,
    yaml: String,
    /// A document with anchors, which only the full parser supports.
    anchored: String,
    /// Many small mappings, for the shortest lines.
    pairs: Value,
    pairs_yaml: String,
}

fn documents() -> Result<Documents, Failure> {
    let step = |n: usize| {
        json!({
            "name": format!("step {n}"),
            "done": n.is_multiple_of(3),
            "minutes": n,
            "share": 0.25,
            "tags": ["garden", "house: roof", "2024-01-01"],
            "notes": "First this.\nThen that, with \"quotes\" and more.\n",
            "where": {"city": "Zürich", "url": "https://example.org/a?b=c"},
        })
    };
    let pair = |n: usize| json!({"a": n, "b": "x"});
    let steps = json!({"title": "A plan", "steps": filled(step)?});
    let pairs = filled(pair)?;
    let yaml = yaml_string(&steps)?;
    Ok(Documents {
        json: serde_json::to_string_pretty(&steps)?,
        anchored: yaml.replacen("title: ", "title: &title ", 1),
        yaml,
        steps,
        pairs_yaml: yaml_string(&pairs)?,
        pairs,
    })
}

/// A list of items that is about [`SIZE`] bytes long as YAML.
fn filled(item: impl Fn(usize) -> Value) -> Result<Value, Failure> {
    let one = yaml_string(&[item(10_000)])?.len();
    Ok((0..SIZE / one).map(item).collect())
}

/// Splits a text the way a model does: into pieces of a few bytes, between characters.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    let mut sizes = PIECES.iter().cycle();
    let mut rest = text;
    std::iter::from_fn(move || {
        let size = *sizes.next()?;
        let end = (size..rest.len()).find(|at| rest.is_char_boundary(*at));
        let (piece, after) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let documents = documents()?;
    let mut text = format!(
        "Steps of {} bytes (JSON: {}) and pairs of {}, in pieces of 1 to 9 bytes; CPU time, \
         median of {} runs\n\n",
        documents.yaml.len(),
        documents.json.len(),
        documents.pairs_yaml.len(),
        options.runs
    );
    let mut rows = Vec::new();
    for way in &WAYS {
        let mut times = Vec::new();
        for _ in 0..options.runs.max(1) {
            let start = cpu::thread_time()?;
            let value = (way.read)(&documents)?;
            let taken = cpu::thread_time()?.saturating_sub(start);
            if value != *(way.expected)(&documents) {
                return Err(format!("{}: another value was read", way.name).into());
            }
            times.push(taken.as_secs_f64() * 1e3);
        }
        let milliseconds = median(times);
        writeln!(text, "  {:<30} {milliseconds:7.1} ms", way.name)?;
        rows.push(json!({"way": way.name, "milliseconds": milliseconds}));
    }
    print(options.json, &json!({"rows": rows}), &text)
}

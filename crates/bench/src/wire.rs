//! [`Wire`]: the format of the canned stream, with the structure and size of the provider's.

use clap::ValueEnum;
use fastrand::Rng;
use serde_json::{Value, json};

/// The format of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Wire {
    /// Chat Completions.
    Chat,
    /// Responses.
    Responses,
    /// Anthropic's Messages.
    Messages,
    /// Gemini's generateContent.
    Gemini,
}

const WORDS: [&str; 10] = [
    " the", " model", " writes", " a", " word", ",", " then", " another", ".", "\\n",
];

impl Wire {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Chat => "chat",
            Self::Responses => "responses",
            Self::Messages => "messages",
            Self::Gemini => "gemini",
        }
    }

    /// Returns the path below the base URL.
    pub(crate) fn path(self) -> &'static str {
        match self {
            Self::Chat => "/chat/completions",
            Self::Responses => "/responses",
            Self::Messages => "/messages",
            Self::Gemini => "/models/gpt-4o-mini:streamGenerateContent?alt=sse",
        }
    }

    /// Returns the body of a request.
    pub(crate) fn request(self) -> Value {
        let message = json!([{"role": "user", "content": "write"}]);
        match self {
            Self::Chat => json!({"model": "gpt-4o-mini", "stream": true, "messages": message}),
            Self::Responses => json!({"model": "gpt-4o-mini", "stream": true, "input": message}),
            Self::Messages => {
                json!({"model": "gpt-4o-mini", "stream": true, "max_tokens": 32_000, "messages": message})
            }
            Self::Gemini => {
                json!({"contents": [{"role": "user", "parts": [{"text": "write"}]}]})
            }
        }
    }

    /// Returns the body of a reply with this many deltas.
    pub(crate) fn body(self, deltas: u32) -> String {
        match self {
            Self::Chat => chat(deltas),
            Self::Responses => responses(deltas),
            Self::Messages => messages(deltas),
            Self::Gemini => gemini(deltas),
        }
    }
}

/// The field that OpenAI adds to an event to hide the length of its text.
fn obfuscation(rng: &mut Rng) -> String {
    let len = rng.usize(1..=16);
    (0..len).map(|_| rng.alphanumeric()).collect()
}

fn chat(deltas: u32) -> String {
    let mut rng = Rng::with_seed(7);
    let mut chunk = |delta: &str, finish: &str| {
        let noise = obfuscation(&mut rng);
        format!(
            "data: {{\"id\":\"chatcmpl-BQ0nYVqsVQ8nUUl0x5D2Wc5mCqWXw\",\"object\":\
             \"chat.completion.chunk\",\"created\":1746042418,\"model\":\"gpt-4o-mini-2024-07-18\",\
             \"service_tier\":\"default\",\"system_fingerprint\":\"fp_dbaca60df0\",\"choices\":\
             [{{\"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}],\
             \"usage\":null,\"obfuscation\":\"{noise}\"}}\n\n"
        )
    };
    let mut body = chunk(
        "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}",
        "null",
    );
    for word in WORDS.iter().cycle().take(deltas as usize) {
        body.push_str(&chunk(&format!("{{\"content\":\"{word}\"}}"), "null"));
    }
    body.push_str(&chunk("{}", "\"stop\""));
    body.push_str("data: [DONE]\n\n");
    body
}

/// Events of Messages have a name, and little else besides their text.
fn messages(deltas: u32) -> String {
    let event = |kind: &str, fields: &str| {
        format!("event: {kind}\ndata: {{\"type\":\"{kind}\",{fields}}}\n\n")
    };
    let mut body = event(
        "message_start",
        "\"message\":{\"model\":\"claude-sonnet-4-5-20250929\",\"id\":\"msg_01Ru8tmDQp9dT4gVMYEdTv7C\",\
         \"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"stop_reason\":null,\
         \"stop_sequence\":null,\"usage\":{\"input_tokens\":9,\"cache_creation_input_tokens\":0,\
         \"cache_read_input_tokens\":0,\"output_tokens\":1,\"service_tier\":\"standard\"}}",
    );
    let start = "\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}";
    body.push_str(&event("content_block_start", start));
    body.push_str("event: ping\ndata: {\"type\": \"ping\"}\n\n");
    for word in WORDS.iter().cycle().take(deltas as usize) {
        let delta =
            format!("\"index\":0,\"delta\":{{\"type\":\"text_delta\",\"text\":\"{word}\"}}");
        body.push_str(&event("content_block_delta", &delta));
    }
    body.push_str(&event("content_block_stop", "\"index\":0"));
    let end = "\"delta\":{\"stop_reason\":\"end_turn\",\"stop_sequence\":null},\
               \"usage\":{\"output_tokens\":2000}";
    body.push_str(&event("message_delta", end));
    body.push_str("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n");
    body
}

/// Chunks of Gemini have the usage so far, and their lines end with CR and LF.
fn gemini(deltas: u32) -> String {
    let chunk = |word: &str, number: usize, finish: &str| {
        format!(
            "data: {{\"candidates\": [{{\"content\": {{\"parts\": [{{\"text\": \"{word}\"}}],\"role\": \
             \"model\"}}{finish},\"index\": 0}}],\"usageMetadata\": {{\"promptTokenCount\": 9,\
             \"candidatesTokenCount\": {number},\"totalTokenCount\": {},\"promptTokensDetails\": \
             [{{\"modality\": \"TEXT\",\"tokenCount\": 9}}]}},\"modelVersion\": \"gemini-2.5-flash\",\
             \"responseId\": \"mVjaaKHCGZ2VxN8P1d-n2AU\"}}\r\n\r\n",
            number + 9
        )
    };
    let words = WORDS.iter().cycle().take(deltas as usize).enumerate();
    let mut body: String = words
        .map(|(number, word)| chunk(word, number, ""))
        .collect();
    body.push_str(&chunk("", deltas as usize, ",\"finishReason\": \"STOP\""));
    body
}

/// The id of the message in Responses.
const ITEM: &str = "msg_68af2a8b3c1481a0b2cf1d5f7f7f0a1e0d1b2c3d4e5f6071";

/// Numbered events of Responses.
#[derive(Default)]
struct Events {
    body: String,
    number: u32,
}

impl Events {
    fn push(&mut self, kind: &str, fields: &str) {
        let number = self.number;
        self.body.push_str(&format!(
            "event: {kind}\ndata: {{\"type\":\"{kind}\",\"sequence_number\":{number},{fields}}}\n\n"
        ));
        self.number += 1;
    }
}

fn response(status: &str, output: &str) -> String {
    format!(
        "\"response\":{{\"id\":\"resp_68af2a8a\",\"object\":\"response\",\"status\":\"{status}\",\
         \"model\":\"gpt-4o-mini-2024-07-18\",\"output\":{output}}}"
    )
}

fn message(status: &str, content: &str) -> String {
    format!(
        "{{\"id\":\"{ITEM}\",\"type\":\"message\",\"status\":\"{status}\",\"role\":\"assistant\",\
         \"content\":[{content}]}}"
    )
}

fn part(text: &str) -> String {
    format!("{{\"type\":\"output_text\",\"annotations\":[],\"logprobs\":[],\"text\":\"{text}\"}}")
}

fn responses(deltas: u32) -> String {
    let mut rng = Rng::with_seed(7);
    let mut events = Events::default();
    let place = format!("\"item_id\":\"{ITEM}\",\"output_index\":0,\"content_index\":0");
    let item = |item: &str| format!("\"output_index\":0,\"item\":{item}");
    events.push("response.created", &response("in_progress", "[]"));
    let added = item(&message("in_progress", ""));
    events.push("response.output_item.added", &added);
    let added = format!("{place},\"part\":{}", part(""));
    events.push("response.content_part.added", &added);
    let mut text = String::new();
    for word in WORDS.iter().cycle().take(deltas as usize) {
        text.push_str(word);
        let noise = obfuscation(&mut rng);
        let delta =
            format!("{place},\"delta\":\"{word}\",\"logprobs\":[],\"obfuscation\":\"{noise}\"");
        events.push("response.output_text.delta", &delta);
    }
    let done = format!("{place},\"text\":\"{text}\",\"logprobs\":[]");
    events.push("response.output_text.done", &done);
    let done = format!("{place},\"part\":{}", part(&text));
    events.push("response.content_part.done", &done);
    let whole = message("completed", &part(&text));
    events.push("response.output_item.done", &item(&whole));
    let output = format!("[{whole}]");
    events.push("response.completed", &response("completed", &output));
    events.body
}

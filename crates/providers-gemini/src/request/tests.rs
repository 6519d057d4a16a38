use geppetto_engine::{
    InferenceConfig, StructuredOutput, ToolChoice, ToolConfig, ToolDefinition, keys as engine_keys,
};
use geppetto_provider::{Inference, Server, Settings, Wire, rules::ORIGIN, rules::Origin};
use geppetto_turns::{
    Block, Content, FilePart, ImagePart, Incomplete, MediaSource, OtherContent, ToolCall, ToolUse,
    Turn,
};
use serde_json::{Map, Value, json};

use crate::{Gemini, GeminiOptions, keys};

mod history;
mod media;

const MODEL: &str = "gemini-3-flash";

/// Sends requests of one model.
struct Sender {
    options: GeminiOptions,
    model: &'static str,
    config: InferenceConfig,
    base: &'static str,
}

impl Sender {
    fn of(model: &'static str) -> Self {
        Self {
            options: GeminiOptions::new(),
            model,
            config: InferenceConfig::new(),
            base: "https://generativelanguage.googleapis.com",
        }
    }

    fn with(mut self, options: GeminiOptions) -> Self {
        self.options = options;
        self
    }

    fn settings(&self, wire: &Gemini, turn: &Turn) -> Settings {
        let mut settings = Settings::of::<Gemini>(turn, &self.config, self.model, true).unwrap();
        wire.adapt(&mut settings, turn).unwrap();
        settings
    }

    fn wire(&self) -> Gemini {
        Gemini::new(self.options.clone(), &Server::new(self.base, true)).unwrap()
    }

    /// Returns the body of the request, which the scripted provider accepts.
    fn body(&self, turn: &Turn) -> Value {
        let wire = self.wire();
        let settings = self.settings(&wire, turn);
        let request = wire.request(&Inference::new(turn, &settings)).unwrap();
        let body = serde_json::from_slice(request.body()).unwrap();
        geppetto_testing::validate::generate_content(self.model, &body).unwrap();
        body
    }
}

fn body(turn: &Turn) -> Value {
    Sender::of(MODEL).body(turn)
}

/// Marks a block as made by this model of Google's server.
fn made_by(model: &str, mut block: Block) -> Block {
    let origin = Origin::new("generativelanguage.googleapis.com", model);
    block.metadata.set(&ORIGIN, &origin).unwrap();
    block
}

fn signed(signature: &str, mut block: Block) -> Block {
    block
        .metadata
        .set(&keys::THOUGHT_SIGNATURE, &signature.to_owned())
        .unwrap();
    block
}

fn tool(name: &str, parameters: Value) -> ToolDefinition {
    ToolDefinition::new(name, "A tool.", parameters)
}

fn with_tools(mut turn: Turn, tools: &[ToolDefinition]) -> Turn {
    turn.data
        .set(&engine_keys::TOOL_DEFINITIONS, &tools.to_vec())
        .unwrap();
    turn
}

fn city() -> Value {
    json!({"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]})
}

#[test]
fn instructions_and_settings_have_fields_of_their_own() {
    let mut sender = Sender::of(MODEL).with(
        GeminiOptions::new()
            .with_safety_setting("HARM_CATEGORY_HARASSMENT", "BLOCK_NONE")
            .with_include_thoughts(true),
    );
    sender.config = InferenceConfig::new()
        .with_temperature(0.5)
        .with_top_p(0.9)
        .with_max_response_tokens(100)
        .with_stop(["END"])
        .with_seed(7)
        .with_reasoning_effort("low");
    let turn = Turn::builder().system("Be terse.").user("Hi").build();
    assert_eq!(
        sender.body(&turn),
        json!({
            "systemInstruction": {"parts": [{"text": "Be terse."}]},
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "generationConfig": {
                "temperature": 0.5, "topP": 0.9, "maxOutputTokens": 100, "stopSequences": ["END"], "seed": 7,
                "thinkingConfig": {"includeThoughts": true, "thinkingLevel": "low"}
            },
            "safetySettings": [{"category": "HARM_CATEGORY_HARASSMENT", "threshold": "BLOCK_NONE"}]
        })
    );
}

#[test]
fn a_seed_of_more_than_32_bits_is_left_out_and_said() {
    let mut sender = Sender::of(MODEL);
    sender.config = InferenceConfig::new().with_seed(1 << 40);
    let turn = Turn::builder().user("Hi").build();
    assert_eq!(sender.body(&turn)["generationConfig"], Value::Null);
    assert!(sender.settings(&sender.wire(), &turn).unsent.has("seed"));
}

#[test]
fn functions_have_json_schemas_or_those_of_the_api() {
    let tools = [
        tool("weather", city()),
        tool("now", json!({"type": "object", "properties": {}})),
        tool(
            "tree",
            json!({"type": "object", "properties": {"n": {"$ref": "#/$defs/N"}},
                "$defs": {"N": {"type": "string", "format": "uri"}}}),
        ),
    ];
    let turn = with_tools(Turn::builder().user("Hi").build(), &tools);
    let declared =
        |model| Sender::of(model).body(&turn)["tools"][0]["functionDeclarations"].clone();
    let new = declared(MODEL);
    assert_eq!(
        new[0]["parametersJsonSchema"]["properties"],
        city()["properties"]
    );
    assert_eq!(new[1], json!({"name": "now", "description": "A tool."}));
    let uri = json!({"type": "string", "description": "Format: uri."});
    assert_eq!(new[2]["parameters"]["properties"]["n"], uri);
    let old = declared("gemini-2.0-flash");
    assert_eq!(old[0]["parameters"]["properties"], city()["properties"]);
    assert!(old[0].get("parametersJsonSchema").is_none());
}

#[test]
fn a_tool_choice_is_a_mode() {
    let choose = |choice| {
        let mut turn = with_tools(
            Turn::builder().user("Hi").build(),
            &[tool("files.read", city())],
        );
        let mut config = ToolConfig::default();
        config.tool_choice = choice;
        turn.data.set(&engine_keys::TOOL_CONFIG, &config).unwrap();
        body(&turn)["toolConfig"]["functionCallingConfig"].clone()
    };
    assert_eq!(choose(ToolChoice::Auto), Value::Null);
    assert_eq!(choose(ToolChoice::None), json!({"mode": "NONE"}));
    assert_eq!(choose(ToolChoice::Required), json!({"mode": "ANY"}));
    assert_eq!(
        choose(ToolChoice::Tool("files.read".to_owned())),
        json!({"mode": "ANY", "allowedFunctionNames": ["files_read"]})
    );
}

#[test]
fn built_in_tools_stand_beside_functions() {
    let options = GeminiOptions::new().with_server_tool(json!({"googleSearch": {}}));
    let turn = with_tools(
        Turn::builder().user("Hi").build(),
        &[tool("weather", city())],
    );
    let sent = Sender::of(MODEL).with(options.clone()).body(&turn);
    assert_eq!(sent["tools"][1], json!({"googleSearch": {}}));
    assert_eq!(
        sent["toolConfig"],
        json!({"includeServerSideToolInvocations": true})
    );
    let alone = Sender::of(MODEL)
        .with(options.clone())
        .body(&Turn::builder().user("Hi").build());
    assert_eq!(
        (&alone["tools"], &alone["toolConfig"]),
        (&json!([{"googleSearch": {}}]), &Value::Null)
    );
    let old = Sender::of("gemini-2.5-flash").with(options).body(&turn);
    assert_eq!(old["toolConfig"], Value::Null);
}

#[test]
fn structured_output_is_a_schema_or_an_instruction() {
    let output = StructuredOutput::json_schema("City", city()).with_description("A city.");
    let mut turn = Turn::builder().user("Hi").build();
    turn.data
        .set(&engine_keys::STRUCTURED_OUTPUT, &output)
        .unwrap();
    let config = body(&turn)["generationConfig"].clone();
    assert_eq!(config["responseMimeType"], "application/json");
    assert_eq!(config["responseJsonSchema"]["required"], json!(["city"]));
    let old = Sender::of("gemini-2.0-flash").body(&turn)["generationConfig"].clone();
    assert_eq!(
        old["responseSchema"]["properties"]["city"],
        json!({"type": "string"})
    );
    let turn = with_tools(turn, &[tool("weather", city())]);
    let both = Sender::of("gemini-2.5-flash").body(&turn);
    assert_eq!(both["generationConfig"], Value::Null);
    let said = both["systemInstruction"]["parts"][0]["text"]
        .as_str()
        .unwrap();
    assert!(
        said.contains("A city.") && said.contains("JSON schema"),
        "{said}"
    );
    assert_eq!(
        body(&turn)["generationConfig"]["responseMimeType"],
        "application/json"
    );
}

#[test]
fn fields_of_the_turn_are_merged() {
    let mut turn = with_tools(
        Turn::builder().user("Hi").build(),
        &[tool("weather", city())],
    );
    let own = json!({
        "generationConfig": {"topK": 5, "temperature": null, "responseModalities": ["TEXT"]},
        "tools": [{"urlContext": {}}],
        "toolConfig": {"retrievalConfig": {"languageCode": "de"}},
        "safetySettings": [],
        "labels": {"a": "b"}
    });
    turn.data.set(&keys::GEMINI_INFERENCE_CONFIG, &own).unwrap();
    let mut sender = Sender::of(MODEL)
        .with(GeminiOptions::new().with_safety_setting("HARM_CATEGORY_HARASSMENT", "BLOCK_NONE"));
    sender.config = InferenceConfig::new().with_temperature(1.0).with_top_p(0.5);
    let sent = sender.body(&turn);
    assert_eq!(
        sent["generationConfig"],
        json!({"topK": 5, "topP": 0.5, "responseModalities": ["TEXT"]})
    );
    assert_eq!(sent["tools"].as_array().map(Vec::len), Some(2));
    assert_eq!(sent["toolConfig"]["includeServerSideToolInvocations"], true);
    assert_eq!(sent["toolConfig"]["retrievalConfig"]["languageCode"], "de");
    assert_eq!(
        (&sent["safetySettings"], &sent["labels"]),
        (&json!([]), &json!({"a": "b"}))
    );
}

#[test]
fn cached_content_replaces_instructions_and_tools() {
    let turn = Turn::builder().system("Be terse.").user("Hi").build();
    let turn = with_tools(turn, &[tool("weather", city())]);
    let sender =
        Sender::of(MODEL).with(GeminiOptions::new().with_cached_content("cachedContents/1"));
    assert_eq!(
        sender.body(&turn),
        json!({
            "contents": [{"role": "user", "parts": [{"text": "Hi"}]}],
            "cachedContent": "cachedContents/1"
        })
    );
    assert!(sender.settings(&sender.wire(), &turn).unsent.has("tools"));
    let mut turn = turn;
    let none = json!({"cachedContent": null});
    turn.data
        .set(&keys::GEMINI_INFERENCE_CONFIG, &none)
        .unwrap();
    assert!(sender.body(&turn).get("tools").is_some());
}

#[test]
fn paths_and_keys_depend_on_the_server() {
    let turn = Turn::builder().user("Hi").build();
    let of = |base, options: GeminiOptions| {
        let mut sender = Sender::of(MODEL).with(options);
        sender.base = base;
        let wire = sender.wire();
        let settings = sender.settings(&wire, &turn);
        let request = wire.request(&Inference::new(&turn, &settings)).unwrap();
        (
            request.path().to_owned(),
            wire.key_header(),
            wire.token_header(),
        )
    };
    let key = geppetto_provider::KeyHeader::Header("x-goog-api-key".into());
    let bearer = geppetto_provider::KeyHeader::Bearer;
    let path = "/v1beta/models/gemini-3-flash:streamGenerateContent?alt=sse".to_owned();
    let google = "https://generativelanguage.googleapis.com";
    assert_eq!(
        of(google, GeminiOptions::new()),
        (path.clone(), key.clone(), bearer.clone())
    );
    let own = GeminiOptions::new().with_bearer(true);
    assert_eq!(
        of(google, own),
        (path.clone(), bearer.clone(), bearer.clone())
    );
    let own = GeminiOptions::new()
        .with_bearer(false)
        .with_api_version("v1");
    let v1 = path.replace("v1beta", "v1");
    assert_eq!(of(google, own), (v1, key.clone(), key.clone()));
    let vertex = "https://eu-aiplatform.googleapis.com/v1/projects/p/locations/eu";
    let path = "/publishers/google/models/gemini-3-flash:streamGenerateContent?alt=sse".to_owned();
    assert_eq!(
        of(vertex, GeminiOptions::new()),
        (path, bearer.clone(), bearer)
    );
}

#[test]
fn googles_own_server_needs_a_key() {
    let make = |url: &str, has_key| Gemini::new(GeminiOptions::new(), &Server::new(url, has_key));
    let google = "https://generativelanguage.googleapis.com/";
    assert!(
        make(google, false)
            .unwrap_err()
            .to_string()
            .contains("GEMINI_API_KEY")
    );
    assert!(make(&format!("{google}?key=k"), false).is_ok());
    assert!(make("http://localhost:4000", false).is_ok());
}

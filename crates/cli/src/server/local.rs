//! Servers on this machine, found on their default ports.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

#[cfg(test)]
mod tests;

/// Time limit for one server. A refused connection takes none of it.
const LIMIT: Duration = Duration::from_millis(500);

/// Maximum size of a list of models.
const MOST: u64 = 4 << 20;

/// Ports that are asked, with the server that listens there by default.
#[derive(Debug, Clone)]
pub(crate) struct Ports(Arc<[(u16, &'static str)]>);

impl Default for Ports {
    /// The default ports: <https://github.com/ollama/ollama/blob/main/docs/faq.mdx>,
    /// <https://lmstudio.ai/docs/app/api/endpoints/openai>,
    /// <https://github.com/ggml-org/llama.cpp/tree/master/tools/server>,
    /// <https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html>.
    fn default() -> Self {
        // A test must not find what the machine happens to run.
        if std::env::var_os("GEPPETTO_NO_DISCOVERY").is_some_and(|value| !value.is_empty()) {
            return Self::of(Vec::new());
        }
        Self::of(vec![
            (11434, "Ollama"),
            (1234, "LM Studio"),
            (8080, "llama.cpp"),
            (8000, "vLLM"),
        ])
    }
}

impl Ports {
    pub(crate) fn of(ports: Vec<(u16, &'static str)>) -> Self {
        Self(ports.into())
    }
}

/// A server that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Found {
    /// Name of the server.
    pub(crate) name: &'static str,
    /// Address of its OpenAI-compatible API.
    pub(crate) base_url: String,
    /// Its models.
    pub(crate) models: Vec<String>,
}

/// Asks all ports at once. The order is that of the ports.
pub(crate) async fn find(ports: Ports) -> Vec<Found> {
    let mut asked = JoinSet::new();
    for (index, (port, name)) in ports.0.iter().copied().enumerate() {
        asked.spawn(async move {
            let models = timeout(LIMIT, models(port)).await.ok()??;
            let base_url = format!("http://127.0.0.1:{port}/v1");
            Some((
                index,
                Found {
                    name,
                    base_url,
                    models,
                },
            ))
        });
    }
    let mut found: Vec<_> = asked.join_all().await.into_iter().flatten().collect();
    found.sort_by_key(|(index, _)| *index);
    found.into_iter().map(|(_, found)| found).collect()
}

/// Returns the models of the server on a port; `None` if none of that kind answers.
async fn models(port: u16) -> Option<Vec<String>> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await.ok()?;
    let request = format!(
        "GET /v1/models HTTP/1.0\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.ok()?;
    let mut reply = Vec::new();
    stream.take(MOST).read_to_end(&mut reply).await.ok()?;
    let reply = String::from_utf8(reply).ok()?;
    let (head, body) = reply.split_once("\r\n\r\n")?;
    let status = head.split_whitespace().nth(1)?;
    if status != "200" {
        return None;
    }
    let list: Value = serde_json::from_str(body.trim()).ok()?;
    // Any program may listen on these ports.
    if list.get("object").and_then(Value::as_str) != Some("list") {
        return None;
    }
    let models = list.get("data")?;
    let models = models.as_array().map(Vec::as_slice).unwrap_or_default();
    let id = |model: &Value| Some(model.get("id")?.as_str()?.to_owned());
    Some(models.iter().filter_map(id).collect())
}

/// Returns `true` if two names are those of one model: Ollama's `qwen3` is `qwen3:latest`.
pub(crate) fn is_same_model(own: &str, named: &str) -> bool {
    own == named || own.strip_suffix(":latest") == Some(named)
}

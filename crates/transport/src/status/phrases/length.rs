//! Messages about a prompt that does not fit the context window.

pub(super) const TOO_LONG: &[&[&str]] = &[
    // OpenAI, vLLM, SGLang, DeepSeek, OpenRouter, Fireworks: "This model's maximum context length is ..".
    &["maximum context length"],
    // OpenAI, Cloudflare, MiniMax.
    &["exceed", "context window"],
    &["context window", "exceeds limit"],
    &["exceed", "context length"],
    &["context length exceeded"],
    &["context_length_exceeded"],
    &["contextwindowexceeded"],
    // Anthropic: "input length and `max_tokens` exceed context limit: ..", "prompt is too long: ..".
    &["exceed context limit"],
    &["prompt is too long"],
    // Ollama: "prompt too long; exceeded max context length by .. tokens".
    &["prompt too long"],
    // Bedrock: "Input is too long for requested model."
    &["input is too long"],
    // Bedrock: "Input Tokens Exceeded: Number of input tokens exceeds maximum length", "the model ..
    // exceeds the max input token limit".
    &["exceed", "max input token"],
    &["number of input tokens exceeds"],
    // Cohere: "too many tokens: total tokens exceeds the model's max".
    &["total tokens", "exceed", "model's max"],
    &["too many input tokens"],
    &["too many tokens"],
    &["token limit exceeded"],
    // llama.cpp: "the request exceeds the available context size".
    &["exceed", "context size"],
    // Together: "The input (.. tokens) is longer than the model's context length (.. tokens)."
    &["longer than the model's context"],
    // LM Studio.
    &["greater than the context length"],
    &["when context the overflows"],
    &["context overflow"],
    // Gemini: "The input token count (..) exceeds the maximum number of tokens allowed (..)."
    &["input token count", "exceeds"],
    &["input tokens exceed"],
    // xAI.
    &["maximum prompt length is"],
    // Groq, and vLLM with another wording.
    &["reduce the length of the messages"],
    &["reduce the length of the input"],
    // Poolside, Z.AI at other hosts.
    &["exceeds the maximum allowed input length"],
    // Copilot.
    &["prompt token count", "exceeds the limit"],
    // Kimi: "Your request exceeded model token limit: ..".
    &["exceeded model token limit"],
    // Mistral: "Prompt contains .. tokens .. too large for model with .. maximum context length".
    &["too large for model with"],
    // DashScope: "Range of input length should be [1, 30720]".
    &["range of input length should be"],
    // TGI: "`inputs` tokens + `max_new_tokens` must be <= 4096".
    &["`inputs` tokens + `max_new_tokens` must be"],
    &["`inputs` must have less than"],
    // vLLM: "The decoder prompt (length ..) is longer than the maximum model length of ..", "the
    // model's context length is only .. tokens".
    &["longer than the maximum model length"],
    &["model's context length is only"],
    &["maximum input length is"],
    // SGLang: "Input length (.. tokens) exceeds the maximum allowed length (.. tokens)";
    // Volcengine: "Input length .. exceeds the maximum length ..".
    &["input length", "exceeds the maximum"],
    // Volcengine: "Total tokens of image and text exceed max message tokens".
    &["exceed max message tokens"],
    // TensorRT-LLM: "prompt length (..) exceeds maximum input length (..)".
    &["prompt length", "exceeds maximum input length"],
    // llama.cpp, in the middle of a reply: "Context size has been exceeded."
    &["context size has been exceeded"],
    // SiliconFlow: "length of prompt_tokens (..) must be less than max_seq_len (..)".
    &["length of prompt_tokens", "must be less than"],
    // watsonx: "the number of input tokens .. cannot exceed the total tokens limit ..".
    &["input tokens", "cannot exceed the total tokens limit"],
    // Baidu.
    &["prompt tokens too long"],
    // GitHub Models: "Request body too large for m model. Max size: 8000 tokens."
    &["request body too large for", "tokens"],
    // Servers behind opencode: "tokens in request more than max tokens allowed".
    &["tokens in request more than max tokens"],
    // Kimi, with status 401: "supports only 256K context".
    &["supports only", "context"],
    // ds4-server: "Prompt has 256468 tokens, but the configured context size is 256000 tokens".
    &["prompt has", "tokens, but the configured context size"],
    // Cerebras: "Please reduce the length of the messages or completion. Current length is 9000 while
    // limit is 8192".
    &["current length is", "while limit is"],
    // OpenAI, for an input of more than 1 or 10 MiB: "string too long. Expected a string with maximum
    // length 10485760, ..". Other fields have shorter limits.
    &["string too long. expected a string with maximum length 1048576"],
    // Google: "exceeds the maximum number of tokens allowed".
    &["maximum number of tokens allowed"],
    &["exceed", "allowed number of input tokens"],
    // Bedrock: "prompt tokens (9000) exceed model maximum (8000)", "expected maxLength: 200000".
    &["prompt tokens", "exceed model maximum"],
    &["expected maxlength:"],
    // DashScope: "Total message token length exceed model limit".
    &["message token length exceed"],
    // vLLM, if the prompt leaves no room for an answer: "max_tokens must be at least 1, got -1234."
    &["tokens must be at least 1, got -"],
    &["maximum context limit"],
    &["context limit exceeded"],
    &["exceeds", "context limit"],
    &["context length", "exceeded"],
    &["context length", "exceeds"],
    &["context window", "exceeded"],
];

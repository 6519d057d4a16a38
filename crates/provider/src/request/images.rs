//! Images of a history that a server cannot read.
//!
//! Reports: <https://github.com/anthropics/claude-code/issues/56016>,
//! <https://github.com/anomalyco/opencode/issues/21668>,
//! <https://github.com/anthropics/claude-code/issues/8947>, <https://github.com/HKUDS/nanobot/pull/1892>,
//! <https://github.com/boldsoftware/shelley/issues/224>,
//! <https://github.com/anthropics/claude-code/issues/28485>, <https://github.com/vercel/ai/issues/2837>,
//! <https://github.com/thinking-machines-lab/tinker-feedback/issues/83>,
//! <https://github.com/lmstudio-ai/lmstudio-bug-tracker/issues/473>,
//! <https://github.com/theopenco/llmgateway/issues/3847>.

/// Name of the setting: all images except those of the last prompt.
pub(super) const EARLIER: &str = "earlier_images";

pub(super) const WHY: &str =
    "the server cannot read an image; those before the last prompt are left out";

/// Text in place of the images of a block.
pub(super) const LEFT_OUT: &str = "(image left out: the server cannot read it)";

/// Words with which servers refuse an image.
const REFUSALS: &[&str] = &[
    // Anthropic: "Could not process image", "image exceeds 5 MB maximum", "image cannot be empty", "At
    // least one of the image dimensions exceed max allowed size".
    "could not process image",
    "image exceeds",
    "image cannot be empty",
    "image dimensions exceed",
    // Anthropic: "messages.34.content.2.image.source.base64.data: Image format image/png not supported".
    "image format image/",
    // OpenAI: "The image data you provided does not represent a valid image.", "You uploaded an
    // unsupported image."
    "not represent a valid image",
    "unsupported image",
    "invalid image",
    // Google: "Unable to process input image.", "Provided image is not valid."
    "unable to process input image",
    "image is not valid",
    // Servers of models that take no images. DeepSeek: "unknown variant `image_url`, expected `text`"; OpenAI and Baidu:
    // "image_url is only supported by certain models"; OpenRouter: "No endpoints found that support image input";
    // llama.cpp: "image input is not supported"; xAI: "Image inputs are not supported by this model"; vLLM: "is not a
    // multimodal model", "At most 0 image(s) may be provided".
    "unknown variant `image_url`",
    "unknown variant 'image_url'",
    "unknown variant `image`",
    "unknown variant `input_image`",
    "image_url is only supported",
    "support image input",
    "image input is not",
    "image inputs are not",
    "not a multimodal model",
    "at most 0 image",
    "missing data required for image input",
    // LM Studio: "Model does not support images"; gateways: "does not support vision".
    "not support images",
    "not support vision",
    // vLLM.
    "unknown part type: image",
    // Google (<https://github.com/google-gemini/gemini-cli/pull/9530>).
    "unsupported mime type: image/",
];

/// Words of servers that accept texts only. Groq: "'messages.0.content' : value must be a string"; servers in Python: "Input
/// should be 'text'".
const TEXTS_ONLY: &[&str] = &[
    "content must be a string",
    "content' : value must be a string",
    "should be 'text'",
];

/// Returns `true` if a message in lower case refuses an image.
pub(super) fn is_refused(message: &str) -> bool {
    REFUSALS.iter().any(|words| message.contains(words)) || is_text_only(message)
}

/// Returns `true` if a message in lower case refuses all that is no text.
pub(super) fn is_text_only(message: &str) -> bool {
    TEXTS_ONLY.iter().any(|words| message.contains(words))
}

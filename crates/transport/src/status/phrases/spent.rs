//! Messages about exhausted credit or quota.

/// Credit or a daily limit is exhausted.
pub(super) const SPENT: &[&[&str]] = &[
    // Z.AI, DeepSeek: "Insufficient Balance"; in Chinese at its other host.
    &["insufficient balance"],
    &["余额不足"],
    // OpenRouter: "Insufficient credits", "This request requires more credits, or fewer max_tokens."
    &["insufficient credit"],
    &["requires more credits"],
    &["key limit exceeded"],
    &["free-models-per-day"],
    // Anthropic: "Your credit balance is too low", "You have reached your specified API usage
    // limits. You will regain access on ..".
    &["credit balance is too low"],
    &["reached your specified api usage limits"],
    // xAI: "has either used all available credits or reached its monthly spending limit".
    &["used all available credits"],
    &["monthly spending limit"],
    // Google: "Your prepayment credits are depleted."
    &["credits are depleted"],
    // Hugging Face: "You have exceeded your monthly included credits".
    &["exceeded your monthly"],
    // OpenAI.
    &["billing hard limit"],
    &["hard billing limit"],
    &["usage limit has been reached"],
    &["exceededbudget"],
    // Cloudflare: "you have used up your daily free allocation of 10,000 neurons".
    &["used up your daily"],
    // Together, with status 429.
    &["credit limit exceeded"],
    // Ollama: "you have reached your weekly usage limit"; GitHub Copilot: "you've exceeded your
    // weekly rate limit".
    &["reached your", "usage limit"],
    // Moonshot: "You've reached kimi monthly usage limit for this billing cycle."
    &["monthly usage limit"],
    &["weekly usage limit"],
    &["limit for this billing cycle"],
    &["exceeded your weekly"],
    // ModelScope: "You have exceeded today's quota for model ..".
    &["today's quota"],
    // SiliconFlow, Novita, Volcengine, Groq.
    &["balance is insufficient"],
    &["not enough balance"],
    &["overdue balance"],
    &["spend limit exceeded"],
    &["insufficient funds"],
    // One API and New API: "该令牌额度已用尽", "用户额度不足", "用户剩余额度: ..".
    &["额度已用尽"],
    &["额度不足"],
    &["用户剩余额度"],
    // Z.AI's plans.
    &["limit exhausted"],
    // OpenCode's plans: "Monthly usage limit reached."
    &["usage limit reached"],
    // Google, for a model that the free tier does not have: "Quota exceeded for metric: .., limit: 0,
    // model: ..".
    &["quota exceeded for metric", "limit: 0,"],
    // OpenAI: "Your account is not active, please check your billing details on our website."
    &["not active", "check your billing"],
    &["out of credit"],
    &["run out of credit"],
    &["no credits left"],
    &["no credits remaining"],
    &["out of budget"],
    &["please recharge"],
    &["payment required"],
    &["欠费"],
    &["余额为"],
    &["请充值"],
];

/// The exhausted limit may also be per minute: Google and DashScope use these messages for both.
pub(super) const PERHAPS_SPENT: &[&[&str]] = &[
    &["insufficient_quota"],
    &["please check your plan and billing details"],
    // Google's daily limits, for gateways that pass on only the message.
    &["quota exceeded", "per day"],
    // DashScope, gateways: "The quota has been exhausted. It will reset at ..", "All accounts have
    // exhausted their quota (reset after 5m)".
    &["quota has been exhausted"],
    &["exhausted their quota"],
];

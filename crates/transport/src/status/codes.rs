//! Meaning of the codes and types of providers, as data.
//!
//! Codes are compared without case and separators, so `ResponsibleAIPolicyViolation`,
//! `content_filter` and `CONTENT-FILTER` each need one row. Rows specific to one provider name
//! their source; the others are OpenAI's, which most servers reuse:
//! <https://platform.openai.com/docs/guides/error-codes>,
//! <https://platform.openai.com/docs/api-reference/responses/object>.

use super::cause::Cause;

/// Codes that are more specific than any status. The first row that the code contains counts.
pub(super) const FIRM: &[(&str, Cause)] = &[
    ("contextlength", Cause::ContextTooLong),
    ("contextwindow", Cause::ContextTooLong),
    // llama.cpp: exceed_context_size_error.
    ("contextsize", Cause::ContextTooLong),
    ("promptistoolong", Cause::ContextTooLong),
    ("prompttoolong", Cause::ContextTooLong),
    ("inputtoolong", Cause::ContextTooLong),
    // GitHub Copilot: model_max_prompt_tokens_exceeded; GitHub Models: tokens_limit_reached.
    ("maxprompttokens", Cause::ContextTooLong),
    ("tokenslimitreached", Cause::ContextTooLong),
    // Anthropic and Groq, with status 413: <https://docs.anthropic.com/en/api/errors>.
    ("requesttoolarge", Cause::ContextTooLong),
    ("contentfilter", Cause::Filtered),
    ("contentpolicy", Cause::Filtered),
    ("contentmoderation", Cause::Filtered),
    ("moderationblocked", Cause::Filtered),
    ("safetyviolation", Cause::Filtered),
    ("prohibitedcontent", Cause::Filtered),
    ("cyberpolicy", Cause::Filtered),
    // Volcengine: InputTextSensitiveContentDetected.
    ("sensitivecontent", Cause::Filtered),
    // Gateways in China: sensitive_words_detected, new_sensitive.
    ("sensitiveword", Cause::Filtered),
    ("newsensitive", Cause::Filtered),
    // Azure, in `innererror`.
    ("responsibleai", Cause::Filtered),
    // DashScope: <https://www.alibabacloud.com/help/en/model-studio/error-code>.
    ("datainspectionfailed", Cause::Filtered),
    // DashScope uses this code for a used-up free tier as well as for a limit per minute.
    ("freetieronly", Cause::QuotaExhausted),
    ("arrearage", Cause::QuotaExhausted),
    ("insufficientquota", Cause::QuotaExhausted),
    ("insufficientuserquota", Cause::QuotaExhausted),
    ("insufficientbalance", Cause::QuotaExhausted),
    ("insufficientcredit", Cause::QuotaExhausted),
    ("insufficientfunds", Cause::QuotaExhausted),
    // Moonshot: <https://platform.moonshot.ai/docs/api/chat>.
    ("exceededcurrentquota", Cause::QuotaExhausted),
    // LiteLLM: terminal_quota_exhausted (<https://github.com/NousResearch/hermes-agent/pull/106427>); Google, in
    // `details`: QUOTA_EXHAUSTED.
    ("quotaexhausted", Cause::QuotaExhausted),
    // ChatGPT plans, organisations of OpenAI.
    ("usagelimit", Cause::QuotaExhausted),
    ("usagenotincluded", Cause::QuotaExhausted),
    ("spendlimit", Cause::QuotaExhausted),
    ("spendinglimit", Cause::QuotaExhausted),
    ("creditbalance", Cause::QuotaExhausted),
    ("outofcredit", Cause::QuotaExhausted),
    ("creditsexhausted", Cause::QuotaExhausted),
    // Spending limits of gateways: daily_cost_limit_exceeded, monthly_cost_limit_exceeded.
    ("costlimit", Cause::QuotaExhausted),
    ("billinghardlimit", Cause::QuotaExhausted),
    ("billingnotactive", Cause::QuotaExhausted),
    // Anthropic, with status 402.
    ("billingerror", Cause::QuotaExhausted),
    ("paymentrequired", Cause::QuotaExhausted),
    // Groq's spending limit, with status 400: <https://console.groq.com/docs/spend-limits>.
    ("blockedapiaccess", Cause::QuotaExhausted),
    // Together.
    ("creditlimit", Cause::QuotaExhausted),
    // Novita.
    ("notenoughbalance", Cause::QuotaExhausted),
    // Volcengine, with status 403: AccountOverdueError; Baidu: account_overdue.
    ("accountoverdue", Cause::QuotaExhausted),
    // New API.
    ("tokenquotafailed", Cause::QuotaExhausted),
    // GitHub Copilot: user_weekly_rate_limited.
    ("weeklyratelimited", Cause::QuotaExhausted),
    // LiteLLM's own budgets.
    ("budgetexceeded", Cause::QuotaExhausted),
    // GitHub Copilot's monthly allowance.
    ("quotaexceeded", Cause::QuotaExhausted),
    // OpenAI, with status 400 or 404.
    ("previousresponsenotfound", Cause::Gone),
    // Google names the limit: GenerateRequestsPerDayPerProjectPerModel-FreeTier.
    ("perday", Cause::QuotaExhausted),
];

/// Codes that are more specific than an unspecific status (400, 413, 422, 500, 502) but less
/// specific than any other.
pub(super) const SOFT: &[(&str, Cause)] = &[
    ("ratelimit", Cause::RateLimited),
    ("toomanyrequests", Cause::RateLimited),
    ("throttl", Cause::RateLimited),
    ("resourceexhausted", Cause::RateLimited),
    ("overloaded", Cause::Overloaded),
    ("slowdown", Cause::Overloaded),
    ("unavailable", Cause::Overloaded),
    ("capacity", Cause::Overloaded),
    ("invalidapikey", Cause::Authentication),
    // Google, in `details`.
    ("apikeyinvalid", Cause::Authentication),
    ("incorrectapikey", Cause::Authentication),
    ("authentication", Cause::Authentication),
    ("unauthenticated", Cause::Authentication),
    ("unauthorized", Cause::Authentication),
    ("permission", Cause::PermissionDenied),
    ("accessdenied", Cause::PermissionDenied),
    ("unsupportedcountry", Cause::PermissionDenied),
    ("notfound", Cause::NotFound),
    // Mistral: invalid_model.
    ("invalidmodel", Cause::NotFound),
    // GitHub Copilot.
    ("modelnotsupported", Cause::NotFound),
    ("unsupportedmodel", Cause::NotFound),
    // An error of the server's own search; unrelated to the time of a request.
    ("vectorstoretimeout", Cause::Server),
    ("timeout", Cause::Timeout),
];

/// Codes that identify an error of the request even if the status reports one of the server:
/// gateways pass rejections on as 500 or 502.
pub(super) const REQUEST: &[(&str, Cause)] = &[
    ("invalidrequest", Cause::Invalid),
    ("badrequest", Cause::Invalid),
    ("invalidargument", Cause::Invalid),
    ("invalidparameter", Cause::Invalid),
    ("unknownparameter", Cause::Invalid),
    ("unsupportedparameter", Cause::Invalid),
    ("unsupportedvalue", Cause::Invalid),
    ("toolusefailed", Cause::Invalid),
];

/// Codes that are less specific than any status.
pub(super) const VAGUE: &[(&str, Cause)] = &[
    ("servererror", Cause::Server),
    ("image", Cause::Invalid),
    ("invalid", Cause::Invalid),
    ("validation", Cause::Invalid),
];

/// Numeric codes of Z.AI, which have no type: <https://docs.z.ai/api-reference/api-code>.
pub(super) const ZAI: &[(&str, Cause)] = &[
    ("1000", Cause::Authentication),
    ("1001", Cause::Authentication),
    ("1002", Cause::Authentication),
    ("1003", Cause::Authentication),
    ("1004", Cause::Authentication),
    ("1113", Cause::QuotaExhausted),
    ("1211", Cause::NotFound),
    ("1220", Cause::PermissionDenied),
    ("1234", Cause::Server),
    ("1261", Cause::ContextTooLong),
    ("1301", Cause::Filtered),
    ("1302", Cause::RateLimited),
    ("1303", Cause::RateLimited),
    ("1304", Cause::QuotaExhausted),
    ("1305", Cause::RateLimited),
    ("1308", Cause::QuotaExhausted),
    ("1309", Cause::QuotaExhausted),
    ("1310", Cause::QuotaExhausted),
];

/// Numeric codes in MiniMax's `base_resp`:
/// <https://platform.minimax.io/docs/api-reference/errorcode>.
pub(super) const MINIMAX: &[(&str, Cause)] = &[
    ("1000", Cause::Server),
    ("1001", Cause::Timeout),
    ("1002", Cause::RateLimited),
    ("1004", Cause::Authentication),
    ("1008", Cause::QuotaExhausted),
    ("1013", Cause::Server),
    ("1024", Cause::Server),
    ("1026", Cause::Filtered),
    ("1027", Cause::Filtered),
    ("1033", Cause::Server),
    ("1039", Cause::RateLimited),
    ("2013", Cause::Invalid),
    ("2045", Cause::RateLimited),
    ("2049", Cause::Authentication),
    ("2056", Cause::QuotaExhausted),
];

/// Normalizes a code for comparison: ASCII letters and digits, in lower case.
pub(super) fn squeezed(code: &str) -> String {
    code.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}

/// Looks up the normalized `codes` in `table`; returns the first match.
pub(super) fn look_up(table: &[(&str, Cause)], codes: &[String]) -> Option<Cause> {
    codes.iter().find_map(|code| {
        let known = table.iter().find(|(name, _)| code.contains(name));
        known.map(|(_, cause)| *cause)
    })
}

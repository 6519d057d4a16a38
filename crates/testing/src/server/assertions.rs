//! Assertions on requests; each prints the entire request on failure.

use std::fmt::Debug;

use serde_json::Value;

use super::ReceivedRequest;

/// # Assertions
///
/// Each returns the request, so that they can be chained.
///
/// ```no_run
/// # async fn example(server: geppetto_testing::ProviderServer) {
/// server
///     .next_request()
///     .await
///     .assert_model("test-model")
///     .assert_tool_names(&["lookup_weather"])
///     .assert_tool_output("call_1", "21 C");
/// # }
/// ```
///
/// # Panics
///
/// If the assertion does not hold.
impl ReceivedRequest {
    /// Asserts the model.
    #[track_caller]
    pub fn assert_model(&self, expected: &str) -> &Self {
        self.assert_equal("model", &self.model(), &Some(expected))
    }

    /// Asserts the path, without the query.
    #[track_caller]
    pub fn assert_path(&self, expected: &str) -> &Self {
        self.assert_equal("path", self.path(), expected)
    }

    /// Asserts the value of a header. A failure does not print the values, which may be keys.
    #[track_caller]
    pub fn assert_header(&self, name: &str, expected: &str) -> &Self {
        let found = match self.header(name) {
            None => "missing",
            Some(value) if value == expected => "as expected",
            Some(_) => "different",
        };
        self.assert_equal(&format!("header {name}"), found, "as expected")
    }

    /// Asserts the value at a JSON pointer (such as `/messages/0/role`); null also matches an
    /// absent value.
    #[track_caller]
    pub fn assert_json(&self, pointer: &str, expected: &Value) -> &Self {
        let found = self.json().pointer(pointer).unwrap_or(&Value::Null);
        self.assert_equal(pointer, found, expected)
    }

    /// Asserts the roles of the messages.
    #[track_caller]
    pub fn assert_roles(&self, expected: &[&str]) -> &Self {
        let found: Vec<&str> = self
            .messages()
            .iter()
            .map(|message| message["role"].as_str().unwrap_or_default())
            .collect();
        self.assert_equal("roles", found.as_slice(), expected)
    }

    /// Asserts the text of the last message.
    #[track_caller]
    pub fn assert_last_message_text(&self, expected: &str) -> &Self {
        let found = self.last_message_text();
        self.assert_equal(
            "text of the last message",
            &found.as_deref(),
            &Some(expected),
        )
    }

    /// Asserts the names of the offered tools, in order.
    #[track_caller]
    pub fn assert_tool_names(&self, expected: &[&str]) -> &Self {
        self.assert_equal("tool names", self.tool_names().as_slice(), expected)
    }

    /// Asserts the result of a tool call.
    #[track_caller]
    pub fn assert_tool_output(&self, call_id: &str, expected: &str) -> &Self {
        let found = self.tool_output(call_id);
        let what = format!("result of {call_id}");
        self.assert_equal(&what, &found.as_deref(), &Some(expected))
    }

    #[track_caller]
    #[allow(clippy::panic, reason = "an assertion fails by panicking")]
    fn assert_equal<T: PartialEq + Debug + ?Sized>(
        &self,
        what: &str,
        found: &T,
        expected: &T,
    ) -> &Self {
        if found == expected {
            return self;
        }
        panic!("{what}: found {found:?}, expected {expected:?}, in this request:\n\n{self}\n");
    }
}

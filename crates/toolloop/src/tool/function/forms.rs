//! Forms of a tool function: with or without an argument written by the model, and with up to three
//! arguments provided by the application.

use std::future::Future;

use geppetto_engine::Extensions;
use serde::de::DeserializeOwned;

use super::{NoArgs, ToolFn};
use crate::tool::{FromToolContext, IntoToolOutput, ToolContext, ToolError, ToolOutput};

/// Marks a function without an argument written by the model.
#[derive(Debug)]
pub struct Without;

/// Marks a function with an argument written by the model.
#[derive(Debug)]
pub struct With<A>(A);

macro_rules! forms {
    ($($from:ident),*) => {
        impl<F, Fut, K, $($from,)*> ToolFn<(Without, ($($from,)*), K)> for F
        where
            F: Fn($($from),*) -> Fut + Send + Sync + 'static,
            Fut: Future<Output: IntoToolOutput<K>> + Send,
            $($from: FromToolContext,)*
        {
            type Args = NoArgs;

            #[allow(unused_variables, reason = "a form without arguments of the application")]
            async fn call(&self, _: NoArgs, ctx: ToolContext) -> Result<ToolOutput, ToolError> {
                self($($from::from_tool_context(&ctx)?),*).await.into_tool_output()
            }

            #[allow(unused_variables, reason = "a form without arguments of the application")]
            fn missing_state(state: &Extensions) -> Option<&'static str> {
                None$(.or_else(|| $from::missing_state(state)))*
            }
        }

        impl<F, A, Fut, K, $($from,)*> ToolFn<(With<A>, ($($from,)*), K)> for F
        where
            F: Fn(A, $($from),*) -> Fut + Send + Sync + 'static,
            A: DeserializeOwned + Send,
            Fut: Future<Output: IntoToolOutput<K>> + Send,
            $($from: FromToolContext,)*
        {
            type Args = A;

            #[allow(unused_variables, reason = "a form without arguments of the application")]
            async fn call(&self, args: A, ctx: ToolContext) -> Result<ToolOutput, ToolError> {
                self(args, $($from::from_tool_context(&ctx)?),*).await.into_tool_output()
            }

            #[allow(unused_variables, reason = "a form without arguments of the application")]
            fn missing_state(state: &Extensions) -> Option<&'static str> {
                None$(.or_else(|| $from::missing_state(state)))*
            }
        }
    };
}

forms!();
forms!(X1);
forms!(X1, X2);
forms!(X1, X2, X3);

//! The demo provider as an engine.

use std::sync::Arc;

use async_trait::async_trait;
use geppetto_engine::{
    Engine, EngineError, ErrorKind, InferenceConfig, RunContext, StructuredOutput,
};
use geppetto_providers_openai::ChatEngine;
use geppetto_settings::InferenceSettings;
use geppetto_testing::{ProviderServer, demo};
use geppetto_turns::{InferenceResult, Turn};
use tokio::sync::OnceCell;

use crate::{FactoryError, StandardFactory};

impl StandardFactory {
    /// Creates an engine for the demo provider.
    #[allow(
        clippy::unnecessary_wraps,
        clippy::unused_self,
        reason = "the form of the other providers"
    )]
    pub(crate) fn demo(
        &self,
        settings: &InferenceSettings,
    ) -> Result<Arc<dyn Engine>, FactoryError> {
        Ok(Arc::new(DemoEngine {
            defaults: settings.inference_config(),
            output: settings.structured_output(),
            started: OnceCell::new(),
        }))
    }
}

/// Starts the demo provider with the first call, on the runtime of that call. Asks it over a local connection.
#[derive(Debug)]
struct DemoEngine {
    defaults: InferenceConfig,
    output: Option<StructuredOutput>,
    started: OnceCell<(ProviderServer, ChatEngine)>,
}

impl DemoEngine {
    async fn start(&self) -> Result<(ProviderServer, ChatEngine), EngineError> {
        let server = demo::provider().await.map_err(|error| {
            EngineError::new(ErrorKind::Connect, "the demo provider cannot be started")
                .with_source(error)
        })?;
        let mut builder = ChatEngine::builder(demo::MODEL)
            .base_url(server.base_url())
            .provider_name("demo")
            .defaults(self.defaults.clone());
        if let Some(output) = &self.output {
            builder = builder.structured_output(output.clone());
        }
        let engine = builder.build()?;
        Ok((server, engine))
    }
}

#[async_trait]
impl Engine for DemoEngine {
    async fn run_inference(
        &self,
        ctx: &RunContext,
        turn: &mut Turn,
    ) -> Result<InferenceResult, EngineError> {
        let (_, engine) = self.started.get_or_try_init(|| self.start()).await?;
        engine.run_inference(ctx, turn).await
    }
}

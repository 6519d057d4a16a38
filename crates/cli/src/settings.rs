//! `geppetto settings`.

use crate::{
    failure::Failure,
    say,
    server::{Server, ServerFlags},
};

/// Print the settings in use, and where each value comes from. Keys are masked.
///
/// With --print-inference-settings, the values of all layers as YAML.
#[derive(Debug, clap::Args)]
pub(crate) struct Settings {
    #[command(flatten)]
    server: ServerFlags,
}

impl Settings {
    /// Runs the verb.
    pub(crate) async fn run(self) -> Result<(), Failure> {
        let server = Server::choose(&self.server).await?;
        server.announce();
        let resolved = server.resolved();
        for file in &resolved.files {
            say::detail(&format!("read {}", file.display()));
        }
        let text = match self.server.settings.print() {
            Some(print) => print.render(resolved),
            None => geppetto_settings::print::table(resolved),
        };
        say::out(&text)
    }
}

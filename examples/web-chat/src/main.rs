//! A chat in the browser: answers stream into all windows, a tool asks before it acts, and
//! conversations in a file continue after a restart.
//!
//! ```text
//! $ cargo run -p web-chat -- --file chat.db
//! ```
//!
//! Expected output: the block in this example's README.md, which a test compares.

mod tools;

use std::{path::PathBuf, process::ExitCode, sync::Arc, time::Duration};

use clap::Parser;
use example_run::println;
use example_support::{Failure, Options, main_with};
use geppetto_enginebuilder::Builder;
use geppetto_host::Host;
use geppetto_store::{MemoryStore, SessionStore};
use geppetto_store_sqlite::SqliteStore;
use geppetto_web::{Profile, ServeOptions, router, serve};
use tokio::{net::TcpListener, signal};

#[derive(Debug, Parser)]
#[command(about = "Serves a chat for the browser")]
struct Cli {
    #[command(flatten)]
    options: Options,
    /// Port on this machine; 0 is any free one.
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// SQLite file of the conversations. By default they end with the program.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    main_with(&cli.options, async |provider, _| {
        let engine = provider.engine_with(|settings| {
            if settings.api_type() == "openai" {
                settings.chat.api_type = Some("openai-responses".to_owned());
            }
            let summary = &mut settings.openai.reasoning_summary;
            summary.get_or_insert_with(|| "auto".to_owned());
        })?;
        let builder = Builder::new(engine)
            .tools(tools::registry().map_err(|error| Failure::Setting(error.to_string()))?)
            .tool_executor(tools::Ask);
        let run = |error: &dyn std::fmt::Display| Failure::Run(error.to_string());
        let store: Arc<dyn SessionStore> = match &cli.file {
            Some(file) => Arc::new(SqliteStore::open(file).await.map_err(|own| run(&own))?),
            None => Arc::new(MemoryStore::new()),
        };
        let host = Host::builder(store, builder).owner("web-chat").build();
        host.recover().await.map_err(|error| run(&error))?;

        let options = geppetto_web::Options::new()
            .title("geppetto")
            .profile(Profile::new("default").title("Default"))
            .profile(
                Profile::new("brief")
                    .title("Brief")
                    .description("Answers of at most 300 tokens")
                    .apply(|request| request.with(|prompt| prompt.settings(tools::brief()))),
            );
        let listener = TcpListener::bind(("127.0.0.1", cli.port)).await;
        let listener = listener.map_err(|error| run(&error))?;
        let address = listener.local_addr().map_err(|error| run(&error))?;
        println!("Open http://{address}/ in a browser. Ctrl-C ends the server.");
        let stopped = async {
            // Without signals, the server runs until it is killed.
            if signal::ctrl_c().await.is_err() {
                std::future::pending::<()>().await;
            }
        };
        let serving = ServeOptions::new().shutdown_on(stopped);
        let served = serve(listener, router(host.clone(), options), serving).await;
        host.shutdown(Duration::from_secs(2)).await;
        served.map_err(|error| run(&error))
    })
}

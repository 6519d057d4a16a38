//! The frame of an example: settings, provider, prompts, exit code.

use std::{future::Future, io::Write, process::ExitCode, sync::Arc};

use geppetto_session::{ExecutionHandle, Session};

use crate::{Failure, Options, Printer, Provider, interrupts::Interrupts};

/// Runs an example: resolves the settings, chooses and names the provider, and turns a failure into
/// a line on stderr and an exit code.
///
/// `example` creates the session from the provider and the printer, and converses.
pub fn main_with<F, R>(options: &Options, example: F) -> ExitCode
where
    F: FnOnce(Arc<Provider>, Arc<Printer>) -> R,
    R: Future<Output = Result<(), Failure>>,
{
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return exit(&Failure::Run(format!("cannot start the runtime: {error}"))),
    };
    match runtime.block_on(run(options, example)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => exit(&failure),
    }
}

async fn run<F, R>(options: &Options, example: F) -> Result<(), Failure>
where
    F: FnOnce(Arc<Provider>, Arc<Printer>) -> R,
    R: Future<Output = Result<(), Failure>>,
{
    let provider = Arc::new(Provider::choose(options).await?);
    if let Some(print) = options.settings.print() {
        // Whoever looks at the settings wants to know what is wrong with them.
        warn(&provider);
        let settings = print.render(provider.resolved());
        let printed = write!(std::io::stdout(), "{settings}");
        return printed.map_err(|_| Failure::OutputClosed);
    }
    say(provider.about());
    warn(&provider);
    let printer = Printer::new(provider.output());
    example(provider, printer).await
}

fn warn(provider: &Provider) {
    for warning in &provider.resolved().warnings {
        say(&format!("warning: {warning}"));
    }
}

/// Submits a prompt and waits for the run; Ctrl-C or a closed output cancels it.
///
/// # Errors
///
/// If the run could not start, failed, or was cancelled. The partial output is printed and kept in
/// the session's history.
pub async fn converse(
    session: &Session,
    prompt: &str,
    provider: &Provider,
    printer: &Printer,
) -> Result<(), Failure> {
    converse_until(
        session,
        prompt,
        provider,
        printer,
        &mut Interrupts::listen(),
    )
    .await
}

/// Like [`converse`], with interrupts that the caller already listens to.
pub(crate) async fn converse_until(
    session: &Session,
    prompt: &str,
    provider: &Provider,
    printer: &Printer,
    interrupts: &mut Interrupts,
) -> Result<(), Failure> {
    let run = session.submit(prompt).await?;
    follow_until(run, provider, printer, interrupts).await
}

/// Waits for a run that has started; Ctrl-C or a closed output cancels it.
///
/// # Errors
///
/// If the run failed or was cancelled. The partial output is printed and kept in the session's
/// history.
pub async fn follow(
    run: ExecutionHandle,
    provider: &Provider,
    printer: &Printer,
) -> Result<(), Failure> {
    follow_until(run, provider, printer, &mut Interrupts::listen()).await
}

async fn follow_until(
    run: ExecutionHandle,
    provider: &Provider,
    printer: &Printer,
    interrupts: &mut Interrupts,
) -> Result<(), Failure> {
    let mut events = run.events();
    loop {
        tokio::select! {
            event = events.next() => match event {
                None => break,
                Some(_) if printer.is_closed() => {
                    run.cancel();
                    run.outcome().await;
                    return Err(Failure::OutputClosed);
                }
                Some(_) => {}
            },
            () = interrupts.next() => return Err(interrupt(&run).await),
        }
    }
    let has_key = provider.has_key();
    match run.wait().await {
        Ok(_) => Ok(()),
        Err(error) => Err(Failure::of_run(&error, has_key)),
    }
}

async fn interrupt(run: &ExecutionHandle) -> Failure {
    run.cancel();
    run.outcome().await;
    Failure::Interrupted
}

fn exit(failure: &Failure) -> ExitCode {
    match failure {
        Failure::OutputClosed => {}
        Failure::Interrupted => say("interrupted"),
        other => say(&format!("error: {other}")),
    }
    ExitCode::from(failure.exit_code())
}

/// Prints a line to stderr. A broken stderr cannot be reported anywhere better.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

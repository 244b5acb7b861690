//! Parses the command line, sets up the process, and hands over to `commands`.

mod commands;

use std::{env, process::ExitCode, time::Duration};

use pullscope::{
    cli::Cli,
    domain::{error::UserError, sanitize},
    headless::warn,
    runtime::terminal,
};

/// Exit code of a command that could not run.
const COULD_NOT_RUN: u8 = 2;

fn main() -> color_eyre::Result<ExitCode> {
    let cli = Cli::parse_or_exit(env::args_os().collect());
    color_eyre::install()?;
    terminal::install_panic_hook();
    // kube and the registry probe share one TLS provider; without a choice here, a second user of
    // rustls makes the first handshake panic.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        // One decodes while another waits for the network; the loop has the main thread. A thread for
        // each of many cores would only keep memory of its own.
        .worker_threads(2)
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(commands::run(cli));
    // Tasks are dropped, so that what they started ends with them; a thread that still waits for a name
    // server must not hold up the shell prompt. Only the dashboard changes anything in a cluster, and it has
    // waited for its changes (`runtime::active_changes`).
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome.or_else(report_error)
}

/// Prints the error of the user; any other error is a bug, and is reported as one.
fn report_error(report: color_eyre::Report) -> color_eyre::Result<ExitCode> {
    let problem: UserError = report.downcast()?;
    // It may hold names and messages of a cluster.
    warn(&sanitize::lines(&problem.to_string()));
    Ok(ExitCode::from(COULD_NOT_RUN))
}

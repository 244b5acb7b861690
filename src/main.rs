//! Table of contents: parse, connect, hand over.

mod answer;
mod asked;
mod check;
mod dashboard;
mod demo;
mod demo_network;
mod doctor;
mod listings;

use std::{env, io, process::ExitCode, time::Duration};

use answer::{console, exit, print};
use pullscope::{
    cli::{self, Cli, Command, Demo},
    domain::{error::UserError, sanitize},
    headless::{explain, match_image, rbac, verify, warn},
    runtime::{resolved_settings, terminal},
};

/// A run that could not be begun.
const COULD_NOT_RUN: u8 = 2;

fn main() -> color_eyre::Result<ExitCode> {
    let cli = Cli::read(env::args_os().collect());
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
    let outcome = runtime.block_on(dispatch(cli));
    // Tasks are dropped, so that what they started ends with them; a thread that still waits for a name
    // server must not hold up the shell prompt. Only the dashboard changes anything in a cluster, and it has
    // waited for its changes (`runtime::active_changes`).
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome.or_else(refuse)
}

/// Only what needs the settings reads them, so that a broken file stands in nobody else's way.
async fn dispatch(cli: Cli) -> color_eyre::Result<ExitCode> {
    let global = &cli.global;
    match cli.command {
        None if global.demo => demo::run(&Demo::default(), global).await,
        None => dashboard::on_kubernetes(global).await,
        Some(Command::Demo(args)) => demo::run(&args, global).await,
        Some(Command::Doctor(args)) => doctor::run(&args, global).await,
        Some(Command::Config(what)) => listings::run(&what, global),
        Some(Command::Check(args)) => check::run(&args, global).await,
        Some(Command::Explain(args)) => {
            let stdin = io::stdin().lock();
            exit(explain::run(&args, stdin, console(), io::stdout()))
        }
        Some(Command::Match(args)) => {
            let options = asked::connection(global);
            let (stdin, stdout) = (io::stdin(), io::stdout());
            exit(match_image::run(&args, &options, stdin, console(), stdout).await)
        }
        Some(Command::Verify(args)) => {
            let options = asked::connection(global);
            let asking = resolved_settings::registries(&asked::settings(global)?.settings)?;
            let (stdin, stdout) = (io::stdin(), io::stdout());
            let asked = verify::run(&args, &options, asking, stdin, console(), stdout);
            // Most runs do without, and need not carry its state about.
            exit(Box::pin(asked).await)
        }
        Some(Command::Rbac(args)) => {
            let namespace = global.namespace.as_deref();
            exit(rbac::run(&args, namespace, io::stdout()))
        }
        Some(Command::Completions { shell }) => print(&cli::completions(shell)),
        Some(Command::Complete { words }) => print(cli::proposals(&words).as_bytes()),
        Some(Command::Man { command }) => print(&manual(command.as_deref())?),
    }
}

fn manual(command: Option<&str>) -> color_eyre::Result<Vec<u8>> {
    let page = cli::manual(command).ok_or_else(|| {
        UserError::new(format!("unknown command {}", command.unwrap_or("")))
            .with_help("run pullscope --help for the list")
    })?;
    Ok(page?)
}

/// What could not be begun is told in its own words; any other error is a fault of the program.
fn refuse(report: color_eyre::Report) -> color_eyre::Result<ExitCode> {
    let problem: UserError = report.downcast()?;
    // Names and messages of a cluster stand in it.
    warn(&sanitize::lines(&problem.to_string()));
    Ok(ExitCode::from(COULD_NOT_RUN))
}

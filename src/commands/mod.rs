//! Joins what a command needs from several layers: settings, cluster, registries, the demo.
//!
//! A command that connects to something is a file of its own; the others are here. Only `demo` and
//! `demo_registries` may know the sandbox.

mod args;
mod check;
mod config;
mod dashboard;
mod demo;
mod demo_registries;
mod doctor;
mod output;

use std::{io, process::ExitCode};

use pullscope::{
    cli::{self, Cli, Command, DemoArgs, GlobalArgs},
    domain::error::UserError,
    headless::{explain, match_image, rbac, verify},
    runtime::resolved_settings,
};

use output::{console, exit_code, print};

/// Runs a command; without one, the dashboard.
///
/// Only what needs the settings loads them, so that a broken file stops nothing else.
pub async fn run(cli: Cli) -> color_eyre::Result<ExitCode> {
    let global = &cli.global;
    if global.demo
        && cli
            .command
            .as_ref()
            .is_some_and(|command| !command.can_use_demo())
    {
        return Err(
            UserError::new("--demo works with the dashboard and check only")
                .with_help("pullscope demo --serve prints a kubeconfig for the other commands")
                .into(),
        );
    }
    match cli.command {
        None if global.demo => demo::run(&DemoArgs::default(), global).await,
        None => dashboard::on_kubernetes(global).await,
        Some(Command::Demo(args)) => demo::run(&args, global).await,
        Some(Command::Doctor(args)) => doctor::run(&args, global).await,
        Some(Command::Config(command)) => config::run(&command, global),
        Some(Command::Check(args)) => check::run(&args, global).await,
        Some(Command::Explain(args)) => {
            let stdin = io::stdin().lock();
            exit_code(explain::run(&args, stdin, console(), io::stdout()))
        }
        Some(Command::Match(args)) => {
            let options = args::connect_options(global);
            let (stdin, stdout) = (io::stdin(), io::stdout());
            exit_code(match_image::run(&args, &options, stdin, console(), stdout).await)
        }
        Some(Command::Verify(args)) => verify(&args, global).await,
        Some(Command::Rbac(args)) => {
            let namespace = global.namespace.as_deref();
            exit_code(rbac::run(&args, namespace, io::stdout()))
        }
        Some(Command::Completions { shell }) => print(&cli::completions(shell)),
        Some(Command::Complete { words }) => print(cli::kubectl_completions(&words).as_bytes()),
        Some(Command::Man { command }) => print(&manual(command.as_deref())?),
    }
}

async fn verify(args: &verify::Args, global: &GlobalArgs) -> color_eyre::Result<ExitCode> {
    let options = args::connect_options(global);
    let settings = resolved_settings::registries(&args::load_settings(global)?.settings)?;
    let (stdin, stdout) = (io::stdin(), io::stdout());
    // Boxed, so that other commands do not carry its large state.
    let result = Box::pin(verify::run(
        args,
        &options,
        settings,
        stdin,
        console(),
        stdout,
    ));
    exit_code(result.await)
}

fn manual(command: Option<&str>) -> color_eyre::Result<Vec<u8>> {
    let page = cli::manual(command).ok_or_else(|| {
        UserError::new(format!("unknown command {}", command.unwrap_or("")))
            .with_help("run pullscope --help for the list")
    })?;
    Ok(page?)
}

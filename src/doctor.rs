//! `pullscope doctor`: what is known of this machine, and then the cluster.

use std::{env, io, process::ExitCode};

use pullscope::{
    cli::Global,
    cluster::Connection,
    config::{LoadedSettings, Settings, XdgPaths},
    domain::error::UserError,
    headless::doctor::{self, Args, Line},
    runtime::{
        capabilities::TerminalCapabilities,
        resolved_settings::{self, ResolvedSettings},
        terminal,
    },
};

use crate::{answer, asked};

pub async fn run(args: &Args, global: &Global) -> color_eyre::Result<ExitCode> {
    let (settings, configuration) = match asked::settings(global) {
        Ok(loaded) => {
            let line = configuration(&loaded);
            (loaded.settings, line)
        }
        // A broken one keeps nobody from looking at the rest.
        Err(problem) => (
            Settings::default(),
            Line::problem("configuration", &problem),
        ),
    };
    let known = vec![version(), configuration, log(), terminal()];
    let connection = Connection::open(&asked::connection(global)).await;
    let connection = connection.map_err(UserError::from);
    let namespace = match (&connection, global.all_namespaces) {
        (Ok(connection), false) => Some(connection.namespace.clone()),
        _ => None,
    };
    let asking = resolved_settings::registries(&settings).unwrap_or_default();
    let (console, stdout) = (answer::console(), io::stdout());
    answer::exit(doctor::run(args, known, connection, namespace, asking, console, stdout).await)
}

fn version() -> Line {
    let (os, arch) = (env::consts::OS, env::consts::ARCH);
    let version = env!("CARGO_PKG_VERSION");
    Line::ok("pullscope", format!("{version} on {os} {arch}"))
}

fn configuration(loaded: &LoadedSettings) -> Line {
    let file = loaded.file.as_ref();
    let file = file.map_or("no file".to_owned(), |file| file.display().to_string());
    match ResolvedSettings::resolve(&loaded.settings) {
        Ok(_) => Line::ok("configuration", file),
        Err(problem) => Line::problem("configuration", &problem),
    }
}

fn log() -> Line {
    let file = XdgPaths::from_environment().log_file();
    let none = || "none: no home directory".to_owned();
    Line::ok(
        "log",
        file.map_or_else(none, |path| path.display().to_string()),
    )
}

fn terminal() -> Line {
    match terminal::check() {
        Ok(()) => Line::ok(
            "terminal",
            TerminalCapabilities::from_environment().to_string(),
        ),
        // A report is often written to a file.
        Err(problem) => Line::problem("terminal", &problem).but_no_failure(),
    }
}

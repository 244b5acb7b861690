//! `pullscope doctor`: what is known of this machine, and then the cluster.

use std::{env, io, process::ExitCode};

use pullscope::{
    cli::Global,
    cluster::Connection,
    config::{Loaded, Places, Settings},
    domain::error::UserError,
    headless::doctor::{self, Args, Line},
    runtime::{
        capabilities::Capabilities,
        terminal,
        wishes::{self, Wishes},
    },
};

use super::{args, output};

pub async fn run(args: &Args, global: &Global) -> color_eyre::Result<ExitCode> {
    let (settings, configuration) = match args::settings(global) {
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
    let connection = Connection::open(&args::connection(global)).await;
    let connection = connection.map_err(UserError::from);
    let namespace = match (&connection, global.all_namespaces) {
        (Ok(connection), false) => Some(connection.namespace.clone()),
        _ => None,
    };
    let asking = wishes::registries(&settings).unwrap_or_default();
    let (console, stdout) = (output::console(), io::stdout());
    output::exit(doctor::run(args, known, connection, namespace, asking, console, stdout).await)
}

fn version() -> Line {
    let (os, arch) = (env::consts::OS, env::consts::ARCH);
    let version = env!("CARGO_PKG_VERSION");
    Line::ok("pullscope", format!("{version} on {os} {arch}"))
}

fn configuration(loaded: &Loaded) -> Line {
    let file = loaded.file.as_ref();
    let file = file.map_or("no file".to_owned(), |file| file.display().to_string());
    match Wishes::of(&loaded.settings) {
        Ok(_) => Line::ok("configuration", file),
        Err(problem) => Line::problem("configuration", &problem),
    }
}

fn log() -> Line {
    let file = Places::from_environment().log_file();
    let none = || "none: no home directory".to_owned();
    Line::ok(
        "log",
        file.map_or_else(none, |path| path.display().to_string()),
    )
}

fn terminal() -> Line {
    match terminal::check() {
        Ok(()) => Line::ok("terminal", Capabilities::from_environment().to_string()),
        // A report is often written to a file.
        Err(problem) => Line::problem("terminal", &problem).but_no_failure(),
    }
}

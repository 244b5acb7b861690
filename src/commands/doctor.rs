//! `pullscope doctor`: version, configuration, log and terminal of this machine, then the cluster.

use std::{
    env,
    io::{self, IsTerminal},
    process::ExitCode,
};

use pullscope::{
    cli::GlobalArgs,
    cluster::Connection,
    config::{LoadedSettings, Settings, XdgPaths},
    domain::error::UserError,
    headless::doctor::{self, Args, CheckLine},
    runtime::{
        capabilities::TerminalCapabilities,
        resolved_settings::{self, ResolvedSettings},
        terminal,
    },
};

use super::{args, output};

pub async fn run(args: &Args, global: &GlobalArgs) -> color_eyre::Result<ExitCode> {
    let (settings, configuration) = match args::load_settings(global) {
        Ok(loaded) => {
            let line = configuration_line(&loaded);
            (loaded.settings, line)
        }
        // The rest is checked with the defaults.
        Err(problem) => (
            Settings::default(),
            CheckLine::problem("configuration", &problem),
        ),
    };
    let lines = vec![version_line(), configuration, log_line(), terminal_line()];
    let connection = Connection::open(&args::connect_options(global)).await;
    let connection = connection.map_err(UserError::from);
    let namespace = match (&connection, global.all_namespaces) {
        (Ok(connection), false) => Some(connection.namespace.clone()),
        _ => None,
    };
    let registry_settings = resolved_settings::registries(&settings).unwrap_or_default();
    let (console, stdout) = (output::console(), io::stdout());
    output::exit_code(
        doctor::run(
            args,
            lines,
            connection,
            namespace,
            registry_settings,
            console,
            stdout,
        )
        .await,
    )
}

fn version_line() -> CheckLine {
    let (os, arch) = (env::consts::OS, env::consts::ARCH);
    let version = env!("CARGO_PKG_VERSION");
    CheckLine::ok("pullscope", format!("{version} on {os} {arch}"))
}

fn configuration_line(loaded: &LoadedSettings) -> CheckLine {
    let file = loaded.file.as_ref();
    let file = file.map_or("no file".to_owned(), |file| file.display().to_string());
    match ResolvedSettings::resolve(&loaded.settings) {
        Ok(_) => CheckLine::ok("configuration", file),
        Err(problem) => CheckLine::problem("configuration", &problem),
    }
}

fn log_line() -> CheckLine {
    let file = XdgPaths::from_environment().log_file();
    let none = || "none: no home directory".to_owned();
    CheckLine::ok(
        "log",
        file.map_or_else(none, |path| path.display().to_string()),
    )
}

fn terminal_line() -> CheckLine {
    let streams = [
        io::stdin().is_terminal(),
        io::stdout().is_terminal(),
        io::stderr().is_terminal(),
    ];
    if !streams.contains(&true) {
        return CheckLine::skipped("terminal", "not tested: there is no terminal here");
    }
    // A report is often written to a file: the terminal is judged, and not where the report goes.
    match terminal::check_display() {
        Ok(()) => CheckLine::ok(
            "terminal",
            TerminalCapabilities::from_environment().to_string(),
        ),
        Err(problem) => CheckLine::problem("terminal", &problem).as_missing(),
    }
}

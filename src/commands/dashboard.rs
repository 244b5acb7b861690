//! The dashboard: settings, connection and terminal are checked before the terminal is taken.

use std::{process::ExitCode, sync::Arc};

use pullscope::{
    cli::GlobalArgs,
    cluster::apply::WritePermit,
    config::{Settings, XdgPaths},
    runtime::{
        self, DashboardOptions, Ending, Signals, StateFile,
        cluster_source::{Kubeconfig, SharedSource},
        log,
        resolved_settings::{self, ResolvedSettings},
        terminal,
    },
};

use super::args;

/// Exit status of a Rust program after a panic.
const PANICKED: u8 = 101;

/// Exit status if changes were not finished or a Secret was lost.
const UNFINISHED: u8 = 1;

/// Runs the dashboard on the cluster that the kubeconfig names.
pub async fn on_kubernetes(global: &GlobalArgs) -> color_eyre::Result<ExitCode> {
    let settings = args::load_settings(global)?.settings;
    let source = Arc::new(Kubeconfig {
        options: args::connect_options(global),
        registries: resolved_settings::registries(&settings)?,
    });
    let state = XdgPaths::from_environment().state_file();
    let state = state.filter(|_| settings.remember.value);
    run(source, global, &settings, state.map(StateFile::new)).await
}

/// Runs the dashboard on what `source` connects to.
pub async fn run(
    source: SharedSource,
    global: &GlobalArgs,
    settings: &Settings,
    state: Option<StateFile>,
) -> color_eyre::Result<ExitCode> {
    terminal::check()?;
    let resolved = ResolvedSettings::resolve(settings)?;
    if let Some(path) = XdgPaths::from_environment().log_file()
        && let Err(error) = log::start(&path, &global.log_level)
    {
        eprintln!(
            "pullscope: cannot write the log {}: {error}",
            path.display()
        );
    }
    // From here on: a plugin that asks its questions is ended with us, and no signal is lost between now
    // and the moment the terminal is taken.
    let mut signals = Signals::new()?;
    let connection = tokio::select! {
        status = signals.until_end() => return Ok(ExitCode::from(status)),
        connection = source.connect(None) => connection?,
    };
    let start = DashboardOptions {
        source,
        connection,
        scope: args::start_scope(global),
        theme_options: resolved.theme_options,
        preferences: resolved.preferences,
        state,
        permit: WritePermit::unless(settings.read_only.value),
        notify: resolved.notify,
    };
    Ok(match runtime::run(start, signals).await? {
        Ending::Quit => ExitCode::SUCCESS,
        Ending::Signal(status) => ExitCode::from(status),
        Ending::Panic => ExitCode::from(PANICKED),
        Ending::Unfinished => ExitCode::from(UNFINISHED),
    })
}

//! `pullscope config`: the settings in force, the sample file, the actions and their keys.

use std::{io, process::ExitCode};

use pullscope::{
    app::key_config::ActiveBinding,
    cli::GlobalArgs,
    config::SAMPLE,
    headless::config::{ConfigCommand, ConfigRow, write_rows},
    runtime::resolved_settings::ResolvedSettings,
};

use super::{args, output};

pub fn run(command: &ConfigCommand, global: &GlobalArgs) -> color_eyre::Result<ExitCode> {
    // Printed without reading the settings, so that it is there for a broken file, too.
    if matches!(command, ConfigCommand::Sample) {
        return output::print(SAMPLE.as_bytes());
    }
    let settings = args::load_settings(global)?.settings;
    let resolved = ResolvedSettings::resolve(&settings)?;
    let entries: Vec<ConfigRow> = match command {
        ConfigCommand::Keys => resolved
            .preferences
            .keymap
            .bindings()
            .iter()
            .map(keys_entry)
            .collect(),
        ConfigCommand::Show | ConfigCommand::Sample => {
            let rows = settings.rows().into_iter();
            rows.map(|row| ConfigRow {
                name: row.name,
                value: row.value,
                about: row.origin.to_string(),
            })
            .collect()
        }
    };
    output::exit_code(write_rows(&entries, io::stdout()))
}

fn keys_entry(row: &ActiveBinding) -> ConfigRow {
    let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
    ConfigRow {
        name: row.binding.action.name().to_owned(),
        value: keys.join(" "),
        about: format!("{}: {}", row.binding.context.title(), row.binding.help),
    }
}

//! `pullscope config`: the settings in force, the sample file, the actions and their keys.

use std::{io, process::ExitCode};

use pullscope::{
    app::rebind::Row,
    cli::Global,
    config::SAMPLE,
    headless::config::{Config, Entry, list},
    runtime::wishes::Wishes,
};

use super::{args, output};

pub fn run(command: &Config, global: &Global) -> color_eyre::Result<ExitCode> {
    // Printed without reading the settings, so that it is there for a broken file, too.
    if matches!(command, Config::Sample) {
        return output::print(SAMPLE.as_bytes());
    }
    let settings = args::load_settings(global)?.settings;
    let wishes = Wishes::of(&settings)?;
    let entries: Vec<Entry> = match command {
        Config::Keys => wishes
            .preferences
            .keymap
            .rows()
            .iter()
            .map(keys_entry)
            .collect(),
        Config::Show | Config::Sample => {
            let rows = settings.rows().into_iter();
            rows.map(|row| Entry {
                name: row.name,
                value: row.value,
                about: row.origin.to_string(),
            })
            .collect()
        }
    };
    output::exit_code(list(&entries, io::stdout()))
}

fn keys_entry(row: &Row) -> Entry {
    let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
    Entry {
        name: row.binding.action.name().to_owned(),
        value: keys.join(" "),
        about: format!("{}: {}", row.binding.context.title(), row.binding.help),
    }
}

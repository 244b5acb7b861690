//! `pullscope config`: the settings in force, the sample file, the actions and their keys.

use std::{io, process::ExitCode};

use pullscope::{
    app::key_config::ActiveBinding,
    cli::Global,
    config::SAMPLE,
    headless::config::{Config, Entry, list},
    runtime::resolved_settings::ResolvedSettings,
};

use crate::{answer, asked};

pub fn run(what: &Config, global: &Global) -> color_eyre::Result<ExitCode> {
    // It is for those, too, whose file is broken.
    if matches!(what, Config::Sample) {
        return answer::print(SAMPLE.as_bytes());
    }
    let settings = asked::settings(global)?.settings;
    let wishes = ResolvedSettings::resolve(&settings)?;
    let entries: Vec<Entry> = match what {
        Config::Keys => wishes
            .preferences
            .keymap
            .bindings()
            .iter()
            .map(action)
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
    answer::exit(list(&entries, io::stdout()))
}

fn action(row: &ActiveBinding) -> Entry {
    let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
    Entry {
        name: row.binding.action.name().to_owned(),
        value: keys.join(" "),
        about: format!("{}: {}", row.binding.context.title(), row.binding.help),
    }
}

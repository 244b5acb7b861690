//! `pullscope config`: settings and their origin, the sample file, actions and their keys.

use std::io::{self, Write};

use super::{Exit, exit_after_write};

#[derive(Clone, Debug, clap::Subcommand)]
pub enum ConfigCommand {
    /// Show the effective settings and their origin: default, file and line, environment or flag
    Show,
    /// Print a sample file: every setting with its default and purpose
    Sample,
    /// List the actions and their keys, for the table `keys`
    Keys,
}

/// A row of a listing: name, value, description.
#[derive(Clone, Debug)]
pub struct ConfigRow {
    pub name: String,
    pub value: String,
    pub about: String,
}

/// Writes rows in aligned columns.
pub fn write_rows(entries: &[ConfigRow], mut stdout: impl Write) -> io::Result<Exit> {
    let widest = |field: fn(&ConfigRow) -> &str| {
        let widths = entries.iter().map(|entry| field(entry).chars().count());
        widths.max().unwrap_or(0).min(36)
    };
    let (name, value) = (widest(|it| &it.name), widest(|it| &it.value));
    let mut text = String::new();
    for entry in entries {
        let line = format!(
            "{:name$}  {:value$}  {}",
            entry.name, entry.value, entry.about
        );
        text.push_str(line.trim_end());
        text.push('\n');
    }
    let written = stdout.write_all(text.as_bytes());
    exit_after_write(written, Exit::Success)
}

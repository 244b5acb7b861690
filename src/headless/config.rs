//! `pullscope config`: what is set and where it came from, the sample file, the actions and their keys.

use std::io::{self, Write};

use super::{Exit, ended};

#[derive(Clone, Debug, clap::Subcommand)]
pub enum Config {
    /// Show the effective settings and their origin: default, file and line, environment or flag
    Show,
    /// Print a sample file: every setting with its default and purpose
    Sample,
    /// List the actions and their keys, for the table `keys`
    Keys,
}

/// A line of a listing: a name, a value, and what is said of it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub value: String,
    pub about: String,
}

/// Prints entries in columns.
pub fn list(entries: &[Entry], mut stdout: impl Write) -> io::Result<Exit> {
    let widest = |field: fn(&Entry) -> &str| {
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
    ended(written, Exit::Success)
}

//! Floor 3: one answer and an exit status, for shells, scripts and CI. No terminal.
//!
//! Each command has its arguments and its `run` in one file. Results go to the writer that is handed
//! in; what a result means is decided in `domain`.

pub mod check;
pub mod config;
pub mod console;
pub mod doctor;
pub mod explain;
mod json;
pub mod match_image;
mod messages;
pub mod rbac;
mod report;
mod secrets;
mod verified;
pub mod verify;

use std::{
    io::{self, Write as _},
    time::Duration,
};

use clap::ValueEnum;

use crate::domain::registry_auth::image_ref::ImageRef;

/// How a command ended; the numbers are a contract with scripts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Healthy, matched, explained.
    Success,
    /// Ran, and the answer is no: findings, no match, a message that is not understood.
    Negative,
    /// Could not run, could not tell, or the input is bad.
    BadInput,
}

impl Exit {
    pub fn code(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Negative => 1,
            Self::BadInput => 2,
        }
    }

    /// The worse of two.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        if other.code() > self.code() {
            other
        } else {
            self
        }
    }
}

/// The form of a result.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    #[default]
    Text,
    Json,
}

/// The image of an argument, or what is wrong with it.
fn image(text: &str) -> Result<ImageRef, String> {
    ImageRef::parse(text).map_err(|error| {
        let hint = error.problem.hint();
        format!("couldn't parse image name {text:?}: {error}; {hint}")
    })
}

/// Refuses what cannot be the name of an object, before it becomes a part of a path.
fn named(name: &str) -> Result<(), String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_part) {
        return Err(format!("{name:?} is not a valid object name"));
    }
    Ok(())
}

/// Says something on standard error; where nobody listens (`2>&1 | true`), the exit status still tells.
pub fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "pullscope: {line}");
}

/// The exit status after the answer was written.
///
/// A reader that has had enough closes the pipe (`| head -1`): that is no error, and what was found stays
/// found.
fn ended(written: io::Result<()>, exit: Exit) -> io::Result<Exit> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Err(_) | Ok(()) => Ok(exit),
    }
}

/// Reads a time as kubectl's `--request-timeout` does: `10s`, `1m30s`, or bare seconds.
pub fn duration(text: &str) -> Result<Duration, String> {
    if let Ok(seconds) = text.parse::<u64>() {
        return Ok(Duration::from_secs(seconds));
    }
    let expected = || "expected a duration such as 10s, 1m30s or 500ms".to_owned();
    let span: jiff::SignedDuration = text.parse().map_err(|_| expected())?;
    Duration::try_from(span).map_err(|_| expected())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_as_kubectl_reads_them() {
        for (text, milliseconds) in [
            ("0", 0),
            ("30", 30_000),
            ("10s", 10_000),
            ("1m30s", 90_000),
            ("500ms", 500),
        ] {
            assert_eq!(
                duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        assert!(duration("soon").is_err());
        assert!(duration("-5s").is_err());
    }
}

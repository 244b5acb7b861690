//! Commands without a terminal: one result and an exit status, for shells, scripts and CI.
//!
//! Each command has its arguments and its `run` in one file. Results go to the writer that is passed in; what
//! they mean is decided in `domain`.

pub mod check;
pub mod config;
pub mod console;
pub mod doctor;
pub mod explain;
mod json;
pub mod match_image;
mod messages;
mod probe_result;
pub mod rbac;
mod report;
mod secrets;
pub mod verify;

use std::{
    io::{self, Write as _},
    time::Duration,
};

use clap::ValueEnum;

use crate::{
    domain::{error::UserError, registry_auth::image_ref::ImageRef},
    registry::{ProbeSettings, Prober},
};

/// Exit status of a command. The numbers are a contract with scripts.
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

    /// The worse of two statuses.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.code() > self.code() {
            other
        } else {
            self
        }
    }
}

/// Output format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum OutputFormat {
    #[default]
    Text,
    Json,
}

/// Makes a prober of registries.
pub fn prober(settings: ProbeSettings) -> Result<Prober, UserError> {
    Prober::new(settings)
        .map_err(|error| UserError::new("cannot test registries").with_cause(error.to_string()))
}

/// Parses the image of an argument. The error says how to write it.
fn parse_image(text: &str) -> Result<ImageRef, String> {
    ImageRef::parse(text).map_err(|error| {
        let hint = error.problem.hint();
        format!("couldn't parse image name {text:?}: {error}; {hint}")
    })
}

/// Checks that a name can be that of an object, before it becomes a part of a path.
fn check_object_name(name: &str) -> Result<(), String> {
    let is_part = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '.');
    if name.is_empty() || name.starts_with('.') || !name.chars().all(is_part) {
        return Err(format!("{name:?} is not a valid object name"));
    }
    Ok(())
}

/// The error of a name that no Namespace can have.
fn invalid_namespace(name: &str) -> UserError {
    UserError::new(format!("{name:?} is not a valid Namespace name"))
        .with_help("use lowercase letters, digits and -, at most 63 characters")
}

/// Prints a line on standard error. A closed pipe is ignored: the exit status still tells.
pub fn warn(line: &str) {
    let _ = writeln!(io::stderr(), "pullscope: {line}");
}

/// Exit status after the result was written.
///
/// A reader that closes the pipe (`| head -1`) is no error, and does not change the status.
fn exit_after_write(written: io::Result<()>, exit: Exit) -> io::Result<Exit> {
    match written {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
        Err(_) | Ok(()) => Ok(exit),
    }
}

/// Parses a duration as kubectl's `--request-timeout` does: `10s`, `1m30s`, or bare seconds.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
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
                parse_duration(text),
                Ok(Duration::from_millis(milliseconds)),
                "{text}"
            );
        }
        assert!(parse_duration("soon").is_err());
        assert!(parse_duration("-5s").is_err());
    }
}

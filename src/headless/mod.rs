//! Floor 3: one answer and an exit status, for shells, scripts and CI. No terminal.
//!
//! Each command has its arguments and its `run` in one file. Results go to the writer that is handed
//! in; what a result means is decided in `domain`.

pub mod check;
pub mod explain;
pub mod match_image;
mod report;
mod secrets;
mod verified;
pub mod verify;

use std::io;

use clap::ValueEnum;

use crate::domain::image::ImageRef;

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

/// A reader that has had enough closes the pipe (`| head -1`), and that is no error.
fn unless_closed(written: io::Result<Exit>) -> io::Result<Exit> {
    match written {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Success),
        other => other,
    }
}

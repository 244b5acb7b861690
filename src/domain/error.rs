//! An error for the user: message, causes and help.
//!
//! Each layer makes these from its own error types, beside the knowledge of what would help.

use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UserError {
    /// The message: what failed, in one line, lower case, without a full stop.
    pub message: String,
    /// The causes, outermost first.
    pub causes: Vec<String>,
    /// What the user can do about it.
    pub help: Option<String>,
}

impl UserError {
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            message: what.into(),
            causes: Vec::new(),
            help: None,
        }
    }

    #[must_use]
    pub fn with_cause(mut self, why: impl Into<String>) -> Self {
        self.causes.push(why.into());
        self
    }

    #[must_use]
    pub fn with_help(mut self, next: impl Into<String>) -> Self {
        self.help = Some(next.into());
        self
    }
}

impl fmt::Display for UserError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for why in &self.causes {
            write!(f, "\n  {why}")?;
        }
        if let Some(next) = &self.help {
            write!(f, "\n  next: {next}")?;
        }
        Ok(())
    }
}

impl std::error::Error for UserError {}

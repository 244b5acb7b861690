//! A value and where it came from.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

use crate::domain::error::UserError;

/// Where a value came from; a later one of these beats an earlier one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Origin {
    #[default]
    Default,
    File {
        path: Arc<PathBuf>,
        line: usize,
    },
    Environment(&'static str),
    Flag(&'static str),
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment ${name}"),
            Self::Flag(name) => write!(f, "flag {name}"),
        }
    }
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sourced<T> {
    pub value: T,
    pub origin: Origin,
}

/// Settings whose names another room knows: roles, actions, panes.
pub type Entries<T> = BTreeMap<String, Sourced<T>>;

impl<T> Sourced<T> {
    pub(super) fn default_of(value: T) -> Self {
        Self {
            value,
            origin: Origin::Default,
        }
    }

    /// What the value names, or the message that it names nothing.
    pub fn resolve<U>(
        &self,
        setting: &str,
        read: impl FnOnce(&T) -> Result<U, String>,
    ) -> Result<U, UserError> {
        read(&self.value).map_err(|why| self.refused(setting, why))
    }

    /// The message that this value cannot be used.
    pub fn refused(&self, setting: &str, why: impl fmt::Display) -> UserError {
        let problem = UserError::new(format!("invalid setting {setting}"))
            .with_cause(format!("{}: {why}", self.origin));
        match &self.origin {
            Origin::File { path, .. } => problem.with_help(format!(
                "correct it in {}; `pullscope config sample` lists every setting and its values",
                path.display()
            )),
            Origin::Default | Origin::Environment(_) | Origin::Flag(_) => {
                problem.with_help("`pullscope config sample` lists every setting and its values")
            }
        }
    }
}

//! Provenance of settings: a value with its origin.

use std::{collections::BTreeMap, fmt, path::PathBuf, sync::Arc};

use crate::domain::error::UserError;

/// The origin of a value; later variants take precedence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SettingOrigin {
    #[default]
    Default,
    File {
        path: Arc<PathBuf>,
        line: usize,
    },
    Environment(&'static str),
    Flag(&'static str),
}

impl fmt::Display for SettingOrigin {
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
pub struct WithOrigin<T> {
    pub value: T,
    pub origin: SettingOrigin,
}

/// Settings whose names are known to another layer: roles, actions, panes.
pub type Entries<T> = BTreeMap<String, WithOrigin<T>>;

impl<T> WithOrigin<T> {
    pub(super) fn from_default(value: T) -> Self {
        Self {
            value,
            origin: SettingOrigin::Default,
        }
    }

    /// Resolves the value, or returns an error for an unknown name.
    pub fn resolve<U>(
        &self,
        setting: &str,
        read: impl FnOnce(&T) -> Result<U, String>,
    ) -> Result<U, UserError> {
        read(&self.value).map_err(|why| self.error(setting, why))
    }

    /// Error for an invalid value.
    pub fn error(&self, setting: &str, why: impl fmt::Display) -> UserError {
        let problem = UserError::new(format!("invalid setting {setting}"))
            .with_cause(format!("{}: {why}", self.origin));
        match &self.origin {
            SettingOrigin::File { path, .. } => problem.with_help(format!(
                "correct it in {}; `pullscope config sample` lists every setting and its values",
                path.display()
            )),
            SettingOrigin::Default | SettingOrigin::Environment(_) | SettingOrigin::Flag(_) => {
                problem.with_help("`pullscope config sample` lists every setting and its values")
            }
        }
    }
}

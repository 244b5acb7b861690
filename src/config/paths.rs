//! XDG paths of the configuration, state and log files, also on macOS, as users of kubectl and k9s expect.

use std::{
    env,
    ffi::OsString,
    path::{Path, PathBuf},
};

/// The XDG variables and `NO_COLOR`.
#[derive(Clone, Debug, Default)]
pub struct XdgPaths {
    config: Option<PathBuf>,
    state: Option<PathBuf>,
    /// `NO_COLOR` is set and not empty (<https://no-color.org>).
    pub no_colour: bool,
}

impl XdgPaths {
    pub fn from_environment() -> Self {
        let home = env::home_dir();
        let home = home.as_deref();
        Self {
            config: base_dir(env::var_os("XDG_CONFIG_HOME"), home, ".config"),
            state: base_dir(env::var_os("XDG_STATE_HOME"), home, ".local/state"),
            no_colour: env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
        }
    }

    pub fn config_file(&self) -> Option<PathBuf> {
        Some(self.config.as_ref()?.join("pullscope/config.toml"))
    }

    pub fn log_file(&self) -> Option<PathBuf> {
        Some(self.state.as_ref()?.join("pullscope/pullscope.log"))
    }

    pub fn state_file(&self) -> Option<PathBuf> {
        Some(self.state.as_ref()?.join("pullscope/state.json"))
    }
}

/// The specification has a relative path ignored.
fn base_dir(said: Option<OsString>, home: Option<&Path>, otherwise: &str) -> Option<PathBuf> {
    said.map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(home?.join(otherwise)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relative_base_is_ignored() {
        let home = Path::new("/home/jane");
        let base = |said: &str| base_dir(Some(said.into()), Some(home), ".config").unwrap();
        assert_eq!(base("/etc/jane"), Path::new("/etc/jane"));
        assert_eq!(base("jane"), home.join(".config"));
        assert_eq!(base(""), home.join(".config"));
    }
}

//! Reads and writes the state file.
//!
//! A missing or invalid file is ignored; a failed write is logged.

use std::{
    fs,
    hash::{BuildHasher, Hasher, RandomState},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::private_files;
use crate::app::session_state::SessionState;

#[derive(Clone, Debug)]
pub struct StateFile {
    path: PathBuf,
}

impl StateFile {
    pub fn new(path: PathBuf) -> Self {
        Self { path }
    }

    pub(super) fn read(&self) -> SessionState {
        let bytes = match fs::read(&self.path) {
            Ok(bytes) => bytes,
            Err(error) => {
                if error.kind() != io::ErrorKind::NotFound {
                    tracing::warn!("{} is not read: {error}", self.path.display());
                }
                return SessionState::default();
            }
        };
        serde_json::from_slice(&bytes).unwrap_or_else(|error| {
            tracing::warn!("{} is ignored: {error}", self.path.display());
            SessionState::default()
        })
    }

    /// Writes what this session has changed since it read `before`. What another dashboard has written since
    /// stays.
    pub(super) fn write(&self, memory: &SessionState, before: &SessionState) {
        let merged = memory.rebased(before, self.read());
        if let Err(error) = self.replace(&merged) {
            tracing::warn!("{} is not written: {error}", self.path.display());
        }
    }

    /// Writes beside it and renames, so that whoever reads sees the old or the new one.
    fn replace(&self, memory: &SessionState) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(directory)?;
        // A name that nobody can have put a link in the place of.
        let number = RandomState::new().build_hasher().finish();
        let aside = self.path.with_extension(format!("{number:x}.new"));
        let bytes = serde_json::to_vec_pretty(memory)?;
        // Names of clusters and namespaces are nobody else's business.
        private_files::write_new(&aside, |file| {
            file.write_all(&bytes)?;
            file.sync_all()
        })?;
        let renamed = fs::rename(&aside, &self.path);
        if renamed.is_err() {
            let _ = fs::remove_file(&aside);
        }
        renamed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{panes::Pane, views::SavedView},
        domain::store::watch::Scope,
    };

    #[test]
    fn what_is_written_is_read_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path().join("deep/state.json"));
        assert_eq!(file.read(), SessionState::default());
        let mut memory = SessionState::default();
        memory.save_location("prod", &Scope::Cluster, Pane::Secrets);
        memory.push_command("ns shop");
        file.write(&memory, &SessionState::default());
        file.write(&memory, &memory);
        assert_eq!(file.read(), memory);
        let left = fs::read_dir(folder.path().join("deep")).unwrap().count();
        assert_eq!(left, 1);
    }

    #[test]
    fn two_dashboards_keep_what_each_has_saved() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path().join("state.json"));
        let mut at_start = SessionState::default();
        at_start.save_view("old", SavedView::default());
        file.write(&at_start, &SessionState::default());
        let (mut first, mut second) = (file.read(), file.read());
        first.save_view("mine", SavedView::default());
        first.forget_view("old");
        first.push_command("ns shop");
        first.save_location("prod", &Scope::Cluster, Pane::Secrets);
        second.save_view("yours", SavedView::default());
        second.push_command("po");
        second.save_location("lab", &Scope::Cluster, Pane::Pods);
        file.write(&first, &at_start);
        file.write(&second, &at_start);
        let kept = file.read();
        let views: Vec<&str> = kept.views().map(|(name, _)| name).collect();
        assert_eq!(views, ["mine", "yours"]);
        assert!(kept.location("prod").is_some() && kept.location("lab").is_some());
        let commands = [kept.command(1), kept.command(2), kept.command(3)];
        assert_eq!(commands, [Some("po"), Some("ns shop"), None]);
    }

    #[test]
    fn a_broken_file_is_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        fs::write(&path, "{\"commands\": [").unwrap();
        assert_eq!(StateFile::new(path).read(), SessionState::default());
    }
}

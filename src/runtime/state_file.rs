//! Reads and writes the state file. Without it nothing is amiss: a broken one is ignored, one that cannot be
//! written is a line in the log.

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

    pub(super) fn write(&self, memory: &SessionState) {
        if let Err(error) = self.replace(memory) {
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
        let written = write_private(&aside, &serde_json::to_vec_pretty(memory)?)
            .and_then(|()| fs::rename(&aside, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&aside);
        }
        written
    }
}

/// Names of clusters and namespaces are nobody else's business.
fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = private_files::create_private(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{app::panes::Pane, domain::store::watch::Scope};

    #[test]
    fn what_is_written_is_read_and_nothing_else_is_left() {
        let folder = tempfile::tempdir().unwrap();
        let file = StateFile::new(folder.path().join("deep/state.json"));
        assert_eq!(file.read(), SessionState::default());
        let mut memory = SessionState::default();
        memory.save_location("prod", &Scope::Cluster, Pane::Secrets);
        memory.push_command("ns shop");
        file.write(&memory);
        file.write(&memory);
        assert_eq!(file.read(), memory);
        let left = fs::read_dir(folder.path().join("deep")).unwrap().count();
        assert_eq!(left, 1);
    }

    #[test]
    fn a_broken_file_is_no_memory() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state.json");
        fs::write(&path, "{\"commands\": [").unwrap();
        assert_eq!(StateFile::new(path).read(), SessionState::default());
    }
}

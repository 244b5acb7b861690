//! Writes exported text to a new file.

use std::{
    env,
    io::{self, Write},
};

use super::private_files;
use crate::domain::{error::UserError, shell};

/// Writes a new file that only its owner can read, and returns its path; existing files are not overwritten.
pub(super) fn export(path: String, text: &str) -> Result<String, UserError> {
    let place = shell::expand_home(&path, env::home_dir().as_deref());
    match private_files::write_new(&place, |file| file.write_all(text.as_bytes())) {
        Ok(()) => Ok(path),
        Err(error) => {
            let problem =
                UserError::new(format!("cannot write {path}")).with_cause(error.to_string());
            Err(match error.kind() {
                io::ErrorKind::AlreadyExists => {
                    problem.with_help("choose a file that does not exist yet")
                }
                _ => problem,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn what_is_there_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.yaml").display().to_string();
        assert_eq!(export(path.clone(), "first"), Ok(path.clone()));
        let refused = export(path.clone(), "second").unwrap_err();
        assert!(refused.help.is_some(), "{refused}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "first");
        #[cfg(unix)]
        {
            let mode = fs::metadata(&path).unwrap().permissions();
            let mode = std::os::unix::fs::PermissionsExt::mode(&mode);
            assert_eq!(mode & 0o777, 0o600, "nobody else can read it");
        }
    }
}

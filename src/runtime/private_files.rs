//! Files that only their owner can read, whatever mode they had before.

use std::{
    fs::{self, File, OpenOptions},
    io,
    path::Path,
};

/// Writes a new file whole, or leaves none: one that exists, or a symbolic link of that name, is an error.
pub(super) fn write_new(
    path: &Path,
    write: impl FnOnce(&mut File) -> io::Result<()>,
) -> io::Result<()> {
    let mut file = create_private(path)?;
    let written = write(&mut file);
    if written.is_err() {
        // Half a file would be in the way of the next attempt.
        let _ = fs::remove_file(path);
    }
    written
}

/// Creates a file; an existing file or symbolic link is an error.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    open_private(&mut options, path)
}

/// Opens a file for appending, or creates it.
pub(super) fn append_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.append(true).create(true);
    open_private(&mut options, path)
}

#[cfg(unix)]
fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    use std::{
        fs::Permissions,
        os::unix::fs::{OpenOptionsExt, PermissionsExt},
    };

    const OWNER_ONLY: u32 = 0o600;
    let file = options.mode(OWNER_ONLY).open(path)?;
    // The mode above is that of a file that is created; this one may have been there. A pipe or a device
    // such as /dev/null belongs to others too, and stays as it is.
    let metadata = file.metadata()?;
    if metadata.is_file() && metadata.permissions().mode() & 0o777 != OWNER_ONLY {
        file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
    }
    Ok(file)
}

#[cfg(not(unix))]
fn open_private(options: &mut OpenOptions, path: &Path) -> io::Result<File> {
    options.open(path)
}

#[cfg(all(test, unix))]
mod tests {
    use std::{
        fs::{self, Permissions},
        io::Write,
        os::unix::fs::{PermissionsExt, symlink},
    };

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn a_file_is_private_also_when_it_was_there_before() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        append_private(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        for before in [0o644, 0o666, 0o755] {
            fs::set_permissions(&path, Permissions::from_mode(before)).unwrap();
            append_private(&path).unwrap();
            assert_eq!(mode(&path), 0o600, "it was {before:o}");
        }
    }

    #[test]
    fn a_file_that_cannot_be_written_whole_is_not_left_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.yaml");
        let full = |file: &mut File| {
            file.write_all(b"half")?;
            Err(io::Error::from(io::ErrorKind::StorageFull))
        };
        assert!(write_new(&path, full).is_err());
        assert!(!path.exists());
        write_new(&path, |file| file.write_all(b"whole")).unwrap();
        // One that was there before is not removed.
        assert!(write_new(&path, full).is_err());
        assert_eq!(fs::read(&path).unwrap(), b"whole");
    }

    #[test]
    fn a_new_file_is_private_and_not_behind_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plan.yaml");
        create_private(&path).unwrap();
        assert_eq!(mode(&path), 0o600);
        let (link, target) = (folder.path().join("link"), folder.path().join("target"));
        symlink(&target, &link).unwrap();
        let refused = create_private(&link).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists);
        assert!(!target.exists());
    }
}

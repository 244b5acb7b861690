//! Logging to a file, never to the terminal.
//!
//! The file is bounded: a session may run for weeks beside a server that fails.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Mutex,
};

use tracing_subscriber::EnvFilter;

use super::private_files;

/// Size at which a log is renamed to `NAME.old`, in place of the last one.
const MAX_SIZE: u64 = 8 << 20;

/// Starts logging to this file, which only its owner can read.
///
/// Our own lines are logged at `level`; the libraries' only from `warn` on, as their finer levels
/// print requests with their headers.
pub fn start(path: &Path, level: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let file = RotatingFile::open(path, MAX_SIZE)?;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("warn,pullscope={level}")))
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .init();
    Ok(())
}

/// A file that is renamed when it is full; with the old one it takes twice `max_size` at most.
struct RotatingFile {
    path: PathBuf,
    max_size: u64,
    file: File,
    size: u64,
    /// Pipes and devices such as /dev/null are not renamed.
    is_regular: bool,
}

impl RotatingFile {
    fn open(path: &Path, max_size: u64) -> io::Result<Self> {
        let file = private_files::append_private(path)?;
        let metadata = file.metadata()?;
        Ok(Self {
            path: path.to_owned(),
            max_size,
            size: metadata.len(),
            is_regular: metadata.is_file(),
            file,
        })
    }

    fn rotate(&mut self) -> io::Result<()> {
        let mut old = self.path.clone().into_os_string();
        old.push(".old");
        fs::rename(&self.path, old)?;
        *self = Self::open(&self.path, self.max_size)?;
        Ok(())
    }
}

impl Write for RotatingFile {
    /// Writes a whole line, as `tracing` hands them over; one that fits into no file is cut.
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        if self.is_regular && self.size > 0 && self.size.saturating_add(length) > self.max_size {
            self.rotate()?;
        }
        let kept = usize::try_from(self.max_size).unwrap_or(usize::MAX);
        self.file.write_all(line.get(..kept).unwrap_or(line))?;
        self.size = self.size.saturating_add(length);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_and_its_predecessor_are_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("pullscope.log");
        let mut log = RotatingFile::open(&path, 100).unwrap();
        for number in 0..1000 {
            log.write_all(format!("line {number:04}\n").as_bytes())
                .unwrap();
        }
        let mut names: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        assert_eq!(names, ["pullscope.log", "pullscope.log.old"]);
        let old = fs::read_to_string(folder.path().join("pullscope.log.old")).unwrap();
        let now = fs::read_to_string(&path).unwrap();
        assert_eq!(old.len(), 100);
        assert!(now.len() <= 100);
        assert!(now.ends_with("line 0999\n"), "{now}");
        // One that is opened again counts what is in it.
        let log = RotatingFile::open(&path, 100).unwrap();
        assert_eq!(log.size, fs::metadata(&path).unwrap().len());
    }

    #[cfg(unix)]
    #[test]
    fn a_new_log_is_private_too_and_a_device_stays() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log");
        let mut log = RotatingFile::open(&path, 4).unwrap();
        log.write_all(b"one\n").unwrap();
        log.write_all(b"two\n").unwrap();
        for name in ["log", "log.old"] {
            let mode = fs::metadata(folder.path().join(name)).unwrap();
            assert_eq!(mode.permissions().mode() & 0o777, 0o600, "{name}");
        }
        let mut null = RotatingFile::open(Path::new("/dev/null"), 4).unwrap();
        for _ in 0..3 {
            null.write_all(b"full\n").unwrap();
        }
        assert!(Path::new("/dev/null").exists());
    }
}

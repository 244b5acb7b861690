//! Logging to a file, never to the terminal.

use std::{fs, io, path::Path, sync::Mutex};

use tracing_subscriber::EnvFilter;

use super::private_files;

/// Starts logging to this file, which only its owner can read.
///
/// Our own lines are logged at `level`; the libraries' only from `warn` on, as their finer levels
/// print requests with their headers.
pub fn start(path: &Path, level: &str) -> io::Result<()> {
    if let Some(directory) = path.parent() {
        fs::create_dir_all(directory)?;
    }
    let file = private_files::append_private(path)?;
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(format!("warn,pullscope={level}")))
        .with_writer(Mutex::new(file))
        .with_ansi(false)
        .init();
    Ok(())
}

//! A child that hangs on a pipe of ours by way of a small shell script: when this process ends, be it by
//! a panic or by SIGKILL, the pipe closes and the script ends the child. Statics are never dropped, so
//! `Drop` alone would leave it behind.

use std::{
    fs,
    net::TcpListener,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A child that ends with us, or when dropped.
pub struct Process {
    guard: Child,
}

/// `$1` is a directory to remove in the end, or empty; the rest is the command.
const GUARD: &str = r#"
directory=$1; shift
exec 3<&0
"$@" </dev/null 3<&- & child=$!
{ cat <&3 >/dev/null; kill -TERM $child 2>/dev/null; } &
wait $child
[ -z "$directory" ] || rm -rf "$directory"
"#;

impl Process {
    pub fn start(program: &Path, arguments: &[String], log: &Path, remove: Option<&Path>) -> Self {
        let log = fs::OpenOptions::new()
            .create(true)
            .append(true)
            .open(log)
            .unwrap();
        let guard = Command::new("sh")
            .args(["-c", GUARD, "sh"])
            .arg(remove.unwrap_or(Path::new("")))
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .unwrap();
        Self { guard }
    }

    pub fn has_ended(&mut self) -> bool {
        self.guard.try_wait().unwrap().is_some()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        drop(self.guard.stdin.take());
        let _ = self.guard.wait();
    }
}

pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

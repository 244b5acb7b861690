//! Process group of a helper program: it and all that it started end together.
//!
//! Credential plugins of a kubeconfig (`cluster`) and credential helpers of Docker (`registry`) are often scripts. It
//! knows nothing of what they print.

use tokio::process::{Child, Command};

/// The process group of a running helper: killed on drop unless disarmed.
///
/// A script would otherwise leave behind the program that it waits for.
#[cfg(unix)]
pub(crate) struct ProcessGroup(Option<rustix::process::Pid>);

#[cfg(unix)]
impl ProcessGroup {
    /// Lets a command run in a group of its own, away from the terminal.
    pub(crate) fn lead(command: &mut Command) {
        command.process_group(0);
    }

    /// The group that this child leads.
    pub(crate) fn new(child: &Child) -> Self {
        let leader = child.id().and_then(|id| i32::try_from(id).ok());
        Self(leader.and_then(rustix::process::Pid::from_raw))
    }

    /// Lets what is left of the group live on.
    pub(crate) fn disarm(mut self) {
        self.0 = None;
    }
}

#[cfg(unix)]
impl Drop for ProcessGroup {
    fn drop(&mut self) {
        if let Some(leader) = self.0 {
            // They may be gone already.
            let _ = rustix::process::kill_process_group(leader, rustix::process::Signal::KILL);
        }
    }
}

/// `kill_on_drop` ends the helper itself.
#[cfg(not(unix))]
pub(crate) struct ProcessGroup;

#[cfg(not(unix))]
impl ProcessGroup {
    pub(crate) fn lead(_: &mut Command) {}

    pub(crate) fn new(_: &Child) -> Self {
        Self
    }

    pub(crate) fn disarm(self) {}
}

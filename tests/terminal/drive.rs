//! A user at the terminal: presses keys, looks, resizes, sends signals.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, WaitOptions, kill_process, waitpid};
use vt100::MouseProtocolMode;

use crate::session::{LIMIT, Session, size};

impl Session {
    /// Types these bytes, as a terminal sends them.
    pub fn press(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    pub fn paste(&mut self, text: &str) {
        self.press(&format!("\x1b[200~{text}\x1b[201~"));
    }

    /// Waits until the text stands somewhere on the screen.
    pub fn sees(&self, text: &str) {
        self.screen.wait(&format!("{text:?}"), |output| {
            output.terminal.screen().contents().contains(text)
        });
    }

    /// Waits until the text is nowhere on the screen.
    pub fn misses(&self, text: &str) {
        self.screen.wait(&format!("{text:?} to go"), |output| {
            !output.terminal.screen().contents().contains(text)
        });
    }

    pub fn resize(&mut self, columns: u16, rows: u16) {
        self.screen
            .output()
            .terminal
            .set_size(rows.try_into().unwrap(), columns.try_into().unwrap());
        let master = self.master.as_ref().unwrap();
        master.resize(size(columns, rows)).unwrap();
    }

    pub fn signal(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    /// Waits until the process has been stopped, as by job control.
    pub fn is_stopped(&self) {
        let deadline = Instant::now() + LIMIT;
        let options = WaitOptions::UNTRACED | WaitOptions::NOHANG;
        loop {
            if let Some((_, status)) = waitpid(Some(self.pid()), options).unwrap() {
                assert!(status.stopped(), "{status:?}");
                return;
            }
            assert!(Instant::now() < deadline, "the process does not stop");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Fails unless the terminal is as it was before the start.
    pub fn is_restored(&self) {
        let output = self.screen.output();
        let screen = output.terminal.screen();
        let left = [
            (screen.alternate_screen(), "the alternate screen is left"),
            (screen.hide_cursor(), "the cursor is shown"),
            (screen.bracketed_paste(), "bracketed paste is off"),
            (screen.application_cursor(), "cursor keys are normal"),
            (
                screen.mouse_protocol_mode() != MouseProtocolMode::None,
                "the mouse is off",
            ),
        ];
        for (taken, what) in left {
            assert!(!taken, "not so: {what}");
        }
        let now = format!("{:?}", self.master.as_ref().unwrap().get_termios());
        assert_eq!(now, self.modes, "input is treated as before");
    }

    /// How many bytes have been written so far.
    pub fn written(&self) -> usize {
        self.screen.output().bytes.len()
    }

    fn pid(&self) -> Pid {
        let number = self.child.process_id().unwrap();
        Pid::from_raw(number.try_into().unwrap()).unwrap()
    }
}

//! The release binary on a pseudo-terminal: what it shows and when, and what the system says that it
//! uses.

use std::{
    fs,
    io::{Read, Write},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, PtySize, native_pty_system};

/// Longer than anything that is measured.
const LIMIT: Duration = Duration::from_secs(180);

const COLUMNS: u16 = 160;
const ROWS: u16 = 50;

/// At the end of each frame.
const FRAME: &[u8] = b"\x1b[?2026l";

struct Output {
    terminal: vt100::Parser,
    bytes: u64,
    frames: u64,
    /// When the last whole frame had arrived.
    drawn: Instant,
    tail: Vec<u8>,
}

struct Shared {
    output: Mutex<Output>,
    more: Condvar,
}

pub struct Session {
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
    child: Box<dyn Child + Send + Sync>,
    shared: Arc<Shared>,
    pub began: Instant,
    _home: tempfile::TempDir,
}

impl Session {
    pub fn start(arguments: &[&str], kubeconfig: Option<&serde_json::Value>) -> Self {
        let home = tempfile::tempdir().unwrap();
        let pair = native_pty_system()
            .openpty(PtySize {
                rows: ROWS,
                cols: COLUMNS,
                pixel_width: 0,
                pixel_height: 0,
            })
            .unwrap();
        let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_pullscope"));
        command.args(arguments);
        command.env_clear();
        command.env("HOME", home.path());
        command.env("TERM", "xterm-256color");
        if let Some(kubeconfig) = kubeconfig {
            let file = home.path().join("kubeconfig");
            fs::write(&file, kubeconfig.to_string()).unwrap();
            command.env("KUBECONFIG", file);
        }
        command.cwd(home.path());
        let began = Instant::now();
        let child = pair.slave.spawn_command(command).unwrap();
        drop(pair.slave);
        let shared = Arc::new(Shared {
            output: Mutex::new(Output {
                terminal: vt100::Parser::new(
                    ROWS.try_into().unwrap(),
                    COLUMNS.try_into().unwrap(),
                    0,
                ),
                bytes: 0,
                frames: 0,
                drawn: began,
                tail: Vec::new(),
            }),
            more: Condvar::new(),
        });
        let writer = Arc::new(Mutex::new(pair.master.take_writer().unwrap()));
        read(
            pair.master.try_clone_reader().unwrap(),
            Arc::clone(&shared),
            Arc::clone(&writer),
        );
        // The terminal stays open as long as its reader.
        drop(pair.master);
        Self {
            writer,
            child,
            shared,
            began,
            _home: home,
        }
    }

    /// Waits until the screen is as wanted; gives when its frame had arrived.
    pub fn until(&self, what: &str, wanted: impl Fn(&str) -> bool) -> Instant {
        let output = self.shared.output.lock().unwrap();
        let (output, waited) = self
            .shared
            .more
            .wait_timeout_while(output, LIMIT, |output| {
                !wanted(&output.terminal.screen().contents())
            })
            .unwrap();
        if waited.timed_out() {
            let screen = output.terminal.screen().contents();
            drop(output);
            panic!("waited in vain for {what}\n{screen}");
        }
        output.drawn
    }

    /// Waits for the next whole frame after so many.
    pub fn frame_after(&self, frames: u64) -> Instant {
        let output = self.shared.output.lock().unwrap();
        let (output, waited) = self
            .shared
            .more
            .wait_timeout_while(output, LIMIT, |output| output.frames <= frames)
            .unwrap();
        assert!(!waited.timed_out(), "no frame");
        output.drawn
    }

    pub fn frames(&self) -> u64 {
        self.shared.output.lock().unwrap().frames
    }

    pub fn bytes(&self) -> u64 {
        self.shared.output.lock().unwrap().bytes
    }

    pub fn screen(&self) -> String {
        self.shared
            .output
            .lock()
            .unwrap()
            .terminal
            .screen()
            .contents()
    }

    pub fn press(&self, keys: &[u8]) -> Instant {
        let mut writer = self.writer.lock().unwrap();
        let at = Instant::now();
        writer.write_all(keys).unwrap();
        writer.flush().unwrap();
        at
    }

    fn proc(&self, file: &str) -> String {
        let pid = self.child.process_id().unwrap();
        fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap()
    }

    fn status(&self, name: &str) -> u64 {
        let status = self.proc("status");
        let line = status.lines().find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse().unwrap()
    }

    /// Resident memory, in KiB.
    pub fn resident(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most that was ever resident, in KiB.
    pub fn peak(&self) -> u64 {
        self.status("VmHWM:")
    }

    /// Processor time of all threads so far. The system counts it by hundredths of a second.
    pub fn processor(&self) -> Duration {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat
            .rsplit(')')
            .next()
            .unwrap()
            .split_whitespace()
            .collect();
        let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
        Duration::from_millis(ticks * 10)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read(
    mut from: Box<dyn Read + Send>,
    shared: Arc<Shared>,
    writer: Arc<Mutex<Box<dyn Write + Send>>>,
) {
    thread::spawn(move || {
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let count = from.read(&mut buffer).unwrap_or(0);
            if count == 0 {
                return;
            }
            let arrived = Instant::now();
            let piece = &buffer[..count];
            // A terminal says at once what it is; without that the program waits for it.
            if piece.windows(3).any(|window| window == b"\x1b[c") {
                let mut writer = writer.lock().unwrap();
                writer.write_all(b"\x1b[?62;c").unwrap();
                writer.flush().unwrap();
            }
            let mut output = shared.output.lock().unwrap();
            output.bytes += count as u64;
            let mut seen = std::mem::take(&mut output.tail);
            seen.extend_from_slice(piece);
            let ends = seen.windows(FRAME.len()).filter(|window| *window == FRAME);
            let ends = ends.count() as u64;
            output.tail = seen[seen.len().saturating_sub(FRAME.len() - 1)..].to_vec();
            output.terminal.process(piece);
            if ends > 0 {
                output.frames += ends;
                output.drawn = arrived;
                shared.more.notify_all();
            }
        }
    });
}

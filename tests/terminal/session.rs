//! The real binary on a terminal of its own: a pseudo-terminal with a screen behind it.

use std::{
    io::{Read, Write},
    sync::{
        Arc, Condvar, Mutex, MutexGuard,
        atomic::{AtomicBool, Ordering},
    },
    thread::{self, JoinHandle},
    time::{Duration, Instant},
};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

/// How long anything may take on a machine that has other work.
pub const LIMIT: Duration = Duration::from_secs(60);

/// What the binary is started with. Nothing is inherited but `PATH`.
pub struct Setup {
    pub program: String,
    pub columns: u16,
    pub rows: u16,
    pub arguments: Vec<String>,
    pub environment: Vec<(String, String)>,
    home: tempfile::TempDir,
}

impl Setup {
    pub fn new(arguments: &[&str]) -> Self {
        let home = tempfile::tempdir().unwrap();
        let environment = [
            ("HOME", home.path().to_str().unwrap()),
            ("PATH", &std::env::var("PATH").unwrap_or_default()),
            ("TERM", "xterm-256color"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self {
            program: env!("CARGO_BIN_EXE_pullscope").to_owned(),
            columns: 120,
            rows: 40,
            arguments: arguments.iter().map(ToString::to_string).collect(),
            environment: environment.into(),
            home,
        }
    }

    pub fn size(mut self, columns: u16, rows: u16) -> Self {
        (self.columns, self.rows) = (columns, rows);
        self
    }

    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    pub fn start(self) -> Session {
        let mut session = self.start_unread();
        let reader = session.master.as_ref().unwrap().try_clone_reader();
        session.reading = Some(read(reader.unwrap(), session.screen.clone()));
        session
    }

    /// Starts it on a terminal whose output nobody reads.
    pub fn start_unread(self) -> Session {
        let pair = native_pty_system()
            .openpty(size(self.columns, self.rows))
            .unwrap();
        let modes = format!("{:?}", pair.master.get_termios());
        let mut command = CommandBuilder::new(&self.program);
        command.args(&self.arguments);
        command.env_clear();
        for (name, value) in &self.environment {
            command.env(name, value);
        }
        command.cwd(self.home.path());
        let child = pair.slave.spawn_command(command).unwrap();
        Session {
            writer: Some(pair.master.take_writer().unwrap()),
            master: Some(pair.master),
            child,
            screen: Arc::new(Shared::new(self.columns, self.rows)),
            reading: None,
            modes,
            _home: self.home,
        }
    }
}

pub fn size(columns: u16, rows: u16) -> PtySize {
    PtySize {
        rows,
        cols: columns,
        pixel_width: 0,
        pixel_height: 0,
    }
}

/// A run of the binary; ended when dropped.
pub struct Session {
    /// Gone when the terminal was closed.
    pub master: Option<Box<dyn MasterPty + Send>>,
    pub writer: Option<Box<dyn Write + Send>>,
    pub child: Box<dyn Child + Send + Sync>,
    pub screen: Arc<Shared>,
    reading: Option<JoinHandle<()>>,
    /// How the terminal treated input before the start.
    pub modes: String,
    _home: tempfile::TempDir,
}

/// What the binary has written so far.
pub struct Output {
    pub terminal: vt100::Parser,
    pub bytes: Vec<u8>,
    /// No more can come: nobody has the terminal open any longer.
    pub ended: bool,
}

pub struct Shared {
    output: Mutex<Output>,
    /// Nothing is to be read any more.
    closing: AtomicBool,
    more: Condvar,
}

impl Shared {
    fn new(columns: u16, rows: u16) -> Self {
        let terminal = vt100::Parser::new(rows.try_into().unwrap(), columns.try_into().unwrap(), 0);
        Self {
            output: Mutex::new(Output {
                terminal,
                bytes: Vec::new(),
                ended: false,
            }),
            closing: AtomicBool::new(false),
            more: Condvar::new(),
        }
    }

    pub fn output(&self) -> MutexGuard<'_, Output> {
        self.output.lock().unwrap()
    }

    /// Waits until the output is as wanted; fails with the screen when the time is over.
    pub fn wait(&self, what: &str, wanted: impl Fn(&Output) -> bool) {
        let output = self.output();
        let (output, waited) = self
            .more
            .wait_timeout_while(output, LIMIT, |output| !wanted(output))
            .unwrap();
        if waited.timed_out() {
            let screen = output.terminal.screen().contents();
            let ended = output.ended;
            drop(output);
            panic!("waited in vain for {what} (ended: {ended})\n{screen}");
        }
    }
}

fn read(mut from: Box<dyn Read + Send>, screen: Arc<Shared>) -> JoinHandle<()> {
    thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        loop {
            let count = from.read(&mut buffer).unwrap_or(0);
            let mut output = screen.output();
            output.terminal.process(&buffer[..count]);
            output.bytes.extend_from_slice(&buffer[..count]);
            output.ended = count == 0;
            screen.more.notify_all();
            if count == 0 || screen.closing.load(Ordering::SeqCst) {
                return;
            }
        }
    })
}

impl Session {
    /// The exit status, once all that was written has been read.
    pub fn exit(&mut self) -> u32 {
        self.screen.wait("the end", |output| output.ended);
        let deadline = Instant::now() + LIMIT;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                assert_eq!(status.signal(), None, "killed by a signal");
                return status.exit_code();
            }
            assert!(Instant::now() < deadline, "the process does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Closes the terminal's window: nobody has its other end any more.
    #[allow(dead_code, reason = "not every suite closes it")]
    pub fn close(&mut self) {
        self.screen.closing.store(true, Ordering::SeqCst);
        // The reader has a handle of its own, and lets go of it after the next output.
        let reading = self.reading.take().unwrap();
        let deadline = Instant::now() + LIMIT;
        let mut columns = 100;
        while !reading.is_finished() {
            assert!(Instant::now() < deadline, "no more output");
            let master = self.master.as_ref().unwrap();
            columns = if columns == 100 { 101 } else { 100 };
            master.resize(size(columns, 40)).unwrap();
            thread::sleep(Duration::from_millis(20));
        }
        reading.join().unwrap();
        self.writer = None;
        self.master = None;
    }

    pub fn text(&self) -> String {
        self.screen.output().terminal.screen().contents()
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

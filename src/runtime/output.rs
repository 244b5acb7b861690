//! Terminal output, written by a thread of its own.
//!
//! A terminal may stop taking output: flow control, a dead SSH connection, a program that no longer reads
//! its pseudo-terminal. A write then blocks for as long as that lasts, and whoever writes looks at no signal.
//! So the event loop hands over bytes and never writes them itself. It draws the next frame when the last
//! one is written; nothing piles up.

use std::{
    cell::RefCell,
    io,
    rc::Rc,
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tokio::sync::Notify;
use zeroize::Zeroize;

/// The output of this process. Global because the panic hook has no other way to it.
pub(super) static OUTPUT: TerminalOutput = TerminalOutput::new();

pub(super) struct TerminalOutput {
    state: Mutex<OutputState>,
    /// Bytes were queued, or written.
    changed: Condvar,
    /// The queue was written, for the event loop.
    written: Notify,
    /// A write has failed, for the event loop.
    failed: Notify,
}

struct OutputState {
    /// What is sent while it is closed is dropped.
    is_open: bool,
    /// In the order in which it was sent; a password on its way to the clipboard is in it.
    queue: Vec<u8>,
    /// The thread has taken bytes and is writing them.
    is_writing: bool,
    /// Set by the first write that fails: the terminal is gone, and nothing is written any more.
    error: Option<io::ErrorKind>,
    has_thread: bool,
}

impl OutputState {
    fn is_idle(&self) -> bool {
        self.queue.is_empty() && !self.is_writing
    }
}

impl TerminalOutput {
    const fn new() -> Self {
        Self {
            state: Mutex::new(OutputState {
                is_open: false,
                queue: Vec::new(),
                is_writing: false,
                error: None,
                has_thread: false,
            }),
            changed: Condvar::new(),
            written: Notify::const_new(),
            failed: Notify::const_new(),
        }
    }

    /// Starts accepting bytes.
    pub(super) fn open(&'static self) -> io::Result<()> {
        self.open_onto(write)
    }

    fn open_onto(&'static self, write: fn(&[u8]) -> io::Result<()>) -> io::Result<()> {
        let mut state = self.lock();
        if !state.has_thread {
            thread::Builder::new()
                .name("terminal output".to_owned())
                .spawn(move || self.write_queue(write))?;
            state.has_thread = true;
        }
        state.is_open = true;
        Ok(())
    }

    pub(super) fn is_open(&self) -> bool {
        self.lock().is_open
    }

    /// Queues bytes; never blocks.
    pub(super) fn send(&self, bytes: &[u8]) {
        let mut state = self.lock();
        if state.is_open && state.error.is_none() {
            state.queue.extend_from_slice(bytes);
            drop(state);
            self.changed.notify_all();
        }
    }

    /// Whether all bytes are written: only then is a frame drawn.
    pub(super) fn is_idle(&self) -> bool {
        self.lock().is_idle()
    }

    /// Waits until all bytes are written. Only one task may wait.
    pub(super) async fn idle(&self) {
        while !self.is_idle() {
            self.written.notified().await;
        }
    }

    /// Waits for the first failed write. Only one task may wait.
    pub(super) async fn failure(&self) -> io::ErrorKind {
        loop {
            if let Some(kind) = self.lock().error {
                return kind;
            }
            self.failed.notified().await;
        }
    }

    /// Stops accepting bytes and waits until all are written, at most for `limit`; returns whether they are.
    pub(super) fn close(&self, last: &[u8], limit: Duration) -> bool {
        let mut state = self.lock();
        if !state.is_open {
            return true;
        }
        state.is_open = false;
        if state.error.is_none() {
            state.queue.extend_from_slice(last);
        }
        self.changed.notify_all();
        let waited = self
            .changed
            .wait_timeout_while(state, limit, |state| !state.is_idle());
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        state.is_idle() && state.error.is_none()
    }

    fn write_queue(&self, write: fn(&[u8]) -> io::Result<()>) {
        let mut bytes = Vec::new();
        loop {
            let state = self.lock();
            let waited = self
                .changed
                .wait_while(state, |state| state.queue.is_empty());
            let mut state = waited.unwrap_or_else(PoisonError::into_inner);
            // The two buffers take turns, so that no frame allocates one.
            std::mem::swap(&mut state.queue, &mut bytes);
            state.is_writing = true;
            drop(state);
            let written = write(&bytes);
            // There may have been a password in it.
            bytes.zeroize();
            let mut state = self.lock();
            state.is_writing = false;
            let error = written.err();
            if let Some(error) = &error {
                state.queue.zeroize();
                state.error.get_or_insert(error.kind());
                self.failed.notify_one();
            }
            drop(state);
            // The log writes to a file: not while the event loop may wait for the lock.
            if let Some(error) = error {
                tracing::warn!("cannot write to the terminal: {error}");
            }
            self.changed.notify_all();
            self.written.notify_one();
        }
    }

    fn lock(&self) -> MutexGuard<'_, OutputState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes straight to the descriptor: what stays in the buffer of `io::stdout` is flushed when the process
/// exits, and that would block.
#[cfg(unix)]
fn write(mut bytes: &[u8]) -> io::Result<()> {
    use rustix::{
        event::{PollFd, PollFlags, poll},
        io::{Errno, write},
    };

    let stdout = io::stdout();
    while !bytes.is_empty() {
        match write(&stdout, bytes) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => bytes = bytes.get(count..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            // Another program has made the terminal that it shares with us non-blocking.
            Err(Errno::AGAIN) => drop(poll(&mut [PollFd::new(&stdout, PollFlags::OUT)], None)),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

#[cfg(not(unix))]
fn write(bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;

    let mut stdout = io::stdout().lock();
    stdout.write_all(bytes)?;
    stdout.flush()
}

/// The bytes of one frame, shared by ratatui's backend, which writes them, and the event loop, which sends them.
#[derive(Clone, Default)]
pub(super) struct FrameBuffer(Rc<RefCell<Vec<u8>>>);

impl FrameBuffer {
    /// Sends the frame.
    pub(super) fn send(&self) {
        let mut bytes = self.0.borrow_mut();
        OUTPUT.send(&bytes);
        bytes.clear();
    }
}

impl io::Write for FrameBuffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// ratatui flushes in the middle of what is one frame here.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::{self, Receiver, Sender};

    use super::*;

    type Wire = Mutex<Option<(Sender<Vec<u8>>, Receiver<io::Result<()>>)>>;

    /// A terminal of the test: it gets bytes and says when, and how, the write ends.
    struct Terminal {
        written: Receiver<Vec<u8>>,
        answer: Sender<io::Result<()>>,
    }

    impl Terminal {
        fn connect(wire: &Wire) -> Self {
            let ((sender, written), (answer, receiver)) = (mpsc::channel(), mpsc::channel());
            *wire.lock().unwrap() = Some((sender, receiver));
            Self { written, answer }
        }
    }

    fn write_to(wire: &Wire, bytes: &[u8]) -> io::Result<()> {
        let wire = wire.lock().unwrap();
        let (sender, receiver) = wire.as_ref().unwrap();
        sender.send(bytes.to_vec()).unwrap();
        receiver.recv().unwrap()
    }

    const SOON: Duration = Duration::from_millis(10);
    const LATE: Duration = Duration::from_secs(60);

    #[test]
    fn a_stalled_terminal_holds_up_neither_the_sender_nor_the_end() {
        static OUTPUT: TerminalOutput = TerminalOutput::new();
        static WIRE: Wire = Mutex::new(None);
        let terminal = Terminal::connect(&WIRE);
        OUTPUT.open_onto(|bytes| write_to(&WIRE, bytes)).unwrap();
        OUTPUT.send(b"frame");
        assert_eq!(terminal.written.recv().unwrap(), b"frame");
        assert!(!OUTPUT.is_idle());
        OUTPUT.send(b"copied");
        assert!(!OUTPUT.close(b"restore", SOON), "it is not written yet");
        OUTPUT.send(b"late");
        // It takes output again: all in order, and nothing that was sent after the end.
        terminal.answer.send(Ok(())).unwrap();
        assert_eq!(terminal.written.recv().unwrap(), b"copiedrestore");
        terminal.answer.send(Ok(())).unwrap();
        assert!(OUTPUT.close(b"", LATE), "it is closed already");
        assert_eq!(terminal.written.try_iter().count(), 0);
    }

    #[tokio::test]
    async fn a_terminal_that_is_gone_is_told_and_not_waited_for() {
        static OUTPUT: TerminalOutput = TerminalOutput::new();
        static WIRE: Wire = Mutex::new(None);
        let terminal = Terminal::connect(&WIRE);
        OUTPUT.open_onto(|bytes| write_to(&WIRE, bytes)).unwrap();
        OUTPUT.send(b"frame");
        let gone = Err(io::ErrorKind::BrokenPipe.into());
        terminal.answer.send(gone).unwrap();
        assert_eq!(OUTPUT.failure().await, io::ErrorKind::BrokenPipe);
        OUTPUT.idle().await;
        assert!(!OUTPUT.close(b"restore", LATE));
        assert_eq!(terminal.written.try_iter().count(), 1);
    }
}

//! The event loop: waits for events, passes them to `update`, executes effects and draws.

use std::{
    io,
    panic::AssertUnwindSafe,
    time::{Duration, Instant},
};

use crossterm::{
    event::Event,
    queue,
    terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use futures::FutureExt;
use jiff::Timestamp;
use ratatui::layout::Rect;
use tokio::{
    sync::{mpsc, watch},
    time::sleep_until,
};

use super::{
    active_changes::ActiveChanges,
    background_color,
    cluster_source::SharedSource,
    effects::{Effects, LoopCommand, NewConnection},
    frame_scheduler::FrameScheduler,
    input,
    mailbox::{Incoming, Mailbox},
    notify::NotifyMethod,
    output::OUTPUT,
    shutdown::{self, LoopExit, ShutdownRequest, ShutdownWait},
    signals::{HANG_UP, Signal, Signals},
    state_file::StateFile,
    terminal::{self, TerminalGuard},
    terminal_replies::{FilteredInput, ReplyFilter},
};
use crate::{
    app::{
        action::Action,
        active_contexts,
        message::Message,
        model::{Capabilities, Model, StartScope},
        plan_dialog::SharedPlan,
        preferences::Preferences,
        refresh,
        request_id::RequestId,
        save_location,
        shutdown::PendingShutdown,
        update,
    },
    cluster::{Connection, apply::WritePermit},
    ui::{
        frame,
        layout::Layout,
        text,
        theme::{Background, Theme, ThemeOptions},
    },
};

/// Options of the dashboard.
pub struct DashboardOptions {
    pub source: SharedSource,
    /// Made before the terminal was taken, so that a plugin could still ask its questions there.
    pub connection: Connection,
    pub scope: StartScope,
    pub theme_options: ThemeOptions,
    pub preferences: Preferences,
    /// Where it is kept where the user was; `None`: nothing is kept.
    pub state: Option<StateFile>,
    /// Without it nothing can be changed.
    pub permit: Option<WritePermit>,
    /// How news is told to one who looks at another window.
    pub notify: NotifyMethod,
}

/// The end of the dashboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    Quit,
    /// By a signal; the exit status that shells expect.
    Signal(u8),
    /// By a panic, which has been reported.
    Panic,
    /// Left with changes that are not finished, or a Secret that is lost: both were reported.
    Unfinished,
}

impl Ending {
    /// The same, with unfinished changes.
    pub(super) fn with_unfinished_changes(self) -> Self {
        match self {
            Self::Quit | Self::Unfinished => Self::Unfinished,
            Self::Signal(_) | Self::Panic => self,
        }
    }
}

/// Exit status after a hang-up.
const HUNG_UP: Ending = Ending::Signal(HANG_UP);

/// Maximum number of events handled before a frame may be drawn.
const BUDGET: usize = 32;

/// Runs the dashboard until the user quits and its changes have finished.
pub async fn run(start: DashboardOptions, mut signals: Signals) -> io::Result<Ending> {
    let takeover = TerminalGuard::acquire()?;
    let mut start = start;
    let mut typed = Vec::new();
    // Where nothing is asked, answers to the program before may still come.
    let mut late = ReplyFilter::new(&[], Instant::now());
    if start.theme_options.depends_on_background() {
        let heard = background_color::query();
        start.theme_options.background = heard.background;
        typed = heard.keys;
        late = ReplyFilter::new(&heard.rest, Instant::now());
    }
    let state = start.state.clone();
    let kept = state.as_ref().map(StateFile::read).unwrap_or_default();
    let changes = ActiveChanges::default();
    let mut shell = EventLoop::new(start, takeover, late, changes.clone());
    shell.model.session = kept.clone();
    for key in typed {
        shell.update(Message::Key(key));
        shell.refresh();
    }
    let left = AssertUnwindSafe(shell.run(&mut signals)).catch_unwind();
    let ending = shutdown::wait_for_changes(left.await, &changes, &mut signals).await;
    // After a panic nobody knows what the model is.
    let has_panicked = matches!(ending, Ok(Ending::Panic));
    let memory = state.filter(|_| !has_panicked).map(|state| {
        save_location(&mut shell.model);
        (state, std::mem::take(&mut shell.model.session))
    });
    shell.note_shown();
    // Gives the terminal back: before anything is printed, or waits for a disk.
    drop(shell);
    if let Some((state, memory)) = memory {
        state.write(&memory, &kept);
    }
    let is_unfinished = shutdown::report(&changes);
    ending.map(|ending| {
        if is_unfinished {
            ending.with_unfinished_changes()
        } else {
            ending
        }
    })
}

/// Converts the error of a closed terminal into a shutdown request.
fn unless_gone(result: io::Result<()>) -> io::Result<Option<ShutdownRequest>> {
    match result {
        Err(_) if terminal::is_hung_up() => Ok(Some(ShutdownRequest::Gone(HUNG_UP))),
        result => result.map(|()| None),
    }
}

struct EventLoop {
    model: Model,
    theme_options: ThemeOptions,
    theme: Theme,
    notify: NotifyMethod,
    terminal: TerminalGuard,
    layout: Layout,
    mailbox: Mailbox,
    effects: Effects,
    new_connections: mpsc::Receiver<NewConnection>,
    frame_scheduler: FrameScheduler,
    /// Somebody has pressed a key.
    pressed: bool,
    /// The screen may show something else than the last frame.
    unknown: bool,
    /// The user wants to end the program.
    shutdown_request: Option<ShutdownRequest>,
    changes: ActiveChanges,
    /// Sees how many changes are under way.
    counts: watch::Receiver<usize>,
    /// It ends when the changes under way are finished.
    shutdown: Option<ShutdownWait>,
    /// Plans whose outcome the next frame shows.
    outcomes: Vec<SharedPlan>,
    /// Those that the last frame shows, once the terminal has taken it.
    drawn: Vec<SharedPlan>,
    /// The process is to stop, and does when the changes under way are finished.
    stops: bool,
}

/// An event that wakes the loop.
enum LoopEvent {
    /// `None`: the terminal is gone.
    Arrival(Option<Incoming>),
    Made(NewConnection),
    Signal(Signal),
    /// A task has panicked.
    Panic,
    /// The terminal takes no more output.
    Gone(io::ErrorKind),
    /// There are more or fewer changes under way, or the time to wait for them is over.
    Changes,
    Frame,
}

impl EventLoop {
    fn new(
        start: DashboardOptions,
        takeover: TerminalGuard,
        late: ReplyFilter,
        changes: ActiveChanges,
    ) -> Self {
        let mut model = Model::new(&start.scope, Timestamp::now());
        model.capabilities = Capabilities {
            keeps_state: start.state.is_some(),
            can_write: start.permit.is_some(),
            can_probe_registries: start.source.prober().is_some(),
        };
        model.preferences = start.preferences;
        if let Some(story) = start.source.demo_intro() {
            let intro = format!("Demo: {}.", story.title);
            let keys = [(Action::Faults, "problems"), (Action::Help, "help")];
            let keys = keys.map(|(action, label)| {
                let key = model
                    .preferences
                    .keymap
                    .key_for(action, &active_contexts(&model));
                key.map_or_else(String::new, |key| format!(" {key} {label}"))
            });
            model.set_status(intro + &keys.join(" ·"), Timestamp::now());
            model.demo_intro = Some(story);
        }
        let inbox = Mailbox::new(late);
        let answers = inbox.answers();
        let (effects, made) = Effects::new(start.source, answers, start.permit, changes.clone());
        let mut shell = Self {
            layout: Layout::new(Rect::default(), model.focus),
            model,
            theme: start.theme_options.theme(),
            theme_options: start.theme_options,
            notify: start.notify,
            terminal: takeover,
            mailbox: inbox,
            effects,
            new_connections: made,
            frame_scheduler: FrameScheduler::default(),
            pressed: false,
            unknown: false,
            shutdown_request: None,
            counts: changes.counts(),
            changes,
            shutdown: None,
            outcomes: Vec::new(),
            drawn: Vec::new(),
            stops: false,
        };
        let request_id = shell.model.connection.request_id;
        shell.attach_connection(request_id, &start.connection);
        shell
    }

    async fn run(&mut self, signals: &mut Signals) -> io::Result<LoopExit> {
        loop {
            let now = Instant::now();
            let pressed = std::mem::take(&mut self.pressed);
            if self.model.take_dirty() {
                if pressed {
                    self.frame_scheduler.request_soon(now);
                } else {
                    self.frame_scheduler.request(now);
                }
            }
            // A terminal that is slow, or stalled, gets the next frame when it has taken the last one.
            self.note_shown();
            let is_due = OUTPUT.is_idle() && self.frame_scheduler.start_frame(now);
            let drawn = if is_due { self.draw() } else { Ok(()) };
            if is_due && drawn.is_ok() {
                self.drawn.append(&mut self.outcomes);
            }
            // Also what was typed before the first frame may ask for the end.
            let asked = unless_gone(drawn)?.or_else(|| self.shutdown_request.take());
            let wish = match asked {
                Some(wish) => Some(wish),
                None => match self.wait(signals).await {
                    LoopEvent::Panic => return Ok(LoopExit::Panicked),
                    woken => self.handle(woken, signals).await?,
                },
            };
            if let Some(left) = self.check_shutdown(wish) {
                return Ok(left);
            }
        }
    }

    /// Marks plans whose outcome was drawn as shown.
    fn note_shown(&mut self) {
        if OUTPUT.is_idle() {
            for plan in self.drawn.drain(..) {
                self.changes.mark_shown(&plan);
            }
        }
    }

    /// Does what the loop woke up for; returns the wish to end, if there is one.
    async fn handle(
        &mut self,
        woken: LoopEvent,
        signals: &mut Signals,
    ) -> io::Result<Option<ShutdownRequest>> {
        match woken {
            LoopEvent::Arrival(Some(arrival)) => {
                self.receive(arrival);
                return Ok(self.shutdown_request.take());
            }
            LoopEvent::Gone(io::ErrorKind::BrokenPipe) => {
                return Ok(Some(ShutdownRequest::Gone(Ending::Quit)));
            }
            // As if by the signal that says so.
            LoopEvent::Arrival(None) | LoopEvent::Gone(_) => {
                return Ok(Some(ShutdownRequest::Gone(HUNG_UP)));
            }
            LoopEvent::Made((request_id, connection)) => {
                self.attach_connection(request_id, &connection);
            }
            LoopEvent::Signal(signal) => return self.handle_signal(signal, signals).await,
            LoopEvent::Frame => self.update(Message::Tick),
            LoopEvent::Changes if self.stops && self.changes.count() == 0 => {
                self.stops = false;
                return self.handle_signal(Signal::Stop, signals).await;
            }
            LoopEvent::Changes | LoopEvent::Panic => {}
        }
        Ok(None)
    }

    /// Handles a signal; returns a shutdown request, if it is one.
    async fn handle_signal(
        &mut self,
        signal: Signal,
        signals: &mut Signals,
    ) -> io::Result<Option<ShutdownRequest>> {
        match signal {
            Signal::Quit(status) => Ok(Some(ShutdownRequest::Signal(Ending::Signal(status)))),
            Signal::HangUp if terminal::is_hung_up() => Ok(Some(ShutdownRequest::Gone(HUNG_UP))),
            Signal::HangUp => Ok(Some(ShutdownRequest::HangUp(HUNG_UP))),
            // A stopped process would leave a Secret deleted for as long as it is stopped.
            Signal::Stop if self.changes.count() > 0 => {
                self.stops = true;
                Ok(None)
            }
            Signal::Stop => {
                terminal::restore();
                signals.stop_self().await?;
                unless_gone(self.resume())
            }
            // After SIGSTOP, which nobody can catch, the terminal is no longer as we left it.
            Signal::Continue => unless_gone(self.resume()),
        }
    }

    /// Decides, after each turn, whether the loop ends: at once, or when the changes under way are finished.
    fn check_shutdown(&mut self, wish: Option<ShutdownRequest>) -> Option<LoopExit> {
        let now = Instant::now();
        match (wish, &mut self.shutdown) {
            (None, _) => {}
            (Some(wish), Some(wait)) => {
                if let Some(ending) = wait.request_again(wish, now) {
                    return Some(LoopExit::Ended(ending));
                }
            }
            (Some(wish), wait @ None) => {
                self.changes.end();
                *wait = Some(ShutdownWait::new(wish, now));
            }
        }
        let wait = self.shutdown?;
        let changes = *self.counts.borrow_and_update();
        if changes == 0 || now >= wait.deadline() {
            return Some(LoopExit::Ended(wait.ending));
        }
        if wait.is_unseen {
            return Some(LoopExit::Unseen(wait));
        }
        self.show_finishing(changes, wait.deadline() - now);
        None
    }

    fn show_finishing(&mut self, changes: usize, left: Duration) {
        let shown = self.model.shutdown;
        if shown.is_none_or(|shown| shown.changes != changes) {
            let until = shown.map_or_else(|| Timestamp::now() + left, |shown| shown.until);
            self.update(Message::ShuttingDown(PendingShutdown { changes, until }));
        }
    }

    async fn wait(&mut self, signals: &mut Signals) -> LoopEvent {
        let deadline = self.frame_scheduler.deadline();
        let frame = async {
            match deadline {
                Some(at) => {
                    sleep_until(at.into()).await;
                    OUTPUT.idle().await;
                }
                None => std::future::pending().await,
            }
        };
        let wait = self.shutdown;
        let over = async {
            match wait {
                Some(wait) => sleep_until(wait.deadline().into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            signal = signals.next() => LoopEvent::Signal(signal),
            () = terminal::panicked() => LoopEvent::Panic,
            kind = OUTPUT.failure() => LoopEvent::Gone(kind),
            () = over => LoopEvent::Changes,
            Ok(()) = self.counts.changed(), if wait.is_some() || self.stops => LoopEvent::Changes,
            () = frame => LoopEvent::Frame,
            Some(made) = self.new_connections.recv() => LoopEvent::Made(made),
            arrival = self.mailbox.next() => LoopEvent::Arrival(arrival),
        }
    }

    /// Takes in what has arrived, and what waits behind it, up to the budget.
    fn receive(&mut self, first: Incoming) {
        let mut arrival = Some(first);
        let mut budget = BUDGET;
        while let Some(next) = arrival.take() {
            match next {
                Incoming::Input(FilteredInput::Background(background)) => {
                    self.set_background(background);
                }
                Incoming::Input(FilteredInput::Event(event)) => {
                    if let Event::Resize(columns, rows) = event {
                        self.layout = Layout::new(Rect::new(0, 0, columns, rows), self.model.focus);
                        // Between two frames the size may have changed and changed back, and the
                        // terminal has cut off what did not fit.
                        self.unknown = true;
                    }
                    self.pressed = true;
                    if let Some(message) = input::message(event, &self.layout) {
                        self.update(message);
                    }
                    // The next key must meet the rows that this one has made.
                    self.refresh();
                }
                Incoming::Answer(message) | Incoming::Feed(message) => self.update(message),
            }
            budget -= 1;
            if budget > 0 && self.shutdown_request.is_none() {
                arrival = self.mailbox.ready();
            }
        }
    }

    fn update(&mut self, message: Message) {
        if let Message::Applied(_, plan, _) = &message {
            self.outcomes.push(plan.clone());
        }
        for effect in update(&mut self.model, message, Timestamp::now()) {
            match self.effects.start(effect) {
                LoopCommand::Nothing => {}
                LoopCommand::StopFeed => self.mailbox.stop_feed(),
                LoopCommand::Theme(name) => {
                    self.theme_options.theme = name;
                    self.theme = self.theme_options.theme();
                }
                LoopCommand::Quit => {
                    self.shutdown_request = Some(ShutdownRequest::Key(Ending::Quit));
                }
            }
        }
    }

    /// Watches over a connection that has been made, unless another one is wanted by now.
    fn attach_connection(&mut self, request_id: RequestId, connection: &Connection) {
        if request_id == self.model.connection.request_id {
            let (message, feed) = self.effects.watch(request_id, connection);
            self.mailbox.set_feed(request_id, feed);
            self.update(message);
        }
    }

    /// Applies a background colour that was reported after the first frame.
    fn set_background(&mut self, background: Background) {
        self.theme_options.background = Some(background);
        self.theme = self.theme_options.theme();
        self.update(Message::Redraw);
    }

    fn resume(&mut self) -> io::Result<()> {
        TerminalGuard::retake()?;
        self.unknown = true;
        self.update(Message::Redraw);
        Ok(())
    }

    fn refresh(&mut self) {
        self.layout = Layout::new(self.layout.area, self.model.focus);
        refresh::refresh(&mut self.model, self.layout.heights(), Timestamp::now());
    }

    fn draw(&mut self) -> io::Result<()> {
        let size = self.terminal.screen.size()?;
        self.layout = Layout::new(Rect::new(0, 0, size.width, size.height), self.model.focus);
        self.refresh();
        let now = Timestamp::now();
        queue!(self.terminal.screen.backend_mut(), BeginSynchronizedUpdate)?;
        if std::mem::take(&mut self.unknown) {
            self.terminal.invalidate_screen()?;
        }
        let (model, theme) = (&self.model, &self.theme);
        let mut end = None;
        self.terminal
            .screen
            .draw(|frame| end = frame::draw(model, theme, now, frame))?;
        refresh::set_scroll_end(&mut self.model, end);
        queue!(self.terminal.screen.backend_mut(), EndSynchronizedUpdate)?;
        if let Some(news) = self.model.notices.take_bell() {
            let terminal = self.terminal.screen.backend_mut();
            self.notify.send(&text::clean(&news), terminal)?;
        }
        self.terminal.send_frame();
        let wake = refresh::next_wakeup(&self.model, now).map(|at| {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            Instant::now() + wait
        });
        self.frame_scheduler.schedule(wake);
        Ok(())
    }
}

//! The loop: sleep until something happens, let `update` have it, carry out what it asks for, draw if
//! something changed.

use std::{
    collections::BTreeSet,
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
    background,
    cluster_source::SharedSource,
    effects::{Effects, Made, Order},
    frame_scheduler::Frames,
    input,
    mailbox::{Arrival, Inbox},
    notify::Announce,
    output::OUTPUT,
    shutdown::{self, Leaving, Left, Wish},
    signals::{HANG_UP, Signal, Signals},
    state_file::StateFile,
    terminal::{self, Takeover},
    terminal_replies::{Heard, LateAnswers},
};
use crate::{
    app::{
        leave,
        message::Message,
        model::{Abilities, Model, StartScope},
        plan_dialog::Planned,
        preferences::Preferences,
        refresh,
        request_id::Ticket,
        shutdown::Finishing,
        update,
    },
    cluster::{Connection, apply::WritePermit},
    ui::{
        frame,
        layout::Layout,
        text,
        theme::{Background, Look, Theme},
    },
};

/// What the dashboard starts with.
pub struct Start {
    pub source: SharedSource,
    /// Made before the terminal was taken, so that a plugin could still ask its questions there.
    pub connection: Connection,
    pub scope: StartScope,
    pub look: Look,
    pub preferences: Preferences,
    /// Where it is kept where the user was; `None`: nothing is kept.
    pub state: Option<StateFile>,
    /// Without it nothing can be changed.
    pub permit: Option<WritePermit>,
    /// How news is told to one who looks at another window.
    pub announce: Announce,
}

/// How the dashboard ended.
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
    /// The same end, where changes were not finished.
    pub(super) fn with_unfinished_changes(self) -> Self {
        match self {
            Self::Quit | Self::Unfinished => Self::Unfinished,
            Self::Signal(_) | Self::Panic => self,
        }
    }
}

/// After a hang-up.
const HUNG_UP: Ending = Ending::Signal(HANG_UP);

/// What one turn takes in before a frame may be drawn.
const BUDGET: usize = 32;

/// Runs the dashboard until it is left, and the changes that it has begun are finished.
pub async fn run(start: Start, mut signals: Signals) -> io::Result<Ending> {
    let takeover = Takeover::begin()?;
    let mut start = start;
    let mut typed = Vec::new();
    // Where nothing is asked, answers to the program before may still come.
    let mut late = LateAnswers::new(&[], Instant::now());
    if start.look.depends_on_background() {
        let heard = background::ask();
        start.look.background = heard.background;
        typed = heard.keys;
        late = LateAnswers::new(&heard.rest, Instant::now());
    }
    let state = start.state.clone();
    let changes = ActiveChanges::default();
    let mut shell = Shell::new(start, takeover, late, changes.clone());
    for key in typed {
        shell.update(Message::Key(key));
        shell.refresh();
    }
    let left = AssertUnwindSafe(shell.run(&mut signals)).catch_unwind();
    let ending = shutdown::finish(left.await, &changes, &mut signals).await;
    // After a panic nobody knows what the model is.
    let has_panicked = matches!(ending, Ok(Ending::Panic));
    let memory = state.filter(|_| !has_panicked).map(|state| {
        leave(&mut shell.model);
        (state, std::mem::take(&mut shell.model.memory))
    });
    shell.note_shown();
    // Gives the terminal back: before anything is printed, or waits for a disk.
    drop(shell);
    if let Some((state, memory)) = memory {
        state.write(&memory);
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

/// Makes a wish to end of an error of a terminal that is gone.
fn unless_gone(result: io::Result<()>) -> io::Result<Option<Wish>> {
    match result {
        Err(_) if terminal::is_gone() => Ok(Some(Wish::Gone(HUNG_UP))),
        result => result.map(|()| None),
    }
}

struct Shell {
    model: Model,
    look: Look,
    theme: Theme,
    announce: Announce,
    takeover: Takeover,
    layout: Layout,
    inbox: Inbox,
    effects: Effects,
    made: mpsc::Receiver<Made>,
    frames: Frames,
    /// Somebody has pressed a key.
    pressed: bool,
    /// The screen may show something else than the last frame.
    unknown: bool,
    /// The user wants to end the program.
    wish: Option<Wish>,
    changes: ActiveChanges,
    /// Sees how many changes are under way.
    counts: watch::Receiver<usize>,
    /// It ends when the changes under way are finished.
    leaving: Option<Leaving>,
    /// Plans whose outcome the next frame shows.
    outcomes: Vec<Planned>,
    /// Those that the last frame shows, once the terminal has taken it.
    drawn: Vec<Planned>,
    /// The process is to stop, and does when the changes under way are finished.
    stops: bool,
}

/// What a turn of the loop woke up for.
enum Woken {
    /// `None`: the terminal is gone.
    Arrival(Option<Arrival>),
    Made(Made),
    Signal(Signal),
    /// A task has panicked.
    Panic,
    /// The terminal takes no more output.
    Gone(io::ErrorKind),
    /// There are more or fewer changes under way, or the time to wait for them is over.
    Changes,
    Frame,
}

impl Shell {
    fn new(start: Start, takeover: Takeover, late: LateAnswers, changes: ActiveChanges) -> Self {
        let mut model = Model::new(&start.scope, Timestamp::now());
        model.abilities = Abilities {
            remembers: start.state.is_some(),
            writes: start.permit.is_some(),
            asks_registries: start.source.prober().is_some(),
        };
        model.preferences = start.preferences;
        if let Some(story) = start.source.story() {
            let told = format!("{}: ? tells its story", story.title);
            model.flash(told, Timestamp::now());
            model.story = Some(story);
        }
        model.memory = start
            .state
            .as_ref()
            .map(StateFile::read)
            .unwrap_or_default();
        let inbox = Inbox::new(late);
        let namespaces: BTreeSet<_> = model.known.clone();
        let answers = inbox.answers();
        let (effects, made) = Effects::new(
            start.source,
            answers,
            namespaces,
            start.permit,
            changes.clone(),
        );
        let mut shell = Self {
            layout: Layout::of(Rect::default(), model.focus),
            model,
            theme: start.look.theme(),
            look: start.look,
            announce: start.announce,
            takeover,
            inbox,
            effects,
            made,
            frames: Frames::default(),
            pressed: false,
            unknown: false,
            wish: None,
            counts: changes.counts(),
            changes,
            leaving: None,
            outcomes: Vec::new(),
            drawn: Vec::new(),
            stops: false,
        };
        let ticket = shell.model.connection.ticket;
        shell.take_over(ticket, &start.connection);
        shell
    }

    async fn run(&mut self, signals: &mut Signals) -> io::Result<Left> {
        loop {
            let now = Instant::now();
            let pressed = std::mem::take(&mut self.pressed);
            if self.model.take_dirty() {
                if pressed {
                    self.frames.request_answer(now);
                } else {
                    self.frames.request(now);
                }
            }
            // A terminal that is slow, or stalled, gets the next frame when it has taken the last one.
            self.note_shown();
            let is_due = OUTPUT.is_idle() && self.frames.take(now);
            let drawn = if is_due { self.draw() } else { Ok(()) };
            if is_due && drawn.is_ok() {
                self.drawn.append(&mut self.outcomes);
            }
            let wish = match unless_gone(drawn)? {
                Some(wish) => Some(wish),
                None => match self.wait(signals).await {
                    Woken::Panic => return Ok(Left::Panicked),
                    woken => self.turn(woken, signals).await?,
                },
            };
            if let Some(left) = self.leave(wish) {
                return Ok(left);
            }
        }
    }

    /// What the terminal has taken has been shown.
    fn note_shown(&mut self) {
        if OUTPUT.is_idle() {
            for plan in self.drawn.drain(..) {
                self.changes.shown(&plan);
            }
        }
    }

    /// Does what the loop woke up for; returns the wish to end, if there is one.
    async fn turn(&mut self, woken: Woken, signals: &mut Signals) -> io::Result<Option<Wish>> {
        match woken {
            Woken::Arrival(Some(arrival)) => {
                self.take_in(arrival);
                return Ok(self.wish.take());
            }
            Woken::Gone(io::ErrorKind::BrokenPipe) => return Ok(Some(Wish::Gone(Ending::Quit))),
            // As if by the signal that says so.
            Woken::Arrival(None) | Woken::Gone(_) => return Ok(Some(Wish::Gone(HUNG_UP))),
            Woken::Made((ticket, connection)) => self.take_over(ticket, &connection),
            Woken::Signal(signal) => return self.obey(signal, signals).await,
            Woken::Frame => self.update(Message::Tick),
            Woken::Changes if self.stops && self.changes.count() == 0 => {
                self.stops = false;
                return self.obey(Signal::Stop, signals).await;
            }
            Woken::Changes | Woken::Panic => {}
        }
        Ok(None)
    }

    /// Does what a signal asks for; returns the wish to end, if it is one.
    async fn obey(&mut self, signal: Signal, signals: &mut Signals) -> io::Result<Option<Wish>> {
        match signal {
            Signal::Quit(status) => Ok(Some(Wish::Signal(Ending::Signal(status)))),
            Signal::HangUp if terminal::is_gone() => Ok(Some(Wish::Gone(HUNG_UP))),
            Signal::HangUp => Ok(Some(Wish::HangUp(HUNG_UP))),
            // A stopped process would leave a Secret deleted for as long as it is stopped.
            Signal::Stop if self.changes.count() > 0 => {
                self.stops = true;
                Ok(None)
            }
            Signal::Stop => {
                terminal::restore();
                signals.stop_self().await?;
                unless_gone(self.come_back())
            }
            // After SIGSTOP, which nobody can catch, the terminal is no longer as we left it.
            Signal::Continue => unless_gone(self.come_back()),
        }
    }

    /// Decides, after each turn, whether the loop ends: at once, or when the changes under way are finished.
    fn leave(&mut self, wish: Option<Wish>) -> Option<Left> {
        let now = Instant::now();
        match (wish, &mut self.leaving) {
            (None, _) => {}
            (Some(wish), Some(leaving)) => {
                if let Some(ending) = leaving.again(wish, now) {
                    return Some(Left::Ended(ending));
                }
            }
            (Some(wish), leaving @ None) => {
                self.changes.end();
                *leaving = Some(Leaving::new(wish, now));
            }
        }
        let leaving = self.leaving?;
        let changes = *self.counts.borrow_and_update();
        if changes == 0 || now >= leaving.deadline() {
            return Some(Left::Ended(leaving.ending));
        }
        if leaving.is_unseen {
            return Some(Left::Unseen(leaving));
        }
        self.show_finishing(changes, leaving.deadline() - now);
        None
    }

    fn show_finishing(&mut self, changes: usize, left: Duration) {
        let shown = self.model.finishing;
        if shown.is_none_or(|shown| shown.changes != changes) {
            let until = shown.map_or_else(|| Timestamp::now() + left, |shown| shown.until);
            self.update(Message::Finishing(Finishing { changes, until }));
        }
    }

    async fn wait(&mut self, signals: &mut Signals) -> Woken {
        let deadline = self.frames.deadline();
        let frame = async {
            match deadline {
                Some(at) => {
                    sleep_until(at.into()).await;
                    OUTPUT.idle().await;
                }
                None => std::future::pending().await,
            }
        };
        let leaving = self.leaving;
        let over = async {
            match leaving {
                Some(leaving) => sleep_until(leaving.deadline().into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            signal = signals.next() => Woken::Signal(signal),
            () = terminal::panicked() => Woken::Panic,
            kind = OUTPUT.failure() => Woken::Gone(kind),
            () = over => Woken::Changes,
            Ok(()) = self.counts.changed(), if leaving.is_some() || self.stops => Woken::Changes,
            () = frame => Woken::Frame,
            Some(made) = self.made.recv() => Woken::Made(made),
            arrival = self.inbox.next() => Woken::Arrival(arrival),
        }
    }

    /// Takes in what has arrived, and what waits behind it, up to the budget.
    fn take_in(&mut self, first: Arrival) {
        let mut arrival = Some(first);
        let mut budget = BUDGET;
        while let Some(next) = arrival.take() {
            match next {
                Arrival::Input(Heard::Background(background)) => self.learn(background),
                Arrival::Input(Heard::Event(event)) => {
                    if let Event::Resize(columns, rows) = event {
                        self.layout = Layout::of(Rect::new(0, 0, columns, rows), self.model.focus);
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
                Arrival::Answer(message) | Arrival::Feed(message) => self.update(message),
            }
            budget -= 1;
            if budget > 0 && self.wish.is_none() {
                arrival = self.inbox.ready();
            }
        }
    }

    fn update(&mut self, message: Message) {
        if let Message::CarriedOut(_, plan, _) = &message {
            self.outcomes.push(plan.clone());
        }
        for effect in update(&mut self.model, message, Timestamp::now()) {
            match self.effects.start(effect) {
                Order::Nothing => {}
                Order::Hush => self.inbox.hush(),
                Order::Theme(name) => {
                    self.look.theme = name;
                    self.theme = self.look.theme();
                }
                Order::Quit => self.wish = Some(Wish::Key(Ending::Quit)),
            }
        }
    }

    /// Watches over a connection that has been made, unless another one is wanted by now.
    fn take_over(&mut self, ticket: Ticket, connection: &Connection) {
        if ticket == self.model.connection.ticket {
            let (message, feed) = self.effects.watch(ticket, connection);
            self.inbox.listen(ticket, feed);
            self.update(message);
        }
    }

    /// The terminal has told its background after the first frame.
    fn learn(&mut self, background: Background) {
        self.look.background = Some(background);
        self.theme = self.look.theme();
        self.update(Message::Redraw);
    }

    fn come_back(&mut self) -> io::Result<()> {
        Takeover::again()?;
        self.unknown = true;
        self.update(Message::Redraw);
        Ok(())
    }

    fn refresh(&mut self) {
        self.layout = Layout::of(self.layout.area, self.model.focus);
        refresh::refresh(&mut self.model, self.layout.heights(), Timestamp::now());
    }

    fn draw(&mut self) -> io::Result<()> {
        let size = self.takeover.screen.size()?;
        self.layout = Layout::of(Rect::new(0, 0, size.width, size.height), self.model.focus);
        self.refresh();
        let now = Timestamp::now();
        queue!(self.takeover.screen.backend_mut(), BeginSynchronizedUpdate)?;
        if std::mem::take(&mut self.unknown) {
            self.takeover.forget()?;
        }
        let (model, theme) = (&self.model, &self.theme);
        let mut end = None;
        self.takeover
            .screen
            .draw(|frame| end = frame::draw(model, theme, now, frame))?;
        refresh::scrolled(&mut self.model, end);
        queue!(self.takeover.screen.backend_mut(), EndSynchronizedUpdate)?;
        if let Some(news) = self.model.notices.take_ring() {
            let terminal = self.takeover.screen.backend_mut();
            self.announce.tell(&text::clean(&news), terminal)?;
        }
        self.takeover.send_frame();
        let wake = refresh::wake(&self.model, now).map(|at| {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            Instant::now() + wait
        });
        self.frames.wake_at(wake);
        Ok(())
    }
}

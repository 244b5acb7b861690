//! The loop: sleep until something happens, let `update` have it, carry out what it asks for, draw if
//! something changed.

use std::{
    collections::BTreeSet,
    io::{self, Write},
    time::{Duration, Instant},
};

use crossterm::{
    event::Event,
    queue,
    terminal::{BeginSynchronizedUpdate, EndSynchronizedUpdate},
};
use jiff::Timestamp;
use ratatui::layout::Rect;
use tokio::{sync::mpsc, time::sleep_until};

use super::{
    announce::Announce,
    background,
    effects::{Effects, Made, Order},
    frames::Frames,
    inbox::{Arrival, Inbox},
    input,
    signals::{Signal, Signals},
    source::SharedSource,
    state::StateFile,
    terminal::{self, Takeover},
};
use crate::{
    app::{
        leave,
        message::Message,
        model::{Abilities, Model, StartScope},
        preferences::Preferences,
        refresh,
        ticket::Ticket,
        update,
    },
    cluster::{Connection, apply::WritePermit},
    ui::{
        frame,
        layout::Layout,
        text,
        theme::{Look, Theme},
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
}

/// What one turn takes in before a frame may be drawn.
const BUDGET: usize = 32;

/// Runs the dashboard until it is left.
pub async fn run(start: Start, signals: Signals) -> io::Result<Ending> {
    let takeover = Takeover::begin()?;
    let mut start = start;
    let mut typed = Vec::new();
    if start.look.depends_on_background() {
        let heard = background::ask();
        start.look.background = heard.background;
        typed = heard.keys;
    }
    let state = start.state.clone();
    let mut shell = Shell::new(start, takeover);
    for key in typed {
        shell.update(Message::Key(key));
        shell.refresh();
    }
    let ending = match shell.run(signals).await {
        // A terminal that goes away while it is drawn to has ended the program, and not in error.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ending::Quit),
        ending => ending,
    };
    if let Some(state) = state {
        leave(&mut shell.model);
        state.write(&shell.model.memory);
    }
    ending
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
    quits: bool,
}

/// What a turn of the loop woke up for.
enum Woken {
    /// `None`: the terminal is gone.
    Arrival(Option<Arrival>),
    Made(Made),
    Signal(Signal),
    Frame,
}

impl Shell {
    fn new(start: Start, takeover: Takeover) -> Self {
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
        let inbox = Inbox::new();
        let namespaces: BTreeSet<_> = model.known.clone();
        let (effects, made) = Effects::new(start.source, inbox.answers(), namespaces, start.permit);
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
            quits: false,
        };
        let ticket = shell.model.connection.ticket;
        shell.take_over(ticket, &start.connection);
        shell
    }

    async fn run(&mut self, mut signals: Signals) -> io::Result<Ending> {
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
            if self.frames.take(now) {
                self.draw()?;
            }
            if self.quits {
                return Ok(Ending::Quit);
            }
            let woken = self.wait(&mut signals).await;
            match woken {
                Woken::Arrival(Some(arrival)) => self.take_in(arrival),
                // As if by the signal that says so.
                Woken::Arrival(None) => return Ok(Ending::Signal(128 + 1)),
                Woken::Made((ticket, connection)) => self.take_over(ticket, &connection),
                Woken::Signal(Signal::Quit(status)) => return Ok(Ending::Signal(status)),
                Woken::Signal(Signal::Stop) => {
                    terminal::restore();
                    signals.stop_self().await?;
                    self.come_back()?;
                }
                // After SIGSTOP, which nobody can catch, the terminal is no longer as we left it.
                Woken::Signal(Signal::Continue) => self.come_back()?,
                Woken::Frame => self.update(Message::Tick),
            }
        }
    }

    async fn wait(&mut self, signals: &mut Signals) -> Woken {
        let deadline = self.frames.deadline();
        let frame = async {
            match deadline {
                Some(at) => sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            signal = signals.next() => Woken::Signal(signal),
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
                Arrival::Input(event) => {
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
            if budget > 0 && !self.quits {
                arrival = self.inbox.ready();
            }
        }
    }

    fn update(&mut self, message: Message) {
        for effect in update(&mut self.model, message, Timestamp::now()) {
            match self.effects.start(effect) {
                Order::Nothing => {}
                Order::Hush => self.inbox.hush(),
                Order::Theme(name) => self.theme = self.look.named(name),
                Order::Quit => self.quits = true,
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
        Write::flush(self.takeover.screen.backend_mut())?;
        let wake = refresh::wake(&self.model, now).map(|at| {
            let wait = Duration::try_from(at.duration_since(now)).unwrap_or_default();
            Instant::now() + wait
        });
        self.frames.wake_at(wake);
        Ok(())
    }
}

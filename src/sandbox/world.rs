//! All that a sandbox is, behind one lock: the objects, the time, chance, and what is going to
//! happen when.
//!
//! Everything that lives in the sandbox moves in `catch_up`, one due happening after the other, so
//! that a test that winds the clock and a demo that runs with it see the same.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    agenda::Agenda,
    clock::{Clock, Pace, later},
    controllers::{self, Work},
    dice::Dice,
    kubelet::{self, Kubelets},
    profile::Profile,
    recorder,
    registry::Network,
    scenario::{self, Happening},
    store::Store,
};

pub struct World {
    pub store: Store,
    /// The moment that is being lived through; the clock's, once `catch_up` has returned.
    pub now: Timestamp,
    pub dice: Dice,
    pub profile: Profile,
    pub network: Network,
    pub(super) clock: Clock,
    pub(super) agenda: Agenda<Due>,
    pub(super) controllers: controllers::Controllers,
    pub(super) kubelets: Kubelets,
    pub(super) recorder: recorder::Memory,
}

/// What has its time.
#[derive(Debug)]
pub(super) enum Due {
    Kubelet(kubelet::Task),
    Work(Work),
    ExpireEvents,
    Happening(Box<Happening>),
}

/// Old Events are not looked for more often than this.
const SWEEP: Duration = Duration::from_secs(60);

impl World {
    /// An empty world that began at `start`.
    pub fn new(start: Timestamp, pace: Pace, profile: Profile) -> Self {
        let mut world = Self {
            store: Store::new(),
            now: start,
            dice: Dice::seeded(0x70_75_6c_6c),
            profile,
            network: Network::default(),
            clock: Clock::starting(start, pace),
            agenda: Agenda::default(),
            controllers: controllers::Controllers::default(),
            kubelets: Kubelets::default(),
            recorder: recorder::Memory::default(),
        };
        world.agenda.enter(later(start, SWEEP), Due::ExpireEvents);
        world
    }

    /// Lives through all that was due until the clock's present.
    pub fn catch_up(&mut self) {
        self.live_until(self.clock.now());
    }

    /// Winds the clock on and lives through the time between.
    pub fn advance(&mut self, by: Duration) {
        self.clock.advance(by);
        self.catch_up();
    }

    /// Lets the clock go on from where it is at another pace.
    pub fn set_pace(&mut self, pace: Pace) {
        self.clock = Clock::starting(self.clock.now(), pace);
    }

    /// How long the real time is until something is due; none if nothing is, or the clock stands.
    pub fn next_wait(&self) -> Option<Duration> {
        self.clock.real_wait(self.agenda.next_at()?)
    }

    fn live_until(&mut self, end: Timestamp) {
        controllers::settle(self);
        while let Some((at, due)) = self.agenda.pop_due(end) {
            self.now = self.now.max(at);
            self.perform(due);
            controllers::settle(self);
        }
        self.now = self.now.max(end);
    }

    fn perform(&mut self, due: Due) {
        match due {
            Due::Kubelet(task) => kubelet::perform(self, task),
            Due::Work(work) => controllers::enqueue(self, work),
            Due::ExpireEvents => {
                let next = recorder::expire(self);
                let soonest = later(self.now, SWEEP);
                let latest = later(self.now, recorder::LIFE);
                let next = next.unwrap_or(latest).clamp(soonest, latest);
                self.agenda.enter(next, Due::ExpireEvents);
            }
            Due::Happening(happening) => scenario::happen(self, *happening),
        }
    }
}

/// The world, shared by everyone who looks at it.
#[derive(Clone)]
pub struct Shared(Arc<Mutex<World>>);

impl Shared {
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// The world at the clock's present. The lock is held for one request or one step, never across
    /// an await.
    pub fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        world.catch_up();
        world
    }
}

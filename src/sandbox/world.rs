//! All that a sandbox is, behind one lock: the objects, the time, chance, and what is going to
//! happen when. How it moves is said by `event_loop`.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    admission::ImagePolicy,
    clock::{Clock, Pace, later},
    controllers::work_queue::{Controllers, Work},
    event_recorder::correlator::Memory,
    kubelet::{
        provider::Provider,
        state::{Kubelets, Task},
    },
    profile::Profile,
    registry::Network,
    rng::Dice,
    scenario::scheduled_event::Happening,
    store::Store,
    timer_queue::Agenda,
};

pub struct World {
    pub store: Store,
    /// The moment that is being lived through; the clock's, once `catch_up` has returned.
    pub now: Timestamp,
    pub dice: Dice,
    pub profile: Profile,
    pub network: Network,
    pub(super) image_policies: Vec<ImagePolicy>,
    /// The credential plugins of all kubelets.
    pub(super) providers: Vec<Provider>,
    pub(super) clock: Clock,
    pub(super) agenda: Agenda<Due>,
    pub(super) controllers: Controllers,
    pub(super) kubelets: Kubelets,
    pub(super) recorder: Memory,
}

/// What has its time.
pub(super) enum Due {
    Kubelet(Task),
    Work(Work),
    ExpireEvents,
    Happening(Box<Happening>),
}

/// Old Events are not looked for more often than this.
pub(super) const SWEEP: Duration = Duration::from_secs(60);

impl World {
    /// An empty world that began at `start`.
    pub fn new(start: Timestamp, pace: Pace, profile: Profile) -> Self {
        let mut world = Self {
            store: Store::new(),
            now: start,
            dice: Dice::seeded(0x70_75_6c_6c),
            profile,
            network: Network::default(),
            image_policies: Vec::new(),
            providers: Vec::new(),
            clock: Clock::starting(start, pace),
            agenda: Agenda::default(),
            controllers: Controllers::default(),
            kubelets: Kubelets::default(),
            recorder: Memory::default(),
        };
        world.agenda.enter(later(start, SWEEP), Due::ExpireEvents);
        world
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

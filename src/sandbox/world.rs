//! The simulated cluster behind one lock: objects, clock, random numbers and timers.
//!
//! How it moves is said by `event_loop`.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

use super::{
    admission::ImagePolicy,
    clock::{Clock, Pace, later},
    controllers::work_queue::{Controllers, Work},
    event_recorder::correlator::EventCorrelator,
    kubelet::{
        provider::CredentialProvider,
        state::{Kubelets, Task},
    },
    profile::Profile,
    registry::RegistryNetwork,
    rng::Rng,
    scenario::scheduled_event::ScheduledEvent,
    store::ObjectStore,
    timer_queue::TimerQueue,
};

pub struct World {
    pub store: ObjectStore,
    /// The moment that is being lived through; the clock's, once `catch_up` has returned.
    pub now: Timestamp,
    pub rng: Rng,
    pub profile: Profile,
    pub network: RegistryNetwork,
    pub(super) image_policies: Vec<ImagePolicy>,
    /// The credential plugins of all kubelets.
    pub(super) providers: Vec<CredentialProvider>,
    pub(super) clock: Clock,
    pub(super) timers: TimerQueue<TimerEvent>,
    pub(super) controllers: Controllers,
    pub(super) kubelets: Kubelets,
    pub(super) recorder: EventCorrelator,
}

/// A timer of the sandbox.
pub(super) enum TimerEvent {
    Kubelet(Task),
    Work(Work),
    ExpireEvents,
    Scenario(Box<ScheduledEvent>),
}

/// Minimum time between two searches for expired Events.
pub(super) const SWEEP: Duration = Duration::from_secs(60);

impl World {
    /// Creates an empty cluster at `start`.
    pub fn new(start: Timestamp, pace: Pace, profile: Profile) -> Self {
        let mut world = Self {
            store: ObjectStore::new(),
            now: start,
            rng: Rng::seeded(0x70_75_6c_6c),
            profile,
            network: RegistryNetwork::default(),
            image_policies: Vec::new(),
            providers: Vec::new(),
            clock: Clock::starting(start, pace),
            timers: TimerQueue::default(),
            controllers: Controllers::default(),
            kubelets: Kubelets::default(),
            recorder: EventCorrelator::default(),
        };
        world
            .timers
            .schedule(later(start, SWEEP), TimerEvent::ExpireEvents);
        world
    }
}

/// The simulated cluster, shared by its users.
#[derive(Clone)]
pub struct SharedWorld(Arc<Mutex<World>>);

impl SharedWorld {
    pub fn new(world: World) -> Self {
        Self(Arc::new(Mutex::new(world)))
    }

    /// Locks the cluster at the clock's present.
    ///
    /// The lock is held for one request or one step, never across an await.
    pub fn world(&self) -> MutexGuard<'_, World> {
        let mut world = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        world.catch_up();
        world
    }
}

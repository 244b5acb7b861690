//! A small Kubernetes in this process: API server, controllers, kubelets and registries, without ports, files or
//! containers.
//!
//! `pullscope demo` and the tests run on it, so it has to behave as Kubernetes does, and it must
//! not know what the product thinks: of `domain` it shares the facts (how an image reference and a
//! keyring are read), never the judgements (`classify`, `cause`, `diagnose`, `plan`). A fault in the
//! diagnosis would otherwise be invisible in the demo.

mod admission;
pub mod api;
mod clock;
mod controllers;
mod event_loop;
mod event_recorder;
mod fields;
mod kubelet;
mod labels;
mod object;
mod profile;
pub mod registry;
mod resources;
mod rng;
pub mod scenario;
pub mod serve;
mod status;
mod store;
mod table;
mod timer_queue;
mod validate;
mod world;
mod write;

use std::time::Duration;

use jiff::Timestamp;
use tokio::task::JoinHandle;

pub use api::{Service, User};
pub use clock::Pace;
pub use profile::Profile;
pub use scenario::Scenario;

/// A running sandbox; clones share one simulated cluster.
#[derive(Clone)]
pub struct Sandbox {
    shared: world::SharedWorld,
}

/// How long the event loop sleeps when nothing is due.
const IDLE: Duration = Duration::from_secs(3600);

impl Sandbox {
    /// A cluster with the default objects only.
    pub fn empty(start: Timestamp, pace: Pace) -> Self {
        let mut world = world::World::new(start, pace, Profile::default());
        scenario::bootstrap::create_defaults(&mut world);
        Self::from_world(world)
    }

    /// A cluster of a scenario at `now`, after the scenario's past events.
    pub fn start(scenario: &Scenario, now: Timestamp, pace: Pace) -> Self {
        Self::from_world(scenario.world(now, pace))
    }

    fn from_world(world: world::World) -> Self {
        Self {
            shared: world::SharedWorld::new(world),
        }
    }

    /// The API as seen by `user`, for callers in this process.
    pub fn service(&self, user: User) -> Service {
        Service::for_user(self.shared.clone(), user)
    }

    /// The registries, for a probe in this process.
    pub fn registries(&self) -> registry::InMemoryNetwork {
        registry::InMemoryNetwork::new(self.shared.clone())
    }

    /// Runs due events of a live sandbox; ends with the task.
    pub fn spawn_event_loop(&self) -> JoinHandle<()> {
        let shared = self.shared.clone();
        tokio::spawn(async move {
            let mut changes = shared.world().store.subscribe();
            loop {
                let wait = shared.world().next_wait().unwrap_or(IDLE);
                tokio::select! {
                    () = tokio::time::sleep(wait) => {}
                    // A request may have put something on the agenda that is due earlier.
                    _ = changes.changed() => {}
                }
            }
        })
    }

    /// The current time of the sandbox.
    pub fn now(&self) -> Timestamp {
        self.shared.world().now
    }

    /// Advances the clock and runs the events until then.
    pub fn advance(&self, by: Duration) {
        self.shared.world().advance(by);
    }

    /// Performs the repair of the scenario.
    pub fn repair(&self, scenario: &Scenario) {
        scenario.repair(&mut self.shared.world());
    }

    /// Drops the history of changes, as etcd does every five minutes: older watches and lists end with `410 Gone`.
    pub fn compact(&self) {
        self.shared.world().store.compact();
    }
}

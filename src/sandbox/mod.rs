//! A small Kubernetes inside the binary: an API server, its controllers, a kubelet and registries,
//! without a port, a file or a container.
//!
//! `pullscope demo` and the tests run on it, so it has to behave as Kubernetes does, and it must
//! not know what the product thinks: of `domain` it shares the facts (how an image reference and a
//! keyring are read), never the judgements (`classify`, `cause`, `diagnose`, `plan`). A fault in the
//! diagnosis would otherwise be invisible in the demo.

mod admission;
pub mod api;
mod clock;
mod controllers;
mod dice;
mod fields;
mod object;
mod resources;
mod scenario;
mod status;
mod store;
mod table;
mod validate;
mod world;
mod write;

use std::time::Duration;

use jiff::Timestamp;

pub use api::{Service, User};
pub use clock::Pace;

/// A running sandbox; clones share one world.
#[derive(Clone)]
pub struct Sandbox {
    shared: api::Shared,
}

impl Sandbox {
    /// A world with nothing in it but what every cluster has.
    pub fn empty(start: Timestamp, pace: Pace) -> Self {
        let mut world = world::World::new(start, pace);
        scenario::founding::found(&mut world);
        Self {
            shared: api::Shared::new(world),
        }
    }

    /// The API for callers in this process, as `user` sees it.
    pub fn service(&self, user: User) -> Service {
        Service::of_user(self.shared.clone(), user)
    }

    /// Winds the clock on and lives through the time between.
    pub fn advance(&self, by: Duration) {
        self.shared.world().advance(by);
    }

    /// Forgets the history of changes, as etcd does every five minutes: older watches and lists
    /// end with `410 Gone`.
    pub fn compact(&self) {
        self.shared.world().store.compact();
    }
}

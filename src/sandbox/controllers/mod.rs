//! The controllers: each looks at what changed and works towards what was asked for.

mod garbage;
mod namespace;
mod service_account;

use std::collections::BTreeSet;

use super::{
    resources::Kind,
    store::{Change, ChangeKind, Place},
    world::World,
};

/// One thing to look at again.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Work {
    Namespace(String),
}

/// What has been seen and what waits to be looked at.
#[derive(Default)]
pub struct Controllers {
    seen: u64,
    queue: BTreeSet<Work>,
}

/// Works until there is nothing left to do at this moment.
pub fn settle(world: &mut World) {
    loop {
        look(world);
        let Some(work) = world.controllers.queue.pop_first() else {
            return;
        };
        match work {
            Work::Namespace(name) => {
                namespace::reconcile(world, &name);
                service_account::reconcile(world, &name);
            }
        }
    }
}

/// Turns changes that nobody has looked at into work.
fn look(world: &mut World) {
    let seen = world.controllers.seen;
    // Should the ring have lost some, the objects that are there still are looked at when they
    // change again.
    let changes: Vec<Change> = world
        .store
        .since(seen)
        .map(|changes| changes.cloned().collect())
        .unwrap_or_default();
    world.controllers.seen = world.store.revision();
    for change in changes {
        notice(world, &change);
    }
}

fn notice(world: &mut World, change: &Change) {
    let place = Place::of(&change.object);
    if change.kind == Kind::Namespace {
        world.controllers.queue.insert(Work::Namespace(place.name));
    } else {
        world
            .controllers
            .queue
            .insert(Work::Namespace(place.namespace));
    }
    garbage::notice(
        world,
        change.kind,
        &change.object,
        change.event == ChangeKind::Deleted,
    );
}

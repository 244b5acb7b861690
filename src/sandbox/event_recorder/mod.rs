//! Event recorder, as client-go's: repeated events are counted, and excess events of one object are dropped.
//!
//! The filter is per object: 25 at once, then one more every five minutes
//! (`client-go/tools/record/events_cache.go`). That is why the events of a Pod fall silent after
//! some four minutes of failing pulls while the attempts go on.

pub(super) mod correlator;

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use self::correlator::Channel;
use super::{
    clock::later,
    object::{self, micros, put, seconds, text, uid},
    resources::ResourceKind,
    store::ObjectKey,
    world::World,
    write::{self, WriteOptions},
};

/// The API server forgets an Event an hour after its last change (`--event-ttl`).
pub const EVENT_TTL: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventType {
    Normal,
    Warning,
}

impl EventType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// The reporting component.
#[derive(Clone, Debug)]
pub struct EventReporter {
    pub component: &'static str,
    pub host: Option<String>,
}

impl EventReporter {
    pub fn controller(component: &'static str) -> Self {
        Self {
            component,
            host: None,
        }
    }

    pub fn kubelet(node: &str) -> Self {
        Self {
            component: "kubelet",
            host: Some(node.to_owned()),
        }
    }
}

/// The content of an Event.
pub struct EventReport<'a> {
    pub source: EventReporter,
    pub level: EventType,
    pub reason: &'a str,
    pub message: String,
    /// `spec.containers{app}`
    pub field: Option<String>,
}

/// Records an Event about an object, unless it exceeds the rate limit.
pub fn record(world: &mut World, about: &Value, report: &EventReport<'_>) {
    let who = uid(about);
    let channel = Channel {
        component: report.source.component,
        level: world.profile.is_newest().then_some(report.level),
    };
    let field = report.field.as_deref().unwrap_or_default();
    let same = format!("{field} {} {}", report.reason, report.message);
    let observed = world.recorder.observe(who, channel, &same, world.now);
    if !world.recorder.spend(who, channel, world.now) {
        return;
    }
    if let Some(place) = &observed.place
        && count_again(world, place, observed.count)
    {
        return;
    }
    let mut event = event(world, about, report);
    put(&mut event, "/count", observed.count);
    put(&mut event, "/firstTimestamp", seconds(observed.first));
    let namespace = match object::namespace(about) {
        "" => "default".to_owned(),
        namespace => namespace.to_owned(),
    };
    let made = write::create(
        world,
        ResourceKind::Event,
        &namespace,
        event,
        &WriteOptions::controller(),
    );
    // A namespace that is going takes no new Events; nobody misses them.
    if let Ok(made) = made {
        let place = ObjectKey::from_object(&made);
        world.recorder.set_location(who, channel, &same, place);
    }
}

fn count_again(world: &mut World, place: &ObjectKey, count: i64) -> bool {
    let Some(event) = world.store.at(ResourceKind::Event, place) else {
        return false;
    };
    let mut event = Value::clone(event);
    put(&mut event, "/count", count);
    put(&mut event, "/lastTimestamp", seconds(world.now));
    world.store.put(ResourceKind::Event, event);
    true
}

fn event(world: &mut World, about: &Value, report: &EventReport<'_>) -> Value {
    let serial = world.rng.next_u64();
    let mut event = json!({
        "metadata": {"name": format!("{}.{serial:016x}", object::name(about))},
        "involvedObject": involved(about),
        "reason": report.reason,
        "message": report.message,
        "source": {"component": report.source.component},
        "firstTimestamp": seconds(world.now),
        "lastTimestamp": seconds(world.now),
        "count": 1,
        "type": report.level.as_str(),
        "eventTime": null,
        "reportingComponent": "",
        "reportingInstance": "",
    });
    if let Some(host) = &report.source.host {
        put(&mut event, "/source/host", host.as_str());
    }
    if world.profile.fills_reporting_component() {
        put(&mut event, "/reportingComponent", report.source.component);
        let host = report.source.host.as_deref().unwrap_or_default();
        put(&mut event, "/reportingInstance", host);
    }
    if let Some(field) = &report.field {
        put(&mut event, "/involvedObject/fieldPath", field.as_str());
    }
    event
}

fn involved(about: &Value) -> Value {
    json!({
        "kind": text(about, "/kind"),
        "namespace": object::namespace(about),
        "name": object::name(about),
        "uid": uid(about),
        "apiVersion": text(about, "/apiVersion"),
        "resourceVersion": text(about, "/metadata/resourceVersion"),
    })
}

/// Records an Event like the scheduler: without count, with one time.
pub fn record_once(world: &mut World, about: &Value, report: &EventReport<'_>, action: &str) {
    let mut event = event(world, about, report);
    for field in ["/count", "/firstTimestamp", "/lastTimestamp"] {
        put(&mut event, field, Value::Null);
    }
    put(&mut event, "/source", json!({}));
    put(&mut event, "/eventTime", micros(world.now));
    put(&mut event, "/action", action);
    put(&mut event, "/reportingComponent", report.source.component);
    let instance = format!("{}-sandbox", report.source.component);
    put(&mut event, "/reportingInstance", instance);
    let namespace = object::namespace(about).to_owned();
    // As above: a namespace that is going takes no new Events.
    drop(write::create(
        world,
        ResourceKind::Event,
        &namespace,
        event,
        &WriteOptions::controller(),
    ));
}

/// Deletes Events that are unchanged for an hour; returns when the next one expires.
pub fn expire(world: &mut World) -> Option<Timestamp> {
    let now = world.now;
    let is_old =
        |seen: Timestamp| now.duration_since(seen).unsigned_abs() >= EVENT_TTL && seen < now;
    let (mut old, mut oldest): (Vec<ObjectKey>, Option<Timestamp>) = (Vec::new(), None);
    for event in world.store.list(ResourceKind::Event, None) {
        match last_seen(event) {
            Some(seen) if is_old(seen) => old.push(ObjectKey::from_object(event)),
            Some(seen) => oldest = Some(oldest.map_or(seen, |oldest| oldest.min(seen))),
            None => {}
        }
    }
    for place in old {
        world.store.remove(ResourceKind::Event, &place);
    }
    Some(later(oldest?, EVENT_TTL))
}

fn last_seen(event: &Value) -> Option<Timestamp> {
    [
        "/lastTimestamp",
        "/eventTime",
        "/metadata/creationTimestamp",
    ]
    .iter()
    .find_map(|pointer| object::time(event, pointer))
}

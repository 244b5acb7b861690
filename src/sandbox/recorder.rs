//! Writing Events as client-go's recorder does: the same again is a count, and too many of one
//! object are dropped.
//!
//! The filter is per object: 25 at once, then one more every five minutes
//! (`client-go/tools/record/events_cache.go`). That is why the events of a Pod fall silent after
//! some four minutes of failing pulls while the attempts go on.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    clock::later,
    object::{self, micros, number, put, seconds, text, uid},
    resources::Kind,
    store::Place,
    world::World,
    write::{self, Intent},
};

const BURST: f64 = 25.0;
const REFILL_SECONDS: f64 = 300.0;
/// The API server forgets an Event an hour after its last change (`--event-ttl`).
pub const LIFE: Duration = Duration::from_secs(3600);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    Normal,
    Warning,
}

impl Level {
    fn as_str(self) -> &'static str {
        match self {
            Self::Normal => "Normal",
            Self::Warning => "Warning",
        }
    }
}

/// Who reports.
#[derive(Clone, Debug)]
pub struct Source {
    pub component: &'static str,
    pub host: Option<String>,
}

impl Source {
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

/// Something to report.
pub struct Report<'a> {
    pub source: Source,
    pub level: Level,
    pub reason: &'a str,
    pub message: String,
    /// `spec.containers{app}`
    pub field: Option<String>,
}

#[derive(Clone, Debug)]
struct Bucket {
    tokens: f64,
    filled: Timestamp,
}

/// What a recorder remembers: its budget per object, and the Event that a repetition belongs to.
#[derive(Default)]
pub struct Memory {
    buckets: BTreeMap<String, Bucket>,
    written: BTreeMap<String, Place>,
}

impl Memory {
    fn spend(&mut self, key: String, now: Timestamp) -> bool {
        let bucket = self.buckets.entry(key).or_insert(Bucket {
            tokens: BURST,
            filled: now,
        });
        let passed = now.duration_since(bucket.filled).as_secs_f64();
        bucket.tokens = (bucket.tokens + passed / REFILL_SECONDS).min(BURST);
        bucket.filled = now;
        let allowed = bucket.tokens >= 1.0;
        if allowed {
            bucket.tokens -= 1.0;
        }
        allowed
    }

    /// Forgets an object that is gone.
    pub fn forget(&mut self, uid: &str) {
        self.buckets.retain(|key, _| !key.contains(uid));
        self.written.retain(|key, _| !key.contains(uid));
    }
}

/// Reports about an object, unless it has been reported on too much.
pub fn record(world: &mut World, about: &Value, report: &Report<'_>) {
    let now = world.now;
    let who = format!("{} {}", report.source.component, uid(about));
    if !world.recorder.spend(who.clone(), now) {
        return;
    }
    let field = report.field.as_deref().unwrap_or_default();
    let same = format!("{who} {} {field} {}", report.reason, report.message);
    if let Some(place) = world.recorder.written.get(&same).cloned()
        && count_again(world, &place)
    {
        return;
    }
    let event = event(world, about, report);
    let namespace = match object::namespace(about) {
        "" => "default".to_owned(),
        namespace => namespace.to_owned(),
    };
    let made = write::create(world, Kind::Event, &namespace, event, &Intent::controller());
    // A namespace that is going takes no new Events; nobody misses them.
    if let Ok(made) = made {
        world.recorder.written.insert(same, Place::of(&made));
    }
}

fn count_again(world: &mut World, place: &Place) -> bool {
    let Some(event) = world.store.at(Kind::Event, place) else {
        return false;
    };
    let mut event = Value::clone(event);
    let count = number(&event, "/count") + 1;
    put(&mut event, "/count", count);
    put(&mut event, "/lastTimestamp", seconds(world.now));
    world.store.put(Kind::Event, event);
    true
}

fn event(world: &mut World, about: &Value, report: &Report<'_>) -> Value {
    let serial = world.dice.roll();
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

/// Reports in the newer way of the scheduler: no count, no first and last, one moment.
pub fn record_once(world: &mut World, about: &Value, report: &Report<'_>, action: &str) {
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
        Kind::Event,
        &namespace,
        event,
        &Intent::controller(),
    ));
}

/// Takes the Events away that nobody has touched for an hour, and says when the next one will be old.
pub fn expire(world: &mut World) -> Option<Timestamp> {
    let now = world.now;
    let old: Vec<Place> = world
        .store
        .list(Kind::Event, None)
        .filter(|event| {
            last_seen(event)
                .is_some_and(|seen| now.duration_since(seen).unsigned_abs() >= LIFE && seen < now)
        })
        .map(|event| Place::of(event))
        .collect();
    for place in old {
        world.store.remove(Kind::Event, &place);
    }
    let left = world.store.list(Kind::Event, None);
    let oldest = left.filter_map(|event| last_seen(event)).min()?;
    Some(later(oldest, LIFE))
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

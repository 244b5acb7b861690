//! Handler of watches: initial events, changes, bookmarks and the end.

use std::{collections::VecDeque, time::Duration};

use bytes::Bytes;
use futures::stream;
use http::{Response, StatusCode};
use serde::Serialize;
use serde_json::{Value, json};
use tokio::{
    sync::watch::Receiver,
    time::{Instant, sleep_until},
};

use super::{
    body::{self, Body},
    events,
    negotiate::ResponseForm,
    query::QueryString,
    route::RequestTarget,
    selectors::ListSelector,
};
use crate::sandbox::{
    object::{StoredObject, metadata_only, put},
    resources::Resource,
    status::{ApiResult, ApiStatus, StatusCause},
    store::{ChangeKind, StoreChange},
    table,
    world::{SharedWorld, World},
};

/// Interval of bookmarks (`defaultBookmarkFrequency`).
const BOOKMARK_EVERY: Duration = Duration::from_secs(60);
/// Default timeout of a watch; the real server chooses 30 to 60 minutes at random.
const DEFAULT_TIMEOUT: u64 = 30 * 60;
/// Maximum timeout, within what the clock can represent.
const LONGEST_TIMEOUT: u64 = 365 * 24 * 60 * 60;
const INITIAL_EVENTS_END: &str = "/metadata/annotations/k8s.io~1initial-events-end";

struct Watch {
    shared: SharedWorld,
    resource: &'static Resource,
    selector: ListSelector,
    shape: ResponseForm,
    /// The revision up to which it has been told everything.
    last_revision: u64,
    lines: VecDeque<Bytes>,
    changes: Receiver<u64>,
    end: Instant,
    next_bookmark: Option<Instant>,
    is_over: bool,
}

/// The query of a watch.
struct WatchOptions {
    from: Option<u64>,
    initial_events: bool,
    bookmarks: bool,
    /// In seconds.
    timeout: u64,
}

impl WatchOptions {
    fn parse(query: &QueryString) -> ApiResult<Self> {
        let initial_events = query.get("sendInitialEvents");
        let matching = query.get("resourceVersionMatch");
        check_options(initial_events, matching)?;
        Ok(Self {
            from: query
                .number("resourceVersion")?
                .filter(|version| *version > 0),
            initial_events: initial_events == Some("true"),
            bookmarks: query.flag("allowWatchBookmarks"),
            timeout: query
                .number("timeoutSeconds")?
                .filter(|seconds| *seconds > 0)
                .map_or(DEFAULT_TIMEOUT, |seconds| seconds.min(LONGEST_TIMEOUT)),
        })
    }
}

/// `sendInitialEvents` and `resourceVersionMatch` go together on a watch
/// (`k8s.io/apimachinery/pkg/apis/meta/internalversion/validation`).
fn check_options(initial_events: Option<&str>, matching: Option<&str>) -> ApiResult<()> {
    let cause = match (initial_events, matching) {
        (None, None) | (Some(_), Some("NotOlderThan")) => return Ok(()),
        (None, Some(_)) => StatusCause::forbidden(
            "resourceVersionMatch",
            "resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided",
        ),
        (Some(_), None) => StatusCause::forbidden(
            "resourceVersionMatch",
            "sendInitialEvents requires setting resourceVersionMatch to NotOlderThan",
        ),
        (Some(_), Some(other)) => {
            StatusCause::unsupported("resourceVersionMatch", &json!(other), &["NotOlderThan"])
        }
    };
    Err(ApiStatus::invalid_options("ListOptions", &cause))
}

pub fn watch(
    shared: &SharedWorld,
    world: &World,
    target: &RequestTarget,
    query: &QueryString,
    shape: ResponseForm,
) -> ApiResult<Response<Body>> {
    let wish = WatchOptions::parse(query)?;
    let mut selector = ListSelector::parse(target.resource, target.namespace.as_deref(), query)?;
    if let Some(name) = &target.name {
        selector = selector.named(name);
    }
    let now = Instant::now();
    let mut watch = Watch {
        shared: shared.clone(),
        resource: target.resource,
        selector,
        shape,
        last_revision: world.store.revision(),
        lines: VecDeque::new(),
        changes: world.store.subscribe(),
        end: now + Duration::from_secs(wish.timeout),
        next_bookmark: wish.bookmarks.then(|| now + first_bookmark(wish.timeout)),
        is_over: false,
    };
    match wish.from {
        Some(version) if !wish.initial_events => {
            watch.last_revision = version;
            watch.read(world);
        }
        _ => {
            watch.initial(world);
            if wish.initial_events && wish.bookmarks {
                watch.bookmark(true);
            }
        }
    }
    let lines = stream::unfold(watch, Watch::next);
    Ok(body::respond(
        StatusCode::OK,
        "application/json",
        Body::lines(lines),
    ))
}

/// Every minute, and shortly before a watch ends, so that the next one begins there
/// (`cacheWatcher.nextBookmarkTime`).
fn first_bookmark(timeout: u64) -> Duration {
    match timeout.checked_sub(2) {
        Some(before_the_end) if before_the_end > 0 => {
            BOOKMARK_EVERY.min(Duration::from_secs(before_the_end))
        }
        _ => BOOKMARK_EVERY,
    }
}

impl Watch {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        loop {
            if let Some(line) = self.lines.pop_front() {
                return Some((line, self));
            }
            if self.is_over {
                return None;
            }
            let bookmark = self.next_bookmark.unwrap_or(self.end);
            tokio::select! {
                changed = self.changes.changed() => match changed {
                    Ok(()) => {
                        let shared = self.shared.clone();
                        self.read(&shared.world());
                    }
                    Err(_) => self.is_over = true,
                },
                () = sleep_until(self.end) => self.is_over = true,
                () = sleep_until(bookmark), if self.next_bookmark.is_some() => {
                    self.next_bookmark = Some(Instant::now() + BOOKMARK_EVERY);
                    self.bookmark(false);
                }
            }
        }
    }

    /// All that is there, as if it had just been added.
    fn initial(&mut self, world: &World) {
        let objects: Vec<StoredObject> = world
            .store
            .list(self.resource.kind, self.selector.namespace())
            .filter(|object| self.selector.matches(object))
            .cloned()
            .collect();
        for object in objects {
            self.line(world, "ADDED", &object);
        }
    }

    /// What happened since this watch looked last.
    fn read(&mut self, world: &World) {
        let changes: Vec<StoreChange> = match world.store.since(self.last_revision) {
            Ok(changes) => changes
                .filter(|change| change.kind == self.resource.kind)
                .cloned()
                .collect(),
            Err(compacted) => {
                let status = ApiStatus::expired(
                    format!(
                        "too old resource version: {} ({})",
                        compacted.asked, compacted.oldest
                    ),
                    None,
                );
                self.push("ERROR", &status.body());
                self.is_over = true;
                return;
            }
        };
        self.last_revision = self.last_revision.max(world.store.revision());
        for change in changes {
            match self.event(&change) {
                Some("DELETED") => self.line(world, "DELETED", &last_seen(&change)),
                Some(event) => self.line(world, event, &change.object),
                None => {}
            }
        }
    }

    /// What the change is for this watch: an object that leaves the selection is deleted for it.
    fn event(&self, change: &StoreChange) -> Option<&'static str> {
        let matches = change.event != ChangeKind::Deleted && self.selector.matches(&change.object);
        let matched = change
            .previous
            .as_ref()
            .is_some_and(|previous| self.selector.matches(previous));
        match (matched, matches) {
            (false, true) => Some("ADDED"),
            (true, true) => Some("MODIFIED"),
            (true, false) => Some("DELETED"),
            (false, false) => None,
        }
    }

    fn line(&mut self, world: &World, event: &str, object: &StoredObject) {
        let dressed = match self.shape {
            ResponseForm::Whole if !events::is_new_view(self.resource) => {
                // The common case: the shared object is written as it is.
                self.push(event, object);
                return;
            }
            ResponseForm::Whole => {
                let mut event = Value::clone(object);
                events::to_new(&mut event);
                event
            }
            ResponseForm::Metadata => metadata_only(object),
            ResponseForm::Table => {
                table::table(self.resource, std::slice::from_ref(object), world.now)
            }
        };
        self.push(event, &dressed);
    }

    fn bookmark(&mut self, ends_initial_events: bool) {
        let (kind, version) = match self.shape {
            ResponseForm::Metadata => ("PartialObjectMetadata", "meta.k8s.io/v1".to_owned()),
            ResponseForm::Whole | ResponseForm::Table => {
                (self.resource.name, self.resource.api_version())
            }
        };
        let mut object = json!({
            "kind": kind,
            "apiVersion": version,
            "metadata": {
                "resourceVersion": self.last_revision.to_string(),
                "creationTimestamp": null,
            },
        });
        if ends_initial_events {
            put(&mut object, INITIAL_EVENTS_END, "true");
        }
        self.push("BOOKMARK", &object);
    }

    fn push(&mut self, event: &str, object: &Value) {
        #[derive(Serialize)]
        struct Line<'a> {
            r#type: &'a str,
            object: &'a Value,
        }
        let line = Line {
            r#type: event,
            object,
        };
        let mut bytes = serde_json::to_vec(&line).expect("JSON values have string keys");
        bytes.push(b'\n');
        self.lines.push_back(bytes.into());
    }
}

/// What a watch is told of an object that it loses: the state that it last saw, at the revision of
/// the loss (`convertToWatchEvent`).
fn last_seen(change: &StoreChange) -> StoredObject {
    match &change.previous {
        Some(previous) if change.event != ChangeKind::Deleted => {
            let mut last = Value::clone(previous);
            let revision = change.revision.to_string();
            put(&mut last, "/metadata/resourceVersion", revision);
            StoredObject::new(last)
        }
        _ => StoredObject::clone(&change.object),
    }
}

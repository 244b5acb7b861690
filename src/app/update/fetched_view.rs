//! Requests data of the open details that no watch delivers: YAML and logs.

use std::sync::Arc;

use jiff::Timestamp;

use super::node;
use crate::{
    app::{
        detail::Tab,
        effect::Effect,
        fetched_view::{FetchState, FetchedObject, LogState, LogView},
        model::Model,
        overlay::Overlay,
        request_id::RequestId,
    },
    domain::{
        error::UserError,
        k8s::{
            document::YamlDocument,
            logs::{LogSource, LogTail},
            objects::AnyObjectRef,
        },
    },
};

/// Requests what the topmost tab needs, and cancels what is no longer shown.
pub(super) fn sync_requests(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    match wanted_document(model) {
        None => model.fetched = None,
        Some(object) => {
            let asked = model.fetched.as_ref().map(|reading| &reading.object);
            if asked != Some(&object) {
                let request_id = model.request_ids.next_id();
                model.fetched = Some(FetchedObject {
                    object: object.clone(),
                    state: FetchState::Requested(request_id),
                });
                effects.push(Effect::FetchObject { request_id, object });
            }
        }
    }
    match wanted_log(model) {
        None if model.log.take().is_some() => effects.push(Effect::StopLog),
        None => {}
        Some(source) if model.log.as_ref().is_some_and(|log| log.source == source) => {}
        Some(source) => {
            let request_id = model.request_ids.next_id();
            model.log = Some(LogView {
                source: source.clone(),
                request_id,
                tail: LogTail::default(),
                state: LogState::Opening,
            });
            effects.push(Effect::FollowLog { request_id, source });
        }
    }
    effects
}

fn wanted_document(model: &Model) -> Option<AnyObjectRef> {
    let Some(Overlay::Details(details)) = model.overlays.last() else {
        return None;
    };
    (details.tab == Some(Tab::Yaml)).then(|| details.object.clone())
}

/// Whose log the top view shows. The container that was spoken of when it was opened stays.
fn wanted_log(model: &mut Model) -> Option<LogSource> {
    let spoken_of = model.inspection.as_ref().and_then(|inspection| {
        let name = Arc::clone(&inspection.container()?.name);
        Some((inspection.pod.clone(), name))
    });
    let Some(Overlay::Details(details)) = model.overlays.last_mut() else {
        return None;
    };
    if details.tab != Some(Tab::Logs) {
        return None;
    }
    let pod = details.object.pod()?.clone();
    if details.container.is_none() {
        let first = || {
            let containers = &model.store.pod(&pod)?.containers;
            containers.first().map(|c| Arc::clone(&c.name))
        };
        details.container = spoken_of
            .filter(|(of, _)| *of == pod)
            .map(|(_, name)| name)
            .or_else(first);
    }
    Some(LogSource {
        pod,
        container: details.container.clone()?,
        previous: details.previous,
    })
}

/// Reads what the open view shows again: the YAML, the log from its beginning, or the node.
pub(super) fn refetch(model: &mut Model) {
    model.fetched = None;
    model.log = None;
    node::refetch(model);
}

pub(super) fn fetched(
    model: &mut Model,
    request_id: RequestId,
    answer: Result<Box<YamlDocument>, UserError>,
    now: Timestamp,
) {
    if let Some(reading) = &mut model.fetched
        && matches!(reading.state, FetchState::Requested(waiting) if waiting == request_id)
    {
        reading.state = match answer {
            Ok(document) => FetchState::Loaded {
                document: *document,
                at: now,
            },
            Err(problem) => FetchState::Failed(problem),
        };
    }
}

pub(super) fn log_lines(model: &mut Model, request_id: RequestId, lines: Vec<String>) {
    if let Some(log) = &mut model.log
        && log.request_id == request_id
    {
        log.tail.push(lines);
        log.state = LogState::Open;
    }
}

pub(super) fn log_ended(model: &mut Model, request_id: RequestId, end: Result<(), UserError>) {
    if let Some(log) = &mut model.log
        && log.request_id == request_id
    {
        log.state = match end {
            Ok(()) => LogState::Ended,
            Err(problem) => LogState::Failed(problem),
        };
    }
}

//! What open details show and no watch brings, the YAML and the log: asked for, taken in, let go of.

use std::sync::Arc;

use jiff::Timestamp;

use crate::{
    app::{
        detail::Tab,
        effect::Effect,
        fetched_view::{Log, LogState, Reading, ReadingState},
        model::Model,
        overlay::Overlay,
        request_id::Ticket,
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

/// Asks for what the top view shows and nobody has asked for yet, and lets go of what it shows no more.
pub(super) fn keep(model: &mut Model) -> Vec<Effect> {
    let mut effects = Vec::new();
    match wanted_document(model) {
        None => model.reading = None,
        Some(object) => {
            let asked = model.reading.as_ref().map(|reading| &reading.object);
            if asked != Some(&object) {
                let ticket = model.tickets.issue();
                model.reading = Some(Reading {
                    object: object.clone(),
                    state: ReadingState::Asked(ticket),
                });
                effects.push(Effect::Read { ticket, object });
            }
        }
    }
    match wanted_log(model) {
        None if model.log.take().is_some() => effects.push(Effect::StopLog),
        None => {}
        Some(source) if model.log.as_ref().is_some_and(|log| log.source == source) => {}
        Some(source) => {
            let ticket = model.tickets.issue();
            model.log = Some(Log {
                source: source.clone(),
                ticket,
                tail: LogTail::default(),
                state: LogState::Opening,
            });
            effects.push(Effect::FollowLog { ticket, source });
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
    let spoken_of = model.inquiry.as_ref().and_then(|inquiry| {
        let name = Arc::clone(&inquiry.container()?.name);
        Some((inquiry.pod.clone(), name))
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
            let containers = &model.world.pod(&pod)?.containers;
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

/// Reads the object again.
pub(super) fn read_again(model: &mut Model) {
    model.reading = None;
}

pub(super) fn read(
    model: &mut Model,
    ticket: Ticket,
    answer: Result<Box<YamlDocument>, UserError>,
    now: Timestamp,
) {
    if let Some(reading) = &mut model.reading
        && matches!(reading.state, ReadingState::Asked(waiting) if waiting == ticket)
    {
        reading.state = match answer {
            Ok(document) => ReadingState::Here {
                document: *document,
                at: now,
            },
            Err(problem) => ReadingState::Failed(problem),
        };
    }
}

pub(super) fn logged(model: &mut Model, ticket: Ticket, lines: Vec<String>) {
    if let Some(log) = &mut model.log
        && log.ticket == ticket
    {
        log.tail.push(lines);
        log.state = LogState::Open;
    }
}

pub(super) fn log_ended(model: &mut Model, ticket: Ticket, end: Result<(), UserError>) {
    if let Some(log) = &mut model.log
        && log.ticket == ticket
    {
        log.state = match end {
            Ok(()) => LogState::Ended,
            Err(problem) => LogState::Failed(problem),
        };
    }
}

//! The details of an object: opening them, turning their pages, looking for words in them, and asking
//! for what an open page shows.

use std::sync::Arc;

use jiff::Timestamp;

use super::navigate;
use crate::{
    app::{
        detail::{Details, Find, Tab, has},
        effect::Effect,
        field,
        inquiry::Inquiry,
        key::{Code, Key},
        keymap::Context,
        model::Model,
        overlay::Overlay,
        reading::{Log, LogState, Reading, ReadingState},
        scroll::Scroll,
        ticket::Ticket,
    },
    domain::{
        document::Document,
        logs::{Source, Tail},
        objects::ObjectKey,
        problem::Problem,
    },
};

/// Opens a view of what the keys speak of; in open details, turns to it.
pub(super) fn open(model: &mut Model, wanted: Tab, now: Timestamp) {
    let (object, missing) = match wanted {
        Tab::Diagnosis | Tab::Timeline | Tab::Logs => (
            navigate::subject_of_interest(model).map(ObjectKey::Pod),
            "no Pod is selected",
        ),
        Tab::Rollout => (
            navigate::workload_of_interest(model).map(ObjectKey::Workload),
            "no workload is selected",
        ),
        Tab::Describe | Tab::Yaml | Tab::Events => (
            navigate::selected_object(model),
            "nothing is selected that could be shown",
        ),
    };
    match object {
        Some(object) => show(model, object, wanted),
        None => model.flash(missing, now),
    }
}

/// Shows a view of an object; details that are open make way, or turn to it if they are the object's.
pub(super) fn show(model: &mut Model, object: ObjectKey, tab: Tab) {
    match top(model) {
        Some(details) if details.object == object => details.turn_to(tab),
        Some(details) => *details = Details::new(object, Some(tab)),
        None => {
            let details = Details::new(object, Some(tab));
            model.overlays.push(Overlay::Details(details));
        }
    }
}

/// Opens the log; in an open one, turns to the run before or back, or begins again.
pub(super) fn logs(model: &mut Model, previous: bool, now: Timestamp) {
    if let Some(Overlay::Details(details)) = model.overlays.last_mut()
        && details.tab == Some(Tab::Logs)
    {
        details.previous = previous && !details.previous;
        details.scroll = Scroll::END;
        model.log = None;
        return;
    }
    open(model, Tab::Logs, now);
    if let Some(details) = top(model)
        && details.tab == Some(Tab::Logs)
    {
        details.previous = previous;
    }
}

/// Turns to the log of the Pod's next container.
pub(super) fn next_container(model: &mut Model) {
    let Some(Overlay::Details(details)) = model.overlays.last() else {
        return;
    };
    let pod = details.object.pod().and_then(|pod| model.world.pod(pod));
    let Some(containers) = pod.map(|pod| &pod.containers) else {
        return;
    };
    let shown = details.container.as_ref();
    let here = containers.iter().position(|c| Some(&c.name) == shown);
    let next = here.map_or(0, |here| (here + 1) % containers.len().max(1));
    let next = containers.get(next).map(|c| Arc::clone(&c.name));
    if let Some(details) = top(model) {
        details.container = next;
        details.turn_to(Tab::Logs);
    }
}

/// Turns to another view of the object, so many further on.
pub(super) fn turn(model: &mut Model, by: isize) {
    let fitting = shown_on_top(model);
    if let Some(details) = top(model) {
        let tabs = Tab::of(&details.object);
        let here = tabs.iter().position(|tab| Some(*tab) == fitting);
        let next = here.unwrap_or(0).cast_signed() + by;
        let next = next.rem_euclid(tabs.len().max(1).cast_signed());
        if let Some(tab) = tabs.get(next.cast_unsigned()) {
            details.turn_to(*tab);
        }
    }
}

fn shown_on_top(model: &Model) -> Option<Tab> {
    match model.overlays.last() {
        Some(Overlay::Details(details)) => Some(shown(model.inquiry.as_ref(), details)),
        _ => None,
    }
}

fn top(model: &mut Model) -> Option<&mut Details> {
    match model.overlays.last_mut() {
        Some(Overlay::Details(details)) => Some(details),
        _ => None,
    }
}

/// The contexts of the keys in these details.
pub(super) fn contexts(model: &Model, details: &Details) -> &'static [Context] {
    match (shown(model.inquiry.as_ref(), details), &details.object) {
        (Tab::Yaml | Tab::Logs, _) => &[Context::Text, Context::Details],
        (_, ObjectKey::Pod(_)) => &[Context::PodDetails, Context::Details],
        (_, ObjectKey::Secret(_)) => &[Context::SecretDetails, Context::Details],
        (_, ObjectKey::Workload(_)) => &[Context::WorkloadDetails, Context::Details],
        _ => &[Context::Details],
    }
}

/// The view that is shown: the chosen one, or the one that fits the object. Of a Pod that is the
/// diagnosis while there is something to say.
pub fn shown(inquiry: Option<&Inquiry>, details: &Details) -> Tab {
    let fitting = match &details.object {
        ObjectKey::Pod(_) => fitting(inquiry),
        ObjectKey::Workload(_) => Tab::Rollout,
        ObjectKey::Namespace(_) | ObjectKey::Secret(_) | ObjectKey::ServiceAccount(_) => {
            Tab::Describe
        }
    };
    details.tab.unwrap_or(fitting)
}

/// The view that fits a Pod's state.
pub fn fitting(inquiry: Option<&Inquiry>) -> Tab {
    let wrong = inquiry.is_some_and(|inquiry| inquiry.diagnosis.first().is_some());
    if wrong { Tab::Diagnosis } else { Tab::Timeline }
}

/// Asks for what the top view shows and nobody has asked for yet, and lets go of what it shows no more.
pub(super) fn keep_reading(model: &mut Model) -> Vec<Effect> {
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
                tail: Tail::default(),
                state: LogState::Opening,
            });
            effects.push(Effect::FollowLog { ticket, source });
        }
    }
    effects
}

fn wanted_document(model: &Model) -> Option<ObjectKey> {
    let Some(Overlay::Details(details)) = model.overlays.last() else {
        return None;
    };
    (details.tab == Some(Tab::Yaml)).then(|| details.object.clone())
}

/// Whose log the top view shows. The container that was spoken of when it was opened stays.
fn wanted_log(model: &mut Model) -> Option<Source> {
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
    Some(Source {
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
    answer: Result<Box<Document>, Problem>,
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

pub(super) fn log_ended(model: &mut Model, ticket: Ticket, end: Result<(), Problem>) {
    if let Some(log) = &mut model.log
        && log.ticket == ticket
    {
        log.state = match end {
            Ok(()) => LogState::Ended,
            Err(problem) => LogState::Failed(problem),
        };
    }
}

/// Folds the text differently.
pub(super) fn fold(details: &mut Details) {
    details.fold = details.fold.next();
    details.scroll = Scroll::TOP;
}

/// Begins to look for words, where there is a text to look through.
pub(super) fn begin_find(model: &mut Model, now: Timestamp) {
    let searchable = matches!(shown_on_top(model), Some(Tab::Yaml | Tab::Logs));
    if !searchable {
        model.flash("words can be looked for in YAML and logs", now);
    } else if let Some(details) = top(model) {
        let find = details.find.get_or_insert_with(Find::default);
        find.typing = true;
    }
}

/// A key while words to look for are typed.
pub(super) fn type_words(model: &mut Model, key: Key, now: Timestamp) {
    let Some(details) = top(model) else { return };
    let Some(find) = &mut details.find else {
        return;
    };
    match key.code {
        Code::Esc => details.find = None,
        Code::Enter => {
            find.typing = false;
            go_to_match(model, 0, now);
        }
        _ => {
            field::edit(&mut find.input, key);
        }
    }
}

/// Goes to the next line that has the words (`1`), the one before (`-1`), or the first from here (`0`).
pub(super) fn go_to_match(model: &mut Model, by: isize, now: Timestamp) {
    let Some(Overlay::Details(details)) = model.overlays.last() else {
        return;
    };
    let Some(sought) = details.sought() else {
        model.flash("nothing is looked for: / begins", now);
        return;
    };
    let matching = matches(model, details, sought);
    let count = matching.len();
    let here = details.scroll.first(count, 1);
    let found = if by < 0 {
        (1..=count)
            .map(|back| (here + count - back) % count)
            .find(|at| matching.get(*at) == Some(&true))
    } else {
        let start = here + by.unsigned_abs();
        (0..count)
            .map(|on| (start + on) % count)
            .find(|at| matching.get(*at) == Some(&true))
    };
    match found {
        None => {
            let text = format!("no line has {sought:?}");
            model.flash(text, now);
        }
        Some(line) => {
            if let Some(details) = top(model) {
                details.scroll = Scroll::FromTop(line);
            }
        }
    }
}

/// Of each line of the text that is shown, whether it has the words.
fn matches(model: &Model, details: &Details, sought: &str) -> Vec<bool> {
    match (details.tab, &model.reading, &model.log) {
        (Some(Tab::Yaml), Some(reading), _) => match &reading.state {
            ReadingState::Here { document, .. } => document
                .folded(details.fold)
                .iter()
                .map(|line| has(line.text, sought))
                .collect(),
            ReadingState::Asked(_) | ReadingState::Failed(_) => Vec::new(),
        },
        (Some(Tab::Logs), _, Some(log)) => {
            let lines = log.tail.lines().iter();
            lines.map(|line| has(line, sought)).collect()
        }
        _ => Vec::new(),
    }
}

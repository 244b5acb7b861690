//! Coverage: which objects of the scope could not be read, and what may be claimed when no problem is known.
//!
//! Unknown is never well: *nothing is wrong* is said only where everything in scope was read. A gap has
//! the same words in the header, in the panes and in the list of problems.

use std::borrow::Cow;

use jiff::Timestamp;

use super::{
    connection::{KindState, WatchHealth},
    coverage_gap::{CoverageGap, GapReason},
    model::Model,
};
use crate::domain::{
    k8s::age,
    store::{
        unreadable::UnreadableObjects,
        watch::{Scope, WatchKind},
    },
};

/// What can be claimed when no problem is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AllClear {
    /// Everything in the cluster was read.
    Cluster,
    /// Everything in the namespace that is shown was read, and not everything elsewhere.
    Namespace,
    /// Everything that shows a failure was read. What only explains one (Secrets, ServiceAccounts) was
    /// not.
    NoFailures,
    /// Something that would show a failure was not read, or not lately.
    Unknown,
    /// Objects of this kind, which would show a failure, were never read.
    NeverRead(WatchKind),
    /// The namespace that is shown does not exist.
    NoNamespace,
    /// The lists are not complete yet, or not all of it is diagnosed.
    NotYet,
}

/// Returns what can be claimed of the scope when no problem is known.
pub fn all_clear(model: &Model) -> AllClear {
    let connection = &model.connection;
    let gaps = match connection.health(&model.scope) {
        WatchHealth::Connecting | WatchHealth::Listing | WatchHealth::Failed => {
            return AllClear::NotYet;
        }
        WatchHealth::Live | WatchHealth::Partial if model.diagnoses.has_pending() => {
            return AllClear::NotYet;
        }
        WatchHealth::Stale { .. } => {
            return never_read(model).map_or(AllClear::Unknown, AllClear::NeverRead);
        }
        WatchHealth::Live | WatchHealth::Partial if is_namespace_missing(model) => {
            return AllClear::NoNamespace;
        }
        WatchHealth::Live => Vec::new(),
        WatchHealth::Partial => connection.coverage_gaps(&model.scope),
    };
    if gaps.iter().any(|gap| gap.kind.shows_failures()) {
        AllClear::Unknown
    } else if !gaps.is_empty() {
        AllClear::NoFailures
    } else if connection.covers(&Scope::Cluster)
        && connection.coverage_gaps(&Scope::Cluster).is_empty()
    {
        AllClear::Cluster
    } else {
        AllClear::Namespace
    }
}

/// The first kind that shows failures and has not been listed yet in the current scope.
///
/// A kind that may not be listed is a gap of its own.
pub fn never_read(model: &Model) -> Option<WatchKind> {
    let unread = |kind: &WatchKind| kind.shows_failures() && why_never_read(model, *kind).is_some();
    let kinds = std::iter::once(WatchKind::Pods).chain(model.connection.kinds());
    kinds.into_iter().find(unread)
}

/// Returns the error of a kind that was never read.
fn why_never_read(model: &Model, kind: WatchKind) -> Option<&str> {
    let (connection, scope) = (&model.connection, &model.scope);
    match connection.state_of_kinds(|watched| watched == kind, scope) {
        KindState::Stale { why, .. } => {
            (!connection.was_listed(|watched| watched == kind, scope)).then_some(why)
        }
        KindState::Loading { .. }
        | KindState::Live
        | KindState::Partial { .. }
        | KindState::Forbidden { .. } => None,
    }
}

/// True if the namespaces were listed and the selected one is not among them.
pub fn is_namespace_missing(model: &Model) -> bool {
    match &model.scope {
        Scope::Cluster => false,
        Scope::Namespace(namespace) => {
            let state = model
                .connection
                .state_of_kinds(|kind| kind == WatchKind::Namespaces, &Scope::Cluster);
            let is_read = model
                .connection
                .was_listed(|kind| kind == WatchKind::Namespaces, &Scope::Cluster);
            is_read && state == KindState::Live && model.store.namespace(namespace).is_none()
        }
    }
}

impl AllClear {
    /// The claim as a sentence; empty where nothing can be claimed yet.
    pub fn sentence(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::Cluster => "no problems",
            Self::Namespace => "no problems in this namespace",
            Self::NoFailures => "no failing Pods",
            Self::Unknown => "no known failures",
            Self::NeverRead(kind) => return Cow::Owned(format!("{} not read yet", kind.plural())),
            Self::NoNamespace => "this namespace does not exist",
            Self::NotYet => "",
        })
    }
}

/// Message for a key that looks for problems when none is known.
pub fn no_problem(model: &Model, now: Timestamp) -> String {
    match all_clear(model) {
        clear @ (AllClear::Cluster | AllClear::Namespace) => clear.sentence().into_owned(),
        AllClear::NoNamespace => match &model.scope {
            Scope::Namespace(namespace) => format!("Namespace {namespace} does not exist"),
            Scope::Cluster => AllClear::NoNamespace.sentence().into_owned(),
        },
        clear @ AllClear::NeverRead(kind) => match why_never_read(model, kind) {
            Some(why) => format!("{}: {why}", clear.sentence()),
            None => clear.sentence().into_owned(),
        },
        AllClear::NotYet => match model.diagnoses.progress() {
            Some((done, all)) => diagnosing(done, all),
            None => "still listing".to_owned(),
        },
        clear @ (AllClear::NoFailures | AllClear::Unknown) => match missing_summary(model, now) {
            Some(gaps) => format!("{}; {gaps}", clear.sentence()),
            None => "no problems when last read".to_owned(),
        },
    }
}

/// Number of diagnosed and of failing Pods.
pub fn diagnosing(done: usize, all: usize) -> String {
    format!(
        "diagnosing {} of {} Pods",
        group_digits(done),
        group_digits(all)
    )
}

/// A number with a comma between thousands.
fn group_digits(number: usize) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Summarizes what could not be read, in one line; `None` if everything was.
pub fn missing_summary(model: &Model, now: Timestamp) -> Option<String> {
    /// Maximum number of kinds named per gap.
    const NAMED: usize = 3;
    let mut alike: Vec<(String, Vec<String>)> = Vec::new();
    for gap in model.connection.coverage_gaps(&model.scope) {
        let (what, why) = gap.describe(namespaces(model), now);
        match alike.iter_mut().find(|(same, _)| *same == why) {
            Some((_, all)) => all.push(what),
            None => alike.push((why, vec![what])),
        }
    }
    let words = alike.into_iter().map(|(why, mut all)| {
        let more = all.len().saturating_sub(NAMED);
        all.truncate(NAMED);
        match more {
            0 => format!("{}{why}", all.join(", ")),
            more => format!("{} and {more} more kinds{why}", all.join(", ")),
        }
    });
    let words: Vec<String> = words.collect();
    (!words.is_empty()).then(|| format!("not read: {}", words.join(", ")))
}

/// Summarizes what could not be read, short enough for the header.
pub fn missing_summary_short(model: &Model, now: Timestamp) -> Option<String> {
    let gaps = model.connection.coverage_gaps(&model.scope);
    let first = gaps.first()?;
    let kinds = gaps.iter().map(|gap| gap.kind.plural());
    let kinds = kinds.collect::<std::collections::BTreeSet<_>>().len();
    Some(match &first.reason {
        GapReason::Namespaces { listed } => some_namespaces(*listed, namespaces(model)),
        GapReason::Forbidden { .. } if kinds > 1 => format!("{kinds} kinds not read (403)"),
        GapReason::Forbidden {
            as_of: Some(at), ..
        } => {
            let ago = age::age(*at, now);
            format!("{} as of {ago} ago (403)", first.kind.plural())
        }
        GapReason::Forbidden { as_of: None, .. } => {
            format!("{} not read (403)", first.kind.plural())
        }
        GapReason::Unreadable(unreadable) => {
            format!("{} not read", object_count(first.kind, unreadable))
        }
    })
}

/// The namespaces that a cluster-wide pane shows, if those are not all.
pub fn shown_namespaces(model: &Model, state: KindState<'_>) -> Option<String> {
    match state {
        KindState::Partial { listed, .. } => Some(some_namespaces(listed, namespaces(model))),
        KindState::Loading { .. }
        | KindState::Live
        | KindState::Stale { .. }
        | KindState::Forbidden { .. } => None,
    }
}

/// How many namespaces there are; `None` where they may not be listed.
fn namespaces(model: &Model) -> Option<usize> {
    let state = model
        .connection
        .state_of_kinds(|kind| kind == WatchKind::Namespaces, &Scope::Cluster);
    match state {
        KindState::Live | KindState::Stale { .. } => Some(model.store.namespaces().count()),
        KindState::Loading { .. } | KindState::Partial { .. } | KindState::Forbidden { .. } => None,
    }
}

fn some_namespaces(listed: usize, all: Option<usize>) -> String {
    match (listed, all) {
        (listed, Some(all)) if all > listed => format!("{listed} of {all} namespaces (403)"),
        (1, _) => "1 namespace only (403)".to_owned(),
        (listed, _) => format!("{listed} namespaces only (403)"),
    }
}

/// The number of objects with their kind.
fn object_count(kind: WatchKind, unreadable: &UnreadableObjects) -> String {
    let plural = kind.plural();
    match unreadable.count() {
        1 => format!("1 {}", plural.trim_end_matches('s')),
        count => format!("{count} {plural}"),
    }
}

impl CoverageGap<'_> {
    /// Describes the gap: the kind, then extent and reason.
    fn describe(&self, namespaces: Option<usize>, now: Timestamp) -> (String, String) {
        let plural = self.kind.plural().to_owned();
        match &self.reason {
            GapReason::Forbidden { as_of: None, .. } => (plural, " (403)".to_owned()),
            GapReason::Forbidden {
                as_of: Some(at), ..
            } => (plural, format!(" since {} ago (403)", age::age(*at, now))),
            GapReason::Namespaces { listed } => {
                let unread = namespaces.and_then(|all| Some((all.checked_sub(*listed)?, all)));
                match unread {
                    Some((unread @ 1.., all)) => {
                        (plural, format!(" in {unread} of {all} namespaces (403)"))
                    }
                    Some((0, _)) | None => (plural, " in other namespaces (403)".to_owned()),
                }
            }
            GapReason::Unreadable(unreadable) => {
                let counted = object_count(self.kind, unreadable);
                (counted, format!(" ({unreadable})"))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::{message::Message, model::StartScope, update::update},
        domain::{
            fixtures::{full_list, namespace, now, seconds_ago},
            k8s::{connection::ConnectionInfo, object_ref::Namespace},
            store::{
                update::StoreUpdate,
                watch::{WatchId, WatchState},
            },
        },
    };

    /// Connected, with the list of namespaces read, and the Pods in this state.
    fn model(scope: &Scope, pods: WatchState) -> Model {
        let mut model = Model::new(&StartScope::FromContext, seconds_ago(5));
        model.scope = scope.clone();
        model.pending_restore = crate::app::model::PendingRestore::Pane;
        let request_id = model.connection.request_id;
        let identity = ConnectionInfo {
            context: "prod".into(),
            cluster: "prod".into(),
            user: None,
            server_version: None,
            namespace: None,
        };
        let list = full_list(Scope::Cluster, vec![namespace("shop")]);
        let watch = |kind, state| {
            let scope = Scope::Cluster;
            Message::Watch(request_id, WatchId { kind, scope }, state)
        };
        for message in [
            Message::Connected(request_id, Ok(identity)),
            watch(WatchKind::Namespaces, WatchState::Live),
            Message::Batch(request_id, StoreUpdate::Namespaces(list)),
            watch(WatchKind::Pods, pods),
        ] {
            update(&mut model, message, now());
        }
        model.scope = scope.clone();
        model
    }

    #[test]
    fn of_a_namespace_that_does_not_exist_nothing_else_is_said() {
        let of = |name: &str| Scope::Namespace(Namespace::new(name));
        let missing = model(&of("zzz"), WatchState::Live);
        assert_eq!(all_clear(&missing), AllClear::NoNamespace);
        assert_eq!(no_problem(&missing, now()), "Namespace zzz does not exist");
        let there = model(&of("shop"), WatchState::Live);
        assert_eq!(all_clear(&there), AllClear::Cluster);
        // Who may not list namespaces does not know.
        let mut unknown = model(&of("zzz"), WatchState::Live);
        let id = WatchId {
            kind: WatchKind::Namespaces,
            scope: Scope::Cluster,
        };
        unknown.connection.remove_watch(&id);
        assert_ne!(all_clear(&unknown), AllClear::NoNamespace);
    }

    /// With `-n shop`, nothing else is watched; all namespaces are not well because one is.
    #[test]
    fn of_what_is_not_watched_nothing_is_claimed() {
        let shop = Scope::Namespace(Namespace::new("shop"));
        let mut model = model(&shop, WatchState::Live);
        let pods_of = |scope: &Scope| WatchId {
            kind: WatchKind::Pods,
            scope: scope.clone(),
        };
        model.connection.remove_watch(&pods_of(&Scope::Cluster));
        assert_eq!(all_clear(&model), AllClear::NotYet);
        model
            .connection
            .set_watch_state(pods_of(&shop), WatchState::Live);
        assert_eq!(all_clear(&model), AllClear::Namespace);
        for other in [Scope::Namespace(Namespace::new("pay")), Scope::Cluster] {
            model.scope = other;
            assert_eq!(all_clear(&model), AllClear::NotYet, "{:?}", model.scope);
        }
    }

    #[test]
    fn pods_that_were_never_read_are_not_said_to_have_been() {
        let stale = || WatchState::Stale {
            since: seconds_ago(4),
            why: "500 Internal Server Error".into(),
        };
        let mut model = model(&Scope::Cluster, stale());
        assert_eq!(all_clear(&model), AllClear::NeverRead(WatchKind::Pods));
        let told = no_problem(&model, now());
        assert_eq!(told, "Pods not read yet: 500 Internal Server Error");
        // Once read, what was read may be spoken of.
        let request_id = model.connection.request_id;
        let id = WatchId {
            kind: WatchKind::Pods,
            scope: Scope::Cluster,
        };
        for state in [WatchState::Live, stale()] {
            update(
                &mut model,
                Message::Watch(request_id, id.clone(), state),
                now(),
            );
        }
        assert_eq!(all_clear(&model), AllClear::Unknown);
        assert_eq!(no_problem(&model, now()), "no problems when last read");
    }

    #[test]
    fn numbers_are_grouped() {
        for (number, text) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (7500, "7,500"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(group_digits(number), text);
        }
    }
}

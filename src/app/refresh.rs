//! Prepares the model for a frame: rebuilds outdated rows and computes when the screen changes without an
//! event.

use jiff::{SignedDuration, Timestamp};

use super::{
    connection::{ConnectionPhase, WatchHealth},
    coverage_gap::GapReason,
    form::{Form, ImportState},
    model::Model,
    overlay::{ContextPicker, Overlay},
    panes::{Pane, PerPane, RefreshBudget, RowContext},
    plan_dialog::{PlanDialog, PlanStage},
    pod_inspection::PodInspection,
    pull_test::PullTestDialog,
    reveal::{self, Reveal},
    update::{current_pod, wanted_answers},
};
use crate::domain::k8s::{age, rollout};

/// Rows that each pane has room for; 0 for a pane that is not shown.
pub type Heights = PerPane<usize>;

/// Sets how far the topmost text can be scrolled, as the last frame has found.
pub fn set_scroll_end(model: &mut Model, end: Option<usize>) {
    let scroll = model.overlays.last_mut().and_then(Overlay::scroll);
    if let (Some(end), Some(scroll)) = (end, scroll) {
        scroll.clamp(end);
    }
}

/// Prepares the model for drawing.
pub fn refresh(model: &mut Model, heights: Heights, now: Timestamp) {
    for pane in Pane::ALL {
        let height = *heights.get(pane);
        model.panes.get_mut(pane).set_height(height);
    }
    let Model {
        panes,
        store,
        diagnoses,
        connection,
        notices,
        probes: answers,
        nodes,
        scope,
        known_namespaces: known,
        ..
    } = model;
    answers.expire(now);
    diagnoses.refresh(store, connection.coverage(), answers, nodes, now);
    let watched = matches!(
        connection.health(scope),
        WatchHealth::Live | WatchHealth::Partial
    );
    let seen = watched && !diagnoses.has_pending();
    notices.refresh(store, diagnoses, connection.coverage(), seen, now);
    let context = RowContext {
        store,
        diagnoses,
        coverage: connection.coverage(),
        known_namespaces: known,
        scope,
        now,
    };
    let budget = &mut RefreshBudget::new(now);
    for pane in Pane::ALL {
        panes.get_mut(pane).refresh(&context, budget);
    }
    refresh_fault_list(model);
    watch_recovery(model, now);
    let subject = current_pod(model);
    model.inspection = PodInspection::inspect(
        model.inspection.take(),
        subject,
        &model.store,
        model.connection.coverage(),
        &model.probes,
        &model.nodes,
        now,
    );
}

/// The open list of what is wrong takes in what is new.
fn refresh_fault_list(model: &mut Model) {
    let ids = model.diagnoses.faults().iter().map(|fault| &fault.id);
    if let Some(Overlay::Faults(faults)) = model.overlays.last_mut() {
        faults.refresh(ids);
    }
}

/// Whether what the plans that are shown were for has recovered.
fn watch_recovery(model: &mut Model, now: Timestamp) {
    let Model {
        overlays,
        store,
        connection,
        probes: answers,
        nodes,
        ..
    } = model;
    for overlay in overlays {
        let Overlay::PlanDialog(dialog) = overlay else {
            continue;
        };
        let Some(found) = dialog.recovery(store) else {
            continue;
        };
        let youngest = || rollout::newest_pod(store, &dialog.affected.workloads());
        let pod = found.failing.first().cloned().or_else(youngest);
        let pod = pod.or_else(|| dialog.affected.pod().cloned());
        let watched = PodInspection::inspect(
            dialog.watched.take().map(|inspection| *inspection),
            pod,
            store,
            connection.coverage(),
            answers,
            nodes,
            now,
        );
        dialog.watched = watched.map(Box::new);
        if let PlanStage::Done { recovered, .. } = &mut dialog.stage
            && recovered.is_none()
            && found.is_complete()
        {
            *recovered = Some(now);
        }
    }
}

/// Duration of one spinner frame.
pub const SPINNER_FRAME: SignedDuration = SignedDuration::from_millis(120);

/// The next time at which the screen changes without an event: an age, a spinner, an expiring message. `None` while
/// time changes nothing.
pub fn next_wakeup(model: &Model, now: Timestamp) -> Option<Timestamp> {
    let waiting = matches!(model.connection.phase, ConnectionPhase::Connecting { .. })
        || matches!(
            model.overlays.last(),
            Some(
                Overlay::Contexts(ContextPicker::Loading(_))
                    | Overlay::PlanDialog(PlanDialog {
                        stage: PlanStage::DryRunning(_)
                            | PlanStage::Applying(..)
                            | PlanStage::Done {
                                recovered: None,
                                ..
                            },
                        ..
                    })
                    | Overlay::Reveal(Reveal {
                        stage: reveal::RevealStage::Fetching(_),
                        ..
                    })
                    | Overlay::Form(Form {
                        import: ImportState::Reading(_),
                        ..
                    })
            )
        )
        || matches!(
        model.overlays.last(),
        Some(Overlay::PullTest(PullTestDialog::Started(id))) if model.pull_tests.is_waiting(*id)
        )
        || matches!(model.overlays.last(), Some(Overlay::NodeFiles(dialog)) if dialog.is_running())
        || model.connection.health(&model.scope) == WatchHealth::Listing;
    let spinner = waiting.then_some(now + SPINNER_FRAME);
    // Its seconds are counted down.
    let shutdown = model.shutdown.map(|_| now + SignedDuration::from_secs(1));
    let flash = model.status.as_ref().map(|flash| flash.until);
    let stale = match model.connection.health(&model.scope) {
        WatchHealth::Stale { since, .. } => Some(next_age_change(since, now)),
        WatchHealth::Partial => stale_since(model)
            .map(|since| next_age_change(since, now))
            .min(),
        _ => None,
    };
    let notices = model.notices.next_wakeup();
    let lapsed = model.probes.next_expiry();
    let revealed = model.overlays.iter().filter_map(|overlay| match overlay {
        Overlay::Reveal(reveal) => reveal.next_wakeup(now),
        _ => None,
    });
    let unfinished = model.diagnoses.has_pending() || !wanted_answers(model).is_empty();
    let unfinished = unfinished.then_some(now);
    let judged = model.diagnoses.next_wakeup(&model.store);
    let looked_into = model
        .inspection
        .as_ref()
        .and_then(|inspection| inspection.expires_at);
    let ages = visible_times(model)
        .map(|since| next_age_change(since, now))
        .min();
    let panes = Pane::ALL.into_iter();
    let waiting_rows = panes.map(|pane| model.panes.get(pane).next_refresh());
    [
        spinner,
        shutdown,
        flash,
        stale,
        notices,
        lapsed,
        unfinished,
        judged,
        looked_into,
        ages,
    ]
    .into_iter()
    .chain(waiting_rows)
    .flatten()
    .chain(revealed)
    .min()
}

/// When what is kept of refused lists was last read.
fn stale_since(model: &Model) -> impl Iterator<Item = Timestamp> {
    let gaps = model.connection.coverage_gaps(&model.scope).into_iter();
    gaps.filter_map(|gap| match gap.reason {
        GapReason::Forbidden { as_of, .. } => as_of,
        GapReason::Namespaces { .. } | GapReason::Unreadable(_) => None,
    })
}

/// The moment at which an age reads differently. Ages of minutes and more may turn up to ten seconds
/// late, so that many of them turn in one frame.
fn next_age_change(since: Timestamp, now: Timestamp) -> Timestamp {
    let seconds = age::seconds_between(since, now);
    let wait = age::seconds_until_change(seconds);
    let wait = if seconds < 120 {
        wait
    } else {
        (wait + 9) / 10 * 10
    };
    now + SignedDuration::from_secs(wait)
}

fn visible_times(model: &Model) -> impl Iterator<Item = Timestamp> {
    let panes = Pane::ALL.into_iter();
    let visible = panes.flat_map(|pane| model.panes.get(pane).visible_times(&model.store));
    let under_way = model
        .inspection
        .iter()
        .filter_map(|inspection| inspection.context.pod.meta.created);
    visible.chain(under_way)
}

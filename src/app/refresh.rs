//! Before each frame: rows that are out of date are made again, and the next moment is found at which
//! the screen would read differently although nothing happened.

use jiff::{SignedDuration, Timestamp};

use super::{
    connection::{Health, Phase},
    coverage_gap::Lack,
    form::{Form, Import},
    model::Model,
    overlay::{ContextPicker, Overlay},
    panes::{Pane, PerPane, RefreshBudget, RowContext},
    plan_dialog::{Proposal, Stage},
    pod_inspection::Inquiry,
    reveal::{self, Reveal},
    update::subject_of_interest,
};
use crate::domain::k8s::{age, rollout};

/// Rows that each pane has room for; 0 for a pane that is not shown.
pub type Heights = PerPane<usize>;

/// Takes in how far the text on top can be scrolled, as the frame has shown.
pub fn scrolled(model: &mut Model, end: Option<usize>) {
    let scroll = model.overlays.last_mut().and_then(Overlay::scroll);
    if let (Some(end), Some(scroll)) = (end, scroll) {
        scroll.within(end);
    }
}

/// Makes the model ready to be drawn.
pub fn refresh(model: &mut Model, heights: Heights, now: Timestamp) {
    for pane in Pane::ALL {
        let height = *heights.get(pane);
        model.panes.get_mut(pane).set_height(height);
    }
    let Model {
        panes,
        world,
        verdicts,
        connection,
        notices,
        answers,
        scope,
        known,
        ..
    } = model;
    answers.age(now);
    verdicts.refresh(world, connection.sight(), answers, now);
    let watched = matches!(connection.health(scope), Health::Live | Health::Partial);
    let seen = watched && !verdicts.unfinished();
    notices.refresh(world, verdicts, seen, now);
    let context = RowContext {
        world,
        verdicts,
        sight: connection.sight(),
        known,
        scope,
        now,
    };
    let budget = &mut RefreshBudget::new(now);
    for pane in Pane::ALL {
        panes.get_mut(pane).refresh(&context, budget);
    }
    list_faults(model);
    watch_recovery(model, now);
    let subject = subject_of_interest(model);
    model.inquiry = Inquiry::of(
        model.inquiry.take(),
        subject,
        &model.world,
        model.connection.sight(),
        &model.answers,
        now,
    );
}

/// The open list of what is wrong takes in what is new.
fn list_faults(model: &mut Model) {
    let ids = model.verdicts.faults().iter().map(|fault| &fault.id);
    if let Some(Overlay::Faults(faults)) = model.overlays.last_mut() {
        faults.refresh(ids);
    }
}

/// Whether what the plans that are shown were for has recovered.
fn watch_recovery(model: &mut Model, now: Timestamp) {
    let Model {
        overlays,
        world,
        connection,
        answers,
        ..
    } = model;
    for overlay in overlays {
        let Overlay::Proposal(proposal) = overlay else {
            continue;
        };
        let Some(found) = proposal.recovery(world) else {
            continue;
        };
        let youngest = || rollout::newest_pod(world, &proposal.affected.workloads());
        let pod = found.failing.first().cloned().or_else(youngest);
        let pod = pod.or_else(|| proposal.affected.pod().cloned());
        let watched = Inquiry::of(
            proposal.watched.take().map(|inquiry| *inquiry),
            pod,
            world,
            connection.sight(),
            answers,
            now,
        );
        proposal.watched = watched.map(Box::new);
        if let Stage::Done { recovered, .. } = &mut proposal.stage
            && recovered.is_none()
            && found.is_complete()
        {
            *recovered = Some(now);
        }
    }
}

/// A turn of the spinner while something is awaited.
const SPIN: SignedDuration = SignedDuration::from_millis(120);

/// When the screen has to be drawn again if nothing else happens: an age that turns, a spinner, a
/// flash that ends. `None` while time changes nothing.
pub fn wake(model: &Model, now: Timestamp) -> Option<Timestamp> {
    let waiting = matches!(model.connection.phase, Phase::Connecting { .. })
        || matches!(
            model.overlays.last(),
            Some(
                Overlay::Contexts(ContextPicker::Loading(_))
                    | Overlay::Proposal(Proposal {
                        stage: Stage::Rehearsing(_)
                            | Stage::CarryingOut(..)
                            | Stage::Done {
                                recovered: None,
                                ..
                            },
                        ..
                    })
                    | Overlay::Reveal(Reveal {
                        stage: reveal::Stage::Fetching(_),
                        ..
                    })
                    | Overlay::Form(Form {
                        import: Import::Reading(_),
                        ..
                    })
            )
        )
        || matches!(model.overlays.last(), Some(Overlay::PullTest(trial)) if trial.waits())
        || model.connection.health(&model.scope) == Health::Listing;
    let spinner = waiting.then_some(now + SPIN);
    // Its seconds are counted down.
    let finishing = model.finishing.map(|_| now + SignedDuration::from_secs(1));
    let flash = model.flash.as_ref().map(|flash| flash.until);
    let stale = match model.connection.health(&model.scope) {
        Health::Stale { since, .. } => Some(turn(since, now)),
        Health::Partial => kept_since(model).map(|since| turn(since, now)).min(),
        _ => None,
    };
    let notices = model.notices.wake();
    let lapsed = model.answers.wake();
    let revealed = model.overlays.iter().filter_map(|overlay| match overlay {
        Overlay::Reveal(reveal) => reveal.wake(now),
        _ => None,
    });
    let unfinished = model.verdicts.unfinished().then_some(now);
    let judged = model.verdicts.wake(&model.world);
    let looked_into = model.inquiry.as_ref().and_then(|inquiry| inquiry.until);
    let ages = visible_times(model).map(|since| turn(since, now)).min();
    let panes = Pane::ALL.into_iter();
    let waiting_rows = panes.map(|pane| model.panes.get(pane).next_refresh());
    [
        spinner,
        finishing,
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
fn kept_since(model: &Model) -> impl Iterator<Item = Timestamp> {
    let gaps = model.connection.gaps(&model.scope).into_iter();
    gaps.filter_map(|gap| match gap.lack {
        Lack::Forbidden { as_of, .. } => as_of,
        Lack::Namespaces { .. } | Lack::Unreadable(_) => None,
    })
}

/// The moment at which an age reads differently. Ages of minutes and more may turn up to ten seconds
/// late, so that many of them turn in one frame.
fn turn(since: Timestamp, now: Timestamp) -> Timestamp {
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
    let visible = panes.flat_map(|pane| model.panes.get(pane).visible_times(&model.world));
    let under_way = model
        .inquiry
        .iter()
        .filter_map(|inquiry| inquiry.case.pod.meta.created);
    visible.chain(under_way)
}

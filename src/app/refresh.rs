//! Before each frame: rows that are out of date are made again, and the next moment is found at which
//! the screen would read differently although nothing happened.

use jiff::{SignedDuration, Timestamp};

use super::{
    connection::{Health, Phase},
    form::{Form, Import},
    gap::Lack,
    inquiry::Inquiry,
    list::List,
    model::Model,
    overlay::{ContextPicker, Overlay},
    panes::{self, Pane, Panes, Turn, accounts::Judging},
    proposal::{Proposal, Stage},
    reveal::{self, Reveal},
    update::subject_of_interest,
};
use crate::domain::{age, progress};

/// Rows that each pane has room for, in the order of `Pane::ALL`; 0 for a pane that is not shown.
pub type Heights = [usize; 5];

/// Takes in how far the text on top can be scrolled, as the frame has shown.
pub fn scrolled(model: &mut Model, end: Option<usize>) {
    let scroll = model.overlays.last_mut().and_then(Overlay::scroll);
    if let (Some(end), Some(scroll)) = (end, scroll) {
        scroll.within(end);
    }
}

/// Makes the model ready to be drawn.
pub fn refresh(model: &mut Model, heights: Heights, now: Timestamp) {
    for (pane, height) in Pane::ALL.into_iter().zip(heights) {
        match pane {
            Pane::Namespaces => model.panes.namespaces.list.set_height(height),
            Pane::Pods => model.panes.pods.list.set_height(height),
            Pane::ServiceAccounts => model.panes.accounts.list.set_height(height),
            Pane::Secrets => model.panes.secrets.list.set_height(height),
            Pane::Events => model.panes.events.list.set_height(height),
        }
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
    let turn = &mut Turn::new(now);
    panes::namespaces::refresh(&mut panes.namespaces, world, known, turn);
    panes::pods::refresh(&mut panes.pods, &mut panes.folding, world, scope, turn);
    let judging = Judging {
        world,
        verdicts,
        sight: connection.sight(),
        now,
    };
    panes::accounts::refresh(&mut panes.accounts, judging, scope, turn);
    panes::secrets::refresh(&mut panes.secrets, world, verdicts, scope, turn);
    panes::events::refresh(
        &mut panes.events,
        &mut panes.stories,
        world,
        verdicts,
        scope,
        turn,
    );
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
        let youngest = || progress::youngest(world, &proposal.affected.workloads());
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
    let panes = &model.panes;
    let paced = [
        panes.namespaces.due(),
        panes.pods.due(),
        panes.accounts.due(),
        panes.secrets.due(),
        panes.events.due(),
    ];
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
    .chain(paced)
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
    let seconds = age::seconds(since, now);
    let wait = age::changes_in(seconds);
    let wait = if seconds < 120 {
        wait
    } else {
        (wait + 9) / 10 * 10
    };
    now + SignedDuration::from_secs(wait)
}

fn visible_times(model: &Model) -> impl Iterator<Item = Timestamp> {
    let Panes {
        namespaces,
        pods,
        accounts,
        secrets,
        events,
        ..
    } = &model.panes;
    let world = &model.world;
    let namespaces = shown(&namespaces.list).filter_map(|row| {
        world
            .namespace(row.as_ref()?)
            .and_then(|namespace| namespace.meta.created)
    });
    let pods = shown(&pods.list).filter_map(|row| match row {
        panes::pods::Row::Pod(key) => world.pod(key).and_then(|pod| pod.meta.created),
        panes::pods::Row::Workload(id) => world
            .workload(id)
            .and_then(|workload| workload.meta.created),
    });
    let accounts = shown(&accounts.list).filter_map(|key| world.account(key)?.meta.created);
    let secrets = shown(&secrets.list).filter_map(|key| world.secret(key)?.meta.created);
    let stories = &model.panes.stories;
    let events = shown(&events.list).filter_map(|row| match row {
        panes::events::Row::Line(key) => world.event_line(key)?.last,
        panes::events::Row::Story(id) => stories.told.get(id)?.last,
        panes::events::Row::Start(owner) => stories.starts.get(owner)?.last,
    });
    let under_way = model
        .inquiry
        .iter()
        .filter_map(|inquiry| inquiry.case.pod.meta.created);
    namespaces
        .chain(pods)
        .chain(accounts)
        .chain(secrets)
        .chain(events)
        .chain(under_way)
}

fn shown<K: Clone + PartialEq>(list: &List<K>) -> impl Iterator<Item = &K> {
    list.visible().1.iter()
}

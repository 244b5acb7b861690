//! Asking a registry about a Pod's image: never twice at once, and the answer keeps its age.

use jiff::Timestamp;

use crate::{
    app::{
        detail::{Details, Tab},
        effect::Effect,
        model::Model,
        overlay::Overlay,
        settled::{Question, Settled, State},
        ticket::Ticket,
    },
    domain::{objects::ObjectKey, probe::Verdict, problem::Problem},
};

/// Asks, and shows the diagnosis, where the answer will stand.
pub(super) fn ask(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if !model.abilities.asks_registries {
        model.flash(
            "the registries of the demo are simulated and cannot be asked",
            now,
        );
        return Vec::new();
    }
    let asked = model
        .inquiry
        .as_ref()
        .and_then(|inquiry| Some((inquiry.pod.clone(), Question::of(inquiry)?)));
    let Some((pod, question)) = asked else {
        model.flash("there is no image to ask about", now);
        return Vec::new();
    };
    let waits = matches!(
        &model.settled,
        Some(Settled { pod: same, state: State::Asking(_) }) if *same == pod
    );
    if waits {
        model.flash("the registry has not answered yet", now);
        return Vec::new();
    }
    let ticket = model.tickets.issue();
    model.settled = Some(Settled {
        pod: pod.clone(),
        state: State::Asking(ticket),
    });
    if !matches!(model.overlays.last(), Some(Overlay::Details(_))) {
        let details = Details::new(ObjectKey::Pod(pod), Some(Tab::Diagnosis));
        model.overlays.push(Overlay::Details(details));
    }
    vec![Effect::Settle { ticket, question }]
}

pub(super) fn answered(
    model: &mut Model,
    ticket: Ticket,
    answer: Result<Box<Verdict>, Problem>,
    now: Timestamp,
) {
    let Some(settled) = &mut model.settled else {
        return;
    };
    if !matches!(settled.state, State::Asking(waiting) if waiting == ticket) {
        return;
    }
    settled.state = match answer {
        Ok(verdict) => State::Said {
            verdict: *verdict,
            at: now,
        },
        Err(problem) => State::Failed(problem),
    };
}

//! Asking a registry about a Pod's image: never twice at once, and the answer keeps its age.

use jiff::Timestamp;

use crate::{
    app::{
        detail::{Details, Tab},
        effect::Effect,
        model::Model,
        overlay::Overlay,
        settled::{Question, Said, State},
        ticket::Ticket,
    },
    domain::{diagnose::Source, objects::ObjectKey, probe::Verdict, problem::Problem},
};

/// Asks, and shows the diagnosis, where the answer will stand.
pub(super) fn ask(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if !model.abilities.asks_registries {
        model.flash(
            "no registry can be asked: this machine's certificate authorities cannot be read",
            now,
        );
        return Vec::new();
    }
    let asked = model.inquiry.as_ref().and_then(|inquiry| {
        let image = &inquiry.container()?.image;
        let question = Question::of(&inquiry.case, image)?;
        Some((inquiry.pod.clone(), question))
    });
    let Some((pod, question)) = asked else {
        model.flash("there is no image to ask about", now);
        return Vec::new();
    };
    if model.answers.awaits(&question) {
        model.flash("the registry has not answered yet", now);
        return Vec::new();
    }
    let ticket = model.tickets.issue();
    model.answers.ask(question.clone(), ticket);
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
    let answer = match answer {
        Ok(verdict) => State::Said(Said {
            verdict: *verdict,
            by: Source::Registry,
            at: now,
        }),
        Err(problem) => State::Failed(problem),
    };
    model.answers.answered(ticket, answer);
}

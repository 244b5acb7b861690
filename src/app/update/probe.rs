//! Asking registries about a Pod's image, or about all that is pulled with a Secret: never twice at once,
//! and each answer keeps its age.

use std::sync::Arc;

use jiff::Timestamp;

use super::{detail, selection};
use crate::{
    app::{
        detail::Tab,
        effect::Effect,
        model::Model,
        overlay::Overlay,
        probe_cache::{Question, Said, State},
        request_id::Ticket,
        secret_test,
    },
    domain::{
        diagnostics::EvidenceSource,
        error::UserError,
        k8s::{
            object_ref::ObjectRef,
            objects::{AnyObjectRef, Secret},
        },
        probe::ProbeConclusion,
    },
};

/// Questions of one press: a Secret may serve hundreds of images, and registries count.
const AT_ONCE: usize = 24;

/// Asks, and shows what the answer will stand in: the diagnosis of the Pod, or the Secret's entries.
pub(super) fn ask(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if !model.abilities.asks_registries {
        model.flash(
            "no registry can be asked: this machine's certificate authorities cannot be read",
            now,
        );
        return Vec::new();
    }
    match selection::selected_object(model) {
        Some(AnyObjectRef::Secret(secret)) => about_secret(model, &secret, now),
        _ => about_pod(model, now),
    }
}

fn about_pod(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let asked = model.inquiry.as_ref().and_then(|inquiry| {
        let question = Question::of(&inquiry.case, inquiry.image()?)?;
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
    show(model, AnyObjectRef::Pod(pod), Tab::Diagnosis);
    let ticket = model.tickets.issue();
    vec![put(model, question, ticket)]
}

fn about_secret(model: &mut Model, key: &ObjectRef<Secret>, now: Timestamp) -> Vec<Effect> {
    let Some(secret) = model.world.secret(key).map(Arc::clone) else {
        return Vec::new();
    };
    let trials = secret_test::trials(&model.world, &secret);
    let questions: Vec<Question> = trials.into_iter().flat_map(|it| it.questions).collect();
    if questions.is_empty() {
        model.flash("no image is pulled with it: there is nothing to ask", now);
        return Vec::new();
    }
    show(model, AnyObjectRef::Secret(key.clone()), Tab::Describe);
    // Those that nobody has asked come first, so that pressing again gets on with the rest.
    let (old, mut open): (Vec<_>, Vec<_>) = questions
        .into_iter()
        .filter(|question| !model.answers.awaits(question))
        .partition(|question| model.answers.to(question).is_some());
    open.extend(old);
    if open.is_empty() {
        model.flash("the registries have not answered yet", now);
    }
    if open.len() > AT_ONCE {
        let text = format!("{AT_ONCE} of {} images are asked about", open.len());
        model.flash(text, now);
        open.truncate(AT_ONCE);
    }
    open.into_iter()
        .map(|question| {
            let ticket = model.tickets.issue();
            put(model, question, ticket)
        })
        .collect()
}

pub(super) fn put(model: &mut Model, question: Question, ticket: Ticket) -> Effect {
    model.answers.ask(question.clone(), ticket);
    Effect::Settle { ticket, question }
}

/// Shows the view of the object. One that fits by itself is left as it is, and with it where its reader
/// is.
fn show(model: &mut Model, object: AnyObjectRef, tab: Tab) {
    let is_shown = matches!(model.overlays.last(), Some(Overlay::Details(details))
        if details.object == object && details.tab.is_none_or(|shown| shown == tab));
    if !is_shown {
        detail::show(model, object, tab);
    }
}

pub(super) fn answered(
    model: &mut Model,
    ticket: Ticket,
    answer: Result<Box<ProbeConclusion>, UserError>,
    now: Timestamp,
) {
    let answer = match answer {
        Ok(verdict) => State::Said(Said {
            verdict: *verdict,
            by: EvidenceSource::Registry,
            at: now,
        }),
        Err(problem) => State::Failed(problem),
    };
    model.answers.answered(ticket, answer);
}

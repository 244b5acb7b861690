//! Registry probes for a Pod's image or for all images pulled with a Secret: one request per query at a time.

use std::sync::Arc;

use jiff::Timestamp;

use super::{detail, selection};
use crate::{
    app::{
        detail::Tab,
        effect::Effect,
        model::Model,
        overlay::Overlay,
        probe_cache::{ProbeQuery, ProbeRecord, ProbeState},
        request_id::RequestId,
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
        registry_auth::image_ref::ImageRef,
    },
};

/// Maximum number of probes per key press: a Secret may serve hundreds of images, and registries limit requests.
const MAX_PROBES_PER_PRESS: usize = 24;

/// Starts a probe, and shows where its result will appear: the Pod's diagnosis, or the Secret's entries.
pub(super) fn probe_selection(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    if !model.capabilities.can_probe_registries {
        model.set_status(
            "cannot test registries: this machine's CA certificates cannot be read",
            now,
        );
        return Vec::new();
    }
    match selection::selected_object(model) {
        Some(AnyObjectRef::Secret(secret)) => probe_secret(model, &secret, now),
        _ => probe_pod(model, now),
    }
}

fn probe_pod(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let asked = model.inspection.as_ref().and_then(|inspection| {
        let query = ProbeQuery::for_pod(&inspection.context, inspection.image()?)?;
        let suggested = inspection.suggested_image();
        let suggested = suggested.and_then(|it| ProbeQuery::for_pod(&inspection.context, it));
        let finding = inspection.finding();
        let attachable = finding.and_then(|it| ProbeQuery::for_attachable(&inspection.context, it));
        let more: Vec<ProbeQuery> = suggested.into_iter().chain(attachable).collect();
        Some((inspection.pod.clone(), query, more))
    });
    let Some((pod, query, mut more)) = asked else {
        model.set_status("no image to test", now);
        return Vec::new();
    };
    if model.probes.is_pending(&query) {
        model.set_status("waiting for the registry", now);
        return Vec::new();
    }
    show(model, AnyObjectRef::Pod(pod), Tab::Diagnosis);
    more.retain(|query| !model.probes.is_pending(query));
    let queries = [query].into_iter().chain(more);
    queries
        .map(|query| {
            let request_id = model.request_ids.next_id();
            send(model, query, request_id)
        })
        .collect()
}

fn probe_secret(model: &mut Model, key: &ObjectRef<Secret>, now: Timestamp) -> Vec<Effect> {
    let Some(secret) = model.store.secret(key).map(Arc::clone) else {
        return Vec::new();
    };
    let trials = secret_test::entry_checks(&model.store, &secret);
    let questions: Vec<ProbeQuery> = trials.into_iter().flat_map(|it| it.queries).collect();
    if questions.is_empty() {
        model.set_status("no Pod pulls with it: nothing to test", now);
        return Vec::new();
    }
    show(model, AnyObjectRef::Secret(key.clone()), Tab::Describe);
    // Those that nobody has asked come first, so that pressing again gets on with the rest.
    let (old, mut open): (Vec<_>, Vec<_>) = questions
        .into_iter()
        .filter(|query| !model.probes.is_pending(query))
        .partition(|query| model.probes.get(query).is_some());
    open.extend(old);
    if open.is_empty() {
        model.set_status("waiting for the registries", now);
    }
    if open.len() > MAX_PROBES_PER_PRESS {
        let text = format!("testing {MAX_PROBES_PER_PRESS} of {} images", open.len());
        model.set_status(text, now);
        open.truncate(MAX_PROBES_PER_PRESS);
    }
    open.into_iter()
        .map(|query| {
            let request_id = model.request_ids.next_id();
            send(model, query, request_id)
        })
        .collect()
}

pub(super) fn send(model: &mut Model, query: ProbeQuery, request_id: RequestId) -> Effect {
    model.probes.begin(query.clone(), request_id);
    Effect::ProbeImage { request_id, query }
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

pub(super) fn probe_done(
    model: &mut Model,
    request_id: RequestId,
    answer: Result<Box<ProbeConclusion>, UserError>,
    now: Timestamp,
) -> Vec<Effect> {
    let suggested = answer.as_ref().ok().and_then(|conclusion| {
        let image = ImageRef::parse(conclusion.suggestion.as_deref()?).ok()?;
        Some(model.probes.query_of(request_id)?.with_image(image))
    });
    let answer = match answer {
        Ok(conclusion) => ProbeState::Done(ProbeRecord {
            conclusion: *conclusion,
            source: EvidenceSource::Registry,
            at: now,
        }),
        Err(problem) => ProbeState::Failed(problem),
    };
    model.probes.finish(request_id, answer);
    // What the registry suggests is tested before it is proposed.
    let is_new = |query: &ProbeQuery| {
        !model.probes.is_pending(query) && model.probes.recent(query, now).is_none()
    };
    let Some(query) = suggested.filter(is_new) else {
        return Vec::new();
    };
    let request_id = model.request_ids.next_id();
    vec![send(model, query, request_id)]
}

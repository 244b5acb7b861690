//! Revealing a Secret's values: warning, fetch, display, expiry.

use std::sync::Arc;

use jiff::Timestamp;

use super::open_form;
use crate::{
    app::{
        effect::Effect,
        model::Model,
        overlay::Overlay,
        request_id::RequestId,
        reveal::{ClipboardSecret, Reveal, RevealStage, RevealedSecret},
    },
    domain::{error::UserError, registry_auth::docker_config::DockerConfig},
};

pub(super) const NO_SECRET: &str = "only Secrets have values to show";

/// Shows the warning; from the warning, fetches the values; with values shown, closes them.
pub(super) fn reveal(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(Overlay::Reveal(reveal)) = model.overlays.last_mut() else {
        match open_form::secret(model) {
            Some(secret) => model.overlays.push(Overlay::Reveal(Reveal::new(secret))),
            None => model.set_status(NO_SECRET, now),
        }
        return Vec::new();
    };
    match &reveal.stage {
        RevealStage::Warning | RevealStage::Hidden => {
            let request_id = model.request_ids.next_id();
            reveal.stage = RevealStage::Fetching(request_id);
            let secret = reveal.secret.clone();
            vec![Effect::Reveal { request_id, secret }]
        }
        RevealStage::Fetching(_) => Vec::new(),
        RevealStage::Shown(_) | RevealStage::Failed(_) => {
            model.overlays.pop();
            Vec::new()
        }
    }
}

/// Shows fetched values if the requesting overlay is still open; otherwise drops them.
pub(super) fn revealed(
    model: &mut Model,
    request_id: RequestId,
    answer: Result<Option<DockerConfig>, UserError>,
    now: Timestamp,
) {
    for reveal in reveals(model) {
        if matches!(reveal.stage, RevealStage::Fetching(waiting) if waiting == request_id) {
            reveal.stage = match answer {
                Ok(config) => RevealStage::Shown(RevealedSecret::new(config, now)),
                Err(problem) => RevealStage::Failed(problem),
            };
            return;
        }
    }
}

/// Hides values whose time is over, in any overlay.
pub(super) fn expire(model: &mut Model, now: Timestamp) {
    for reveal in reveals(model) {
        reveal.expire(now);
    }
}

fn reveals(model: &mut Model) -> impl Iterator<Item = &mut Reveal> {
    model
        .overlays
        .iter_mut()
        .filter_map(|overlay| match overlay {
            Overlay::Reveal(reveal) => Some(reveal),
            _ => None,
        })
}

/// Copies the password of the selected entry, and reports it.
pub(super) fn copy(model: &mut Model, now: Timestamp) -> Vec<Effect> {
    let Some(Overlay::Reveal(reveal)) = model.overlays.last() else {
        return Vec::new();
    };
    let Some(entry) = reveal.revealed(now).and_then(|(shown, _)| shown.selected()) else {
        model.set_status("show a password first", now);
        return Vec::new();
    };
    let clip = ClipboardSecret(Arc::new(entry.password.clone()));
    let text = format!(
        "copied the password for {}: every program can read the clipboard",
        entry.server
    );
    model.set_status(text, now);
    vec![Effect::CopyPassword(clip)]
}

//! Chooses the section of the guide for the current focus and fills in the user's own objects.

use super::{
    detail::Tab,
    guide_view::{FindingSummary, GuideView},
    model::Model,
    overlay::Overlay,
    pod_inspection::PodInspection,
    scroll::Scroll,
};
use crate::domain::{
    guide::{Section, Substitutions},
    registry_auth::image_ref::ImageRef,
    store::watch::Scope,
};

/// Opens the guide at the section for the current focus.
pub fn guide_for_focus(model: &Model) -> GuideView {
    let finding = model
        .inspection
        .as_ref()
        .and_then(|inspection| inspection.diagnosis.first());
    let of_the_pod = finding.map(|finding| {
        let about = FindingSummary {
            title: finding.title(),
            cause: finding.cause,
            root: finding.root,
        };
        (Section::for_link(finding.link()), about)
    });
    let about_the_pod = match model.overlays.last() {
        Some(Overlay::Details(details)) => {
            matches!(details.tab, None | Some(Tab::Diagnosis))
        }
        Some(_) => false,
        None => model.focus.info().explains_pod,
    };
    let (section, about) = match of_the_pod {
        Some((section, about)) if about_the_pod => (section, Some(about)),
        _ => (section_for_focus(model), None),
    };
    GuideView {
        section,
        about,
        scroll: Scroll::TOP,
    }
}

fn section_for_focus(model: &Model) -> Section {
    match model.overlays.last() {
        Some(Overlay::Details(details)) => match details.tab {
            Some(Tab::Rollout) => Section::WORKLOAD,
            Some(Tab::Events | Tab::Logs) => Section::VERIFY,
            _ => Section::INSIDE,
        },
        Some(Overlay::Hygiene { .. }) => Section::PRACTICES,
        Some(Overlay::Faults(_)) => Section::ERRORS,
        _ => model.focus.info().guide,
    }
}

/// The user's objects that replace the placeholders of the guide.
pub fn substitutions(model: &Model) -> Substitutions {
    let from_pod = model
        .inspection
        .as_ref()
        .map(pod_substitutions)
        .unwrap_or_default();
    let namespace = match &model.scope {
        Scope::Namespace(namespace) => Some(namespace.to_string()),
        Scope::Cluster => None,
    };
    Substitutions {
        namespace: from_pod.namespace.or(namespace),
        ..from_pod
    }
}

fn pod_substitutions(inspection: &PodInspection) -> Substitutions {
    let context = &inspection.context;
    let image = inspection.image().map(ToString::to_string);
    let reference = image
        .as_deref()
        .and_then(|image| ImageRef::parse(image).ok());
    let listed = context.pull_secrets.first();
    let tried = inspection
        .links
        .as_ref()
        .and_then(|links| links.candidates.first());
    let workload = context.workload.as_ref();
    Substitutions {
        namespace: Some(inspection.pod.namespace.to_string()),
        secret: listed.map(|listed| listed.name.to_string()),
        account: Some(context.pod.service_account.to_string()),
        workload: workload.map(|workload| workload.id.key.name.to_string()),
        server: tried
            .map(|(_, entry)| entry.server.to_string())
            .or_else(|| reference.map(|image| image.host().to_string())),
        user: tried.and_then(|(_, entry)| entry.username.as_deref().map(str::to_owned)),
        image,
        pod: Some(inspection.pod.name.to_string()),
    }
}

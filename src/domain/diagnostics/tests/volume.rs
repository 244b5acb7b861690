//! The image of a volume that cannot be pulled: what is said is about it, not about the container's.

use super::*;
use crate::domain::{
    k8s::objects::{ImageVolume, PullPolicy},
    plan::{FixProposal, FixScope, Reach, proposal_for},
};

const MODEL: &str = "models.example/team/model:9.9";

/// A Pod whose container is told this of the volume's image; its own image is of `registry.example`.
fn mounting(message: &str, lists: &[&str]) -> Scene {
    let mut scene = Scene::new(message, lists);
    scene.pod.image_volumes = Box::new([ImageVolume {
        name: "model".into(),
        image: MODEL.into(),
        policy: PullPolicy::IfNotPresent,
    }]);
    scene
}

fn target(finding: &Finding) -> String {
    finding.target.as_ref().unwrap().to_string()
}

#[test]
fn the_secrets_are_judged_by_the_volumes_image() {
    let message = format!("failed to pull and unpack image \"{MODEL}\": {REFUSED}");
    // The one Secret opens the container's registry, the other one the volume's.
    let scene = mounting(&message, &[]);
    let scene = scene.with("app", JSON, "registry.example");
    let finding = scene.with("model", JSON, "models.example").finding();
    assert_eq!(target(&finding), "volume:model");
    assert_eq!(finding.image.as_deref(), Some(MODEL));
    assert_eq!(finding.root, Some(RootCause::SecretNotAttached));
    assert_eq!(
        finding.fix_context.matching_secret.as_deref(),
        Some("model")
    );
    assert_eq!(finding.fix_context.host.as_deref(), Some("models.example"));
}

#[test]
fn an_event_without_a_container_tells_why() {
    let mut scene = mounting(&format!("Back-off pulling image \"{MODEL}\""), &[]);
    let said = format!("Failed to pull image \"{MODEL}\": {MODEL}: not found");
    let mut event = event("e1", "web-1", "Failed", &said, 1, seconds_ago(9));
    event.regarding.field = None;
    scene.events.push(event);
    let finding = scene.finding();
    assert_eq!(finding.cause, Cause::ImageNotFound);
    assert_eq!(finding.image.as_deref(), Some(MODEL));
}

#[test]
fn no_container_gets_the_corrected_image_of_a_volume() {
    let said = format!("failed to pull and unpack image \"{MODEL}\": {MODEL}: not found");
    let finding = mounting(&said, &[]).finding();
    assert!(finding.fixes.contains(&FixId::CorrectImage));
    let scope = FixScope {
        own: &finding,
        others: &[],
        reach: Reach::Selected,
    };
    assert!(matches!(
        proposal_for(FixId::CorrectImage, scope),
        FixProposal::Manual
    ));
    let commands = FixId::CorrectImage
        .render(&finding.fix_context)
        .commands
        .join("\n");
    assert!(commands.contains(r#""name":"model""#), "{commands}");
    assert!(!commands.contains("set image"), "{commands}");
}

#[test]
fn an_image_that_is_no_volumes_is_the_containers() {
    let message = "failed to pull and unpack image \"models.example/other:1\": not found";
    let finding = mounting(message, &[]).finding();
    assert_eq!(target(&finding), "container:app");
    assert_eq!(finding.image.as_deref(), Some(IMAGE));
}

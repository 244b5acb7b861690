//! Recognises waiting states that are failed pulls, and their error messages.
//!
//! Reasons are those of the kubelet, `pkg/kubelet/images/types.go` (1.20 to 1.36). What an error
//! *means* is said by `diagnostics::classify`.

use std::sync::Arc;

use super::{
    objects::{Container, ContainerState, Event, Pod},
    pull_attempt::PullAttempt,
};

/// Waiting reasons that the kubelet gives while it has no image.
const PULL_REASONS: [&str; 7] = [
    "ErrImagePull",
    "ImagePullBackOff",
    "ErrImageNeverPull",
    "InvalidImageName",
    "ImageInspectError",
    "RegistryUnavailable",
    "SignatureValidationFailed",
];

/// The start of the back-off message; older kubelets say nothing behind the image.
const BACK_OFF: &str = "Back-off pulling image";

/// A pull that fails: the reason of the container that waits for it, and the text that came with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PullFailure<'a> {
    pub attempt: PullAttempt<'a>,
    pub reason: &'a Arc<str>,
    pub message: Option<&'a Arc<str>>,
}

impl PullFailure<'_> {
    /// Whether the text holds a cause, and is not the bare *Back-off pulling image "X"*.
    pub fn names_cause(&self) -> bool {
        self.message.is_some_and(|text| names_cause(text))
    }
}

/// Whether this waiting reason says that the image is not there.
///
/// From 1.31 on, a Secret whose `auth` does not decode puts the error text itself where the reason
/// belongs. A reason is one CamelCase word by convention, so a text with blanks is such an error.
pub fn is_pull_reason(reason: &str) -> bool {
    PULL_REASONS.contains(&reason) || reason.contains(' ')
}

/// Whether this waiting reason complains of nothing: the kubelet is about to start the container.
pub fn is_container_creating(reason: &str) -> bool {
    matches!(reason, "" | "ContainerCreating" | "PodInitializing")
}

/// Whether a message names the cause of a failed pull and is not just the back-off notice.
pub fn names_cause(message: &str) -> bool {
    let Some(rest) = message.strip_prefix(BACK_OFF) else {
        return !message.is_empty() && !message.starts_with("Error: ");
    };
    rest.trim_start()
        .trim_start_matches('"')
        .split_once('"')
        .is_some_and(|(_, behind)| !behind.trim_matches([':', ' ']).is_empty())
}

/// What stands in front of the reason in a message of kubelet and runtime.
const WRAPPERS: [&str; 15] = [
    "Failed to pull image",
    "failed to pull image",
    "Back-off pulling image",
    "ErrImagePull",
    "rpc error",
    "Error response from daemon",
    "failed to pull and unpack image",
    "failed to resolve reference",
    "failed to resolve image",
    "failed to copy",
    "failed to do request",
    "failed to authorize",
    "failed to fetch",
    "Error initializing source",
    "initializing source",
];

/// The part of a message that a narrow line should show: without the layers that each only say that
/// pulling failed.
pub fn innermost_message(message: &str) -> &str {
    let mut rest = message.trim();
    loop {
        if let Some((_, behind)) = rest
            .strip_prefix("code = ")
            .and_then(|code| code.split_once(" desc = "))
        {
            rest = behind;
            continue;
        }
        match rest.split_once(": ") {
            Some((head, behind))
                if !behind.is_empty() && WRAPPERS.iter().any(|known| head.starts_with(known)) =>
            {
                rest = behind;
            }
            _ => return rest,
        }
    }
}

/// The pull that a container waits for in vain, or that of its own image.
pub fn waiting_attempt<'a>(pod: &'a Pod, container: &'a Container) -> PullAttempt<'a> {
    let failure =
        pull_failures(pod).find(|failure| failure.attempt.container.name == container.name);
    failure.map_or(PullAttempt::own(container), |failure| failure.attempt)
}

/// The containers of this Pod that wait for an image in vain, in the kubelet's order.
pub fn pull_failures(pod: &Pod) -> impl Iterator<Item = PullFailure<'_>> {
    pod.containers
        .iter()
        .filter_map(|container| match &container.state {
            ContainerState::Waiting { reason, message } if is_pull_reason(reason) => {
                let text = message.as_ref().unwrap_or(reason);
                Some(PullFailure {
                    attempt: PullAttempt::from_message(pod, container, text),
                    reason,
                    message: message.as_ref(),
                })
            }
            ContainerState::Waiting { .. }
            | ContainerState::Running { .. }
            | ContainerState::Terminated(_)
            | ContainerState::Unreported => None,
        })
}

/// Whether this event tells of a pull that failed.
///
/// `ErrorLine` is also the reason of containers that cannot be created or started, so the text decides;
/// `BackOff` is a pull's only when it speaks of the image.
pub fn is_pull_failure_event(event: &Event) -> bool {
    match &*event.reason {
        "Failed" => is_pull_failure_text(&event.message),
        "BackOff" => event.message.starts_with(BACK_OFF),
        "ErrImageNeverPull" | "InspectFailed" | "InvalidImageName" | UNRETRIEVED => true,
        reason => reason.contains(' '),
    }
}

/// The reason of the event that names pull secrets which do not exist (kubelet 1.30 and later).
const UNRETRIEVED: &str = "FailedToRetrieveImagePullSecret";

/// The pull secrets that this event says the kubelet could not retrieve. Two wordings are known:
/// `Unable to retrieve some image pull secrets (a, b); …` and `Unable to retrieve pull secret NS/a for …`.
pub fn unretrieved_secrets(event: &Event) -> impl Iterator<Item = &str> {
    let text = match &*event.reason {
        UNRETRIEVED => &*event.message,
        _ => "",
    };
    let several = text
        .split_once("image pull secrets (")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map(|(names, _)| names);
    let one = || {
        let (_, rest) = text.split_once("retrieve pull secret ")?;
        rest.split_once(" for ").map(|(name, _)| name)
    };
    let names = several.or_else(one).unwrap_or_default().split(',');
    // One of the wordings has the namespace in front.
    names
        .filter_map(|name| name.trim().rsplit('/').next())
        .filter(|name| !name.is_empty())
}

fn is_pull_failure_text(message: &str) -> bool {
    message.starts_with("Failed to pull image")
        || message.starts_with("Failed to inspect image")
        || message
            .strip_prefix("Error: ")
            .is_some_and(|rest| is_pull_reason(rest) && !rest.contains(' '))
        || message.contains("with pull policy of Never")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixtures::{event, now};

    #[test]
    fn the_bare_back_off_names_no_cause() {
        for (message, expected) in [
            (r#"Back-off pulling image "quay.io/a/b:1""#, false),
            (
                r#"Back-off pulling image "quay.io/a/b:1": ErrImagePull: not found"#,
                true,
            ),
            ("rpc error: code = NotFound desc = not found", true),
            ("Error: ImagePullBackOff", false),
            ("", false),
        ] {
            assert_eq!(names_cause(message), expected, "{message}");
        }
    }

    #[test]
    fn the_secrets_that_the_kubelet_misses_are_named() {
        for (reason, message, names) in [
            (
                UNRETRIEVED,
                "Unable to retrieve some image pull secrets (regcred, hub); attempting to pull the image may not succeed.",
                &["regcred", "hub"][..],
            ),
            (
                UNRETRIEVED,
                "Unable to retrieve pull secret shop/regcred for shop/web-0 due to secret \"regcred\" not found.  The image pull may not succeed.",
                &["regcred"],
            ),
            (
                UNRETRIEVED,
                "Unable to retrieve some image pull secrets (); attempting",
                &[],
            ),
            (UNRETRIEVED, "something else (regcred)", &[]),
            (
                "Failed",
                "Unable to retrieve some image pull secrets (regcred);",
                &[],
            ),
        ] {
            let event = event("e1", "web-0", reason, message, 1, now());
            let found: Vec<&str> = unretrieved_secrets(&event).collect();
            assert_eq!(found, names, "{message}");
        }
    }

    #[test]
    fn the_essence_is_what_the_layers_wrap() {
        for (message, expected) in [
            (
                r#"Failed to pull image "r.example/a:1": rpc error: code = Unknown desc = failed to pull and unpack image "r.example/a:1": failed to resolve reference "r.example/a:1": r.example/a:1: not found"#,
                "r.example/a:1: not found",
            ),
            (
                r#"Back-off pulling image "r.example/a:1": ErrImagePull: dial tcp: lookup r.example: no such host"#,
                "dial tcp: lookup r.example: no such host",
            ),
            ("rpc error: ", "rpc error:"),
            (
                "illegal base64 data at input byte 0",
                "illegal base64 data at input byte 0",
            ),
            ("", ""),
        ] {
            assert_eq!(innermost_message(message), expected);
        }
    }

    #[test]
    fn an_error_text_in_place_of_a_reason_is_a_pull_reason() {
        assert!(is_pull_reason("illegal base64 data at input byte 0"));
        assert!(is_pull_reason("ImagePullBackOff"));
        assert!(!is_pull_reason("CrashLoopBackOff"));
        assert!(!is_pull_reason("ContainerCreating"));
    }
}

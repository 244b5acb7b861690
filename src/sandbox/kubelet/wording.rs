//! Messages of kubelets and runtimes, verbatim, by profile.
//!
//! Recorded on real nodes; a test holds these sentences against the recordings.

use std::time::Duration;

use super::puller::RuntimePullError;
use crate::{
    domain::registry_auth::image_ref::ImageRef,
    sandbox::{profile::Profile, registry::Unreachable},
};

/// The runtime's error, as the kubelet reports it.
pub fn pull_error(profile: Profile, image: &str, error: &RuntimePullError) -> String {
    match profile {
        Profile::CriO => cri_o(image, error),
        Profile::Containerd24
        | Profile::Containerd21
        | Profile::Containerd17
        | Profile::Containerd16 => containerd(profile, image, error),
    }
}

fn containerd(profile: Profile, image: &str, error: &RuntimePullError) -> String {
    let old = profile.is_old();
    let name = without_needless_tag(image);
    let code = match error {
        RuntimePullError::NotFound | RuntimePullError::NoPlatform { .. } => {
            "rpc error: code = NotFound desc = "
        }
        RuntimePullError::Unreachable {
            why: Unreachable::TimedOut { .. },
            ..
        } => "rpc error: code = DeadlineExceeded desc = ",
        // A kubelet of today leaves out the code that says nothing.
        _ if old => "rpc error: code = Unknown desc = ",
        _ => "",
    };
    let pull = format!("failed to pull and unpack image \"{name}\": ");
    let by_transfer = matches!(profile, Profile::Containerd24 | Profile::Containerd21);
    let resolve = if by_transfer {
        "failed to resolve image: ".to_owned()
    } else {
        format!("failed to resolve reference \"{name}\": ")
    };
    match error {
        RuntimePullError::NoPlatform { .. } if !by_transfer => {
            format!("{code}{pull}no match for platform in manifest: not found")
        }
        RuntimePullError::NoPlatform { digest } => format!(
            "{code}get image config descriptor: no match for platform in manifest {digest}: not found"
        ),
        RuntimePullError::Fetch {
            url,
            status,
            message,
        } => {
            let line = status_line(*status);
            let answer = if profile.is_newest() {
                format!("unexpected status from GET request to {url}: {line}\n{message}")
            } else {
                format!("unexpected status code {url}: {line} - Server message: {message}")
            };
            format!("{code}{pull}failed to copy: httpReadSeeker: failed open: {answer}")
        }
        other => format!("{code}{pull}{resolve}{}", resolving(old, &name, other)),
    }
}

fn resolving(old: bool, name: &str, error: &RuntimePullError) -> String {
    match error {
        RuntimePullError::NotFound => format!("{name}: not found"),
        RuntimePullError::NoCredentials if old => old_status(name, 401),
        RuntimePullError::NoCredentials => "pull access denied, repository does not exist or may require authorization: authorization failed: no basic auth credentials".to_owned(),
        RuntimePullError::InsufficientScope => "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed".to_owned(),
        RuntimePullError::Token { method, url, status, anonymous } => {
            let whose = if *anonymous { "anonymous" } else { "oauth" };
            let line = status_line(*status);
            if old {
                format!("failed to authorize: failed to fetch {whose} token: unexpected status: {line}")
            } else {
                format!("failed to authorize: failed to fetch {whose} token: unexpected status from {method} request to {url}: {line}")
            }
        }
        RuntimePullError::Status { status, .. } if old => old_status(name, *status),
        RuntimePullError::Status { url, status, message } => {
            let line = status_line(*status);
            let told = message.as_ref().map_or_else(String::new, |it| format!("\n{it}"));
            format!("unexpected status from HEAD request to {url}: {line}{told}")
        }
        RuntimePullError::Unreachable { url, why } => {
            let why = unreachable(old, url, why);
            format!("failed to do request: Head \"{url}\": {why}")
        }
        RuntimePullError::Fetch { .. } | RuntimePullError::NoPlatform { .. } => String::new(),
    }
}

fn old_status(name: &str, status: u16) -> String {
    let image = ImageRef::parse(name).ok();
    let host = image.as_ref().map_or("", |image| image.host());
    let reference = image
        .as_ref()
        .and_then(|image| image.digest().or(image.tag()))
        .unwrap_or_default();
    let line = status_line(status);
    format!("pulling from host {host} failed with status code [manifests {reference}]: {line}")
}

fn unreachable(old: bool, url: &str, why: &Unreachable) -> String {
    let host = url
        .split("://")
        .nth(1)
        .and_then(|rest| rest.split('/').next())
        .and_then(|host| host.split(':').next())
        .unwrap_or_default();
    match why {
        Unreachable::NoSuchHost => {
            format!("dial tcp: lookup {host} on 10.96.0.10:53: no such host")
        }
        Unreachable::Refused { address } => {
            format!("dial tcp {address}: connect: connection refused")
        }
        Unreachable::TimedOut { address } => format!("dial tcp {address}: i/o timeout"),
        Unreachable::HandshakeTimeout => "net/http: TLS handshake timeout".to_owned(),
        Unreachable::UntrustedCertificate if old => {
            "x509: certificate signed by unknown authority".to_owned()
        }
        Unreachable::UntrustedCertificate => {
            "tls: failed to verify certificate: x509: certificate signed by unknown authority"
                .to_owned()
        }
        Unreachable::PlainHttp => "http: server gave HTTP response to HTTPS client".to_owned(),
    }
}

/// CRI-O pulls with `containers/image`, which names repository and tag apart.
fn cri_o(image: &str, error: &RuntimePullError) -> String {
    let name = spelled_out(image);
    let parsed = ImageRef::parse(image).ok();
    let repository = parsed
        .as_ref()
        .map_or_else(String::new, ImageRef::repository);
    let host = parsed.as_ref().map_or("", |image| image.host());
    let reference = parsed
        .as_ref()
        .and_then(|image| image.digest().or(image.tag()))
        .unwrap_or_default();
    let source = format!("initializing source docker://{name}: ");
    let reading = format!("{source}reading manifest {reference} in {repository}: ");
    match error {
        RuntimePullError::NotFound => format!("{reading}manifest unknown"),
        RuntimePullError::NoCredentials => format!("{reading}unauthorized: authentication required"),
        RuntimePullError::InsufficientScope => {
            format!("{reading}requested access to the resource is denied")
        }
        RuntimePullError::Token { status, .. } => format!(
            "{source}Requesting bearer token: invalid status code from registry {}",
            status_code_first(*status)
        ),
        RuntimePullError::Status { status: 401, .. } => {
            format!("{reading}unauthorized: authentication required")
        }
        RuntimePullError::Status { status: 403, .. } => {
            format!("{reading}denied: requested access to the resource is denied")
        }
        RuntimePullError::Status { status: 429, .. } => {
            format!("{reading}toomanyrequests: You have reached your pull rate limit.")
        }
        RuntimePullError::Status { status, .. } => format!(
            "{reading}received unexpected HTTP status: {}",
            status_line(*status)
        ),
        RuntimePullError::Fetch { message, .. } => format!("{reading}{message}"),
        RuntimePullError::Unreachable { url, why } => {
            let why = unreachable(false, url, why);
            format!(
                "{source}pinging container registry {host}: Get \"https://{host}/v2/\": {why}"
            )
        }
        RuntimePullError::NoPlatform { .. } => {
            "choosing image instance: no image found in image index for architecture \"amd64\", variant \"\", OS \"linux\"".to_owned()
        }
    }
}

/// containerd spells short names out; the kubelet itself quotes the image as the Pod writes it.
fn spelled_out(image: &str) -> String {
    ImageRef::parse(image).map_or_else(|_| image.to_owned(), |image| image.to_string())
}

/// Beside a digest the tag is not looked at, and not repeated (`reference.ParseDockerRef`).
fn without_needless_tag(image: &str) -> String {
    match ImageRef::parse(image) {
        Err(_) => image.to_owned(),
        Ok(image) => match image.digest() {
            Some(digest) => format!("{}@{digest}", image.repository()),
            None => image.to_string(),
        },
    }
}

fn status_line(status: u16) -> String {
    http::StatusCode::from_u16(status).map_or_else(|_| status.to_string(), |code| code.to_string())
}

fn status_code_first(status: u16) -> String {
    let reason = http::StatusCode::from_u16(status)
        .ok()
        .and_then(|code| code.canonical_reason())
        .unwrap_or_default();
    format!("{status} ({reason})")
}

/// Error of `ParseDockerImageReference` for an invalid name.
pub fn invalid_name(profile: Profile, image: &str) -> String {
    let path = image.split_once('/').map_or(image, |(_, path)| path);
    let path = path.split([':', '@']).next().unwrap_or_default();
    let has_capitals = path.chars().any(char::is_uppercase);
    let (what, why) = match (profile.is_old(), has_capitals) {
        (true, true) => (
            "image reference",
            "repository name must be lowercase".to_owned(),
        ),
        (false, true) => (
            "image name",
            format!("repository name ({path}) must be lowercase"),
        ),
        (true, false) => ("image reference", String::new()),
        (false, false) => ("image name", String::new()),
    };
    let colon = if why.is_empty() { "" } else { ": " };
    format!(
        "Failed to apply default image tag \"{image}\": couldn't parse {what} \"{image}\": invalid reference format{colon}{why}"
    )
}

pub fn never(image: &str) -> String {
    format!("Container image \"{image}\" is not present with pull policy of Never")
}

pub fn back_off(image: &str) -> String {
    format!("Back-off pulling image \"{image}\"")
}

/// Message of `ImagePullBackOff`; newer kubelets repeat the cause.
pub fn back_off_waiting(profile: Profile, image: &str, cause: Option<&str>) -> String {
    match cause {
        Some(cause) if !profile.is_old() => format!("{}: ErrImagePull: {cause}", back_off(image)),
        _ => back_off(image),
    }
}

pub fn missing_secrets(names: &[String]) -> String {
    format!(
        "Unable to retrieve some image pull secrets ({}); attempting to pull the image may not succeed.",
        names.join(", ")
    )
}

pub fn pulled(
    profile: Profile,
    image: &str,
    took: Duration,
    waited: Duration,
    bytes: u64,
) -> String {
    if profile.is_old() {
        return format!("Successfully pulled image \"{image}\" in {}", go(waited));
    }
    format!(
        "Successfully pulled image \"{image}\" in {} ({} including waiting). Image size: {bytes} bytes.",
        go(took),
        go(waited)
    )
}

pub fn present(profile: Profile, image: &str) -> String {
    let access = if profile.is_old() {
        ""
    } else {
        " and can be accessed by the pod"
    };
    format!("Container image \"{image}\" already present on machine{access}")
}

pub fn created(profile: Profile, container: &str) -> String {
    if profile.is_old() {
        format!("Created container {container}")
    } else {
        "Container created".to_owned()
    }
}

pub fn started(profile: Profile, container: &str) -> String {
    if profile.is_old() {
        format!("Started container {container}")
    } else {
        "Container started".to_owned()
    }
}

pub fn stopping(container: &str) -> String {
    format!("Stopping container {container}")
}

pub fn restart_event(profile: Profile, container: &str, pod: &str) -> String {
    if profile.is_old() {
        "Back-off restarting failed container".to_owned()
    } else {
        format!("Back-off restarting failed container {container} in pod {pod}")
    }
}

pub fn restart_waiting(wait: Duration, container: &str, pod: &str) -> String {
    format!(
        "back-off {} restarting failed container={container} pod={pod}",
        go(wait)
    )
}

/// Formats a duration like Go, for the values that occur here: `150ms`, `1.25s`, `2m40s`.
pub fn go(duration: Duration) -> String {
    let (minutes, millis) = (duration.as_secs() / 60, duration.as_millis() % 60_000);
    if duration < Duration::from_secs(1) {
        return format!("{millis}ms");
    }
    let seconds = format!("{}.{:03}", millis / 1000, millis % 1000);
    let seconds = seconds.trim_end_matches('0').trim_end_matches('.');
    if minutes == 0 {
        format!("{seconds}s")
    } else {
        format!("{minutes}m{seconds}s")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read_as_go_prints_them() {
        for (millis, text) in [
            (150, "150ms"),
            (1250, "1.25s"),
            (2000, "2s"),
            (80_000, "1m20s"),
            (300_000, "5m0s"),
        ] {
            assert_eq!(go(Duration::from_millis(millis)), text);
        }
    }
}

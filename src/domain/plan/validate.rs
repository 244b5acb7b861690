//! Validates form input while it is typed.

use crate::domain::registry_auth::{
    credential::{Credential, Password},
    host_port::server_host,
    image_ref::ImageRef,
    registries::{self, RegistryInfo},
};

/// An error or a warning about form input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidationError {
    /// The answer cannot be taken; else it can, and is odd.
    pub is_error: bool,
    pub text: String,
}

/// The input is invalid.
pub fn reject(text: impl Into<String>) -> ValidationError {
    ValidationError {
        is_error: true,
        text: text.into(),
    }
}

/// The input is valid but unusual.
pub fn warn(text: impl Into<String>) -> ValidationError {
    ValidationError {
        is_error: false,
        text: text.into(),
    }
}

/// Validates a namespace or Deployment name (an RFC 1123 label); container and Pod labels use it too.
pub fn label(text: &str) -> Option<ValidationError> {
    if text.contains('.') {
        return Some(reject("must not contain dots"));
    }
    name(text, 63)
}

/// Validates the name of a Secret or ServiceAccount (an RFC 1123 subdomain).
pub fn subdomain(text: &str) -> Option<ValidationError> {
    text.split('.')
        .find_map(|part| name(part, 253))
        .or_else(|| {
            let long = text.len() > 253;
            long.then(|| reject("must be at most 253 characters"))
        })
}

fn name(text: &str, most: usize) -> Option<ValidationError> {
    if text.is_empty() {
        return Some(reject("enter a name"));
    }
    if text.len() > most {
        return Some(reject(format!("must be at most {most} characters")));
    }
    if let Some(c) = text.chars().find(char::is_ascii_uppercase) {
        return Some(reject(format!("must be lowercase: {c:?} is not")));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if let Some(c) = text.chars().find(|c| !allowed(*c)) {
        return Some(reject(format!(
            "only a-z, 0-9 and - are allowed, not {c:?}"
        )));
    }
    let ends_badly = text.starts_with('-') || text.ends_with('-');
    ends_badly.then(|| reject("must not start or end with -"))
}

/// Validates a key of `auths`, which the kubelet matches against the image's host.
pub fn server(text: &str) -> Option<ValidationError> {
    if text.is_empty() {
        return Some(reject("enter the registry's host"));
    }
    if text.chars().any(char::is_whitespace) {
        return Some(reject("must not contain spaces"));
    }
    let hub = "https://index.docker.io/v1/";
    if text == hub {
        return None;
    }
    let host = server_host(text);
    if host.is_empty() {
        return Some(reject("must contain a host"));
    }
    if matches!(
        host,
        "docker.io" | "index.docker.io" | "registry-1.docker.io"
    ) {
        return Some(warn(format!("for Docker Hub use {hub}")));
    }
    if host == "hub.docker.com" {
        return Some(reject(format!(
            "that is the web site; for Docker Hub use {hub}"
        )));
    }
    if text.contains("://") {
        return Some(warn("use the host without https://"));
    }
    if text.contains('/') {
        return Some(warn("only matches images under that path"));
    }
    None
}

pub fn username(text: &str, server: &str) -> Option<ValidationError> {
    if text.is_empty() {
        return Some(reject("enter a user name"));
    }
    if text.contains(':') {
        return Some(reject("must not contain a colon"));
    }
    if text != text.trim() {
        return Some(warn("remove the space at the start or end"));
    }
    let is_hub = registries::find_by_server(server).is_some_and(RegistryInfo::is_docker_hub);
    if is_hub && text.contains('@') {
        return Some(warn(
            "Docker Hub expects the Docker ID, not the e-mail address",
        ));
    }
    None
}

pub fn token(text: &str, server: &str, username: &str) -> Option<ValidationError> {
    if text.is_empty() {
        return Some(reject("enter a token"));
    }
    if text.trim() != text {
        return Some(reject("remove the space or line break at the start or end"));
    }
    if text.chars().any(char::is_whitespace) {
        return Some(warn("must not contain spaces"));
    }
    let kind = Credential::detect(server, username, &Password::new(text)).kind;
    if let Some(life) = kind.max_lifetime() {
        let hours = life.as_hours();
        return Some(warn(format!(
            "expires after {hours} hours ({})",
            kind.label()
        )));
    }
    match registries::find_by_server(server) {
        Some(preset) if kind.is_password() && !preset.token.is_empty() => {
            Some(warn(format!("looks like a password; use {}", preset.token)))
        }
        _ => None,
    }
}

pub fn image(text: &str) -> Option<ValidationError> {
    if text.is_empty() {
        return Some(reject("enter an image"));
    }
    let last = text.rsplit('/').next().unwrap_or_default();
    match ImageRef::parse(text) {
        Err(error) => Some(reject(error.to_string())),
        Ok(_) if !text.contains('@') && !last.contains(':') => {
            Some(warn("no tag: defaults to :latest"))
        }
        Ok(_) => None,
    }
}

/// Validates the number of replicas.
pub fn replicas(text: &str) -> Option<ValidationError> {
    match text.parse::<u32>() {
        Err(_) => Some(reject("enter a number")),
        Ok(0) => Some(warn("0: nothing is pulled until you scale up")),
        Ok(number) if number > MANY => Some(warn("high for a first try")),
        Ok(_) => None,
    }
}

/// Number of replicas above which a typo is suspected.
const MANY: u32 = 100;

/// Validates a container port; it is optional.
pub fn port(text: &str) -> Option<ValidationError> {
    if text.is_empty() {
        return None;
    }
    match text.parse::<u16>() {
        Ok(number) if number > 0 => None,
        _ => Some(reject("must be between 1 and 65535")),
    }
}

/// Validates the name of an environment variable.
pub fn variable(text: &str) -> Option<ValidationError> {
    let fine = !text.is_empty() && !text.contains(['=', '\0']);
    (!fine).then(|| reject("enter a variable name, such as REGISTRY_TOKEN"))
}

/// Validates a name that is typed again to confirm a deletion.
pub fn confirmed(text: &str, name: &str) -> Option<ValidationError> {
    (text != name).then(|| reject(format!("type {name} to delete it")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(complaint: Option<ValidationError>) -> Option<bool> {
        complaint.map(|complaint| complaint.is_error)
    }

    #[test]
    fn names_are_those_of_dns() {
        for (text, expected) in [
            ("shop", None),
            ("shop-2", None),
            ("", Some(true)),
            ("Shop", Some(true)),
            ("-shop", Some(true)),
            ("shop_1", Some(true)),
            ("a.b", Some(true)),
        ] {
            assert_eq!(says(label(text)), expected, "{text}");
        }
        assert_eq!(says(subdomain("reg.cred-1")), None);
        assert_eq!(says(subdomain("reg..cred")), Some(true));
        assert_eq!(says(label(&"a".repeat(64))), Some(true));
    }

    #[test]
    fn servers_are_hosts_and_docker_hub_is_special() {
        for (text, expected) in [
            ("ghcr.io", None),
            ("registry.example:5000", None),
            ("https://index.docker.io/v1/", None),
            ("docker.io", Some(false)),
            ("https://ghcr.io", Some(false)),
            ("ghcr.io/acme", Some(false)),
            ("hub.docker.com", Some(true)),
            ("https://", Some(true)),
            ("ghcr .io", Some(true)),
            ("", Some(true)),
        ] {
            assert_eq!(says(server(text)), expected, "{text}");
        }
    }

    #[test]
    fn tokens_have_no_blanks_and_are_not_passwords() {
        let hub = "https://index.docker.io/v1/";
        for (text, server, expected) in [
            ("dckr_pat_0123456789abcdefghijklmnopq", hub, None),
            ("hunter2", hub, Some(false)),
            ("hunter2\n", hub, Some(true)),
            ("", hub, Some(true)),
            ("anything", "registry.example", None),
        ] {
            assert_eq!(says(token(text, server, "acme")), expected, "{text:?}");
        }
        assert_eq!(says(username("a@b.example", hub)), Some(false));
        assert_eq!(says(username("a:b", "ghcr.io")), Some(true));
    }

    #[test]
    fn numbers_are_numbers() {
        for (text, expected) in [
            ("1", None),
            ("0", Some(false)),
            ("-1", Some(true)),
            ("", Some(true)),
        ] {
            assert_eq!(says(replicas(text)), expected, "{text}");
        }
        for (text, expected) in [
            ("", None),
            ("8080", None),
            ("0", Some(true)),
            ("70000", Some(true)),
        ] {
            assert_eq!(says(port(text)), expected, "{text}");
        }
        assert_eq!(says(variable("A=B")), Some(true));
        assert_eq!(says(confirmed("web", "web")), None);
        assert_eq!(says(confirmed("we", "web")), Some(true));
    }

    #[test]
    fn images_are_references() {
        assert_eq!(says(image("ghcr.io/acme/web:1")), None);
        assert_eq!(says(image("ghcr.io/acme/web")), Some(false));
        assert_eq!(says(image("ghcr.io/Acme/web:1")), Some(true));
        assert_eq!(says(image("https://ghcr.io/acme/web")), Some(true));
    }
}

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

/// The input is valid but suspicious.
pub fn warn(text: impl Into<String>) -> ValidationError {
    ValidationError {
        is_error: false,
        text: text.into(),
    }
}

/// A namespace, or a Deployment, whose container and Pods' label are called like it: an RFC 1123 label.
pub fn label(text: &str) -> Option<ValidationError> {
    if text.contains('.') {
        return Some(reject("no dots: it is one label"));
    }
    name(text, 63)
}

/// The name of a Secret or ServiceAccount: an RFC 1123 subdomain.
pub fn subdomain(text: &str) -> Option<ValidationError> {
    text.split('.')
        .find_map(|part| name(part, 253))
        .or_else(|| {
            let long = text.len() > 253;
            long.then(|| reject("longer than 253 characters"))
        })
}

fn name(text: &str, most: usize) -> Option<ValidationError> {
    if text.is_empty() {
        return Some(reject("a name is needed"));
    }
    if text.len() > most {
        return Some(reject(format!("longer than {most} characters")));
    }
    if let Some(c) = text.chars().find(char::is_ascii_uppercase) {
        return Some(reject(format!("no capitals: {c:?} is one")));
    }
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if let Some(c) = text.chars().find(|c| !allowed(*c)) {
        return Some(reject(format!(
            "only a-z, 0-9 and -: {c:?} is none of them"
        )));
    }
    let ends_badly = text.starts_with('-') || text.ends_with('-');
    ends_badly.then(|| reject("a - may not stand at an end"))
}

/// The key under `auths`: what the kubelet holds against the image's host.
pub fn server(text: &str) -> Option<ValidationError> {
    if text.is_empty() {
        return Some(reject("the registry's host is needed"));
    }
    if text.chars().any(char::is_whitespace) {
        return Some(reject("there is a blank in it"));
    }
    let hub = "https://index.docker.io/v1/";
    if text == hub {
        return None;
    }
    let host = server_host(text);
    if host.is_empty() {
        return Some(reject("there is no host in it"));
    }
    if matches!(
        host,
        "docker.io" | "index.docker.io" | "registry-1.docker.io"
    ) {
        return Some(warn(format!("Docker Hub's entry is called {hub}")));
    }
    if host == "hub.docker.com" {
        return Some(reject(format!(
            "that is the web site; Docker Hub's entry is called {hub}"
        )));
    }
    if text.contains("://") {
        return Some(warn("the host alone is enough, without https://"));
    }
    if text.contains('/') {
        return Some(warn("with a path it is only for images under that path"));
    }
    None
}

pub fn username(text: &str, server: &str) -> Option<ValidationError> {
    if text.is_empty() {
        return Some(reject("a user name is needed"));
    }
    if text.contains(':') {
        return Some(reject("no colon: it ends the user name"));
    }
    if text != text.trim() {
        return Some(warn("there is a blank at its end"));
    }
    let is_hub = registries::find_by_server(server).is_some_and(RegistryInfo::is_docker_hub);
    if is_hub && text.contains('@') {
        return Some(warn(
            "Docker Hub wants the Docker ID, not the e-mail address",
        ));
    }
    None
}

pub fn token(text: &str, server: &str, username: &str) -> Option<ValidationError> {
    if text.is_empty() {
        return Some(reject("a token is needed"));
    }
    if text.trim() != text {
        return Some(reject("there is a blank or a line break at its end"));
    }
    if text.chars().any(char::is_whitespace) {
        return Some(warn("there is a blank in it"));
    }
    let kind = Credential::detect(server, username, &Password::new(text)).kind;
    if let Some(life) = kind.max_lifetime() {
        let hours = life.as_hours();
        return Some(warn(format!(
            "a {} lives {hours} hours: this will stop working",
            kind.label()
        )));
    }
    match registries::find_by_server(server) {
        Some(preset) if kind.is_password() && !preset.token.is_empty() => Some(warn(format!(
            "looks like a password; better: {}",
            preset.token
        ))),
        _ => None,
    }
}

pub fn image(text: &str) -> Option<ValidationError> {
    if text.is_empty() {
        return Some(reject("an image is needed"));
    }
    let last = text.rsplit('/').next().unwrap_or_default();
    match ImageRef::parse(text) {
        Err(error) => Some(reject(error.to_string())),
        Ok(_) if !text.contains('@') && !last.contains(':') => {
            Some(warn("without a tag it is :latest"))
        }
        Ok(_) => None,
    }
}

/// How many Pods a Deployment shall have.
pub fn replicas(text: &str) -> Option<ValidationError> {
    match text.parse::<u32>() {
        Err(_) => Some(reject("a number is needed")),
        Ok(0) => Some(warn("none: nothing is pulled until it is scaled up")),
        Ok(number) if number > MANY => Some(warn("that is many for a first try")),
        Ok(_) => None,
    }
}

/// Replicas that are rather a slip of the finger.
const MANY: u32 = 100;

/// The port that a container listens on; it need not be named.
pub fn port(text: &str) -> Option<ValidationError> {
    if text.is_empty() {
        return None;
    }
    match text.parse::<u16>() {
        Ok(number) if number > 0 => None,
        _ => Some(reject("a port is a number from 1 to 65535")),
    }
}

/// The name of an environment variable.
pub fn variable(text: &str) -> Option<ValidationError> {
    let fine = !text.is_empty() && !text.contains(['=', '\0']);
    (!fine).then(|| reject("the name of a variable is needed, such as REGISTRY_TOKEN"))
}

/// A name that is typed again so that nothing is deleted by a slip.
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

//! Hides credentials in what a registry answers: a hostile one repeats them to get them into a log.
//!
//! Applied to the whole transcript and not where a text is read, so that no field is forgotten. Finds the
//! password and the tokens as they are, in Base64 (also as a part of a longer text), percent-encoded and
//! in hexadecimal, whatever the case, and with blanks in between. A registry that invents an encoding of
//! its own is not stopped by this; that it gets the credential at all is decided by `trust`.

use std::fmt::Write as _;

use base64::{Engine, prelude::BASE64_STANDARD, prelude::BASE64_URL_SAFE};
use zeroize::Zeroizing;

use crate::domain::{
    probe::{
        AuthMethod, ImageManifest, Platform, ProbeError, ProbeStep, Repositories, StepResult, Tags,
        Transcript,
    },
    registry_auth::auth_attempts::RegistryAuth,
    sanitize::is_hidden,
};

/// Replaces a text that repeats a credential.
const REDACTED: &str = "[redacted: repeats the credential]";

/// Shorter passwords are compared with whole words only: they occur in honest text.
const SHORTEST: usize = 4;

/// Shorter tokens and encodings are not looked for.
const SHORTEST_DERIVED: usize = 6;

/// Values of `GOOS`, `GOARCH` and their variants: they reveal nothing.
const PLATFORM_WORDS: &[&str] = &[
    "linux", "windows", "darwin", "freebsd", "amd64", "arm64", "arm", "386", "ppc64le", "s390x",
    "riscv64", "loong64", "mips64le", "wasm", "v5", "v6", "v7", "v8", "v9",
];

/// The credentials of one session, in the forms in which they could be repeated.
#[derive(Default)]
pub(super) struct Redactor {
    /// In lower case.
    needles: Vec<Zeroizing<String>>,
    /// Passwords that are too short to be looked for within words.
    words: Vec<Zeroizing<String>>,
}

impl Redactor {
    pub(super) fn add_login(&mut self, auth: &RegistryAuth) {
        let RegistryAuth::Basic { name, password } = auth else {
            return;
        };
        let password = password.expose();
        if password.is_empty() {
            return;
        }
        if password.chars().count() < SHORTEST {
            self.words.push(lower(password));
        } else {
            self.needles.push(squeezed(password));
        }
        let pair = Zeroizing::new(format!("{name}:{password}"));
        self.add_encodings(&pair);
        self.add_encodings(password);
    }

    pub(super) fn add_token(&mut self, token: &str) {
        self.add(squeezed(token));
        self.add_encodings(token);
    }

    fn add_encodings(&mut self, secret: &str) {
        self.add(lower(&hex(secret)));
        self.add(lower(&percent(secret, |byte| {
            byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
        })));
        self.add(lower(&percent(secret, |_| false)));
        for offset in 0..3 {
            self.add(lower(&base64_within(secret, offset, &BASE64_STANDARD)));
            self.add(lower(&base64_within(secret, offset, &BASE64_URL_SAFE)));
        }
    }

    fn add(&mut self, needle: Zeroizing<String>) {
        if needle.len() >= SHORTEST_DERIVED && !self.needles.contains(&needle) {
            self.needles.push(needle);
        }
    }

    fn echoes(&self, text: &str) -> bool {
        let squeezed = squeezed(text);
        let is_within = |needle: &Zeroizing<String>| {
            squeezed.contains(needle.as_str()) || ends_with_beginning(&squeezed, needle)
        };
        self.needles.iter().any(is_within) || self.has_short_password(&lower(text))
    }

    /// Whether a short password is one of the words.
    fn has_short_password(&self, text: &str) -> bool {
        let mut parts = text.split(|c: char| !c.is_alphanumeric());
        let is_short = |part: &str| self.words.iter().any(|word| word.as_str() == part);
        !self.words.is_empty() && (is_short(text) || parts.any(is_short))
    }

    /// Hides what repeats a credential.
    pub(super) fn redact(&self, transcript: &mut Transcript) {
        let Transcript {
            image: _,
            requester: _,
            proxy: _,
            steps,
            tags,
            repositories,
            anonymous_access: _,
        } = transcript;
        for step in steps {
            self.redact_step(step);
        }
        if let Some(Tags::Listed(names)) = tags
            && self.drop_echoes(names)
        {
            *tags = Some(Tags::Unknown);
        }
        if let Some(Repositories::Listed(names)) = repositories
            && self.drop_echoes(names)
        {
            *repositories = Some(Repositories::Unknown);
        }
    }

    /// Drops the names that repeat a credential; returns whether none is left, which is not "the registry has none".
    fn drop_echoes(&self, names: &mut Vec<String>) -> bool {
        let had_names = !names.is_empty();
        names.retain(|name| !self.echoes(name));
        had_names && names.is_empty()
    }

    fn redact_step(&self, step: &mut ProbeStep) {
        self.text(&mut step.host);
        match &mut step.outcome {
            Ok(result) => self.redact_result(result),
            Err(error) => self.redact_error(error),
        }
    }

    fn redact_result(&self, result: &mut StepResult) {
        match result {
            StepResult::ProxyConnected { to } => self.text(to),
            StepResult::Login(AuthMethod::Bearer { realm }) => self.text(realm),
            StepResult::Manifest(manifest) => self.redact_manifest(manifest),
            StepResult::Encrypted { protocol: _ }
            | StepResult::Login(AuthMethod::Open | AuthMethod::Basic)
            | StepResult::Addresses(_)
            | StepResult::Connected(_)
            | StepResult::Unencrypted(_)
            | StepResult::SignedIn
            | StepResult::Token { lives: _ } => {}
        }
    }

    fn redact_manifest(&self, manifest: &mut ImageManifest) {
        if !manifest.is_index() && !manifest.is_schema_1() {
            self.text(&mut manifest.media_type);
        }
        manifest.digest.take_if(|digest| self.echoes(digest));
        manifest.pulls_left.take_if(|left| self.echoes(left));
        for platform in &mut manifest.platforms {
            self.redact_platform(platform);
        }
    }

    fn redact_platform(&self, platform: &mut Platform) {
        let parts = [&mut platform.os, &mut platform.architecture];
        for part in parts.into_iter().chain(&mut platform.variant) {
            if !PLATFORM_WORDS.contains(&part.as_str()) {
                self.text(part);
            }
        }
    }

    fn redact_error(&self, error: &mut ProbeError) {
        match error {
            ProbeError::WrongName { presented } => presented.retain(|name| !self.echoes(name)),
            ProbeError::ProxyRefuses(text)
            | ProbeError::Handshake(text)
            | ProbeError::NotHttp(text)
            | ProbeError::Unreadable(text)
            | ProbeError::BadRedirect { to: text }
            | ProbeError::ForeignRealm { realm: text }
            | ProbeError::UntrustedRealm { realm: text }
            | ProbeError::InternalAddress { host: text, .. } => self.text(text),
            ProbeError::Refusal(refusal) => {
                refusal.codes.retain(|code| !self.echoes(code));
                refusal.message.take_if(|message| self.echoes(message));
            }
            ProbeError::UnknownHost
            | ProbeError::DnsTimeout
            | ProbeError::Refused
            | ProbeError::NoRoute
            | ProbeError::Reset
            | ProbeError::Timeout(_)
            | ProbeError::DeadlineExceeded(_)
            | ProbeError::UntrustedCa
            | ProbeError::CertificateExpired
            | ProbeError::CertificateNotYetValid
            | ProbeError::SpeaksPlainHttp
            | ProbeError::SpeaksTls
            | ProbeError::HeadTooLarge
            | ProbeError::TooManyInformational
            | ProbeError::BodyTooLarge { .. }
            | ProbeError::TooManyRedirects
            | ProbeError::NoChallenge => {}
        }
    }

    fn text(&self, text: &mut String) {
        if self.echoes(text) {
            REDACTED.clone_into(text);
        }
    }
}

/// Whether a text that was cut ends with the beginning of the needle.
fn ends_with_beginning(text: &str, needle: &str) -> bool {
    let ends = needle.char_indices().map(|(at, _)| at);
    ends.filter(|at| *at >= SHORTEST_DERIVED)
        .filter_map(|at| needle.get(..at))
        .any(|begin| text.ends_with(begin))
}

/// In lower case, without blanks and characters that are not shown.
fn squeezed(text: &str) -> Zeroizing<String> {
    let kept = text
        .chars()
        .filter(|c| !c.is_whitespace() && !is_hidden(*c));
    Zeroizing::new(kept.flat_map(char::to_lowercase).collect())
}

fn lower(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.to_lowercase())
}

fn hex(secret: &str) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(secret.len() * 2));
    for byte in secret.bytes() {
        write!(text, "{byte:02x}").expect("a String takes all text");
    }
    text
}

fn percent(secret: &str, is_plain: impl Fn(u8) -> bool) -> Zeroizing<String> {
    let mut text = Zeroizing::new(String::with_capacity(secret.len() * 3));
    for byte in secret.bytes() {
        if is_plain(byte) {
            text.push(char::from(byte));
        } else {
            write!(text, "%{byte:02x}").expect("a String takes all text");
        }
    }
    text
}

/// The Base64 letters that the secret alone decides, if `offset` bytes stand before it.
fn base64_within(secret: &str, offset: usize, engine: &impl Engine) -> Zeroizing<String> {
    let mut bytes = Zeroizing::new(vec![0; offset]);
    bytes.extend_from_slice(secret.as_bytes());
    // The last letters depend on what follows.
    let whole = bytes.len() / 3 * 3;
    let letters = Zeroizing::new(engine.encode(bytes.get(..whole).unwrap_or_default()));
    // The first ones on what stands before.
    let skipped = match offset {
        0 => 0,
        1 => 2,
        _ => 3,
    };
    Zeroizing::new(letters.get(skipped..).unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::domain::{
        probe::{ProbeStage, Refusal, Requester},
        registry_auth::{credential::Password, image_ref::ImageRef},
    };

    const PASSWORD: &str = "S3CRET-canary/+";

    fn redactor() -> Redactor {
        let mut redactor = Redactor::default();
        redactor.add_login(&RegistryAuth::Basic {
            name: "jane".into(),
            password: Password::new(PASSWORD),
        });
        redactor.add_token("bearer-t0ken-canary");
        redactor
    }

    fn echoes() -> Vec<String> {
        let pair = format!("jane:{PASSWORD}");
        vec![
            PASSWORD.to_owned(),
            PASSWORD.to_lowercase(),
            format!("did you mean {PASSWORD}?"),
            "S3CRET-\u{200b}canary/+".to_owned(),
            "S3CRET -can ary/+".to_owned(),
            "S3CRET-canary%2F%2B".to_owned(),
            "S3CRET-canary%2f%2b".to_owned(),
            percent(PASSWORD, |_| false).to_string(),
            hex(PASSWORD).to_uppercase(),
            BASE64_STANDARD.encode(&pair),
            BASE64_URL_SAFE.encode(&pair),
            BASE64_STANDARD.encode(PASSWORD),
            BASE64_STANDARD.encode(format!("x{PASSWORD}y")),
            BASE64_STANDARD.encode(format!("xx{PASSWORD}yy")),
            "token bearer-t0ken-canary".to_owned(),
            format!("{}S3CRET-can", "x".repeat(590)),
        ]
    }

    #[test]
    fn a_credential_is_found_in_every_encoding() {
        let redactor = redactor();
        for text in echoes() {
            assert!(redactor.echoes(&text), "{text}");
        }
        for text in [
            "",
            "jane",
            "unauthorized: incorrect username or password",
            "sha256:0000000000000000000000000000000000000000000000000000000000000000",
        ] {
            assert!(!redactor.echoes(text), "{text}");
        }
    }

    #[test]
    fn a_short_password_does_not_hide_honest_text() {
        let mut redactor = Redactor::default();
        redactor.add_login(&RegistryAuth::Basic {
            name: "u".into(),
            password: Password::new("p"),
        });
        assert!(!redactor.echoes("application/vnd.oci.image"));
        assert!(redactor.echoes("your password is p."));
        assert!(redactor.echoes("p"));
    }

    fn transcript(outcomes: Vec<Result<StepResult, ProbeError>>) -> Transcript {
        let step = |outcome| ProbeStep {
            stage: ProbeStage::Manifest,
            host: PASSWORD.to_owned(),
            outcome,
            took: Duration::ZERO,
        };
        Transcript {
            image: ImageRef::parse("r.example/a:1").unwrap(),
            requester: Requester::User("jane".into()),
            proxy: None,
            steps: outcomes.into_iter().map(step).collect(),
            tags: Some(Tags::Listed(vec![PASSWORD.to_owned(), "1.0".to_owned()])),
            repositories: Some(Repositories::Listed(vec![PASSWORD.to_owned()])),
            anonymous_access: None,
        }
    }

    #[test]
    fn no_field_of_a_transcript_repeats_a_credential() {
        let text = || PASSWORD.to_owned();
        let mut found = transcript(vec![
            Ok(StepResult::Login(AuthMethod::Bearer { realm: text() })),
            Ok(StepResult::Manifest(ImageManifest {
                media_type: text(),
                digest: Some(text()),
                platforms: vec![Platform {
                    os: text(),
                    architecture: "amd64".into(),
                    variant: Some(text()),
                }],
                pulls_left: Some(text()),
                ..ImageManifest::default()
            })),
            Err(ProbeError::WrongName {
                presented: vec![text()],
            }),
            Err(ProbeError::Unreadable(text())),
            Err(ProbeError::BadRedirect { to: text() }),
            Err(ProbeError::ForeignRealm { realm: text() }),
            Err(ProbeError::Refusal(Refusal {
                codes: vec![text()],
                message: Some(text()),
                ..Refusal::default()
            })),
        ]);
        redactor().redact(&mut found);
        let shown = format!("{found:?}");
        assert!(!shown.contains(PASSWORD), "{shown}");
        assert!(shown.contains("amd64") && shown.contains("1.0"), "{shown}");
    }

    #[test]
    fn tags_that_are_all_hidden_are_not_none() {
        let mut found = transcript(Vec::new());
        found.tags = Some(Tags::Listed(vec![PASSWORD.to_owned()]));
        redactor().redact(&mut found);
        assert_eq!(found.tags, Some(Tags::Unknown));
    }
}

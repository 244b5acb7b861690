//! A pull secret without its passwords.
//!
//! The bytes are read once, while the watch decodes them; what stays is what a screen or a judgement
//! needs. A password is a fingerprint from there on.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::ObjectMeta;
use crate::domain::{
    k8s::{age, object_ref::ObjectRef},
    registry_auth::docker_config::{
        AuthSummary, ConfigFormat, DockerConfigSummary, EXPIRY_WARNING_SECONDS, SecretHealth,
    },
};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secret {
    pub key: ObjectRef<Secret>,
    pub meta: ObjectMeta,
    pub secret_type: SecretType,
    pub content: SecretContent,
    /// Immutable Secrets can only be replaced by a new one.
    pub immutable: bool,
    /// When its data was last written, as `managedFields` tell; `None` where they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
    /// When its credentials expire, as an annotation says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotated_expiry: Option<Timestamp>,
}

/// The expiry of a credential and its basis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expiry {
    pub at: Timestamp,
    pub basis: ExpiryBasis,
}

/// The basis of an expiry, with the names of the JSON of `check` (`basis`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExpiryBasis {
    /// The token says so itself.
    Token,
    /// An annotation of the Secret says so.
    Annotation,
    /// Tokens of its kind live no longer, counted from when the Secret was last written.
    MaxLifetime,
}

impl ExpiryBasis {
    /// The basis in a few words.
    pub fn label(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::Annotation => "annotation",
            Self::MaxLifetime => "maximum lifetime",
        }
    }
}

impl Secret {
    /// When the data was last written, else when the Secret was created.
    pub fn written(&self) -> Option<Timestamp> {
        self.changed.max(self.meta.created)
    }

    /// The expiry of the credential of one entry, if known.
    pub fn expiry(&self, entry: &AuthSummary) -> Option<Expiry> {
        let of = |basis| move |at| Expiry { at, basis };
        let lifetime = || {
            let life = entry.kind.max_lifetime()?;
            self.written()?.checked_add(life).ok()
        };
        let stated = entry.expires.map(of(ExpiryBasis::Token));
        stated
            .or_else(|| self.annotated_expiry.map(of(ExpiryBasis::Annotation)))
            .or_else(|| lifetime().map(of(ExpiryBasis::MaxLifetime)))
    }

    /// Health by content, age and annotations; `None` if it was not read.
    pub fn health(&self, now: Timestamp) -> Option<SecretHealth> {
        let SecretContent::Read(summary) = &self.content else {
            return None;
        };
        let health = summary.health(now);
        let is_news = match health {
            SecretHealth::Healthy => true,
            // What has ended does not work, whatever else is odd.
            SecretHealth::Warning(_) => self.has_expired(now),
            SecretHealth::Unusable(_) => false,
        };
        let warning = is_news.then(|| self.expiry_warning(now));
        Some(warning.flatten().map_or(health, SecretHealth::Warning))
    }

    /// Whether one of its credentials has ended, as far as that is known.
    fn has_expired(&self, now: Timestamp) -> bool {
        let mut expiries = self.entries().iter().filter_map(|entry| self.expiry(entry));
        expiries.any(|expiry| expiry.at <= now)
    }

    /// What an annotation, or the age of a short-lived token, says of its end. That a token which lives for hours
    /// ends within hours is no news.
    fn expiry_warning(&self, now: Timestamp) -> Option<String> {
        let expiries = self.entries().iter().filter_map(|entry| self.expiry(entry));
        let first = expiries.min_by_key(|expiry| expiry.at)?;
        let left = age::seconds_between(now, first.at);
        match first.basis {
            ExpiryBasis::Token => None,
            ExpiryBasis::Annotation if first.at <= now => Some(format!(
                "expired {} ago by its annotation",
                age::age(first.at, now)
            )),
            ExpiryBasis::Annotation => (left < EXPIRY_WARNING_SECONDS)
                .then(|| format!("expires in {} by its annotation", age::duration(left))),
            ExpiryBasis::MaxLifetime => {
                (first.at <= now).then(|| format!("likely expired {} ago", age::age(first.at, now)))
            }
        }
    }

    /// The readable entries of its configuration, even if it is malformed; empty if it was not transferred.
    pub fn entries(&self) -> &[AuthSummary] {
        match &self.content {
            SecretContent::Read(summary) => &summary.entries,
            SecretContent::NotTransferred | SecretContent::NoConfigKey => &[],
        }
    }
}

/// The type of a Secret: the two that the kubelet reads, and all others.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum SecretType {
    DockerConfigJson,
    DockerCfg,
    /// Not read by the kubelet. The name is not known when only metadata was transferred.
    Other(Option<Arc<str>>),
}

impl SecretType {
    pub fn parse(text: &str) -> Self {
        match text {
            "kubernetes.io/dockerconfigjson" => Self::DockerConfigJson,
            "kubernetes.io/dockercfg" => Self::DockerCfg,
            other => Self::Other(Some(other.into())),
        }
    }

    /// Format of the credentials in a Secret of this type; `None` if the kubelet reads none.
    pub fn config_format(&self) -> Option<ConfigFormat> {
        match self {
            Self::DockerConfigJson => Some(ConfigFormat::ConfigJson),
            Self::DockerCfg => Some(ConfigFormat::LegacyCfg),
            Self::Other(_) => None,
        }
    }

    pub fn is_pull_secret(&self) -> bool {
        self.config_format().is_some()
    }
}

impl fmt::Display for SecretType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::DockerConfigJson => "kubernetes.io/dockerconfigjson",
            Self::DockerCfg => "kubernetes.io/dockercfg",
            Self::Other(Some(text)) => text,
            Self::Other(None) => "another type",
        })
    }
}

/// The content of a Secret, if it was read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SecretContent {
    /// The data was not asked for: the watch of other Secrets transfers metadata only.
    NotTransferred,
    /// The same, and by its `managedFields` no data key of it can be that of a Docker configuration.
    NoConfigKey,
    Read(DockerConfigSummary),
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{now, seconds_ago, secret},
        registry_auth::{credential::kind::CredentialKind, docker_config::AuthProblem},
    };

    /// A Secret with one credential of a kind, written so many hours ago.
    fn of_kind(kind: CredentialKind, hours: i64) -> Secret {
        let entry: &[_] = &[("registry.example", "bot")];
        let mut secret = secret("shop", "hub", SecretType::DockerConfigJson, entry);
        secret.changed = Some(seconds_ago(hours * 3600));
        secret.meta.created = secret.changed;
        if let SecretContent::Read(summary) = &mut secret.content {
            let mut entry = summary.entries[0].clone();
            entry.kind = kind;
            summary.entries = Arc::from([entry]);
        }
        secret
    }

    fn warning(secret: &Secret) -> Option<String> {
        match secret.health(now()) {
            Some(SecretHealth::Warning(text)) => Some(text),
            _ => None,
        }
    }

    #[test]
    fn an_end_is_foreseen_by_annotation_and_by_the_age_of_short_lived_tokens() {
        let days = |days: i64| Some(seconds_ago(-days * 86_400));
        for (kind, hours, annotated, expected) in [
            (
                CredentialKind::EcrToken,
                13,
                None,
                Some("likely expired 60m ago"),
            ),
            (CredentialKind::EcrToken, 3, None, None),
            (CredentialKind::Password, 9000, None, None),
            (
                CredentialKind::Password,
                1,
                days(3),
                Some("expires in 3d by its annotation"),
            ),
            (CredentialKind::Password, 1, days(60), None),
            (
                CredentialKind::Password,
                1,
                days(-2),
                Some("expired 2d ago by its annotation"),
            ),
        ] {
            let mut secret = of_kind(kind, hours);
            secret.annotated_expiry = annotated;
            assert_eq!(
                warning(&secret).as_deref(),
                expected,
                "{kind:?} {hours} {annotated:?}"
            );
        }
    }

    #[test]
    fn an_end_outdoes_what_is_only_odd() {
        let mut secret = of_kind(CredentialKind::EcrToken, 13);
        if let SecretContent::Read(summary) = &mut secret.content {
            let mut entry = summary.entries[0].clone();
            entry.problems = Arc::from([AuthProblem::EmailAsUsername]);
            summary.entries = Arc::from([entry]);
        }
        assert_eq!(warning(&secret).as_deref(), Some("likely expired 60m ago"));
        secret.changed = Some(seconds_ago(3600));
        secret.meta.created = secret.changed;
        assert_eq!(
            warning(&secret),
            Some(AuthProblem::EmailAsUsername.to_string())
        );
    }

    #[test]
    fn what_the_token_says_goes_before_what_others_say() {
        let mut secret = of_kind(CredentialKind::EcrToken, 13);
        let entry = secret.entries()[0].clone();
        assert_eq!(
            secret.expiry(&entry).unwrap().basis,
            ExpiryBasis::MaxLifetime
        );
        secret.annotated_expiry = Some(seconds_ago(5));
        assert_eq!(
            secret.expiry(&entry).unwrap().basis,
            ExpiryBasis::Annotation
        );
        let stated = AuthSummary {
            expires: Some(now()),
            ..entry
        };
        assert_eq!(
            secret.expiry(&stated).unwrap(),
            Expiry {
                at: now(),
                basis: ExpiryBasis::Token
            }
        );
    }
}

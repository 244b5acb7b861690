//! The annotations that the product reads; the others may be megabytes, and are skipped.

use std::{fmt, sync::Arc};

use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};

use super::{de::LenientStr, interner::Interner};
use crate::domain::{
    k8s::objects::{IdentityAnnotation, WorkloadIdentity},
    plan::manager::marker_annotation,
};

const REVISION: &str = "deployment.kubernetes.io/revision";

/// Names, with or without a prefix, of annotations with the expiry of a Secret's credentials.
///
/// Users of External Secrets write `expiresAt: {{ .expires_at }}` (external-secrets#4935), which is a Unix time for ECR;
/// Azure/msi-acrpull writes `acr.microsoft.com/token.expiry`, as RFC 3339. `token.refresh` beside it is when the
/// credential was fetched.
const EXPIRY_KEYS: [&str; 11] = [
    "expiresAt",
    "expires-at",
    "expires_at",
    "expiry",
    "expiration",
    "token-expiry",
    "token-expiration",
    "token.expiry",
    "expires",
    "expiry-date",
    "expiration-date",
];

#[derive(Debug, Default)]
pub(super) struct Annotations<'a> {
    /// The number of a ReplicaSet's template, counted by its Deployment.
    pub(super) revision: LenientStr<'a>,
    /// Those that show what manages the object.
    managers: Vec<(&'static str, LenientStr<'a>)>,
    /// Those that name a cloud identity: keys and values.
    identities: Vec<(&'static str, LenientStr<'a>)>,
    /// When the credentials of a Secret expire: the earliest of the dates in [`EXPIRY_KEYS`].
    pub(super) expiry: Option<Timestamp>,
}

impl<'a> Annotations<'a> {
    /// Keeps an annotation if the product reads it.
    pub(super) fn set(&mut self, key: &str, value: LenientStr<'a>) {
        if key == REVISION {
            self.revision = value;
        } else if let Some(key) = identity_key(key) {
            self.identities.push((key, value));
        } else if let Some(key) = marker_annotation(key) {
            self.managers.push((key, value));
        } else if is_expiry(key) {
            let noted = expiry(value.as_str());
            self.expiry = self.expiry.into_iter().chain(noted).min();
        }
    }

    /// The annotations that show what manages the object, by name.
    pub(super) fn managers(&self, texts: &mut Interner) -> Box<[(Arc<str>, Arc<str>)]> {
        let pairs = self.managers.iter();
        let mut pairs: Vec<_> = pairs
            .map(|(key, value)| (texts.text(&LenientStr::from(*key)), texts.text(value)))
            .collect();
        pairs.sort_unstable();
        pairs.into()
    }

    /// The cloud identities, in the order of their keys.
    pub(super) fn identities(&self, texts: &mut Interner) -> Vec<WorkloadIdentity> {
        let mut found: Vec<_> = self.identities.iter().collect();
        found.sort_unstable_by_key(|(key, _)| *key);
        found
            .into_iter()
            .filter_map(|(key, value)| WorkloadIdentity::from_annotation(key, texts.text(value)))
            .collect()
    }
}

fn identity_key(key: &str) -> Option<&'static str> {
    IdentityAnnotation::find(key).map(|it| it.key)
}

fn is_read(key: &str) -> bool {
    key == REVISION
        || identity_key(key).is_some()
        || marker_annotation(key).is_some()
        || is_expiry(key)
}

fn is_expiry(key: &str) -> bool {
    EXPIRY_KEYS.contains(&key.rsplit('/').next().unwrap_or_default())
}

/// A time as RFC 3339, in seconds since 1970 or as a date; `None`: it is none of them.
///
/// Of a date the first moment counts, in UTC: so GitLab's tokens end.
fn expiry(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<i64>() {
        return Timestamp::from_second(seconds).ok();
    }
    let date = || {
        let date: Date = text.parse().ok()?;
        let midnight = date.to_zoned(TimeZone::UTC).ok()?;
        Some(midnight.timestamp())
    };
    text.parse().ok().or_else(date)
}

impl<'de: 'a, 'a> Deserialize<'de> for Annotations<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnnotationsVisitor)
    }
}

struct AnnotationsVisitor;

impl<'de> Visitor<'de> for AnnotationsVisitor {
    type Value = Annotations<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a map of texts")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Annotations::default())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut annotations = Annotations::default();
        while let Some(key) = map.next_key::<LenientStr<'de>>()? {
            if is_read(key.as_str()) {
                annotations.set(key.as_str(), map.next_value()?);
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(annotations)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_shows_the_manager_of_an_object_is_kept_and_no_other() {
        let json = r#"{"note": "x", "meta.helm.sh/release-name": "shop", "argocd.argoproj.io/tracking-id": "shop:apps/Deployment:shop/web"}"#;
        let annotations: Annotations<'_> = serde_json::from_str(json).unwrap();
        let kept = annotations.managers(&mut Interner::default());
        let names: Vec<&str> = kept.iter().map(|(name, _)| &**name).collect();
        assert_eq!(
            names,
            [
                "argocd.argoproj.io/tracking-id",
                "meta.helm.sh/release-name"
            ]
        );
    }
}

//! `--expiring`: credentials in pull secrets that end within a time, or have ended.
//!
//! As far as it is known: tokens say so themselves, generators note it in an annotation, and short-lived kinds have a
//! maximum lifetime. Whether the registry still takes a credential is not asked.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;

use crate::domain::{
    k8s::{
        age,
        object_ref::Namespace,
        objects::{ExpiryBasis, Secret},
    },
    registry_auth::docker_config::AuthSummary,
    store::{Store, watch::Scope},
};

/// A credential that expires.
#[derive(Debug, Serialize)]
pub(super) struct ExpiringRow {
    pub(super) namespace: String,
    pub(super) secret: String,
    /// The key of its entry under `auths`.
    server: String,
    kind: &'static str,
    expires: Timestamp,
    basis: ExpiryBasis,
    expired: bool,
    /// How many Pods list the Secret.
    pods: usize,
    pub(super) summary: String,
}

/// The credentials that expire within this time, in these namespaces or in all, the first to expire first.
pub(super) fn expiring(
    store: &Store,
    namespaces: &[Namespace],
    within: Duration,
    now: Timestamp,
) -> Vec<ExpiringRow> {
    let limit = SignedDuration::try_from(within).unwrap_or(SignedDuration::MAX);
    let until = now.checked_add(limit).unwrap_or(Timestamp::MAX);
    let secrets = store
        .secrets(&Scope::Cluster)
        .filter(|secret| namespaces.is_empty() || namespaces.contains(&secret.key.namespace));
    let mut rows: Vec<ExpiringRow> = secrets
        .flat_map(|secret| {
            let entries = secret.entries().iter();
            entries.filter_map(move |entry| row(store, secret, entry, until, now))
        })
        .collect();
    rows.sort_by_key(|row| row.expires);
    rows
}

fn row(
    store: &Store,
    secret: &Secret,
    entry: &AuthSummary,
    until: Timestamp,
    now: Timestamp,
) -> Option<ExpiringRow> {
    let expiry = secret.expiry(entry).filter(|expiry| expiry.at <= until)?;
    let expired = expiry.at <= now;
    let when = match (expired, expiry.basis) {
        (true, ExpiryBasis::MaxLifetime) => {
            format!("likely expired {} ago", age::age(expiry.at, now))
        }
        (true, ExpiryBasis::Token | ExpiryBasis::Annotation) => {
            format!("expired {} ago", age::age(expiry.at, now))
        }
        (false, ExpiryBasis::MaxLifetime) => {
            format!("expires in {} at the latest", age::age(now, expiry.at))
        }
        (false, ExpiryBasis::Token | ExpiryBasis::Annotation) => {
            format!("expires in {}", age::age(now, expiry.at))
        }
    };
    let kind = entry.kind.label();
    Some(ExpiringRow {
        namespace: secret.key.namespace.to_string(),
        secret: secret.key.name.to_string(),
        server: entry.server.to_string(),
        kind,
        expires: expiry.at,
        basis: expiry.basis,
        expired,
        pods: store.pods_of_secret(&secret.key).len(),
        summary: format!("{kind} for {} {when}", entry.server),
    })
}

/// Parses a time ahead: a duration, or a number of days.
pub(super) fn parse_ahead(text: &str) -> Result<Duration, String> {
    let days = text
        .strip_suffix('d')
        .and_then(|days| days.parse::<u64>().ok());
    match days.and_then(|days| days.checked_mul(86_400)) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => crate::headless::parse_duration(text)
            .map_err(|_| "expected a duration such as 14d or 12h".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        fixtures::{now, seconds_ago, secret, upserted},
        k8s::objects::SecretType,
        store::{update::StoreUpdate, watch::SecretWatch},
    };

    #[test]
    fn credentials_that_end_in_time_are_listed_by_their_end() {
        let ends = |namespace: &str, name: &str, days: i64| {
            let entry = [("registry.example", "bot")];
            let mut secret = secret(namespace, name, SecretType::DockerConfigJson, &entry);
            secret.annotated_expiry = Some(seconds_ago(-days * 86_400));
            secret
        };
        let mut plain = ends("shop", "plain", 1);
        plain.annotated_expiry = None;
        let secrets = vec![
            ends("shop", "later", 13),
            ends("shop", "ended", -2),
            ends("shop", "far", 15),
            ends("pay", "other", 1),
            plain,
        ];
        let mut store = Store::default();
        let update = StoreUpdate::Secrets(SecretWatch::DockerConfigJson, upserted(secrets));
        store.apply(update, now());
        let within = parse_ahead("14d").unwrap();
        let names = |namespaces: &[Namespace]| -> Vec<String> {
            let rows = expiring(&store, namespaces, within, now());
            rows.into_iter()
                .map(|row| format!("{}: {}", row.secret, row.summary))
                .collect()
        };
        let later = "later: password for registry.example expires in 13d";
        let ended = "ended: password for registry.example expired 2d ago";
        assert_eq!(names(&[Namespace::new("shop")]), [ended, later]);
        assert_eq!(names(&[]).len(), 3);
    }

    #[test]
    fn a_time_ahead_may_be_in_days() {
        for (text, seconds) in [
            ("14d", Some(14 * 86_400)),
            ("12h", Some(43_200)),
            ("x", None),
            ("d", None),
        ] {
            let parsed = parse_ahead(text).ok().map(|it| it.as_secs());
            assert_eq!(parsed, seconds, "{text}");
        }
    }
}

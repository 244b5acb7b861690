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
    use std::sync::Arc;

    use crate::domain::{
        fixtures::{now, seconds_ago, secret, upserted},
        k8s::objects::{SecretContent, SecretType},
        lint::{self, Lint, LintConfig},
        registry_auth::{credential::kind::CredentialKind, docker_config::SecretHealth},
        store::{
            update::StoreUpdate,
            watch::{SecretWatch, WatchCoverage},
        },
    };

    /// What the list, the Secrets pane and the hygiene say of one Secret.
    fn said_of(secret: Secret) -> (Option<bool>, SecretHealth, Option<bool>) {
        let mut store = Store::default();
        let health = secret.health(now()).unwrap();
        let secrets = vec![secret];
        let update = StoreUpdate::Secrets(SecretWatch::DockerConfigJson, upserted(secrets));
        store.apply(update, now());
        let rows = expiring(&store, &[], parse_ahead("14d").unwrap(), now());
        let lints = lint::run(
            &store,
            &WatchCoverage::complete(),
            &Scope::Cluster,
            &LintConfig::default(),
            now(),
        );
        let ends = lints.iter().find_map(|it| {
            let Lint::Expires { seconds, .. } = it else {
                return None;
            };
            Some(*seconds <= 0)
        });
        (rows.first().map(|row| row.expired), health, ends)
    }

    /// The three read the same end: what has ended is so in all of them, and what ends soon is so, too, unless its kind
    /// always does.
    #[test]
    fn the_list_the_pane_and_the_hygiene_agree() {
        const DAY: i64 = 86_400;
        let (over, soon, fine) = (Some(true), Some(false), None);
        for (kind, age, token, annotated, expected) in [
            (CredentialKind::EcrToken, 13 * 3600, None, None, over),
            (
                CredentialKind::GoogleAccessToken,
                2 * 3600,
                None,
                None,
                over,
            ),
            (CredentialKind::AzureAccessToken, 4 * 3600, None, None, over),
            (CredentialKind::GitHubJobToken, 7 * 3600, None, None, over),
            (
                CredentialKind::GitLabDeployToken,
                900 * DAY,
                None,
                None,
                fine,
            ),
            (
                CredentialKind::GitHubClassicToken,
                900 * DAY,
                None,
                None,
                fine,
            ),
            (CredentialKind::Jwt, DAY, Some(-DAY), None, over),
            (CredentialKind::Jwt, DAY, Some(3 * DAY), None, soon),
            (CredentialKind::Jwt, DAY, Some(30 * DAY), None, fine),
            (CredentialKind::QuayRobot, DAY, None, Some(-DAY), over),
            (CredentialKind::QuayRobot, DAY, None, Some(3 * DAY), soon),
            (CredentialKind::QuayRobot, DAY, None, Some(30 * DAY), fine),
            // The token knows best.
            (CredentialKind::Jwt, DAY, Some(30 * DAY), Some(-DAY), fine),
        ] {
            let entry = [("registry.example", "bot")];
            let mut secret = secret("shop", "hub", SecretType::DockerConfigJson, &entry);
            secret.changed = Some(seconds_ago(age));
            secret.meta.created = secret.changed;
            secret.annotated_expiry = annotated.map(|ahead| seconds_ago(-ahead));
            if let SecretContent::Read(summary) = &mut secret.content {
                let mut entry = summary.entries[0].clone();
                (entry.kind, entry.expires) = (kind, token.map(|ahead| seconds_ago(-ahead)));
                summary.entries = Arc::from([entry]);
            }
            let (listed, health, hygiene) = said_of(secret);
            let case = format!("{kind:?} {age} {token:?} {annotated:?}: {health:?}");
            assert_eq!(listed, expected, "{case}");
            assert_eq!(hygiene, expected, "{case}");
            assert_eq!(
                health == SecretHealth::Healthy,
                expected.is_none(),
                "{case}"
            );
        }
    }

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

//! The attempts of one pull: the auth entries that the kubelet tries for an image, and what each of them sends.
//!
//! The one rule of the dashboard's registry probe, of `verify` and of `match`. Must not know where a configuration
//! comes from: the caller hangs its source on it.

use super::{
    credential::Password,
    docker_config::{AuthConfig, ConfigError, DockerConfig},
    image_ref::ImageRef,
    keyring::Keyring,
};

/// Basic credentials or anonymous.
#[derive(Clone, Debug)]
pub enum RegistryAuth {
    Basic { name: String, password: Password },
    Anonymous(AnonymousReason),
}

/// Why no credential is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnonymousReason {
    /// Nothing else was asked for, or there are no auth entries.
    Chosen,
    /// There are auth entries, and none is for this image.
    NoEntryMatches,
    /// The entry for this image has no complete login: the pull is anonymous.
    EntryEmpty,
}

/// One attempt of a pull.
#[derive(Clone, Debug)]
pub struct AuthAttempt<'a, S> {
    pub auth: RegistryAuth,
    /// The entry that it is made with, and its source; `None` for a pull without any.
    pub entry: Option<(S, &'a AuthConfig)>,
}

/// Lists the attempts of a pull in the kubelet's order; there is always one.
///
/// The configurations are given in the order in which the Pod lists its Secrets.
///
/// # Errors
///
/// The first configuration that cannot be parsed, with its source: the kubelet then pulls with none of them.
pub fn auth_attempts<'a, S: Copy>(
    image: &ImageRef,
    configs: impl IntoIterator<Item = (S, &'a DockerConfig)>,
) -> Result<Vec<AuthAttempt<'a, S>>, (S, &'a ConfigError)> {
    let mut keyring = Keyring::default();
    for (source, config) in configs {
        for entry in config.usable_entries().map_err(|error| (source, error))? {
            keyring.add(&entry.server, (source, entry));
        }
    }
    let candidates = keyring.candidates(image);
    if candidates.is_empty() {
        let why = if keyring.is_empty() {
            AnonymousReason::Chosen
        } else {
            AnonymousReason::NoEntryMatches
        };
        let auth = RegistryAuth::Anonymous(why);
        return Ok(vec![AuthAttempt { auth, entry: None }]);
    }
    let attempts = candidates.iter().map(|candidate| {
        let (source, entry) = *candidate.entry;
        AuthAttempt {
            auth: entry.auth(),
            entry: Some((source, entry)),
        }
    });
    Ok(attempts.collect())
}

impl AuthConfig {
    /// What the container runtime sends for this entry.
    fn auth(&self) -> RegistryAuth {
        if self.missing_login().is_some() {
            return RegistryAuth::Anonymous(AnonymousReason::EntryEmpty);
        }
        RegistryAuth::Basic {
            name: self.username.to_string(),
            password: self.password.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::registry_auth::docker_config::{ConfigFormat, read};

    fn attempts(image: &str, configs: &[&str]) -> Result<Vec<String>, usize> {
        let configs: Vec<_> = configs
            .iter()
            .map(|text| read(ConfigFormat::ConfigJson, text.as_bytes()))
            .collect();
        let image = ImageRef::parse(image).unwrap();
        let attempts = auth_attempts(&image, configs.iter().enumerate());
        let attempts = attempts.map_err(|(source, _)| source)?.into_iter();
        let shown = attempts.map(|attempt| {
            let sent = match attempt.auth {
                RegistryAuth::Basic { name, .. } => name,
                RegistryAuth::Anonymous(why) => format!("{why:?}"),
            };
            match attempt.entry {
                Some((source, entry)) => format!("{sent} {source} {}", entry.server),
                None => sent,
            }
        });
        Ok(shown.collect())
    }

    #[test]
    fn entries_are_tried_in_the_kubelets_order() {
        let first = r#"{"auths":{"quay.io":{"auth":"dTpw"}}}"#;
        let second = r#"{"auths":{"quay.io/a":{"auth":"djpw"},"quay.io":{"auth":"dzpw"}}}"#;
        assert_eq!(
            attempts("quay.io/a/b", &[first, second]),
            Ok(vec![
                "v 1 quay.io/a".to_owned(),
                "u 0 quay.io".to_owned(),
                "w 1 quay.io".to_owned(),
            ])
        );
    }

    #[test]
    fn an_entry_without_user_name_or_password_sends_nothing() {
        for entry in [
            "{}",
            r#"{"username":"u"}"#,
            r#"{"password":"p"}"#,
            r#"{"auth":"dTo="}"#,
        ] {
            let config = format!(r#"{{"auths":{{"ghcr.io":{entry}}}}}"#);
            let expected = vec!["EntryEmpty 0 ghcr.io".to_owned()];
            assert_eq!(attempts("ghcr.io/a", &[&config]), Ok(expected), "{entry}");
        }
    }

    #[test]
    fn a_pull_without_a_matching_entry_is_anonymous() {
        let only = |why: &str| Ok(vec![why.to_owned()]);
        let other = r#"{"auths":{"quay.io":{"auth":"dTpw"}}}"#;
        assert_eq!(attempts("nginx", &[other]), only("NoEntryMatches"));
        let dropped = r#"{"auths":{"%zz":{"auth":"dTpw"}}}"#;
        assert_eq!(attempts("nginx", &[dropped]), only("NoEntryMatches"));
        assert_eq!(attempts("nginx", &[r#"{"auths":{}}"#]), only("Chosen"));
        assert_eq!(attempts("nginx", &[]), only("Chosen"));
    }

    #[test]
    fn one_malformed_configuration_stops_the_pull() {
        let good = r#"{"auths":{"ghcr.io":{"auth":"dTpw"}}}"#;
        assert_eq!(attempts("ghcr.io/a", &[good, "{"]), Err(1));
    }
}

//! Parses a Docker configuration with the kubelet's tolerance and errors.

use std::{collections::HashMap, sync::Arc};

use ::base64::prelude::{BASE64_STANDARD, Engine as _};
use zeroize::Zeroizing;

use super::{
    AuthConfig, ConfigError, ConfigErrorKind, ConfigFormat, ConfigWarning, DockerConfig,
    auth_config::{RawAuthConfig, Within},
    json::{self, Cursor, Shape, SyntaxError, same_field},
};
use crate::domain::registry_auth::keyring::equal_keys;

/// Parses a Docker configuration; problems are collected and do not stop the parser.
pub fn read(format: ConfigFormat, bytes: &[u8]) -> DockerConfig {
    if bytes.is_empty() {
        return DockerConfig {
            warnings: vec![ConfigWarning::NoContent],
            ..DockerConfig::default()
        };
    }
    if let Err(error) = json::check(bytes) {
        return DockerConfig {
            malformed: Some(not_json(bytes, &error)),
            ..DockerConfig::default()
        };
    }
    let mut reader = Reader::default();
    let mut cursor = Cursor::new(bytes);
    match format {
        ConfigFormat::ConfigJson => reader.config_json(&mut cursor),
        ConfigFormat::LegacyCfg => reader.legacy(&mut cursor),
    }
    reader.note_equal_keys();
    reader.config
}

fn not_json(bytes: &[u8], error: &SyntaxError) -> ConfigError {
    let problem = if bytes.starts_with(b"\xef\xbb\xbf") {
        ConfigErrorKind::ByteOrderMark
    } else if encoded_json(bytes) {
        ConfigErrorKind::EncodedTwice
    } else if error.at >= bytes.len() {
        ConfigErrorKind::Truncated
    } else {
        ConfigErrorKind::NotJson
    };
    ConfigError {
        kind: problem,
        server: None,
        text: error.to_string().into(),
    }
}

fn encoded_json(bytes: &[u8]) -> bool {
    let text: Zeroizing<Vec<u8>> = Zeroizing::new(
        bytes
            .iter()
            .copied()
            .filter(|b| !b.is_ascii_whitespace())
            .collect(),
    );
    BASE64_STANDARD
        .decode(&*text)
        .map(Zeroizing::new)
        .is_ok_and(|inner| inner.starts_with(b"{"))
}

/// Go's type names, as in its error messages.
const CONFIG: &str = "credentialprovider.DockerConfigJSON";
const ENTRIES: &str = "credentialprovider.DockerConfig";

#[derive(Default)]
struct Reader {
    config: DockerConfig,
    places: HashMap<Arc<str>, usize>,
    /// The error that was noted ends the reading.
    ended: bool,
}

impl Reader {
    fn config_json(&mut self, cursor: &mut Cursor<'_>) {
        match cursor.shape() {
            Shape::Object => {}
            Shape::Null => return self.config.warnings.push(ConfigWarning::NoContent),
            shape => {
                let words =
                    format!("json: cannot unmarshal {shape} into Go value of type {CONFIG}");
                return self.malformed(ConfigErrorKind::WrongShape, None, words);
            }
        }
        let mut auths = false;
        let mut others: Vec<Arc<str>> = Vec::new();
        cursor.members(|cursor, name| {
            if same_field(name, "auths") {
                auths = true;
                self.auths(cursor);
            } else if same_field(name, "HttpHeaders") {
                self.headers(cursor);
            } else if name == "credsStore" && cursor.shape() == Shape::String {
                let store = ConfigWarning::CredentialStore(cursor.string().as_str().into());
                self.config.warnings.push(store);
            } else if name == "credHelpers" && cursor.shape() == Shape::Object {
                let helpers = ConfigWarning::CredentialHelpers(names(cursor));
                self.config.warnings.push(helpers);
            } else {
                if cursor.shape() == Shape::Object && name.contains(['.', ':']) {
                    others.push(name.into());
                }
                cursor.skip();
            }
        });
        if !auths {
            let servers = others.into();
            self.config
                .warnings
                .push(ConfigWarning::AuthsMissing { servers });
        } else if self.config.entries.is_empty() && self.config.malformed.is_none() {
            self.config.warnings.push(ConfigWarning::NoEntries);
        }
    }

    fn auths(&mut self, cursor: &mut Cursor<'_>) {
        match cursor.shape() {
            Shape::Object => self.entries(cursor, Within::Auths),
            Shape::Null => {
                self.config.entries.clear();
                self.places.clear();
                cursor.skip();
            }
            shape => {
                let words = format!(
                    "json: cannot unmarshal {shape} into Go struct field DockerConfigJSON.auths of type {ENTRIES}"
                );
                self.malformed(ConfigErrorKind::WrongShape, None, words);
                cursor.skip();
            }
        }
    }

    /// `HttpHeaders` is of no use to the pull, but a wrong type in it spoils the whole.
    fn headers(&mut self, cursor: &mut Cursor<'_>) {
        let field = "Go struct field DockerConfigJSON.HttpHeaders of type";
        match cursor.shape() {
            Shape::Object => cursor.members(|cursor, _| {
                let shape = cursor.shape();
                if !matches!(shape, Shape::String | Shape::Null) {
                    let words = format!("json: cannot unmarshal {shape} into {field} string");
                    self.malformed(ConfigErrorKind::WrongShape, None, words);
                }
                cursor.skip();
            }),
            Shape::Null => cursor.skip(),
            shape => {
                let words =
                    format!("json: cannot unmarshal {shape} into {field} map[string]string");
                self.malformed(ConfigErrorKind::WrongShape, None, words);
                cursor.skip();
            }
        }
    }

    fn legacy(&mut self, cursor: &mut Cursor<'_>) {
        match cursor.shape() {
            Shape::Object => self.entries(cursor, Within::Top),
            Shape::Null => {}
            shape => {
                let words =
                    format!("json: cannot unmarshal {shape} into Go value of type {ENTRIES}");
                return self.malformed(ConfigErrorKind::WrongShape, None, words);
            }
        }
        match self.config.entries.as_slice() {
            [] if self.config.malformed.is_none() => {
                self.config.warnings.push(ConfigWarning::NoEntries);
            }
            [only] if &*only.server == "auths" => {
                self.config.warnings.push(ConfigWarning::AuthsNotWanted);
            }
            _ => {}
        }
    }

    fn entries(&mut self, cursor: &mut Cursor<'_>, within: Within) {
        cursor.members(|cursor, server| {
            let server: Arc<str> = server.into();
            match RawAuthConfig::read(cursor).finish(&server) {
                Ok(entry) => self.place(entry),
                Err(fault) => {
                    let (problem, words) = fault.words(within);
                    self.malformed(problem, Some(&server), words);
                }
            }
        });
    }

    /// A key that comes again replaces the earlier one, as in a Go map.
    fn place(&mut self, entry: AuthConfig) {
        let entries = &mut self.config.entries;
        let at = *self
            .places
            .entry(Arc::clone(&entry.server))
            .or_insert(entries.len());
        match entries.get_mut(at) {
            Some(earlier) => *earlier = entry,
            None => entries.push(entry),
        }
    }

    /// Go reports the first error and goes on reading; so do we.
    fn malformed(&mut self, problem: ConfigErrorKind, server: Option<&Arc<str>>, words: String) {
        // Go goes on after a value of a wrong type and tells the first one in the end, but an entry that
        // reads itself (`UnmarshalJSON`) ends the reading with its own error (`encoding/json`).
        let ends = server.is_some();
        if self.config.malformed.is_some() && (self.ended || !ends) {
            return;
        }
        self.ended = ends;
        self.config.malformed = Some(ConfigError {
            kind: problem,
            server: server.cloned(),
            text: words.into(),
        });
    }

    /// Notes the keys that are one registry to the kubelet and carry different credentials.
    fn note_equal_keys(&mut self) {
        let entries = &self.config.entries;
        let groups = equal_keys(entries.iter().map(|entry| (&*entry.server, entry)));
        let differ = |group: &Vec<&AuthConfig>| {
            let mut credentials = group.iter().map(|it| (&it.username, it.password.expose()));
            let first = credentials.next();
            credentials.any(|it| Some(it) != first)
        };
        let oddities = groups.into_iter().filter(differ).map(|group| {
            let keys = group.iter().map(|entry| Arc::clone(&entry.server));
            ConfigWarning::EqualKeys(keys.collect())
        });
        let oddities: Vec<_> = oddities.collect();
        self.config.warnings.extend(oddities);
    }
}

fn names(cursor: &mut Cursor<'_>) -> Arc<[Arc<str>]> {
    let mut names: Vec<Arc<str>> = Vec::new();
    cursor.members(|cursor, name| {
        names.push(name.into());
        cursor.skip();
    });
    names.into()
}

#[cfg(test)]
mod tests {
    use super::{
        super::{AuthProblem, auth_config::ENTRY},
        *,
    };
    use proptest::prelude::*;

    fn config(text: &str) -> DockerConfig {
        read(ConfigFormat::ConfigJson, text.as_bytes())
    }

    #[test]
    fn an_entry_that_cannot_be_read_outdoes_a_wrong_type() {
        let text = |json: &str| {
            let config = read(ConfigFormat::ConfigJson, json.as_bytes());
            config.malformed.unwrap().text.to_string()
        };
        let entry = "illegal base64 data at input byte 0";
        assert_eq!(
            text(r#"{"HttpHeaders":1,"auths":{"a":{"auth":"%%"}}}"#),
            entry
        );
        assert_eq!(
            text(r#"{"auths":{"a":{"auth":"%%"}},"HttpHeaders":1}"#),
            entry
        );
        let both = r#"{"auths":{"a":{"auth":"%%"},"b":{"auth":1}}}"#;
        assert_eq!(text(both), entry, "the first one ends the reading");
    }

    #[test]
    fn keys_that_are_one_registry_are_noted_where_they_differ() {
        let noted = |json: &str| {
            let config = read(ConfigFormat::ConfigJson, json.as_bytes());
            config
                .warnings
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            noted(r#"{"auths":{"ghcr.io":{"auth":"dTpw"},"https://ghcr.io":{"auth":"djpw"}}}"#),
            [
                "the keys ghcr.io, https://ghcr.io are the same registry; the kubelet tries them in random order"
            ]
        );
        let alike = r#"{"auths":{"ghcr.io":{"auth":"dTpw"},"https://ghcr.io":{"auth":"dTpw"}}}"#;
        assert_eq!(noted(alike), [""; 0]);
    }

    #[test]
    fn every_malformation_is_a_value_with_the_kubelets_words() {
        let entry = |auth: &str| format!(r#"{{"auths":{{"ghcr.io":{{"auth":"{auth}"}}}}}}"#);
        let json = "json: cannot unmarshal";
        for (text, problem, words) in [
            (
                "\u{feff}{}".to_owned(),
                ConfigErrorKind::ByteOrderMark,
                "invalid character 'ï' looking for beginning of value".to_owned(),
            ),
            (
                BASE64_STANDARD.encode(r#"{"auths":{}}"#),
                ConfigErrorKind::EncodedTwice,
                "invalid character 'e' looking for beginning of value".to_owned(),
            ),
            (
                r#"{"auths":"#.to_owned(),
                ConfigErrorKind::Truncated,
                "unexpected end of JSON input".to_owned(),
            ),
            (
                "auths: {}".to_owned(),
                ConfigErrorKind::NotJson,
                "invalid character 'a' looking for beginning of value".to_owned(),
            ),
            (
                r#"{"auths":[]}"#.to_owned(),
                ConfigErrorKind::WrongShape,
                format!(
                    "{json} array into Go struct field DockerConfigJSON.auths of type {ENTRIES}"
                ),
            ),
            (
                r#"{"auths":{"ghcr.io":{"username":5}}}"#.to_owned(),
                ConfigErrorKind::WrongShape,
                format!(
                    "{json} number into Go struct field DockerConfigJSON.auths.username of type string"
                ),
            ),
            (
                r#"{"auths":{"ghcr.io":"x"}}"#.to_owned(),
                ConfigErrorKind::WrongShape,
                format!(
                    "{json} string into Go struct field DockerConfigJSON.auths of type {ENTRY}"
                ),
            ),
            (
                entry("alice:s3cret"),
                ConfigErrorKind::AuthNotEncoded,
                "illegal base64 data at input byte 5".to_owned(),
            ),
            (
                entry("!!!"),
                ConfigErrorKind::AuthNotBase64,
                "illegal base64 data at input byte 0".to_owned(),
            ),
            (
                entry("bm9jb2xvbg=="),
                ConfigErrorKind::AuthWithoutColon,
                "unable to parse auth field, must be formatted as base64(username:password)"
                    .to_owned(),
            ),
            (
                entry(&BASE64_STANDARD.encode("dTpw")),
                ConfigErrorKind::AuthEncodedTwice,
                "unable to parse auth field, must be formatted as base64(username:password)"
                    .to_owned(),
            ),
        ] {
            let malformed = config(&text).malformed.unwrap();
            assert_eq!(malformed.kind, problem, "{text}");
            assert_eq!(&*malformed.text, words, "{text}");
        }
    }

    #[test]
    fn what_the_kubelet_passes_over_is_noticed() {
        let servers: Arc<[Arc<str>]> = vec!["ghcr.io".into()].into();
        for (text, oddity) in [
            ("", ConfigWarning::NoContent),
            (
                r#"{"ghcr.io":{"auth":"dTpw"}}"#,
                ConfigWarning::AuthsMissing {
                    servers: Arc::clone(&servers),
                },
            ),
            (r#"{"auths":{}}"#, ConfigWarning::NoEntries),
            (
                r#"{"auths":{"ghcr.io":{}},"credsStore":"desktop"}"#,
                ConfigWarning::CredentialStore("desktop".into()),
            ),
            (
                r#"{"auths":{"a.b":{}},"credHelpers":{"ghcr.io":"x"}}"#,
                ConfigWarning::CredentialHelpers(servers),
            ),
        ] {
            assert_eq!(config(text).warnings, [oddity], "{text}");
        }
        let legacy = read(
            ConfigFormat::LegacyCfg,
            br#"{"auths":{"ghcr.io":{"auth":"dTpw"}}}"#,
        );
        assert_eq!(legacy.warnings, [ConfigWarning::AuthsNotWanted]);
    }

    #[test]
    fn problems_of_entries_are_collected() {
        for (entry, problem) in [
            ("{}", AuthProblem::Empty),
            ("null", AuthProblem::Empty),
            (
                r#"{"username":"u","password":"p\n"}"#,
                AuthProblem::TrailingNewline,
            ),
            (
                r#"{"username":"u ","password":"p"}"#,
                AuthProblem::SurroundingSpace,
            ),
            (r#"{"username":"u"}"#, AuthProblem::EmptyPassword),
            (
                r#"{"auth":"dTpw","username":"x","password":"p"}"#,
                AuthProblem::AuthDisagrees,
            ),
            (
                r#"{"auth":"dTpw","identitytoken":"t"}"#,
                AuthProblem::TokenIgnored,
            ),
        ] {
            let text = format!(r#"{{"auths":{{"quay.io":{entry}}}}}"#);
            let config = config(&text);
            assert_eq!(config.malformed, None, "{text}");
            assert_eq!(*config.entries[0].problems, [problem], "{text}");
        }
    }

    #[test]
    fn field_names_are_blind_to_case_and_the_last_of_two_wins() {
        let config = config(
            r#"{"Auths":{"a.io":{"AUTH":"dTpw"}},"auths":{"a.io":{"Username":"v"},"b.io":{}}}"#,
        );
        let users: Vec<_> = config
            .entries
            .iter()
            .map(|e| (&*e.server, &*e.username))
            .collect();
        assert_eq!(users, [("a.io", "v"), ("b.io", "")]);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..80)) {
            for format in [ConfigFormat::ConfigJson, ConfigFormat::LegacyCfg] {
                drop(read(format, &bytes));
            }
        }
    }
}

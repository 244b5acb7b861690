//! Parses a Docker configuration with the kubelet's tolerance and errors.

use std::{collections::HashMap, sync::Arc};

use ::base64::prelude::{BASE64_STANDARD, Engine as _};
use zeroize::Zeroizing;

use super::{
    Config, Entry, Format, Malformation, Malformed, Oddity,
    auth_config::{RawEntry, Within},
    json::{self, Cursor, Shape, SyntaxError, same_field},
};
use crate::domain::registry_auth::keyring::equal_keys;

/// Reads a Docker configuration; problems are collected and never stop the reading.
pub fn read(format: Format, bytes: &[u8]) -> Config {
    if bytes.is_empty() {
        return Config {
            oddities: vec![Oddity::NoContent],
            ..Config::default()
        };
    }
    if let Err(error) = json::check(bytes) {
        return Config {
            malformed: Some(not_json(bytes, &error)),
            ..Config::default()
        };
    }
    let mut reader = Reader::default();
    let mut cursor = Cursor::new(bytes);
    match format {
        Format::ConfigJson => reader.config_json(&mut cursor),
        Format::LegacyCfg => reader.legacy(&mut cursor),
    }
    reader.note_equal_keys();
    reader.config
}

fn not_json(bytes: &[u8], error: &SyntaxError) -> Malformation {
    let problem = if bytes.starts_with(b"\xef\xbb\xbf") {
        Malformed::ByteOrderMark
    } else if encoded_json(bytes) {
        Malformed::EncodedTwice
    } else if error.at >= bytes.len() {
        Malformed::Truncated
    } else {
        Malformed::NotJson
    };
    Malformation {
        problem,
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

/// Go's names of the types that a value did not fit, as they stand in its messages.
const CONFIG: &str = "credentialprovider.DockerConfigJSON";
const ENTRIES: &str = "credentialprovider.DockerConfig";

#[derive(Default)]
struct Reader {
    config: Config,
    places: HashMap<Arc<str>, usize>,
    /// The error that was noted ends the reading.
    ended: bool,
}

impl Reader {
    fn config_json(&mut self, cursor: &mut Cursor<'_>) {
        match cursor.shape() {
            Shape::Object => {}
            Shape::Null => return self.config.oddities.push(Oddity::NoContent),
            shape => {
                let words =
                    format!("json: cannot unmarshal {shape} into Go value of type {CONFIG}");
                return self.malformed(Malformed::WrongShape, None, words);
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
                let store = Oddity::CredentialStore(cursor.string().as_str().into());
                self.config.oddities.push(store);
            } else if name == "credHelpers" && cursor.shape() == Shape::Object {
                let helpers = Oddity::CredentialHelpers(names(cursor));
                self.config.oddities.push(helpers);
            } else {
                if cursor.shape() == Shape::Object && name.contains(['.', ':']) {
                    others.push(name.into());
                }
                cursor.skip();
            }
        });
        if !auths {
            let servers = others.into();
            self.config.oddities.push(Oddity::AuthsMissing { servers });
        } else if self.config.entries.is_empty() && self.config.malformed.is_none() {
            self.config.oddities.push(Oddity::NoEntries);
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
                self.malformed(Malformed::WrongShape, None, words);
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
                    self.malformed(Malformed::WrongShape, None, words);
                }
                cursor.skip();
            }),
            Shape::Null => cursor.skip(),
            shape => {
                let words =
                    format!("json: cannot unmarshal {shape} into {field} map[string]string");
                self.malformed(Malformed::WrongShape, None, words);
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
                return self.malformed(Malformed::WrongShape, None, words);
            }
        }
        match self.config.entries.as_slice() {
            [] if self.config.malformed.is_none() => self.config.oddities.push(Oddity::NoEntries),
            [only] if &*only.server == "auths" => self.config.oddities.push(Oddity::AuthsNotWanted),
            _ => {}
        }
    }

    fn entries(&mut self, cursor: &mut Cursor<'_>, within: Within) {
        cursor.members(|cursor, server| {
            let server: Arc<str> = server.into();
            match RawEntry::read(cursor).finish(&server) {
                Ok(entry) => self.place(entry),
                Err(fault) => {
                    let (problem, words) = fault.words(within);
                    self.malformed(problem, Some(&server), words);
                }
            }
        });
    }

    /// A key that comes again replaces the earlier one, as in a Go map.
    fn place(&mut self, entry: Entry) {
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
    fn malformed(&mut self, problem: Malformed, server: Option<&Arc<str>>, words: String) {
        // Go goes on after a value of a wrong type and tells the first one in the end, but an entry that
        // reads itself (`UnmarshalJSON`) ends the reading with its own error (`encoding/json`).
        let ends = server.is_some();
        if self.config.malformed.is_some() && (self.ended || !ends) {
            return;
        }
        self.ended = ends;
        self.config.malformed = Some(Malformation {
            problem,
            server: server.cloned(),
            text: words.into(),
        });
    }

    /// Notes the keys that are one registry to the kubelet and carry different credentials.
    fn note_equal_keys(&mut self) {
        let entries = &self.config.entries;
        let groups = equal_keys(entries.iter().map(|entry| (&*entry.server, entry)));
        let differ = |group: &Vec<&Entry>| {
            let mut credentials = group.iter().map(|it| (&it.username, it.password.expose()));
            let first = credentials.next();
            credentials.any(|it| Some(it) != first)
        };
        let oddities = groups.into_iter().filter(differ).map(|group| {
            let keys = group.iter().map(|entry| Arc::clone(&entry.server));
            Oddity::EqualKeys(keys.collect())
        });
        let oddities: Vec<_> = oddities.collect();
        self.config.oddities.extend(oddities);
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
        super::{EntryProblem, auth_config::ENTRY},
        *,
    };
    use proptest::prelude::*;

    fn config(text: &str) -> Config {
        read(Format::ConfigJson, text.as_bytes())
    }

    #[test]
    fn an_entry_that_cannot_be_read_outdoes_a_wrong_type() {
        let text = |json: &str| {
            let config = read(Format::ConfigJson, json.as_bytes());
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
            let config = read(Format::ConfigJson, json.as_bytes());
            config
                .oddities
                .iter()
                .map(ToString::to_string)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            noted(r#"{"auths":{"ghcr.io":{"auth":"dTpw"},"https://ghcr.io":{"auth":"djpw"}}}"#),
            [
                "the keys ghcr.io, https://ghcr.io are one registry; the kubelet tries them in random order"
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
                Malformed::ByteOrderMark,
                "invalid character 'ï' looking for beginning of value".to_owned(),
            ),
            (
                BASE64_STANDARD.encode(r#"{"auths":{}}"#),
                Malformed::EncodedTwice,
                "invalid character 'e' looking for beginning of value".to_owned(),
            ),
            (
                r#"{"auths":"#.to_owned(),
                Malformed::Truncated,
                "unexpected end of JSON input".to_owned(),
            ),
            (
                "auths: {}".to_owned(),
                Malformed::NotJson,
                "invalid character 'a' looking for beginning of value".to_owned(),
            ),
            (
                r#"{"auths":[]}"#.to_owned(),
                Malformed::WrongShape,
                format!(
                    "{json} array into Go struct field DockerConfigJSON.auths of type {ENTRIES}"
                ),
            ),
            (
                r#"{"auths":{"ghcr.io":{"username":5}}}"#.to_owned(),
                Malformed::WrongShape,
                format!(
                    "{json} number into Go struct field DockerConfigJSON.auths.username of type string"
                ),
            ),
            (
                r#"{"auths":{"ghcr.io":"x"}}"#.to_owned(),
                Malformed::WrongShape,
                format!(
                    "{json} string into Go struct field DockerConfigJSON.auths of type {ENTRY}"
                ),
            ),
            (
                entry("alice:s3cret"),
                Malformed::AuthNotEncoded,
                "illegal base64 data at input byte 5".to_owned(),
            ),
            (
                entry("!!!"),
                Malformed::AuthNotBase64,
                "illegal base64 data at input byte 0".to_owned(),
            ),
            (
                entry("bm9jb2xvbg=="),
                Malformed::AuthWithoutColon,
                "unable to parse auth field, must be formatted as base64(username:password)"
                    .to_owned(),
            ),
            (
                entry(&BASE64_STANDARD.encode("dTpw")),
                Malformed::AuthEncodedTwice,
                "unable to parse auth field, must be formatted as base64(username:password)"
                    .to_owned(),
            ),
        ] {
            let malformed = config(&text).malformed.unwrap();
            assert_eq!(malformed.problem, problem, "{text}");
            assert_eq!(&*malformed.text, words, "{text}");
        }
    }

    #[test]
    fn what_the_kubelet_passes_over_is_noticed() {
        let servers: Arc<[Arc<str>]> = vec!["ghcr.io".into()].into();
        for (text, oddity) in [
            ("", Oddity::NoContent),
            (
                r#"{"ghcr.io":{"auth":"dTpw"}}"#,
                Oddity::AuthsMissing {
                    servers: Arc::clone(&servers),
                },
            ),
            (r#"{"auths":{}}"#, Oddity::NoEntries),
            (
                r#"{"auths":{"ghcr.io":{}},"credsStore":"desktop"}"#,
                Oddity::CredentialStore("desktop".into()),
            ),
            (
                r#"{"auths":{"a.b":{}},"credHelpers":{"ghcr.io":"x"}}"#,
                Oddity::CredentialHelpers(servers),
            ),
        ] {
            assert_eq!(config(text).oddities, [oddity], "{text}");
        }
        let legacy = read(
            Format::LegacyCfg,
            br#"{"auths":{"ghcr.io":{"auth":"dTpw"}}}"#,
        );
        assert_eq!(legacy.oddities, [Oddity::AuthsNotWanted]);
    }

    #[test]
    fn problems_of_entries_are_collected() {
        for (entry, problem) in [
            ("{}", EntryProblem::Empty),
            ("null", EntryProblem::Empty),
            (
                r#"{"username":"u","password":"p\n"}"#,
                EntryProblem::TrailingNewline,
            ),
            (
                r#"{"username":"u ","password":"p"}"#,
                EntryProblem::SurroundingSpace,
            ),
            (r#"{"username":"u"}"#, EntryProblem::EmptyPassword),
            (
                r#"{"auth":"dTpw","username":"x","password":"p"}"#,
                EntryProblem::AuthDisagrees,
            ),
            (
                r#"{"auth":"dTpw","identitytoken":"t"}"#,
                EntryProblem::TokenIgnored,
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
            for format in [Format::ConfigJson, Format::LegacyCfg] {
                drop(read(format, &bytes));
            }
        }
    }
}

//! Tests of edits of one entry: what changes, and what stays.

use super::*;
use crate::domain::registry_auth::docker_config::read;

const TWO: &str =
    r#"{"auths":{"ghcr.io":{"auth":"YTpi"},"quay.io":{"auth":"Yzpk"}},"credsStore":"x"}"#;

fn servers(text: &str) -> Vec<String> {
    let config = read(ConfigFormat::ConfigJson, text.as_bytes());
    let mut servers: Vec<String> = config
        .entries
        .iter()
        .map(|entry| entry.server.to_string())
        .collect();
    servers.sort();
    servers
}

fn put(server: &str) -> AuthEdit {
    AuthEdit::Upsert {
        server: server.to_owned(),
        login: Credentials {
            username: "bot".to_owned(),
            password: Password::new("s3cret"),
        },
    }
}

#[test]
fn the_other_entries_stay() {
    let after = apply_edit(Some(TWO), &put("ghcr.io")).unwrap();
    assert_eq!(servers(&after), ["ghcr.io", "quay.io"]);
    assert!(after.contains(r#""auth":"Yzpk""#) && !after.contains("YTpi"));
    let after = apply_edit(Some(TWO), &put("r.example:5000")).unwrap();
    assert_eq!(servers(&after), ["ghcr.io", "quay.io", "r.example:5000"]);
}

#[test]
fn what_cannot_be_read_is_replaced() {
    for content in [
        None,
        Some(""),
        Some("no json"),
        Some("[]"),
        Some(r#"{"auths":7}"#),
    ] {
        assert_eq!(
            servers(&apply_edit(content, &put("ghcr.io")).unwrap()),
            ["ghcr.io"]
        );
    }
}

#[test]
fn the_level_is_found_however_it_is_written() {
    let odd = TWO.replace("auths", "Auths");
    let after = apply_edit(Some(&odd), &put("r.example")).unwrap();
    assert_eq!(servers(&after), ["ghcr.io", "quay.io", "r.example"]);
    let after = merge_auths(Some(&odd), &after).unwrap();
    assert_eq!(servers(&after), ["ghcr.io", "quay.io", "r.example"]);
}

#[test]
fn entries_move_and_go() {
    let rekey = AuthEdit::RenameKey {
        from: "ghcr.io".into(),
        to: "r.example".into(),
    };
    let after = apply_edit(Some(TWO), &rekey).unwrap();
    assert_eq!(servers(&after), ["quay.io", "r.example"]);
    assert_eq!(
        *apply_edit(Some(&after), &rekey).unwrap(),
        *after,
        "twice is once"
    );
    assert!(apply_edit(None, &rekey).unwrap_err().contains("ghcr.io"));
    let copy = AuthEdit::CopyEntry {
        from: "ghcr.io".into(),
        to: "r.example".into(),
    };
    let copied = apply_edit(Some(TWO), &copy).unwrap();
    assert_eq!(servers(&copied), ["ghcr.io", "quay.io", "r.example"]);
    assert_eq!(*apply_edit(Some(&copied), &copy).unwrap(), *copied);
    let taken = AuthEdit::CopyEntry {
        from: "ghcr.io".into(),
        to: "quay.io".into(),
    };
    assert!(
        apply_edit(Some(TWO), &taken).is_err(),
        "it has another login"
    );
    let remove = AuthEdit::Remove {
        server: "quay.io".into(),
    };
    assert_eq!(
        servers(&apply_edit(Some(TWO), &remove).unwrap()),
        ["ghcr.io"]
    );
    for unread in [None, Some("no json"), Some(r#"{"auths":7}"#)] {
        assert!(
            apply_edit(unread, &remove).is_err(),
            "nothing is lost: {unread:?}"
        );
    }
}

#[test]
fn what_is_renewed_must_still_be_there() {
    let renew = |servers: &[&str]| AuthEdit::ReplaceCredentials {
        servers: servers.iter().map(|server| (*server).to_owned()).collect(),
        login: Credentials {
            username: "a".to_owned(),
            password: Password::new("n3w"),
        },
    };
    let after = apply_edit(Some(TWO), &renew(&["ghcr.io", "quay.io"])).unwrap();
    assert_eq!(servers(&after), ["ghcr.io", "quay.io"]);
    assert!(!after.contains("YTpi") && !after.contains("Yzpk"));
    let gone = apply_edit(Some(TWO), &renew(&["r.example"])).unwrap_err();
    assert!(gone.contains("r.example"), "{gone}");
}

#[test]
fn a_copy_is_merged_into_what_is_there() {
    let brought = r#"{"auths":{"ghcr.io":{"auth":"bjp3"},"r.example":{"auth":"eDp5"}}}"#;
    let after = merge_auths(Some(TWO), brought).unwrap();
    assert_eq!(servers(&after), ["ghcr.io", "quay.io", "r.example"]);
    assert!(after.contains("bjp3") && !after.contains("YTpi"));
    assert_eq!(
        servers(&merge_auths(None, brought).unwrap()),
        ["ghcr.io", "r.example"]
    );
    assert!(merge_auths(Some(TWO), "[]").is_err());
}

#[test]
fn an_edit_shows_no_password() {
    assert!(!format!("{:?}", put("ghcr.io")).contains("s3cret"));
}

const RICH: &str = r#"{
  "HttpHeaders": {"X-Meta": "1"},
  "auths": {
    "quay.io": {"auth":"Yzpk","email":"q@x"},
    "ghcr.io": {"email":"g@x","Auth":"YTpi","identitytoken":"t","username":"a"}
  },
  "credHelpers": {"gcr.io":"gcloud"},
  "credsStore": "x"
}"#;

#[test]
fn only_the_login_of_the_named_entry_changes() {
    let after = apply_edit(Some(RICH), &put("ghcr.io")).unwrap();
    assert_eq!(
        *after,
        r#"{"HttpHeaders":{"X-Meta": "1"},"auths":{"quay.io":{"auth":"Yzpk","email":"q@x"},"ghcr.io":{"email":"g@x","Auth":"Ym90OnMzY3JldA==","identitytoken":"t","username":"bot","password":"s3cret"}},"credHelpers":{"gcr.io":"gcloud"},"credsStore":"x"}"#
    );
    assert_eq!(*apply_edit(Some(&after), &put("ghcr.io")).unwrap(), *after);
    let brought = r#"{"auths":{"quay.io":{"auth":"bjp3"}}}"#;
    let joined = merge_auths(Some(RICH), brought).unwrap();
    for part in ["HttpHeaders", "credHelpers", "credsStore", "bjp3", "g@x"] {
        assert!(joined.contains(part), "{part}: {}", *joined);
    }
}

#[test]
fn entries_beside_the_level_stay() {
    let top = r#"{"ghcr.io":{"auth":"YTpi"},"quay.io":{"auth":"Yzpk"}}"#;
    let after = apply_edit(Some(top), &put("ghcr.io")).unwrap();
    assert!(after.starts_with(&top[..top.len() - 1]), "{}", *after);
    assert_eq!(servers(&after), ["ghcr.io"]);
}

#[test]
fn what_an_edit_would_lose_is_refused() {
    let twice = r#"{"auths":{"a":{}},"Auths":{"b":{}}}"#;
    let why = apply_edit(Some(twice), &put("a")).unwrap_err();
    assert!(why.contains("kubectl edit"), "{why}");
    let twice = r#"{"auths":{"a":{"auth":"1"},"a":{"auth":"2"}}}"#;
    assert!(apply_edit(Some(twice), &put("a")).is_err());
    let rekey = AuthEdit::RenameKey {
        from: "ghcr.io".into(),
        to: "quay.io".into(),
    };
    let why = apply_edit(Some(TWO), &rekey).unwrap_err();
    assert!(why.contains("already has an entry quay.io"), "{why}");
}

mod properties {
    use proptest::prelude::*;
    use serde_json::{Map, Value};

    use super::*;

    fn value() -> impl Strategy<Value = Value> {
        prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "[ -~é\"\\\\]{0,8}".prop_map(Value::from),
            proptest::collection::vec(any::<u8>(), 0..3).prop_map(Value::from),
        ]
    }

    fn object(names: &'static str) -> impl Strategy<Value = Map<String, Value>> {
        proptest::collection::vec((names, value()), 0..4).prop_map(Map::from_iter)
    }

    /// A configuration with the entry `ghcr.io`, other entries and other keys.
    fn documents() -> impl Strategy<Value = Value> {
        let fields = "email|identitytoken|username|password|auth|[a-z]{4}";
        let entries = proptest::collection::vec(("[a-f]{1,3}\\.io", object(fields)), 0..4);
        let others = object("HttpHeaders|credsStore|[a-z.]{1,4}");
        (object(fields), entries, others).prop_map(|(named, entries, others)| {
            let mut auths = Map::new();
            for (server, entry) in entries {
                auths.insert(server, Value::Object(entry));
            }
            auths.insert("ghcr.io".to_owned(), Value::Object(named));
            let mut document = others;
            document.insert("auths".to_owned(), Value::Object(auths));
            Value::Object(document)
        })
    }

    fn edits() -> impl Strategy<Value = AuthEdit> {
        let login = || Credentials {
            username: "bot".to_owned(),
            password: Password::new("s3cret"),
        };
        prop_oneof![
            Just(put("ghcr.io")),
            Just(AuthEdit::ReplaceCredentials {
                servers: vec!["ghcr.io".into()],
                login: login(),
            }),
            Just(AuthEdit::RenameKey {
                from: "ghcr.io".into(),
                to: "r.example".into(),
            }),
            Just(AuthEdit::Remove {
                server: "ghcr.io".into()
            }),
        ]
    }

    /// The document without the entries that the edit names, and what is left of those without a login.
    fn rest(document: &Value) -> (Value, Map<String, Value>) {
        let mut document = document.clone();
        let auths = document["auths"].as_object_mut().unwrap();
        let named = auths.remove("ghcr.io").or(auths.remove("r.example"));
        let mut fields = named.map_or_else(Map::new, |it| it.as_object().unwrap().clone());
        fields.retain(|name, _| !LOGIN_FIELDS.contains(&name.as_str()));
        (document, fields)
    }

    fn order(text: &str) -> Vec<String> {
        let document = JsonObject::parse(text).unwrap();
        let auths = JsonObject::parse(document.get("auths").unwrap()).unwrap();
        let names = document.members().chain(auths.members());
        let names = names.map(|(name, _)| name.replace("r.example", "ghcr.io"));
        names.collect()
    }

    proptest! {
        #[test]
        fn an_edit_changes_only_the_named_entry(document in documents(), edit in edits()) {
            let before = document.to_string();
            let text = apply_edit(Some(&before), &edit).unwrap();
            let after: Value = serde_json::from_str(&text).unwrap();
            let ((others, fields), (others_after, fields_after)) = (rest(&document), rest(&after));
            prop_assert_eq!(others, others_after);
            let (order_before, order_after) = (order(&before), order(&text));
            if matches!(edit, AuthEdit::Remove { .. }) {
                let left: Vec<_> = order_before.into_iter().filter(|it| it != "ghcr.io").collect();
                prop_assert_eq!(left, order_after);
            } else {
                prop_assert_eq!(fields, fields_after);
                prop_assert_eq!(order_before, order_after);
            }
            prop_assert_eq!(&*apply_edit(Some(&text), &edit).unwrap_or(text.clone()), &*text);
        }
    }
}

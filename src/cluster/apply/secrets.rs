//! Applies changes to pull secrets; values are read when the change is made and zeroized after it.

mod copy;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use zeroize::Zeroizing;

pub(super) use self::copy::copy;
use super::{
    api::{ApiServer, CHANGED, failed},
    create::{Creation, create as create_object},
    delete::remove,
    patch::Patch,
    patches,
    secret_value::SecretValue,
    update::{UpdateDecision, update},
};
use crate::{
    cluster::{ApiError, paths},
    domain::{
        k8s::{object_ref::ObjectRef, objects::Secret},
        plan::{
            AuthEdit, Change, ChangeResult, CreateSecret, DeleteSecret, EditSecret, ObjectSnapshot,
            Observed, Rewritten, StoredConfig, Undoable, apply_edit, manifest,
        },
        registry_auth::docker_config::ConfigFormat,
    },
};

pub(super) const TYPE: &str = "kubernetes.io/dockerconfigjson";
const LEGACY: &str = "kubernetes.io/dockercfg";
pub(super) const KEY: &str = ".dockerconfigjson";
const LEGACY_KEY: &str = ".dockercfg";

/// A Secret may hold so many bytes (`MaxSecretSize`).
const MAX_SECRET_SIZE: usize = 1024 * 1024;

/// The field that holds the configuration, and whether it is of the old format; `None` for a type that
/// the kubelet does not read.
fn field(secret: &Value) -> Option<(&'static str, bool)> {
    match kind(secret) {
        TYPE => Some((KEY, false)),
        LEGACY => Some((LEGACY_KEY, true)),
        _ => None,
    }
}

pub(super) fn kind(secret: &Value) -> &str {
    secret
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn stored<'a>(secret: &'a Value, field: &str) -> Option<&'a str> {
    secret.get("data")?.get(field)?.as_str()
}

pub(super) async fn create(
    server: ApiServer<'_>,
    change: &CreateSecret,
) -> Result<ChangeResult, ApiError> {
    let put = AuthEdit::Upsert {
        server: change.server.clone(),
        login: change.login.clone(),
    };
    let content = match apply_edit(None, &put) {
        Ok(content) => content,
        Err(why) => return Ok(failed(why)),
    };
    let creation = make(server, &change.key, &content).await?;
    Ok(creation.done(|created| change.undo(created)))
}

pub(super) async fn delete(
    server: ApiServer<'_>,
    change: &DeleteSecret,
) -> Result<ChangeResult, ApiError> {
    let path = paths::secret(&change.key);
    let expected = change.before.as_ref();
    let (done, now) = remove(server, &path, expected, |before| change.undo(before)).await?;
    let found = now.map(|now| DeleteSecret {
        before: Some(now),
        ..change.clone()
    });
    Ok(ChangeResult {
        found: found.map(Change::from),
        ..done
    })
}

/// Makes a pull secret; one with the same content is as good, another one is not touched.
async fn make(
    server: ApiServer<'_>,
    key: &ObjectRef<Secret>,
    content: &str,
) -> Result<Creation, ApiError> {
    if content.len() > MAX_SECRET_SIZE {
        let why = format!("{key} would be larger than 1 MiB");
        return Ok(Creation::Absent(failed(why)));
    }
    let encoded = Zeroizing::new(BASE64_STANDARD.encode(content.as_bytes()));
    let data = SecretValue::from(json!({ KEY: *encoded }));
    let body = SecretValue::from(manifest::secret(key, "data", &data));
    create_as_given(server, key, &body).await
}

/// Makes a Secret as it is given; one of its type with the same content is as good.
pub(super) async fn create_as_given(
    server: ApiServer<'_>,
    key: &ObjectRef<Secret>,
    body: &SecretValue,
) -> Result<Creation, ApiError> {
    let secrets = paths::secrets(&key.namespace);
    let fits = |there: &Value| {
        let kind = kind(there);
        if kind != self::kind(body) {
            return Err(format!("Secret {key} already exists with type {kind}"));
        }
        if there.get("data") != body.get("data") {
            return Err(format!("Secret {key} already exists with other content"));
        }
        Ok(())
    };
    create_object(server, &secrets, key.name.as_str(), body, fits).await
}

pub(super) async fn edit(
    server: ApiServer<'_>,
    change: &EditSecret,
) -> Result<ChangeResult, ApiError> {
    let EditSecret {
        key, edit, before, ..
    } = change;
    let edited = |content: Option<&str>| apply_edit(content, edit);
    let undo = |before| change.undo(before);
    let (done, observed) = rewrite(server, key, before.as_ref().into(), edited, undo).await?;
    let found = observed.map(|observed| EditSecret {
        format: observed.value.format,
        before: Some(observed),
        ..change.clone()
    });
    Ok(ChangeResult {
        found: found.map(Change::from),
        ..done
    })
}

/// The configuration in a Secret as it is found; `None` for a type that the kubelet does not read.
fn observed_config(found: &Value) -> Option<Observed<StoredConfig>> {
    let (field, is_legacy) = field(found)?;
    let content = content(found, field, is_legacy);
    let hash = patches::hash(&stored(found, field));
    let is_unreadable = content.is_none() && stored(found, field).is_some();
    // What is no Base64 is no configuration either.
    let text = if is_unreadable {
        Some("?")
    } else {
        content.as_ref().map(|text| text.as_str())
    };
    Some(Observed {
        uid: patches::object_version(found).uid,
        value: StoredConfig {
            format: if is_legacy {
                ConfigFormat::LegacyCfg
            } else {
                ConfigFormat::ConfigJson
            },
            ..StoredConfig::parse(text, hash)
        },
    })
}

/// What the preview showed of a configuration that is written.
#[derive(Clone, Copy)]
enum ExpectedConfig<'a> {
    /// There was no preview, or a change before this one of the plan writes it.
    Anything,
    /// There was no Secret.
    Absent,
    This(&'a Observed<StoredConfig>),
}

impl<'a> From<Option<&'a Observed<StoredConfig>>> for ExpectedConfig<'a> {
    fn from(expected: Option<&'a Observed<StoredConfig>>) -> Self {
        expected.map_or(Self::Anything, Self::This)
    }
}

/// Why a configuration is left as it is: it is not the one that the preview showed.
fn changed_since(
    server: ApiServer<'_>,
    expected: ExpectedConfig<'_>,
    found: &Value,
) -> Option<String> {
    if !server.checks_expectations() {
        return None;
    }
    let expected = match expected {
        ExpectedConfig::Anything => return None,
        ExpectedConfig::Absent => {
            let why =
                "the Secret was created since the preview, so it is left unchanged: check it again";
            return Some(why.to_owned());
        }
        ExpectedConfig::This(observed) => observed,
    };
    match observed_config(found) {
        Some(now) if now.uid != expected.uid => {
            Some("the Secret was deleted and recreated by someone else: check it again".to_owned())
        }
        Some(now) if now == *expected => None,
        Some(_) | None => Some(
            "the Secret was changed since the preview, so it is left unchanged: check it again"
                .to_owned(),
        ),
    }
}

/// Changes the configuration in a Secret as it is now. Returns what was found too.
async fn rewrite(
    server: ApiServer<'_>,
    key: &ObjectRef<Secret>,
    expected: ExpectedConfig<'_>,
    change: impl Fn(Option<&str>) -> Result<Zeroizing<String>, String>,
    undo: impl FnOnce(Rewritten) -> Change,
) -> Result<(ChangeResult, Option<Observed<StoredConfig>>), ApiError> {
    let step = |found: &Value| match rewritten(found, key, &change) {
        Err(why) => UpdateDecision::Refuse(why),
        Ok((field, after)) if stored(found, field) == Some(&after) => UpdateDecision::Keep,
        Ok((field, after)) => match changed_since(server, expected, found) {
            Some(why) => UpdateDecision::Refuse(why),
            None => {
                UpdateDecision::Write(Patch::merge(found, json!({ "data": { field: *after } })))
            }
        },
    };
    let updated = update(server, &paths::secret(key), step).await?;
    let observed = observed_config(updated.found());
    let done = updated.done(|found, now| {
        let (name, after) = rewritten(found, key, &change).unwrap_or_default();
        let stored = now.and_then(|now| stored(now, name));
        undo(Rewritten {
            object: ObjectSnapshot::from_object(found),
            written: patches::hash(&stored.unwrap_or(after.as_str())),
        })
    });
    Ok((done, observed))
}

/// The field of a Secret with what the change makes of it, as it is stored.
fn rewritten(
    found: &Value,
    key: &ObjectRef<Secret>,
    change: impl Fn(Option<&str>) -> Result<Zeroizing<String>, String>,
) -> Result<(&'static str, Zeroizing<String>), String> {
    let Some((field, is_legacy)) = field(found) else {
        return Err(format!(
            "{key} has type {}, which the kubelet does not read",
            kind(found)
        ));
    };
    let before = content(found, field, is_legacy);
    let after = change(before.as_ref().map(|text| text.as_str()))?;
    let after = written(after, is_legacy)?;
    if after.len() > MAX_SECRET_SIZE {
        return Err(format!("{key} would be larger than 1 MiB"));
    }
    let encoded = Zeroizing::new(BASE64_STANDARD.encode(after.as_bytes()));
    Ok((field, encoded))
}

/// Puts the old content back where what the change has left still stands (`left`: its hash).
pub(super) async fn restore(
    server: ApiServer<'_>,
    key: &ObjectRef<Secret>,
    before: &Value,
    left: u64,
) -> Result<ChangeResult, ApiError> {
    let step = |found: &Value| {
        let Some((field, _)) = field(before) else {
            return UpdateDecision::Refuse("the previous state is unknown".to_owned());
        };
        let now = stored(found, field);
        let is_left = kind(found) == kind(before)
            && patches::object_version(found).uid == patches::object_version(before).uid
            && now.is_some_and(|now| patches::hash(&now) == left);
        if kind(found) == kind(before) && now == stored(before, field) {
            UpdateDecision::Keep
        } else if server.checks_expectations() && !is_left {
            UpdateDecision::Refuse(CHANGED.to_owned())
        } else {
            let data = json!({ "data": { field: stored(before, field) } });
            UpdateDecision::Write(Patch::merge(found, data))
        }
    };
    let updated = update(server, &paths::secret(key), step).await?;
    Ok(updated.done_for_good())
}

/// The configuration in a Secret, the old format with the level that it lacks.
fn content(secret: &Value, field: &str, is_legacy: bool) -> Option<Zeroizing<String>> {
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(stored(secret, field)?).ok()?);
    let text = text(&bytes);
    Some(if is_legacy {
        Zeroizing::new(format!("{{\"auths\":{}}}", *text))
    } else {
        text
    })
}

/// The bytes as the kubelet reads them: Go's `encoding/json` takes each one that is no UTF-8 for U+FFFD.
pub(super) fn text(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(String::from_utf8_lossy(bytes).into_owned())
}

/// The text as the Secret's format has it.
fn written(text: Zeroizing<String>, is_legacy: bool) -> Result<Zeroizing<String>, String> {
    if !is_legacy {
        return Ok(text);
    }
    let inner = text
        .strip_prefix("{\"auths\":")
        .and_then(|rest| rest.strip_suffix('}'))
        .ok_or("the configuration cannot be written in the .dockercfg format")?;
    Ok(Zeroizing::new(inner.to_owned()))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use http::Method;

    use super::*;
    use crate::{
        cluster::{apply::api::WriteMode, mock},
        domain::{
            k8s::object_ref::{Name, Namespace},
            plan::Credentials,
            registry_auth::credential::Password,
        },
    };

    fn key() -> ObjectRef<Secret> {
        ObjectRef::new(Namespace::new("app"), Name::new("regcred"))
    }

    #[tokio::test]
    async fn the_same_content_in_another_type_is_not_as_good() {
        let content = r#"{"auths":{}}"#;
        for (kind, good) in [(TYPE, true), ("Opaque", false)] {
            let data = json!({ KEY: BASE64_STANDARD.encode(content) });
            let there = json!({ "metadata": {}, "type": kind, "data": data }).to_string();
            let connection = mock::connection(move |method, _| {
                assert_eq!(method, Method::GET);
                Some((200, there.clone()))
            });
            let server = ApiServer::new(&connection, WriteMode::Apply);
            let creation = make(server, &key(), content).await.unwrap();
            let done = creation.done_for_good();
            assert_eq!(done.outcome.is_good(), good, "{kind}");
        }
    }

    #[tokio::test]
    async fn what_somebody_changed_since_the_preview_is_left_as_it_is() {
        let secret = |content: &str| {
            let data = json!({ KEY: BASE64_STANDARD.encode(content) });
            json!({ "metadata": { "uid": "u" }, "type": TYPE, "data": data })
        };
        let shown = r#"{"auths":{"ghcr.io":{"auth":"YTpi"}}}"#;
        let theirs = r#"{"auths":{"ghcr.io":{"auth":"YTpj"}}}"#;
        let expected = observed_config(&secret(shown));
        let login = Credentials {
            username: "bot".to_owned(),
            password: Password::new("canary"),
        };
        let ghcr = || "ghcr.io".to_owned();
        let edits = [
            AuthEdit::Upsert {
                server: ghcr(),
                login: login.clone(),
            },
            AuthEdit::ReplaceCredentials {
                servers: vec![ghcr()],
                login,
            },
            AuthEdit::RenameKey {
                from: ghcr(),
                to: "r.example".to_owned(),
            },
            AuthEdit::Remove { server: ghcr() },
        ];
        for change in edits {
            let change = EditSecret {
                format: crate::domain::registry_auth::docker_config::ConfigFormat::ConfigJson,
                key: key(),
                edit: change,
                before: expected.clone(),
            };
            for (stored, is_good) in [(shown, true), (theirs, false)] {
                let there = secret(stored).to_string();
                let connection = mock::connection(move |method, _| {
                    assert!(is_good || method == Method::GET, "nothing is written");
                    Some((200, there.clone()))
                });
                let server = ApiServer::new(&connection, WriteMode::Apply);
                let done = edit(server, &change).await.unwrap();
                assert_eq!(done.outcome.is_good(), is_good, "{change:?}");
                assert!(is_good || format!("{:?}", done.outcome).contains("check it again"));
                let Some(Change::EditSecret(found)) = &done.found else {
                    panic!("{done:?}")
                };
                assert_eq!(found.before == expected, is_good);
            }
        }
    }

    /// The kubelet reads such a configuration, so its other entries are kept.
    #[tokio::test]
    async fn a_byte_that_is_no_utf_8_loses_no_entry() {
        let stored = b"{\"auths\":{\"quay.io\":{\"auth\":\"YTpi\",\"email\":\"Jos\xe9@x\"},\"ghcr.io\":{\"auth\":\"YTpi\"}}}";
        let there = json!({
            "metadata": { "uid": "u" }, "type": TYPE, "data": { KEY: BASE64_STANDARD.encode(stored) },
        });
        let sent = Arc::new(Mutex::new(String::new()));
        let written = Arc::clone(&sent);
        let connection = mock::server(move |method, _, body| {
            if method == Method::PATCH {
                let encoded = body["data"][KEY].as_str().unwrap();
                let bytes = BASE64_STANDARD.decode(encoded).unwrap();
                *written.lock().unwrap() = String::from_utf8(bytes).unwrap();
            }
            Some((200, there.to_string()))
        });
        let login = Credentials {
            username: "bot".to_owned(),
            password: Password::new("new"),
        };
        let put = AuthEdit::Upsert {
            server: "ghcr.io".to_owned(),
            login,
        };
        let server = ApiServer::new(&connection, WriteMode::Apply);
        let done = edit(server, &EditSecret::new(key(), put)).await.unwrap();
        assert!(done.outcome.is_good(), "{done:?}");
        let Some(Change::EditSecret(found)) = &done.found else {
            panic!("{done:?}");
        };
        let before = &found.before.as_ref().unwrap().value;
        assert!(before.entry("quay.io").is_some(), "it is shown as kept");
        let sent = sent.lock().unwrap();
        assert!(
            sent.contains("quay.io") && sent.contains("Jos\u{fffd}@x"),
            "{sent}"
        );
    }

    #[test]
    fn the_old_format_lacks_a_level() {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let old = written(text(r#"{"auths":{"r":{}}}"#), true);
        assert_eq!(*old.unwrap(), r#"{"r":{}}"#);
        assert!(written(text(r#"{"other":{}}"#), true).is_err());
    }
}

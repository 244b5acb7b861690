//! Changes to pull Secrets: the values are read when the change is made, and wiped after it.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde::Deserialize;
use serde_json::{Value, json, value::RawValue};
use zeroize::Zeroizing;

use super::{
    bodies,
    server::{
        ATTEMPTS, CHANGED, MERGE, Server, applied, failed, is_conflict, made, precondition,
        unchanged,
    },
    wiped::Wiped,
};
use crate::{
    cluster::{Trouble, paths},
    domain::{
        key::Key,
        objects::Secret,
        plan::{
            Before, Copy, Done, Edit, Existing, Login, Outcome, Revision, edited, manifest, merged,
        },
    },
};

const TYPE: &str = "kubernetes.io/dockerconfigjson";
const LEGACY: &str = "kubernetes.io/dockercfg";
const KEY: &str = ".dockerconfigjson";
const LEGACY_KEY: &str = ".dockercfg";

/// A Secret may hold so many bytes (`MaxSecretSize`).
const MOST: usize = 1024 * 1024;

/// The field that holds the configuration, and whether it is of the old format; `None` for a type that
/// the kubelet does not read.
fn field(secret: &Value) -> Option<(&'static str, bool)> {
    match kind(secret) {
        TYPE => Some((KEY, false)),
        LEGACY => Some((LEGACY_KEY, true)),
        _ => None,
    }
}

fn kind(secret: &Value) -> &str {
    secret
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn stored<'a>(secret: &'a Value, field: &str) -> Option<&'a str> {
    secret.get("data")?.get(field)?.as_str()
}

pub(super) async fn create(
    server: Server<'_>,
    key: &Key<Secret>,
    registry: &str,
    login: &Login,
) -> Result<Done, Trouble> {
    let put = Edit::Put {
        server: registry.to_owned(),
        login: login.clone(),
    };
    match edited(None, &put) {
        Ok(content) => make(server, key, &content).await,
        Err(why) => Ok(failed(why)),
    }
}

/// Copies the entries of a pull Secret; the copy is always of the new format.
pub(super) async fn copy(server: Server<'_>, copy: &Copy) -> Result<Done, Trouble> {
    let found = server.get(&paths::secret(&copy.from)).await?;
    let Some((name, is_legacy)) = field(&found) else {
        return Ok(failed(format!("{} has type {}", copy.from, kind(&found))));
    };
    let Some(brought) = content(&found, name, is_legacy) else {
        return Ok(failed(format!(
            "{} has no {name} that can be read",
            copy.from
        )));
    };
    match copy.existing {
        Existing::Keep => make(server, &copy.to, &brought).await,
        Existing::Merge => onto(server, copy, |there| merged(there, &brought)).await,
        Existing::Replace => onto(server, copy, |_| Ok(brought.clone())).await,
    }
}

/// Changes the Secret that bears the copy's name, or makes it.
async fn onto(
    server: Server<'_>,
    copy: &Copy,
    change: impl Fn(Option<&str>) -> Result<Zeroizing<String>, String>,
) -> Result<Done, Trouble> {
    match rewrite(server, &copy.to, &change).await {
        Err(Trouble::NotFound(_)) => match change(None) {
            Ok(content) => make(server, &copy.to, &content).await,
            Err(why) => Ok(failed(why)),
        },
        answer => answer,
    }
}

/// Makes a pull Secret; one with the same content is as good, another one is not touched.
async fn make(server: Server<'_>, key: &Key<Secret>, content: &str) -> Result<Done, Trouble> {
    if content.len() > MOST {
        return Ok(failed(format!("{key} would be larger than 1 MiB")));
    }
    let encoded = Zeroizing::new(BASE64_STANDARD.encode(content.as_bytes()));
    let data = Wiped::from(json!({ KEY: *encoded }));
    let body = Wiped::from(manifest::secret(key, "data", &data));
    match server.post(&paths::secrets(&key.namespace), &body).await {
        Ok(object) => Ok(made(&object)),
        Err(trouble) if is_conflict(&trouble) => {
            let there = server.get(&paths::secret(key)).await?;
            Ok(if kind(&there) != TYPE {
                let kind = kind(&there);
                failed(format!("a Secret {key} of type {kind} exists already"))
            } else if there.get("data") == Some(&data) {
                unchanged(&there)
            } else {
                failed(format!(
                    "a Secret {key} with another content exists already"
                ))
            })
        }
        Err(trouble) => Err(trouble),
    }
}

pub(super) async fn edit(
    server: Server<'_>,
    key: &Key<Secret>,
    edit: &Edit,
) -> Result<Done, Trouble> {
    rewrite(server, key, |before| edited(before, edit)).await
}

/// Changes the configuration in a Secret as it is now.
async fn rewrite(
    server: Server<'_>,
    key: &Key<Secret>,
    change: impl Fn(Option<&str>) -> Result<Zeroizing<String>, String>,
) -> Result<Done, Trouble> {
    let path = paths::secret(key);
    let mut attempt = 0;
    loop {
        attempt += 1;
        let found = server.get(&path).await?;
        let Some((field, is_legacy)) = field(&found) else {
            return Ok(failed(format!(
                "{key} has type {}, which the kubelet does not read",
                kind(&found)
            )));
        };
        let before = content(&found, field, is_legacy);
        let after = change(before.as_ref().map(|text| text.as_str()));
        let after = match after.and_then(|text| written(text, is_legacy)) {
            Ok(after) => after,
            Err(why) => return Ok(failed(why)),
        };
        if after.len() > MOST {
            return Ok(failed(format!("{key} would be larger than 1 MiB")));
        }
        let encoded = Zeroizing::new(BASE64_STANDARD.encode(after.as_bytes()));
        if stored(&found, field) == Some(&encoded) {
            return Ok(unchanged(&found));
        }
        let patch = Wiped::from(json!({
            "metadata": { "resourceVersion": bodies::version(&found) },
            "data": { field: *encoded },
        }));
        match server.patch(&path, MERGE, &patch).await {
            Ok(object) => {
                let after = Some(bodies::revision(&object));
                return Ok(Done {
                    before: Some(Before::was(&found, after)),
                    ..applied(&object)
                });
            }
            Err(trouble) if is_conflict(&trouble) && attempt < ATTEMPTS => {}
            Err(trouble) => return Err(trouble),
        }
    }
}

/// Puts the old content back, if the Secret is still as the change left it, and says how it is then.
pub(super) async fn put_back(
    server: Server<'_>,
    key: &Key<Secret>,
    before: &Value,
    after: &Revision,
) -> Result<(Done, Option<Revision>), Trouble> {
    let Some((field, _)) = field(before) else {
        return Ok((failed("what was there before is not known"), None));
    };
    let patch = Wiped::from(json!({
        "metadata": { "resourceVersion": after.version },
        "data": { field: stored(before, field) },
    }));
    match server.patch(&paths::secret(key), MERGE, &patch).await {
        Ok(object) => Ok((applied(&object), Some(bodies::revision(&object)))),
        Err(trouble) if is_conflict(&trouble) => Ok((failed(CHANGED), None)),
        Err(trouble) => Err(trouble),
    }
}

/// The configuration in a Secret, the old format with the level that it lacks.
fn content(secret: &Value, field: &str, is_legacy: bool) -> Option<Zeroizing<String>> {
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(stored(secret, field)?).ok()?);
    let text = std::str::from_utf8(&bytes).ok()?;
    Some(Zeroizing::new(if is_legacy {
        format!("{{\"auths\":{text}}}")
    } else {
        text.to_owned()
    }))
}

/// The text as the Secret's format has it.
fn written(text: Zeroizing<String>, is_legacy: bool) -> Result<Zeroizing<String>, String> {
    if !is_legacy {
        return Ok(text);
    }
    let inner = text
        .strip_prefix("{\"auths\":")
        .and_then(|rest| rest.strip_suffix('}'))
        .ok_or("the configuration cannot be written in the old format")?;
    Ok(Zeroizing::new(inner.to_owned()))
}

/// Deletes a Secret of another type and makes it again as a pull Secret; should that fail, the old one
/// is put back.
pub(super) async fn convert(server: Server<'_>, key: &Key<Secret>) -> Result<Done, Trouble> {
    let found = server.get(&paths::secret(key)).await?;
    if kind(&found) == TYPE {
        return Ok(unchanged(&found));
    }
    let Some(config) = configuration(&found) else {
        return Ok(failed(format!(
            "{key} holds no Docker configuration: create it afresh with a login"
        )));
    };
    let same = precondition(&bodies::revision(&found));
    server.delete(&paths::secret(key), Some(same)).await?;
    if server.rehearses() {
        return Ok(applied(&found));
    }
    let why = match make(server, key, &config).await {
        Ok(Done {
            outcome: Outcome::Applied,
            before: Some(Before::Made(revision)),
            ..
        }) => {
            return Ok(Done {
                before: Some(Before::was(&found, Some(revision))),
                ..applied(&found)
            });
        }
        // Somebody else has made it meanwhile, and the same.
        Ok(done) if done.outcome.is_good() => return Ok(done),
        Ok(Done {
            outcome: Outcome::Failed(why),
            ..
        }) => why,
        Ok(done) => return Ok(done),
        Err(trouble) => trouble.to_string(),
    };
    let before = Before::was(&found, None);
    let secrets = paths::secrets(&key.namespace);
    Ok(match server.post(&secrets, &bodies::reborn(found)).await {
        Ok(_) => failed(why),
        // It is kept, so that it is not lost: taking the change back tries again.
        Err(trouble) => Done {
            before: Some(before),
            ..failed(format!(
                "{why}; and the old Secret, deleted for it, could not be put back: {trouble}"
            ))
        },
    })
}

/// The Docker configuration that a Secret of another type holds under whatever key.
fn configuration(secret: &Value) -> Option<Zeroizing<String>> {
    /// What tells one; the logins are not even read.
    #[derive(Deserialize)]
    struct Config<'a> {
        #[serde(borrow)]
        auths: &'a RawValue,
    }
    let data = secret.get("data")?.as_object()?;
    data.values().filter_map(Value::as_str).find_map(|encoded| {
        let bytes = Zeroizing::new(BASE64_STANDARD.decode(encoded).ok()?);
        let text = std::str::from_utf8(&bytes).ok()?;
        let found: Config<'_> = serde_json::from_str(text).ok()?;
        let is_map = found.auths.get().starts_with('{');
        is_map.then(|| Zeroizing::new(text.to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use http::Method;

    use super::*;
    use crate::{
        cluster::{apply::server::Mode, mock},
        domain::key::{Name, Namespace},
    };

    /// A Secret with this type and this value under `.dockerconfigjson`.
    fn secret(kind: &str, value: &str) -> String {
        let data = json!({ KEY: BASE64_STANDARD.encode(value) });
        let meta = json!({ "name": "regcred", "namespace": "app", "resourceVersion": "7" });
        json!({ "metadata": meta, "type": kind, "data": data }).to_string()
    }

    fn key() -> Key<Secret> {
        Key::new(Namespace::new("app"), Name::new("regcred"))
    }

    #[tokio::test]
    async fn a_secret_that_cannot_be_put_back_is_kept() {
        let found = secret("Opaque", r#"{"auths":{}}"#);
        let connection = mock::connection(move |method, _| {
            Some(match *method {
                Method::POST => (507, r#"{"message":"no room"}"#.to_owned()),
                _ => (200, found.clone()),
            })
        });
        let server = Server::new(&connection, Mode::Earnest);
        let done = convert(server, &key()).await.unwrap();
        let Outcome::Failed(why) = &done.outcome else {
            panic!("{done:?}");
        };
        assert!(why.contains("could not be put back: 507"), "{why}");
        assert!(matches!(done.before, Some(Before::Was { after: None, .. })));
    }

    #[tokio::test]
    async fn the_same_content_in_another_type_is_not_as_good() {
        let content = r#"{"auths":{}}"#;
        for (kind, good) in [(TYPE, true), ("Opaque", false)] {
            let there = secret(kind, content);
            let connection = mock::connection(move |method, _| {
                Some(match *method {
                    Method::POST => (409, String::new()),
                    _ => (200, there.clone()),
                })
            });
            let server = Server::new(&connection, Mode::Earnest);
            let done = make(server, &key(), content).await.unwrap();
            assert_eq!(done.outcome.is_good(), good, "{kind}");
        }
    }

    #[test]
    fn the_old_format_lacks_a_level() {
        let text = |text: &str| Zeroizing::new(text.to_owned());
        let old = written(text(r#"{"auths":{"r":{}}}"#), true);
        assert_eq!(*old.unwrap(), r#"{"r":{}}"#);
        assert!(written(text(r#"{"other":{}}"#), true).is_err());
    }
}

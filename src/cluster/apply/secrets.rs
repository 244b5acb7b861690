//! Changes to pull Secrets: the values are read when the change is made, and wiped after it.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    bodies, is_conflict,
    server::{ATTEMPTS, MERGE, Server, applied, failed, made, precondition, unchanged},
    undo::CHANGED,
};
use crate::{
    cluster::Trouble,
    domain::{
        key::{Key, Namespace},
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

pub(super) fn path(key: &Key<Secret>) -> String {
    format!("{}/{}", collection(&key.namespace), key.name)
}

pub(super) fn collection(namespace: &Namespace) -> String {
    format!("/api/v1/namespaces/{namespace}/secrets")
}

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
    let found = server.get(&path(&copy.from)).await?;
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
    let data = json!({ KEY: BASE64_STANDARD.encode(content.as_bytes()) });
    let body = manifest::secret(key, "data", &data);
    match server.post(&collection(&key.namespace), &body).await {
        Ok(object) => Ok(made(&object)),
        Err(trouble) if is_conflict(&trouble) => {
            let there = server.get(&path(key)).await?;
            Ok(if there.get("data") == Some(&data) {
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
    let path = path(key);
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
        let after = match change(before.as_ref().map(|text| text.as_str())) {
            Ok(after) => written(&after, is_legacy),
            Err(why) => return Ok(failed(why)),
        };
        if after.len() > MOST {
            return Ok(failed(format!("{key} would be larger than 1 MiB")));
        }
        let encoded = BASE64_STANDARD.encode(after.as_bytes());
        if stored(&found, field) == Some(&encoded) {
            return Ok(unchanged(&found));
        }
        let patch = json!({
            "metadata": { "resourceVersion": bodies::version(&found) },
            "data": { field: encoded },
        });
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

/// Puts the old content back, if the Secret is still as the change left it.
pub(super) async fn put_back(
    server: Server<'_>,
    key: &Key<Secret>,
    before: &Value,
    after: Option<&Revision>,
) -> Result<Done, Trouble> {
    let (Some((field, _)), Some(after)) = (field(before), after) else {
        return Ok(failed("what was there before is not known"));
    };
    let patch = json!({
        "metadata": { "resourceVersion": after.version },
        "data": { field: stored(before, field) },
    });
    match server.patch(&path(key), MERGE, &patch).await {
        Ok(object) => Ok(applied(&object)),
        Err(trouble) if is_conflict(&trouble) => Ok(failed(CHANGED)),
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
fn written(text: &Zeroizing<String>, is_legacy: bool) -> Zeroizing<String> {
    if !is_legacy {
        return text.clone();
    }
    let inner = text
        .strip_prefix("{\"auths\":")
        .and_then(|rest| rest.strip_suffix('}'));
    Zeroizing::new(inner.unwrap_or(text).to_owned())
}

/// Deletes a Secret of another type and makes it again as a pull Secret; should that fail, the old one
/// is put back.
pub(super) async fn convert(server: Server<'_>, key: &Key<Secret>) -> Result<Done, Trouble> {
    let found = server.get(&path(key)).await?;
    if kind(&found) == TYPE {
        return Ok(unchanged(&found));
    }
    let Some(config) = configuration(&found) else {
        return Ok(failed(format!(
            "{key} holds no Docker configuration: create it afresh with a login"
        )));
    };
    let same = precondition(&bodies::revision(&found));
    server.delete(&path(key), Some(same)).await?;
    if server.rehearses() {
        return Ok(applied(&found));
    }
    let answer = make(server, key, &config).await;
    match answer {
        Ok(Done {
            outcome: Outcome::Applied,
            before: Some(Before::Made(revision)),
            ..
        }) => Ok(Done {
            before: Some(Before::was(&found, Some(revision))),
            ..applied(&found)
        }),
        answer => {
            if !answer.as_ref().is_ok_and(|done| done.outcome.is_good()) {
                let before = bodies::reborn(found);
                server.post(&collection(&key.namespace), &before).await?;
            }
            answer
        }
    }
}

/// The Docker configuration that a Secret of another type holds under whatever key.
fn configuration(secret: &Value) -> Option<Zeroizing<String>> {
    let data = secret.get("data")?.as_object()?;
    data.values().filter_map(Value::as_str).find_map(|encoded| {
        let bytes = Zeroizing::new(BASE64_STANDARD.decode(encoded).ok()?);
        let text = std::str::from_utf8(&bytes).ok()?;
        let parsed: Value = serde_json::from_str(text).ok()?;
        parsed
            .get("auths")
            .is_some_and(Value::is_object)
            .then(|| Zeroizing::new(text.to_owned()))
    })
}

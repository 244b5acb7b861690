//! Changes to pull Secrets: the values are read when the change is made, and wiped after it.

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::{
    bodies, is_conflict,
    send::{MERGE, Server},
};
use crate::{
    cluster::Trouble,
    domain::{
        key::{Key, Namespace},
        objects::Secret,
        plan::{Edit, Login, Outcome, edited},
    },
};

const TYPE: &str = "kubernetes.io/dockerconfigjson";
const LEGACY: &str = "kubernetes.io/dockercfg";
const KEY: &str = ".dockerconfigjson";
const LEGACY_KEY: &str = ".dockercfg";

/// Attempts when others write the same Secret all the time.
const ATTEMPTS: usize = 5;

/// A Secret may hold so many bytes (`MaxSecretSize`).
const MOST: usize = 1024 * 1024;

fn path(key: &Key<Secret>) -> String {
    format!("/api/v1/namespaces/{}/secrets/{}", key.namespace, key.name)
}

pub(super) async fn create(
    server: Server<'_>,
    key: &Key<Secret>,
    registry: &str,
    login: &Login,
) -> Result<Outcome, Trouble> {
    let put = Edit::Put {
        server: registry.to_owned(),
        login: login.clone(),
    };
    let content = match edited(None, &put) {
        Ok(content) => content,
        Err(why) => return Ok(Outcome::Failed(why)),
    };
    let data = json!({ KEY: BASE64_STANDARD.encode(content.as_bytes()) });
    make(server, key, &data).await
}

pub(super) async fn copy(
    server: Server<'_>,
    from: &Key<Secret>,
    to: &Namespace,
) -> Result<Outcome, Trouble> {
    let found = server.get(&path(from)).await?;
    let kind = found
        .get("type")
        .and_then(Value::as_str)
        .unwrap_or_default();
    if kind != TYPE {
        return Ok(Outcome::Failed(format!("{from} has type {kind}")));
    }
    let data = found.get("data").cloned().unwrap_or(Value::Null);
    make(server, &Key::new(to.clone(), from.name.clone()), &data).await
}

/// Makes a pull Secret; one with the same content is as good, another one is not touched.
async fn make(server: Server<'_>, key: &Key<Secret>, data: &Value) -> Result<Outcome, Trouble> {
    let body = json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": { "name": key.name.as_str(), "namespace": key.namespace },
        "type": TYPE,
        "data": data,
    });
    let collection = format!("/api/v1/namespaces/{}/secrets", key.namespace);
    match server.post(&collection, &body).await {
        Ok(_) => Ok(Outcome::Applied),
        Err(trouble) if is_conflict(&trouble) => {
            let there = server.get(&path(key)).await?;
            Ok(if there.get("data") == Some(data) {
                Outcome::Unchanged
            } else {
                Outcome::Failed(format!(
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
) -> Result<Outcome, Trouble> {
    let path = path(key);
    let mut attempt = 0;
    loop {
        attempt += 1;
        let found = server.get(&path).await?;
        let kind = found
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let is_legacy = kind == LEGACY;
        if kind != TYPE && !is_legacy {
            return Ok(Outcome::Failed(format!(
                "{key} has type {kind}, which the kubelet does not read"
            )));
        }
        let field = if is_legacy { LEGACY_KEY } else { KEY };
        let before = content(&found, field, is_legacy);
        let after = match edited(before.as_ref().map(|text| text.as_str()), edit) {
            Ok(after) => written(&after, is_legacy),
            Err(why) => return Ok(Outcome::Failed(why)),
        };
        if after.len() > MOST {
            return Ok(Outcome::Failed(format!("{key} would be larger than 1 MiB")));
        }
        let encoded = BASE64_STANDARD.encode(after.as_bytes());
        if found
            .pointer(&format!("/data/{field}"))
            .and_then(Value::as_str)
            == Some(&encoded)
        {
            return Ok(Outcome::Unchanged);
        }
        let patch = json!({
            "metadata": { "resourceVersion": bodies::version(&found) },
            "data": { field: encoded },
        });
        match server.patch(&path, MERGE, &patch).await {
            Ok(_) => return Ok(Outcome::Applied),
            Err(trouble) if is_conflict(&trouble) && attempt < ATTEMPTS => {}
            Err(trouble) => return Err(trouble),
        }
    }
}

/// The configuration in a Secret, the old format with the level that it lacks.
fn content(secret: &Value, field: &str, is_legacy: bool) -> Option<Zeroizing<String>> {
    let encoded = secret.get("data")?.get(field)?.as_str()?;
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(encoded).ok()?);
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
pub(super) async fn convert(server: Server<'_>, key: &Key<Secret>) -> Result<Outcome, Trouble> {
    let found = server.get(&path(key)).await?;
    if found.get("type").and_then(Value::as_str) == Some(TYPE) {
        return Ok(Outcome::Unchanged);
    }
    let Some(config) = configuration(&found) else {
        return Ok(Outcome::Failed(format!(
            "{key} holds no Docker configuration: create it afresh with a login"
        )));
    };
    let same = json!({
        "uid": found.pointer("/metadata/uid"),
        "resourceVersion": bodies::version(&found),
    });
    server.delete(&path(key), Some(same)).await?;
    if server.rehearses() {
        return Ok(Outcome::Applied);
    }
    let data = json!({ KEY: BASE64_STANDARD.encode(config.as_bytes()) });
    let made = make(server, key, &data).await;
    if !made.as_ref().is_ok_and(Outcome::is_good) {
        let mut before = found;
        if let Some(meta) = before.get_mut("metadata").and_then(Value::as_object_mut) {
            meta.retain(|field, _| {
                matches!(
                    field.as_str(),
                    "name" | "namespace" | "labels" | "annotations"
                )
            });
        }
        let collection = format!("/api/v1/namespaces/{}/secrets", key.namespace);
        server.post(&collection, &before).await?;
    }
    made
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

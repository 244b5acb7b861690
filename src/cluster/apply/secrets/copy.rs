//! Copies pull secrets.

use std::sync::Arc;

use serde_json::Value;
use zeroize::Zeroizing;

use super::{ExpectedConfig, content, field, kind, make, observed_config, rewrite};
use crate::{
    cluster::{
        ApiError,
        apply::{
            api::{ApiServer, failed},
            update::read,
        },
        paths,
    },
    domain::{
        k8s::{object_ref::ObjectRef, objects::Secret},
        plan::{
            Change, ChangeResult, ConflictPolicy, CopyBefore, CopySecret, ObservedCopy,
            ObservedTarget, Undoable, merge_auths, servers_of,
        },
    },
};

/// Copies the entries of a pull secret; the copy is always of the new format.
pub(in crate::cluster::apply) async fn copy(
    server: ApiServer<'_>,
    copy: &CopySecret,
) -> Result<ChangeResult, ApiError> {
    let source = paths::secret(&copy.from);
    let found = read(server, &source, &mut server.backoff()).await?;
    let Some((name, is_legacy)) = field(&found) else {
        return Ok(failed(format!("{} has type {}", copy.from, kind(&found))));
    };
    let Some(brought) = content(&found, name, is_legacy) else {
        return Ok(failed(format!("{} has no readable {name}", copy.from)));
    };
    let now = observed_copy(server, &found, &copy.to).await?;
    let found = now.map(|(now, there)| CopySecret {
        source_servers: servers_of(&brought),
        target_servers: there,
        expected: Some(now),
        ..copy.clone()
    });
    if let Some(why) = source_changed(server, copy, found.as_ref()) {
        return Ok(ChangeResult {
            found: found.map(Change::from),
            ..failed(why)
        });
    }
    let done = match copy.conflict_policy {
        ConflictPolicy::Keep => copy_new(server, copy, &brought).await?,
        ConflictPolicy::Merge => {
            write_to_target(server, copy, |there| merge_auths(there, &brought)).await?
        }
        ConflictPolicy::Replace => write_to_target(server, copy, |_| Ok(brought.clone())).await?,
    };
    Ok(ChangeResult {
        found: found.map(Change::from),
        ..done
    })
}

/// Creates the copy.
async fn copy_new(
    server: ApiServer<'_>,
    copy: &CopySecret,
    content: &str,
) -> Result<ChangeResult, ApiError> {
    let creation = make(server, &copy.to, content).await?;
    Ok(creation.done(|created| copy.undo(CopyBefore::Absent(created))))
}

/// What a copy finds, and the servers of the entries that are at its place, if there is a Secret; `None` where
/// that may not be read. What could not be read for another reason cannot be shown, and so not be replaced.
async fn observed_copy(
    server: ApiServer<'_>,
    source: &Value,
    to: &ObjectRef<Secret>,
) -> Result<Option<(ObservedCopy, Option<Vec<Arc<str>>>)>, ApiError> {
    let source = observed_config(source);
    let found = match server.get(&paths::secret(to)).await {
        Ok(found) => found,
        Err(ApiError::NotFound(_)) => {
            let target = ObservedTarget::Absent;
            return Ok(Some((ObservedCopy { source, target }, None)));
        }
        Err(ApiError::Forbidden(_)) => return Ok(None),
        Err(error) => return Err(error),
    };
    let target = observed_config(&found);
    let target = target.map_or(ObservedTarget::Unknown, ObservedTarget::Present);
    let content = field(&found).and_then(|(field, is_legacy)| content(&found, field, is_legacy));
    let there = content.map_or_else(Vec::new, |content| servers_of(&content));
    Ok(Some((ObservedCopy { source, target }, Some(there))))
}

/// Why nothing is copied: the Secret that is copied is not as the preview showed it.
fn source_changed(
    server: ApiServer<'_>,
    copy: &CopySecret,
    found: Option<&CopySecret>,
) -> Option<&'static str> {
    let expected = copy.expected.as_ref()?.source.as_ref()?;
    let now = found?.expected.as_ref()?.source.as_ref();
    (server.checks_expectations() && now != Some(expected))
        .then_some("the source Secret was changed since the preview: check it again")
}

/// Changes the Secret that bears the copy's name, or makes it.
async fn write_to_target(
    server: ApiServer<'_>,
    copy: &CopySecret,
    change: impl Fn(Option<&str>) -> Result<Zeroizing<String>, String>,
) -> Result<ChangeResult, ApiError> {
    let undo = |before| copy.undo(CopyBefore::Present(before));
    let expected = match copy.expected.as_ref().map(|expected| &expected.target) {
        Some(ObservedTarget::Present(observed)) => ExpectedConfig::This(observed),
        Some(ObservedTarget::Absent) => ExpectedConfig::Absent,
        Some(ObservedTarget::Unknown) | None => ExpectedConfig::Anything,
    };
    match rewrite(server, &copy.to, expected, &change, undo).await {
        Err(ApiError::NotFound(_)) => match (expected, change(None)) {
            (ExpectedConfig::This(_), _) if server.checks_expectations() => Ok(failed(
                "the target Secret was deleted since the preview: check it again",
            )),
            (_, Ok(content)) => copy_new(server, copy, &content).await,
            (_, Err(why)) => Ok(failed(why)),
        },
        Ok((done, _)) => Ok(done),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_STANDARD, Engine as _};
    use http::Method;
    use serde_json::json;

    use super::{
        super::{KEY, TYPE},
        *,
    };
    use crate::{
        cluster::{apply::api::WriteMode, mock},
        domain::k8s::object_ref::{Name, Namespace},
    };

    fn key() -> ObjectRef<Secret> {
        ObjectRef::new(Namespace::new("app"), Name::new("regcred"))
    }

    #[tokio::test]
    async fn a_copy_overwrites_nothing_that_was_not_shown() {
        let secret = |content: &str| {
            let data = json!({ KEY: BASE64_STANDARD.encode(content) });
            json!({ "metadata": { "uid": "u" }, "type": TYPE, "data": data })
        };
        let old = r#"{"auths":{"ghcr.io":{"auth":"YTpi"}}}"#;
        let new = r#"{"auths":{"ghcr.io":{"auth":"YTpj"},"quay.io":{}}}"#;
        let mine = r#"{"auths":{"ghcr.io":{"auth":"YTpk"}}}"#;
        let source = |content| Some(secret(content));
        for existing in [ConflictPolicy::Merge, ConflictPolicy::Replace] {
            for (shown, then, is_good) in [
                ([source(new), source(old)], [source(new), source(old)], true),
                // It is there already, whoever has made it.
                ([source(new), source(old)], [source(new), source(new)], true),
                (
                    [source(new), source(old)],
                    [source(new), source(mine)],
                    false,
                ),
                ([source(new), source(old)], [source(new), None], false),
                (
                    [source(old), source(old)],
                    [source(new), source(old)],
                    false,
                ),
                ([source(new), None], [source(new), source(old)], false),
            ] {
                let copy = CopySecret {
                    from: ObjectRef::new(Namespace::new("infra"), Name::new("regcred")),
                    to: key(),
                    conflict_policy: existing,
                    source_servers: Vec::new(),
                    target_servers: None,
                    expected: None,
                };
                let serving = |states: [Option<Value>; 2], writes: bool| {
                    mock::connection(move |method, uri| {
                        let is_source = uri.contains("/infra/");
                        let state = &states[usize::from(!is_source)];
                        Some(match state {
                            _ if method != Method::GET => {
                                assert!(writes, "nothing is written");
                                (
                                    200,
                                    state.clone().unwrap_or_else(|| secret(new)).to_string(),
                                )
                            }
                            Some(state) => (200, state.to_string()),
                            None => (404, String::new()),
                        })
                    })
                };
                let connection = serving(shown, true);
                let server = ApiServer::new(&connection, WriteMode::DryRun);
                let result = super::copy(server, &copy).await.unwrap();
                let Some(Change::CopySecret(copy)) = result.found else {
                    panic!("{result:?}")
                };
                let connection = serving(then, is_good);
                let server = ApiServer::new(&connection, WriteMode::Apply);
                let done = super::copy(server, &copy).await.unwrap();
                assert_eq!(done.outcome.is_good(), is_good, "{existing:?} {done:?}");
            }
        }
    }
}

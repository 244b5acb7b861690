//! Probes registries with the credentials that the kubelet would send.
//!
//! The Secrets' values are fetched for this and wiped after it. The question comes from the operator's
//! machine: a node may have another mirror, proxy or authority.

use super::{fetch, node_platforms::NodePlatforms};
use crate::{
    app::probe_cache::ProbeQuery,
    cluster::{ApiError, Connection, secret_values},
    domain::{
        error::UserError,
        k8s::{object_ref::ObjectRef, objects::Secret},
        plan,
        probe::{ProbeConclusion, PullAnswer, TargetPlatforms, conclude, decisive},
        registry_auth::{
            auth_attempts::{RegistryAuth, auth_attempts},
            docker_config::DockerConfig,
        },
    },
    registry::Prober,
};

/// Makes the attempts of the kubelet, in its order, until one succeeds.
pub(super) async fn probe_pod_image(
    connection: Result<Connection, UserError>,
    prober: Option<Prober>,
    query: &ProbeQuery,
    nodes: &NodePlatforms,
) -> Result<ProbeConclusion, UserError> {
    let connection = connection?;
    let prober = prober.ok_or_else(|| UserError::new("cannot test registries"))?;
    let configs = configs(&connection, query).await?;
    let wanted = nodes.get(&connection).await;
    let attempts = auth_attempts(
        &query.image,
        configs.iter().map(|(key, config)| (*key, config)),
    );
    let attempts = attempts.map_err(|(key, malformed)| {
        UserError::new(format!("cannot read Secret {key}")).with_cause(&*malformed.text)
    })?;
    let mut probes = Vec::new();
    let mut session = prober.session(&query.image);
    for attempt in &attempts {
        let transcript = session.probe(&attempt.auth).await;
        let conclusion = conclude(&transcript, &wanted);
        let enough = conclusion.answer == PullAnswer::Ok;
        probes.push((transcript.requester, conclusion));
        if enough {
            break;
        }
    }
    let decisive = decisive(&probes, |(requester, conclusion)| (requester, conclusion));
    decisive
        .map(|(_, conclusion)| conclusion.clone())
        .ok_or_else(|| UserError::new("no credential to test"))
}

/// Checks a login that is not saved yet.
pub(super) async fn check_credential(
    connection: Option<Connection>,
    prober: &Prober,
    query: plan::CredentialCheck,
    nodes: &NodePlatforms,
) -> ProbeConclusion {
    let wanted = match &connection {
        Some(connection) => nodes.get(connection).await,
        None => TargetPlatforms::Anything,
    };
    let who = RegistryAuth::Basic {
        name: query.login.username,
        password: query.login.password,
    };
    conclude(&prober.probe(&query.image, &who).await, &wanted)
}

/// Reads the Docker configurations of the Secrets; it passes over what is not there.
async fn configs<'a>(
    connection: &Connection,
    query: &'a ProbeQuery,
) -> Result<Vec<(&'a ObjectRef<Secret>, DockerConfig)>, UserError> {
    let mut configs = Vec::new();
    for key in query.secrets() {
        match secret_values::pull_secret(connection, key).await {
            Ok(secret) => configs.extend(secret.config.map(|config| (key, config))),
            Err(ApiError::NotFound(_)) => {}
            Err(error) => return Err(fetch::unreadable_secret(key, &error)),
        }
    }
    Ok(configs)
}

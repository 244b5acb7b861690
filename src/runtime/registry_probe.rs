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
        probe::{AnonymousReason, ProbeConclusion, PullAnswer, TargetPlatforms, conclude},
        registry_auth::{docker_config::DockerConfig, keyring::Keyring},
    },
    registry::{Prober, RegistryAuth},
};

/// Tries what the kubelet would try, in its order, until something is let in.
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
    let mut last = None;
    for who in &credential_candidates(&configs, query)? {
        let conclusion = conclude(&prober.probe(&query.image, who).await, &wanted);
        let enough = conclusion.answer == PullAnswer::Ok;
        last = Some(conclusion);
        if enough {
            break;
        }
    }
    last.ok_or_else(|| UserError::new("no credential to test"))
}

/// Asks whether the registry takes a login that is not saved yet.
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

/// The credentials that the kubelet would try, in its order; as nobody, if no entry gives it a credential.
fn credential_candidates(
    configs: &[(&ObjectRef<Secret>, DockerConfig)],
    query: &ProbeQuery,
) -> Result<Vec<RegistryAuth>, UserError> {
    let mut keyring = Keyring::default();
    for (key, config) in configs {
        let entries = config.usable_entries().map_err(|malformed| {
            UserError::new(format!("cannot read Secret {key}")).with_cause(&*malformed.text)
        })?;
        for entry in entries {
            keyring.add(&entry.server, entry);
        }
    }
    let lookup = keyring.lookup(&query.image);
    let mut askers: Vec<RegistryAuth> = lookup
        .candidates
        .iter()
        .filter(|tried| !tried.entry.password.expose().is_empty())
        .map(|tried| RegistryAuth::Basic {
            name: tried.entry.username.to_string(),
            password: tried.entry.password.clone(),
        })
        .collect();
    if askers.is_empty() {
        askers.push(RegistryAuth::Anonymous(
            match (lookup.candidates.len(), lookup.mismatches.len()) {
                (0, 0) => AnonymousReason::Chosen,
                (0, _) => AnonymousReason::NoEntryMatches,
                _ => AnonymousReason::EntryEmpty,
            },
        ));
    }
    Ok(askers)
}

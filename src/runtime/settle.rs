//! Asking the registry what only it can tell, with the credentials that the kubelet would send.
//!
//! The Secrets' values are fetched for this and wiped after it. The question comes from the operator's
//! machine: a node may have another mirror, proxy or authority.

use super::{nodes::Nodes, reading};
use crate::{
    app::settled::Question,
    cluster::{Connection, Trouble, fetch},
    domain::{
        error::UserError,
        k8s::{object_ref::ObjectRef, objects::Secret},
        plan,
        probe::{AnonymousReason, ProbeConclusion, PullAnswer, TargetPlatforms, conclude},
        registry_auth::{docker_config::DockerConfig, keyring::Keyring},
    },
    registry::{Prober, Who},
};

/// Tries what the kubelet would try, in its order, until something is let in.
pub(super) async fn ask(
    connection: Result<Connection, UserError>,
    prober: Option<Prober>,
    question: &Question,
    nodes: &Nodes,
) -> Result<ProbeConclusion, UserError> {
    let connection = connection?;
    let prober = prober.ok_or_else(|| UserError::new("cannot test registries"))?;
    let configs = configs(&connection, question).await?;
    let wanted = nodes.of(&connection).await;
    let mut last = None;
    for who in &askers(&configs, question)? {
        let verdict = conclude(&prober.probe(&question.image, who).await, &wanted);
        let enough = verdict.answer == PullAnswer::Ok;
        last = Some(verdict);
        if enough {
            break;
        }
    }
    last.ok_or_else(|| UserError::new("no credential to test"))
}

/// Asks whether the registry takes a login that is not saved yet.
pub(super) async fn verify(
    connection: Option<Connection>,
    prober: &Prober,
    question: plan::CredentialCheck,
    nodes: &Nodes,
) -> ProbeConclusion {
    let wanted = match &connection {
        Some(connection) => nodes.of(connection).await,
        None => TargetPlatforms::Anything,
    };
    let who = Who::User {
        name: question.login.username,
        password: question.login.password,
    };
    conclude(&prober.probe(&question.image, &who).await, &wanted)
}

/// What the kubelet reads of the Secrets; it passes over what is not there.
async fn configs<'a>(
    connection: &Connection,
    question: &'a Question,
) -> Result<Vec<(&'a ObjectRef<Secret>, DockerConfig)>, UserError> {
    let mut configs = Vec::new();
    for key in question.secrets() {
        match fetch::pull_secret(connection, key).await {
            Ok(secret) => configs.extend(secret.config.map(|config| (key, config))),
            Err(Trouble::NotFound(_)) => {}
            Err(trouble) => return Err(reading::unread(key, &trouble)),
        }
    }
    Ok(configs)
}

/// As whom the kubelet would ask, in its order; as nobody, if no entry gives it a credential.
fn askers(
    configs: &[(&ObjectRef<Secret>, DockerConfig)],
    question: &Question,
) -> Result<Vec<Who>, UserError> {
    let mut keyring = Keyring::default();
    for (key, config) in configs {
        let entries = config.usable_entries().map_err(|malformed| {
            UserError::new(format!("cannot read Secret {key}")).with_cause(&*malformed.text)
        })?;
        for entry in entries {
            keyring.add(&entry.server, entry);
        }
    }
    let lookup = keyring.lookup(&question.image);
    let mut askers: Vec<Who> = lookup
        .candidates
        .iter()
        .filter(|tried| !tried.entry.password.expose().is_empty())
        .map(|tried| Who::User {
            name: tried.entry.username.to_string(),
            password: tried.entry.password.clone(),
        })
        .collect();
    if askers.is_empty() {
        askers.push(Who::Nobody(
            match (lookup.candidates.len(), lookup.mismatches.len()) {
                (0, 0) => AnonymousReason::Chosen,
                (0, _) => AnonymousReason::NoEntryMatches,
                _ => AnonymousReason::EntryEmpty,
            },
        ));
    }
    Ok(askers)
}

//! Asking the registry what only it can tell, with the credentials that the kubelet would send.
//!
//! The Secrets' values are fetched for this and wiped after it. The question comes from the operator's
//! machine: a node may have another mirror, proxy or authority.

use crate::{
    app::settled::Question,
    cluster::{Connection, Trouble, fetch},
    domain::{
        keyring::Keyring,
        probe::{Answer, Nameless, Verdict, Wanted, judge},
        problem::Problem,
    },
    registry::{Prober, Who},
};

/// Tries what the kubelet would try, in its order, until something is let in. `wanted` is what shall run
/// the image.
pub(super) async fn ask(
    connection: &Connection,
    prober: &Prober,
    question: &Question,
    wanted: &Wanted,
) -> Result<Verdict, Problem> {
    let mut configs = Vec::new();
    for key in question.secrets() {
        match fetch::pull_secret(connection, key).await {
            Ok(secret) => configs.extend(secret.config),
            // The kubelet passes over what is not there.
            Err(Trouble::NotFound(_)) => {}
            Err(trouble) => {
                return Err(
                    Problem::new(format!("cannot read Secret {key}")).because(trouble.to_string())
                );
            }
        }
    }
    let mut keyring = Keyring::default();
    for config in &configs {
        let entries = config.usable().map_err(|malformed| {
            Problem::new("a Secret cannot be read").because(&*malformed.text)
        })?;
        for entry in entries {
            keyring.add(&entry.server, entry);
        }
    }
    let lookup = keyring.lookup(&question.image);
    let mut askers: Vec<Who> = lookup
        .tries
        .iter()
        .filter(|tried| !tried.entry.password.expose().is_empty())
        .map(|tried| Who::User {
            name: tried.entry.username.to_string(),
            password: tried.entry.password.clone(),
        })
        .collect();
    if askers.is_empty() {
        askers.push(Who::Nobody(
            match (lookup.tries.len(), lookup.misses.len()) {
                (0, 0) => Nameless::Chosen,
                (0, _) => Nameless::NoEntryMatches,
                _ => Nameless::EntryEmpty,
            },
        ));
    }
    let mut last = None;
    for who in &askers {
        let verdict = judge(&prober.probe(&question.image, who).await, wanted);
        let enough = verdict.answer == Answer::Ok;
        last = Some(verdict);
        if enough {
            break;
        }
    }
    last.ok_or_else(|| Problem::new("there is nobody to ask for"))
}

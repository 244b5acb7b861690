//! Carrying out a plan: asked for first, rehearsed by the server, then made change by change.
//!
//! What is there counts, never what a watch showed earlier: each object is read, and written for the version
//! that was read; it is read again when somebody wrote in between. Where a field is replaced (an image, a
//! ServiceAccount, a template), what is there must be what was shown. A plan that has been carried out can
//! be carried out again and changes nothing. What was there before is given back to the caller, in memory,
//! so that it can be taken back.
//!
//! A change whose answer is lost may have been stored: the object is read and compared with what was sent
//! (`update`, `create`, `delete`).

mod accounts;
mod bodies;
mod convert;
mod create;
mod delete;
mod lost;
mod patch;
mod patience;
mod rollout;
mod secrets;
mod server;
mod target;
mod undo;
mod update;
mod wiped;
mod workloads;

use std::collections::BTreeSet;

use serde_json::Value;

pub use self::convert::CONVERSION_LIMIT;
use self::{
    create::create,
    delete::remove,
    server::{Mode, Server},
    target::{makes, subject},
};
use super::{Connection, Trouble, access, paths};
use crate::domain::plan::{
    Change, Done, OnFailure, Outcome, Plan, corrected, manifest, undo as inverse_of,
};

/// The right to write at all. Whoever starts the program grants it, and not with `--read-only`; without
/// one nothing in this module can be called.
#[derive(Clone, Copy, Debug)]
pub struct WritePermit(());

impl WritePermit {
    /// `None` when the user wants to read only.
    pub fn unless(read_only: bool) -> Option<Self> {
        (!read_only).then_some(Self(()))
    }
}

/// Asks for the permissions and lets the server try each change without storing it.
pub async fn rehearse(connection: &Connection, _: WritePermit, plan: &Plan) -> Vec<Done> {
    let server = Server::new(connection, Mode::Rehearsal);
    let mut all = Vec::new();
    // What an earlier change is going to make is not there for the server to try the next one on.
    let mut to_be_made: BTreeSet<String> = BTreeSet::new();
    let mut changed: BTreeSet<String> = BTreeSet::new();
    for (index, change) in plan.changes.iter().enumerate() {
        let server = server.behind_another(!changed.insert(subject(change)));
        if plan.deletes_for_nothing(index, &all) {
            all.push(no_reason_to_delete());
            continue;
        }
        all.push(match missing(connection, change).await {
            Some(why) => Done::new(Outcome::Failed(why)),
            None => match make(server, change).await {
                Err(Trouble::NotFound(_)) if waits(server, change, &to_be_made).await => {
                    Done::new(Outcome::Applied)
                }
                answer => told(answer),
            },
        });
        if makes(change) {
            to_be_made.insert(subject(change));
        }
    }
    all
}

/// Whether what was not found is what an earlier change of the plan is going to make: the object, the
/// namespace that it is in, or the Secret that is copied.
async fn waits(server: Server<'_>, change: &Change, to_be_made: &BTreeSet<String>) -> bool {
    if let Change::CopySecret(copy) = change {
        let source = paths::secret(&copy.from);
        if to_be_made.contains(&source) {
            return true;
        }
        if matches!(server.get(&source).await, Err(Trouble::NotFound(_))) {
            return false;
        }
    }
    let namespace = paths::namespace(change.namespace());
    to_be_made.contains(&subject(change)) || to_be_made.contains(&namespace)
}

/// Makes the changes in their order, tells each when it is made, and stops at the first that fails.
/// Where the plan says so, what was made before that is taken back.
pub async fn carry_out(
    connection: &Connection,
    _: WritePermit,
    plan: &Plan,
    mut tell: impl FnMut(usize, &Outcome),
) -> Vec<Done> {
    let server = Server::new(connection, Mode::Earnest);
    let mut all: Vec<Done> = Vec::new();
    let mut failed = false;
    for (index, change) in plan.changes.iter().enumerate() {
        let done = if failed {
            Done::new(Outcome::NotTried)
        } else if plan.deletes_for_nothing(index, &all) {
            no_reason_to_delete()
        } else {
            told(make(server, change).await)
        };
        tell(index, &done.outcome);
        // A Pod that could not be made new is no reason to take a credential back.
        let matters = !matches!(
            change,
            Change::DeletePod { .. } | Change::DeleteJob { .. } | Change::Restart(_)
        );
        let fails = !failed && !done.outcome.is_good();
        all.push(done);
        failed |= fails;
        if fails && matters && plan.on_failure == OnFailure::TakeBack {
            take_back(server, plan, &mut all, &mut tell).await;
        }
    }
    all
}

/// A deletion that is left out, as the changes before it were made already.
fn no_reason_to_delete() -> Done {
    let why = "nothing else of the plan changes anything";
    Done::new(Outcome::NotNeeded(why.to_owned()))
}

/// Takes back what was made, last one first; also that of which it is not known.
async fn take_back(
    server: Server<'_>,
    plan: &Plan,
    all: &mut [Done],
    tell: &mut impl FnMut(usize, &Outcome),
) {
    let made = all.iter_mut().zip(&plan.changes).enumerate().rev();
    for (index, (done, change)) in made {
        let inverse = done.before.clone();
        let Some(inverse) = inverse.and_then(|before| inverse_of(change, before)) else {
            continue;
        };
        let back = told(make(server, &inverse).await).outcome;
        let was_unknown = matches!(done.outcome, Outcome::Unknown(_));
        let was = if was_unknown {
            "it may have been made"
        } else {
            "it was made"
        };
        done.outcome = match back {
            // It is as it was, and may still be changed by what is on its way.
            Outcome::Unchanged if was_unknown => continue,
            // What was there before is kept: undo tries again.
            Outcome::Failed(why) => {
                Outcome::Failed(format!("{was}, and could not be taken back: {why}"))
            }
            Outcome::Unknown(why) => Outcome::Unknown(format!(
                "{was}, and whether it was taken back is not known: {why}"
            )),
            Outcome::Applied
            | Outcome::Unchanged
            | Outcome::NotNeeded(_)
            | Outcome::TakenBack
            | Outcome::NotTried => {
                done.before = None;
                Outcome::TakenBack
            }
        };
        tell(index, &done.outcome);
    }
}

/// What is missing for a change, and the Role that grants it.
async fn missing(connection: &Connection, change: &Change) -> Option<String> {
    for permission in change.permissions() {
        // A server that does not answer this question answers the request itself.
        if let Ok(false) = access::may(connection, &permission).await {
            return Some(format!(
                "you may not {permission}; ask for: {}",
                permission.role_command()
            ));
        }
    }
    None
}

fn told(answer: Result<Done, Trouble>) -> Done {
    answer.unwrap_or_else(|trouble| Done::new(Outcome::Failed(trouble.to_string())))
}

/// One change as requests.
async fn make(server: Server<'_>, change: &Change) -> Result<Done, Trouble> {
    match change {
        Change::CreateNamespace(name) => {
            let body = manifest::namespace(name);
            let goes = |there: &Value| {
                let phase = there.pointer("/status/phase").and_then(Value::as_str);
                if phase == Some("Terminating") {
                    return Err("it is being deleted: try again when it is gone".to_owned());
                }
                Ok(())
            };
            let made = create(server, paths::NAMESPACES, name.as_str(), &body, goes).await?;
            // With it would go whatever others have put into it since.
            Ok(Done {
                before: None,
                ..made
            })
        }
        Change::CreateSecret {
            key,
            server: registry,
            login,
        } => secrets::create(server, key, registry, login).await,
        Change::EditSecret { key, edit, before } => {
            secrets::edit(server, key, edit, before.as_ref()).await
        }
        Change::ConvertSecret { key, .. } => convert::convert(server, key).await,
        Change::CopySecret(copy) => secrets::copy(server, copy).await,
        Change::DeleteSecret { key } => remove(server, &paths::secret(key)).await,
        Change::CreateAccount { key, pull_secrets } => {
            accounts::create(server, key, pull_secrets).await
        }
        Change::DeleteAccount { key } => remove(server, &paths::account(key)).await,
        Change::AttachSecret {
            account, secret, ..
        } => accounts::attach(server, account, secret).await,
        Change::DetachSecret {
            account, secret, ..
        } => accounts::detach(server, account, secret).await,
        Change::SetAccount {
            workload,
            before,
            account,
        } => workloads::set_account(server, workload.id(), before.as_ref(), account).await,
        Change::SetImage {
            workload,
            container,
            before,
            image,
        } => workloads::set_image(server, workload, container, before.as_ref(), image).await,
        Change::SetTemplatePullSecrets {
            workload,
            add,
            instead_of,
            ..
        } => {
            workloads::set_pull_secrets(server, workload.id(), |list| {
                corrected(list, add, instead_of.as_ref())
            })
            .await
        }
        Change::CreateDeployment(deployment) => workloads::create(server, deployment).await,
        Change::Restart(workload) => workloads::restart(server, workload.id()).await,
        Change::SetPaused { deployment, paused } => {
            rollout::set_paused(server, deployment, *paused).await
        }
        Change::RollBack {
            deployment,
            set,
            before,
            ..
        } => rollout::roll_back(server, deployment, set, before.as_ref()).await,
        Change::DeletePod { pod, uid } => workloads::delete_pod(server, pod, uid.as_deref()).await,
        Change::DeleteJob { job, uid } => workloads::delete_job(server, job, uid.as_deref()).await,
        Change::TakeBack { change, before, .. } => undo::take_back(server, change, before).await,
    }
}

#[cfg(test)]
mod tests;

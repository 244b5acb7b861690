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
mod alike;
mod bodies;
mod convert;
mod create;
mod delete;
mod patch;
mod patience;
mod rollout;
mod secrets;
mod server;
mod undo;
mod update;
mod wiped;
mod workloads;

use std::collections::BTreeSet;

use serde_json::Value;

use self::{
    alike::Alike,
    create::create,
    delete::remove,
    server::{Mode, Server},
};
use super::{Connection, Trouble, access, paths};
use crate::domain::{
    key::Namespace,
    objects::{Subject, WorkloadKey, WorkloadKind},
    plan::{Change, Done, OnFailure, Outcome, Plan, corrected, manifest, undo as inverse},
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
    let mut alike = Alike::default();
    // What an earlier change is going to make is not there for the server to try the next one on.
    let mut to_be_made: BTreeSet<&Namespace> = BTreeSet::new();
    let mut changed: BTreeSet<String> = BTreeSet::new();
    for change in &plan.changes {
        let server = server.behind_another(!changed.insert(subject(change)));
        all.push(match missing(connection, change).await {
            Some(why) => Done::new(Outcome::Failed(why)),
            None => match make(server, change, &mut alike).await {
                Err(Trouble::NotFound(_)) if to_be_made.contains(change.namespace()) => {
                    Done::new(Outcome::Applied)
                }
                answer => told(answer),
            },
        });
        if makes(change) {
            to_be_made.insert(change.namespace());
        }
    }
    all
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
    let mut alike = Alike::default();
    let mut failed = false;
    for (index, change) in plan.changes.iter().enumerate() {
        let done = if failed {
            Done::new(Outcome::NotTried)
        } else {
            told(make(server, change, &mut alike).await)
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

/// Takes back what was made, last one first; also that of which it is not known.
async fn take_back(
    server: Server<'_>,
    plan: &Plan,
    all: &mut [Done],
    tell: &mut impl FnMut(usize, &Outcome),
) {
    let mut alike = Alike::default();
    let made = all.iter_mut().zip(&plan.changes).enumerate().rev();
    for (index, (done, change)) in made {
        let Some(before) = done.before.take() else {
            continue;
        };
        let back = told(make(server, &inverse(change, before), &mut alike).await).outcome;
        done.outcome = match back {
            // It is as it was, and may still be changed by what is on its way.
            Outcome::Unchanged if matches!(done.outcome, Outcome::Unknown(_)) => continue,
            Outcome::Failed(why) => {
                Outcome::Failed(format!("it was made, and could not be taken back: {why}"))
            }
            Outcome::Unknown(why) => Outcome::Unknown(format!(
                "it was made, and whether it was taken back is not known: {why}"
            )),
            Outcome::Applied
            | Outcome::Unchanged
            | Outcome::NotNeeded(_)
            | Outcome::TakenBack
            | Outcome::NotTried => Outcome::TakenBack,
        };
        tell(index, &done.outcome);
    }
}

/// The object that a change is made to.
fn subject(change: &Change) -> String {
    match change {
        Change::CreateNamespace(name) => paths::namespace(name),
        Change::CreateSecret { key, .. }
        | Change::EditSecret { key, .. }
        | Change::ConvertSecret { key, .. }
        | Change::DeleteSecret { key } => paths::secret(key),
        Change::CopySecret(copy) => paths::secret(&copy.to),
        Change::CreateAccount { key, .. } | Change::DeleteAccount { key } => paths::account(key),
        Change::AttachSecret { account, .. } | Change::DetachSecret { account, .. } => {
            paths::account(account)
        }
        Change::SetAccount { workload, .. }
        | Change::SetTemplatePullSecrets { workload, .. }
        | Change::Restart(workload) => paths::workload(workload.id()),
        Change::SetImage { workload, .. } => match workload.subject() {
            Subject::Pod(key) => paths::pod(key),
            Subject::Workload(id) => paths::workload(id),
        },
        Change::CreateDeployment(deployment) => paths::workload(&deployment.id()),
        Change::SetPaused { deployment, .. } | Change::RollBack { deployment, .. } => {
            let kind = WorkloadKind::Deployment;
            let key = deployment.clone();
            paths::workload(&WorkloadKey { kind, key })
        }
        Change::DeletePod { pod, .. } => paths::pod(pod),
        Change::DeleteJob { job, .. } => paths::workload(&WorkloadKey {
            kind: WorkloadKind::Job,
            key: job.clone(),
        }),
        Change::TakeBack { change, .. } => subject(change),
    }
}

/// Whether an object is there afterwards that the server does not see in a rehearsal.
fn makes(change: &Change) -> bool {
    match change {
        Change::TakeBack { change, .. } => {
            matches!(
                **change,
                Change::DeleteAccount { .. } | Change::DeleteSecret { .. }
            )
        }
        change => matches!(
            change,
            Change::CreateNamespace(_)
                | Change::CreateAccount { .. }
                | Change::CreateSecret { .. }
                | Change::CreateDeployment(_)
        ),
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
async fn make(server: Server<'_>, change: &Change, alike: &mut Alike) -> Result<Done, Trouble> {
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
        Change::TakeBack { change, before, .. } => {
            undo::take_back(server, change, before, alike).await
        }
    }
}

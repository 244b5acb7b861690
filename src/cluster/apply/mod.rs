//! Applies a plan: checks permissions, dry-runs the changes on the server, then makes them one by one.
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
mod api;
mod backoff;
mod convert;
mod create;
mod delete;
mod lost_write;
mod namespaces;
mod patch;
mod patches;
mod rollout;
mod secret_value;
mod secrets;
mod undo;
mod update;
mod workloads;

use std::{collections::BTreeSet, time::Duration};

use self::api::{ApiServer, WriteMode};
pub use self::convert::CONVERSION_LIMIT;
use super::{ApiError, Connection, paths, rbac};
use crate::domain::{
    k8s::objects::AnyObjectRef,
    plan::{Change, ChangeResult, OnFailure, Outcome, Plan, Purpose},
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
pub async fn dry_run(connection: &Connection, _: WritePermit, plan: &Plan) -> Vec<ChangeResult> {
    let server = ApiServer::new(connection, WriteMode::DryRun);
    let mut all = Vec::new();
    // What an earlier change is going to create is not there for the server to try the next one on.
    let mut to_be_created: BTreeSet<AnyObjectRef> = BTreeSet::new();
    let mut changed: BTreeSet<AnyObjectRef> = BTreeSet::new();
    for (index, change) in plan.changes.iter().enumerate() {
        let server = server.follows_earlier_change(!changed.insert(change.object()));
        if plan.deletes_for_nothing(index, &all) {
            all.push(no_reason_to_delete());
            continue;
        }
        all.push(match missing_permission(connection, change).await {
            Some(why) => ChangeResult::new(Outcome::Failed(why)),
            None => match apply_change(server, change).await {
                Err(ApiError::NotFound(_))
                    if awaits_creation(server, change, &to_be_created).await =>
                {
                    ChangeResult::new(Outcome::Applied)
                }
                answer => to_result(answer),
            },
        });
        if change.is_creation() {
            to_be_created.insert(change.object());
        }
    }
    all
}

/// Whether what was not found is what an earlier change of the plan is going to create: the object, the
/// namespace that it is in, or the Secret that is copied.
async fn awaits_creation(
    server: ApiServer<'_>,
    change: &Change,
    to_be_created: &BTreeSet<AnyObjectRef>,
) -> bool {
    if let Change::CopySecret(copy) = change {
        if to_be_created.contains(&AnyObjectRef::Secret(copy.from.clone())) {
            return true;
        }
        let source = server.get(&paths::secret(&copy.from)).await;
        if matches!(source, Err(ApiError::NotFound(_))) {
            return false;
        }
    }
    let namespace = AnyObjectRef::Namespace(change.namespace());
    to_be_created.contains(&change.object()) || to_be_created.contains(&namespace)
}

/// Makes the changes in their order, reports each when it is made, and stops at the first that fails.
/// Where the plan says so, what was made before that is taken back.
pub async fn apply(
    connection: &Connection,
    _: WritePermit,
    plan: &Plan,
    mut report: impl FnMut(usize, &Outcome),
) -> Vec<ChangeResult> {
    let server = ApiServer::new(connection, WriteMode::Apply);
    let mut all: Vec<ChangeResult> = Vec::new();
    let mut failed = false;
    for (index, change) in plan.changes.iter().enumerate() {
        let done = if failed {
            ChangeResult::new(Outcome::NotTried)
        } else if plan.deletes_for_nothing(index, &all) {
            no_reason_to_delete()
        } else {
            to_result(apply_change(server, change).await)
        };
        report(index, &done.outcome);
        // A Pod that could not be made new is no reason to take a credential back.
        let matters = match change.purpose() {
            Purpose::Repair => true,
            Purpose::Restart | Purpose::Recreation => false,
        };
        let fails = !failed && !done.outcome.is_good();
        all.push(done);
        failed |= fails;
        if fails && matters && plan.on_failure == OnFailure::TakeBack {
            roll_back(server, &mut all, &mut report).await;
        }
    }
    all
}

/// A deletion that is left out, as the changes before it were made already.
fn no_reason_to_delete() -> ChangeResult {
    let why = "the rest of the plan changes nothing";
    ChangeResult::new(Outcome::NotNeeded(why.to_owned()))
}

/// How long taking back goes on at most when the server is not reached or is busy; the end of the program waits
/// for longer (`runtime::active_changes`).
pub const ROLLBACK_LIMIT: Duration = Duration::from_secs(90);

/// One request of taking back: the next one must have its time too.
const REQUEST: Duration = Duration::from_secs(10);

/// Takes back what was made, last one first; also that of which it is not known.
async fn roll_back(
    server: ApiServer<'_>,
    all: &mut [ChangeResult],
    report: &mut impl FnMut(usize, &Outcome),
) {
    let server = server.with_retries(ROLLBACK_LIMIT, REQUEST);
    for (index, done) in all.iter_mut().enumerate().rev() {
        let Some(undo) = done.undo.clone() else {
            continue;
        };
        let back = roll_back_one(server, &undo).await;
        let was_unknown = matches!(done.outcome, Outcome::Unknown(_));
        let was = if was_unknown {
            "it may have been applied"
        } else {
            "it was applied"
        };
        done.outcome = match back {
            // It is as it was, and may still be changed by what is on its way.
            Outcome::Unchanged if was_unknown => continue,
            // What was there before is kept: undo tries again.
            Outcome::Failed(why) => {
                Outcome::Failed(format!("{was}, and could not be rolled back: {why}"))
            }
            Outcome::Unknown(why) => {
                Outcome::Unknown(format!("{was}, and the rollback result is unknown: {why}"))
            }
            Outcome::Applied
            | Outcome::Unchanged
            | Outcome::NotNeeded(_)
            | Outcome::TakenBack
            | Outcome::NotTried => {
                done.undo = None;
                Outcome::TakenBack
            }
        };
        report(index, &done.outcome);
    }
}

/// Takes one change back, and goes on as long as that may still succeed.
async fn roll_back_one(server: ApiServer<'_>, undo: &Change) -> Outcome {
    let mut backoff = server.backoff();
    loop {
        let (outcome, error) = match apply_change(server, undo).await {
            Err(error) if error.is_transient() => (Outcome::Failed(error.to_string()), error),
            Ok(ChangeResult {
                outcome: Outcome::Unknown(why),
                ..
            }) => (Outcome::Unknown(why.clone()), ApiError::Transport(why)),
            answer => return to_result(answer).outcome,
        };
        if !backoff.after_error(&error).await {
            return outcome;
        }
    }
}

/// What is missing for a change, and the Role that grants it.
async fn missing_permission(connection: &Connection, change: &Change) -> Option<String> {
    for permission in change.permissions() {
        // A server that does not answer this question answers the request itself.
        if let Ok(false) = rbac::is_allowed(connection, &permission).await {
            return Some(format!(
                "you may not {permission}; request: {}",
                permission.role_command()
            ));
        }
    }
    None
}

fn to_result(answer: Result<ChangeResult, ApiError>) -> ChangeResult {
    answer.unwrap_or_else(|error| ChangeResult::new(Outcome::Failed(error.to_string())))
}

/// One change as requests.
async fn apply_change(server: ApiServer<'_>, change: &Change) -> Result<ChangeResult, ApiError> {
    match change {
        Change::CreateNamespace(change) => namespaces::create(server, change).await,
        Change::CreateSecret(change) => secrets::create(server, change).await,
        Change::EditSecret(change) => secrets::edit(server, change).await,
        Change::ConvertSecret(change) => convert::convert(server, change).await,
        Change::CopySecret(change) => secrets::copy(server, change).await,
        Change::DeleteSecret(change) => secrets::delete(server, change).await,
        Change::CreateAccount(change) => accounts::create(server, change).await,
        Change::DeleteAccount(change) => accounts::delete(server, change).await,
        Change::AttachSecret(change) => accounts::attach(server, change).await,
        Change::DetachSecret(change) => accounts::detach(server, change).await,
        Change::SetAccount(change) => workloads::set_account(server, change).await,
        Change::SetImage(change) => workloads::set_image(server, change).await,
        Change::SetTemplatePullSecrets(change) => workloads::set_pull_secrets(server, change).await,
        Change::CreateDeployment(change) => workloads::create(server, change).await,
        Change::Restart(change) => workloads::restart(server, change).await,
        Change::SetPaused(change) => rollout::set_paused(server, change).await,
        Change::RollBack(change) => rollout::roll_back(server, change).await,
        Change::DeletePod(change) => workloads::delete_pod(server, change).await,
        Change::DeleteJob(change) => workloads::delete_job(server, change).await,
        Change::TakeBack(change) => undo::roll_back(server, change).await,
    }
}

#[cfg(test)]
mod tests;

//! Carrying out a plan: asked for first, rehearsed by the server, then made change by change.
//!
//! What is there counts, never what a watch showed earlier: lists and Secrets are read, changed and
//! written back with the version that was read, and read again when somebody wrote in between. A plan
//! that has been carried out can be carried out again and changes nothing.

mod bodies;
mod rollout;
mod secrets;
mod send;

use std::collections::BTreeSet;

use super::{Connection, Trouble, access};
use crate::domain::{
    key::Namespace,
    plan::{Change, Outcome, Plan},
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

/// Whether a request is meant, or only tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// `dryRun=All`: admission and validation run, nothing is stored.
    Rehearsal,
    Earnest,
}

/// Asks for the permissions and lets the server try each change without storing it.
pub async fn rehearse(connection: &Connection, _: WritePermit, plan: &Plan) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    // What an earlier change is going to make is not there for the server to try the next one on.
    let mut to_be_made: BTreeSet<&Namespace> = BTreeSet::new();
    for change in &plan.changes {
        let mut outcome = match missing(connection, change).await {
            Some(why) => Outcome::Failed(why),
            None => one(connection, change, Mode::Rehearsal).await,
        };
        if !outcome.is_good() && to_be_made.contains(change.namespace()) {
            outcome = Outcome::Applied;
        }
        if makes(change) {
            to_be_made.insert(change.namespace());
        }
        outcomes.push(outcome);
    }
    outcomes
}

/// Makes the changes in their order, and stops at the first that fails.
pub async fn carry_out(connection: &Connection, _: WritePermit, plan: &Plan) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let mut failed = false;
    for change in &plan.changes {
        let outcome = if failed {
            Outcome::NotTried
        } else {
            one(connection, change, Mode::Earnest).await
        };
        failed |= !outcome.is_good();
        outcomes.push(outcome);
    }
    outcomes
}

fn makes(change: &Change) -> bool {
    matches!(
        change,
        Change::CreateNamespace(_) | Change::CreateAccount { .. } | Change::CreateSecret { .. }
    )
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

async fn one(connection: &Connection, change: &Change, mode: Mode) -> Outcome {
    match send::change(connection, change, mode).await {
        Ok(outcome) => outcome,
        Err(trouble) => Outcome::Failed(trouble.to_string()),
    }
}

/// Whether somebody wrote in between, or made the same object before.
fn is_conflict(trouble: &Trouble) -> bool {
    matches!(trouble, Trouble::Status(409, _))
}

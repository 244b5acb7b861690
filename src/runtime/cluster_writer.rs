//! Write operations, which need a write permit.

use crate::{
    cluster::{
        Connection, ShortLivedPod,
        apply::{self, WritePermit},
        node_files,
        pull_test::{self, StopReason},
    },
    domain::{
        node::NodeFilesOutcome,
        plan::{ChangeResult, Outcome, Plan},
        pull_test::{PullTestOutcome, PullTestResult},
    },
};

/// The connection with the write permit; `None` without either.
pub(super) struct ClusterWriter(pub(super) Option<(Connection, WritePermit)>);

const NOBODY: &str = "not connected, or read-only";

/// Error for changes during shutdown.
pub(super) const QUITTING: &str = "not started: pullscope is quitting";

impl ClusterWriter {
    /// Dry-runs the changes of a plan on the server.
    pub(super) async fn dry_run(self, plan: &Plan) -> Vec<ChangeResult> {
        match self.0 {
            Some((connection, permit)) => apply::dry_run(&connection, permit, plan).await,
            None => nothing_done(plan),
        }
    }

    /// Applies a plan and reports each change.
    pub(super) async fn apply(
        self,
        plan: &Plan,
        tell: impl Fn(usize, Outcome),
    ) -> Vec<ChangeResult> {
        let Some((connection, permit)) = self.0 else {
            return nothing_done(plan);
        };
        let tell = |change: usize, outcome: &Outcome| tell(change, outcome.clone());
        apply::apply(&connection, permit, plan, tell).await
    }

    /// Makes the kubelet of a node pull, with this Pod.
    pub(super) async fn pull(
        self,
        pod: &ShortLivedPod,
        stop: impl Future<Output = StopReason>,
    ) -> PullTestOutcome {
        match self.0 {
            Some((connection, permit)) => pull_test::run(pod, &connection, permit, stop).await,
            None => PullTestOutcome {
                pulled: PullTestResult::Unknown(NOBODY.to_owned()),
                is_deleted: true,
            },
        }
    }

    /// Reads the files of a node, with this Pod.
    pub(super) async fn read_node_files(
        self,
        pod: &ShortLivedPod,
        stop: impl Future<Output = ()>,
    ) -> NodeFilesOutcome {
        match self.0 {
            Some((connection, permit)) => node_files::run(pod, &connection, permit, stop).await,
            None => NodeFilesOutcome {
                read: Err(NOBODY.to_owned()),
                is_deleted: true,
            },
        }
    }
}

/// Outcomes of a plan that is confirmed during shutdown.
pub(super) fn refused_at_end(plan: &Plan) -> Vec<ChangeResult> {
    let why = || ChangeResult::new(Outcome::Failed(QUITTING.to_owned()));
    plan.changes.iter().map(|_| why()).collect()
}

fn nothing_done(plan: &Plan) -> Vec<ChangeResult> {
    let why = || ChangeResult::new(Outcome::Failed(NOBODY.to_owned()));
    plan.changes.iter().map(|_| why()).collect()
}

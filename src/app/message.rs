//! Messages: every event that can change the model.

use std::sync::Arc;

use super::{
    form::ImportedLogin, key::Key, panes::Pane, plan_dialog::SharedPlan, request_id::RequestId,
    shutdown::PendingShutdown,
};
use crate::domain::{
    diagnostics::node_answers::NodeAnswers,
    error::UserError,
    k8s::{
        connection::{ConnectionInfo, KubeContext},
        document::YamlDocument,
    },
    node::{NodeFacts, NodeFilesOutcome},
    plan::{ChangeResult, Outcome},
    probe::ProbeConclusion,
    pull_test::PullTestOutcome,
    rbac::SubjectRules,
    registry_auth::docker_config::DockerConfig,
    store::{
        unreadable::UnreadableObjects,
        update::StoreUpdate,
        watch::{WatchId, WatchState},
    },
};

#[derive(Debug)]
pub enum Message {
    Key(Key),
    Paste(String),
    Click {
        pane: Pane,
        row: usize,
    },
    Scroll {
        pane: Pane,
        down: bool,
    },
    /// Time has passed: something on the screen reads differently now.
    Tick,
    /// The terminal has another size, or was away.
    Redraw,
    /// A shutdown that waits for changes in progress.
    ShuttingDown(PendingShutdown),
    Connected(RequestId, Result<ConnectionInfo, UserError>),
    Contexts(RequestId, Result<Vec<KubeContext>, UserError>),
    Batch(RequestId, StoreUpdate),
    Watch(RequestId, WatchId, WatchState),
    /// Objects of a watch that could not be decoded: these, and no others.
    Unreadable(RequestId, WatchId, Arc<UnreadableObjects>),
    /// What the server said of each change when it tried it.
    DryRunDone(RequestId, Vec<ChangeResult>),
    /// What became of the change with this number.
    ApplyProgress(RequestId, usize, Outcome),
    /// What became of the changes of a plan.
    Applied(RequestId, SharedPlan, Vec<ChangeResult>),
    /// A credential was read, or in words why not.
    Imported(RequestId, Result<ImportedLogin, String>),
    /// A file was written, or not.
    Saved(Result<String, UserError>),
    /// What the registry says of a Pod's image.
    ProbeDone(RequestId, Result<Box<ProbeConclusion>, UserError>),
    /// What the registry says of a login.
    CredentialChecked(RequestId, Box<ProbeConclusion>),
    /// What the user may do in the namespace that was asked about; `None` where the server did not say.
    RbacLoaded(RequestId, Option<SubjectRules>),
    /// What the server said of nodes.
    NodesAnswered(RequestId, Box<NodeAnswers>),
    /// An object whole.
    ObjectFetched(RequestId, Result<Box<YamlDocument>, UserError>),
    /// The values of a Secret, to be shown; `None` where it holds none that the kubelet reads.
    Revealed(RequestId, Result<Option<DockerConfig>, UserError>),
    /// What the kubelet of a node says in a pull test, and whether its Pod is deleted.
    PullTestAnswered(RequestId, Arc<str>, PullTestOutcome),
    /// What a node and its kubelet say of themselves.
    NodeRead(RequestId, Box<NodeFacts>),
    /// What a Pod has read of a node's files, and whether it is deleted.
    NodeFilesRead(RequestId, Box<NodeFilesOutcome>),
    /// More lines of the log that is followed.
    Logged(RequestId, Vec<String>),
    LogEnded(RequestId, Result<(), UserError>),
    /// Removes a watch that has ended.
    WatchEnded(RequestId, WatchId),
}

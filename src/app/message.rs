//! Everything that can happen to the model.

use std::sync::Arc;

use super::{
    form::Imported, key::Key, panes::Pane, plan_dialog::Planned, request_id::Ticket,
    shutdown::Finishing,
};
use crate::domain::{
    error::UserError,
    k8s::{
        connection::{ConnectionInfo, KubeContext},
        document::YamlDocument,
    },
    plan::{ChangeResult, Outcome},
    probe::ProbeConclusion,
    pull_test::PullTestResult,
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
    /// The program is ending and waits for changes.
    Finishing(Finishing),
    Connected(Ticket, Result<ConnectionInfo, UserError>),
    Contexts(Ticket, Result<Vec<KubeContext>, UserError>),
    Batch(Ticket, StoreUpdate),
    Watch(Ticket, WatchId, WatchState),
    /// Objects of a watch that could not be decoded: these, and no others.
    Unreadable(Ticket, WatchId, Arc<UnreadableObjects>),
    /// What the server said of each change when it tried it.
    Rehearsed(Ticket, Vec<ChangeResult>),
    /// What became of the change with this number.
    Progress(Ticket, usize, Outcome),
    /// What became of the changes of a plan.
    CarriedOut(Ticket, Planned, Vec<ChangeResult>),
    /// A credential was read, or in words why not.
    Imported(Ticket, Result<Imported, String>),
    /// A file was written, or not.
    Saved(Result<String, UserError>),
    /// What the registry says of a Pod's image.
    Settled(Ticket, Result<Box<ProbeConclusion>, UserError>),
    /// What the registry says of a login.
    Verified(Ticket, Box<ProbeConclusion>),
    /// What the user may do in the namespace that was asked about; `None` where the server did not say.
    Rights(Ticket, Option<SubjectRules>),
    /// An object whole.
    Read(Ticket, Result<Box<YamlDocument>, UserError>),
    /// The values of a Secret, to be shown; `None` where it holds none that the kubelet reads.
    Revealed(Ticket, Result<Option<DockerConfig>, UserError>),
    /// What the kubelet of a node says in a pull test.
    Pulled(Ticket, Arc<str>, PullTestResult),
    /// More lines of the log that is followed.
    Logged(Ticket, Vec<String>),
    LogEnded(Ticket, Result<(), UserError>),
    /// This watch is no more.
    Ended(Ticket, WatchId),
}

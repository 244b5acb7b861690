//! What `update` wants done outside: data that says what, never how.

use std::sync::Arc;

use super::{
    form::Origin, plan_dialog::Planned, probe_cache::Question, request_id::Ticket, reveal::Clip,
    theme_name::ThemeName,
};
use crate::domain::{
    k8s::{
        logs::LogSource,
        object_ref::{Namespace, ObjectRef},
        objects::{AnyObjectRef, Secret},
    },
    pull_test::PullTest,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Connects to a context (`None`: the one that the command line or the kubeconfig chose) and
    /// starts its watches; whatever was watched before is dropped.
    Connect {
        ticket: Ticket,
        context: Option<String>,
    },
    /// Reads the contexts of the kubeconfig.
    ListContexts {
        ticket: Ticket,
    },
    /// Asks the watches to look into this namespace, where listing all namespaces is not permitted.
    Look {
        ticket: Ticket,
        namespace: Namespace,
    },
    /// Lets the server try a plan without storing anything.
    Rehearse {
        ticket: Ticket,
        plan: Planned,
    },
    /// Asks the registry, with the credentials of Secrets in the cluster.
    Settle {
        ticket: Ticket,
        question: Question,
    },
    /// Asks the registry the plan's question.
    Verify {
        ticket: Ticket,
        plan: Planned,
    },
    /// Lets the kubelets of these nodes pull, each with a Pod of its own.
    PullTest {
        ticket: Ticket,
        test: PullTest,
        nodes: Vec<Arc<str>>,
    },
    /// Asks what the user may do in a namespace.
    AskRights {
        ticket: Ticket,
        namespace: Namespace,
    },
    /// Reads an object whole.
    Read {
        ticket: Ticket,
        object: AnyObjectRef,
    },
    /// Fetches the values of a Secret, to be shown.
    Reveal {
        ticket: Ticket,
        secret: ObjectRef<Secret>,
    },
    /// Follows a container's log, instead of the one that is followed.
    FollowLog {
        ticket: Ticket,
        source: LogSource,
    },
    StopLog,
    /// Makes the changes of a plan.
    CarryOut {
        ticket: Ticket,
        plan: Planned,
    },
    /// Draws in these colours from now on.
    Theme(ThemeName),
    /// Reads a credential for a registry.
    Import {
        ticket: Ticket,
        origin: Origin,
        server: String,
    },
    /// Writes a text into a new file.
    Save {
        path: String,
        text: String,
    },
    /// Puts a text on the clipboard, by way of the terminal.
    Copy(String),
    /// The password that is shown, which no other effect prints.
    CopyPassword(Clip),
    Quit,
}

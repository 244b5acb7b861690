//! Effects: side effects that `update` requests from the runtime, as data.

use std::sync::Arc;

use super::{
    form::ImportSource, plan_dialog::SharedPlan, probe_cache::ProbeQuery, request_id::RequestId,
    reveal::ClipboardSecret, theme_name::ThemeName,
};
use crate::domain::{
    diagnostics::node_answers::NodeQuestion,
    k8s::{
        logs::LogSource,
        object_ref::{Namespace, ObjectRef},
        objects::{AnyObjectRef, Secret},
    },
    node::NodeFileReader,
    pull_test::PullTest,
    store::watch::Scope,
};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Connects to a context (`None`: the one that the command line or the kubeconfig chose) and
    /// starts its watches; whatever was watched before is dropped.
    Connect {
        request_id: RequestId,
        context: Option<String>,
    },
    /// Reads the contexts of the kubeconfig.
    ListContexts {
        request_id: RequestId,
    },
    /// Watches this scope, which is looked at now; with it those looked at before.
    WatchScope(Scope),
    /// Watches this namespace too, where listing all namespaces is not permitted.
    WatchNamespace(Namespace),
    /// Lets the server try a plan without storing anything.
    DryRun {
        request_id: RequestId,
        plan: SharedPlan,
    },
    /// Asks the registry, with the credentials of Secrets in the cluster.
    ProbeImage {
        request_id: RequestId,
        query: ProbeQuery,
    },
    /// Asks the registry the plan's question.
    CheckCredential {
        request_id: RequestId,
        plan: SharedPlan,
    },
    /// Lets the kubelets of these nodes pull, each with a Pod of its own.
    PullTest {
        request_id: RequestId,
        test: PullTest,
        nodes: Vec<Arc<str>>,
    },
    /// Ends a pull test whose kubelets have not answered, and deletes its Pods.
    CancelPullTest(RequestId),
    /// Reads a Node, and its kubelet's configuration and metrics.
    ReadNode {
        request_id: RequestId,
        node: Arc<str>,
    },
    /// Reads the files of a node with a Pod, which is deleted then.
    ReadNodeFiles {
        request_id: RequestId,
        reader: NodeFileReader,
    },
    /// Asks what the user may do in a namespace.
    LoadRbacRules {
        request_id: RequestId,
        namespace: Namespace,
    },
    /// Asks about nodes, as far as the user may.
    AskAboutNodes {
        request_id: RequestId,
        questions: Vec<NodeQuestion>,
    },
    /// Reads an object whole.
    FetchObject {
        request_id: RequestId,
        object: AnyObjectRef,
    },
    /// Fetches the values of a Secret, to be shown.
    Reveal {
        request_id: RequestId,
        secret: ObjectRef<Secret>,
    },
    /// Follows a container's log, instead of the one that is followed.
    FollowLog {
        request_id: RequestId,
        source: LogSource,
    },
    StopLog,
    /// Makes the changes of a plan.
    Apply {
        request_id: RequestId,
        plan: SharedPlan,
    },
    /// Draws in these colours from now on.
    Theme(ThemeName),
    /// Reads a credential for a registry.
    Import {
        request_id: RequestId,
        origin: ImportSource,
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
    CopyPassword(ClipboardSecret),
    Quit,
}

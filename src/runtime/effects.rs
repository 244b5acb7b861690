//! Executes effects: each becomes a task whose result is a message with the same request ID.

use std::{collections::HashMap, sync::Arc, time::Duration};

use crossterm::{clipboard::CopyToClipboard, queue};
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    task::JoinHandle,
    time::sleep,
};
use zeroize::Zeroizing;

use super::{
    active_changes::ActiveChanges,
    cluster_source::{SharedSource, identity},
    cluster_writer::{self, ClusterWriter},
    export_file, fetch, import,
    node_platforms::NodePlatforms,
    output::OUTPUT,
    registry_probe,
    watch_plan::WatchPlan,
};
use crate::{
    app::{
        effect::Effect, message::Message, plan_dialog::SharedPlan, probe_cache::ProbeQuery,
        request_id::RequestId, reveal::ClipboardSecret, theme_name::ThemeName,
    },
    cluster::{
        Connection, WatchScope, WatchUpdate, Watches,
        apply::WritePermit,
        node_facts, node_files, nodes,
        pull_test::{self, StopReason},
        rbac,
    },
    domain::{
        diagnostics::node_answers::{NodeAnswers, NodeQuestion},
        error::UserError,
        k8s::object_ref::Namespace,
        node::{NodeFileReader, NodeFilesOutcome},
        plan::Outcome,
        pull_test::{PullTest, PullTestOutcome, PullTestResult},
        registry_auth::credential::FingerprintKey,
        store::watch::Scope,
    },
};

/// How long a scope is looked at before it is watched: the keys that move a selection pass over many.
const SCOPE_PAUSE: Duration = Duration::from_millis(200);

/// A new connection that the event loop has not yet received.
pub(super) type NewConnection = (RequestId, Box<Connection>);

pub(super) struct Effects {
    source: SharedSource,
    answers: mpsc::Sender<Message>,
    new_connections: mpsc::Sender<NewConnection>,
    fingerprints: FingerprintKey,
    connecting: Option<JoinHandle<()>>,
    watches: Option<Watches>,
    /// The log that is followed.
    log: Option<JoinHandle<()>>,
    /// What is watched over, for requests of its user.
    connection: Option<Connection>,
    nodes: NodePlatforms,
    permit: Option<WritePermit>,
    changes: ActiveChanges,
    /// Tells the tasks of a pull test that the user has cancelled it.
    pull_tests: HashMap<RequestId, watch::Sender<bool>>,
    watch_plan: WatchPlan,
    /// Waits until a scope has been looked at for a moment.
    following_scope: Option<JoinHandle<()>>,
}

/// An effect that the event loop itself must execute.
pub(super) enum LoopCommand {
    Nothing,
    /// Drop the watches.
    StopFeed,
    Theme(ThemeName),
    Quit,
}

impl Effects {
    pub(super) fn new(
        source: SharedSource,
        answers: mpsc::Sender<Message>,
        permit: Option<WritePermit>,
        changes: ActiveChanges,
    ) -> (Self, mpsc::Receiver<NewConnection>) {
        let (made, receiver) = mpsc::channel(1);
        let effects = Self {
            source,
            answers,
            new_connections: made,
            fingerprints: FingerprintKey::default(),
            connecting: None,
            log: None,
            watches: None,
            connection: None,
            nodes: NodePlatforms::default(),
            permit,
            changes,
            pull_tests: HashMap::new(),
            watch_plan: WatchPlan::default(),
            following_scope: None,
        };
        (effects, receiver)
    }

    pub(super) fn start(&mut self, effect: Effect) -> LoopCommand {
        match effect {
            Effect::Connect {
                request_id,
                context,
            } => {
                self.connect(request_id, context);
                return LoopCommand::StopFeed;
            }
            Effect::ListContexts { request_id } => {
                let source = Arc::clone(&self.source);
                self.answer_from_disk(move || Message::Contexts(request_id, source.contexts()));
            }
            Effect::WatchScope(scope) => self.show_scope(&scope),
            Effect::WatchNamespace(namespace) => self.watch_plan.show_namespace(namespace),
            Effect::DryRun { request_id, plan } => {
                let writer = self.writer();
                self.answer(async move {
                    let done = writer.dry_run(&plan.0).await;
                    Message::DryRunDone(request_id, done)
                });
            }
            Effect::Apply { request_id, plan } => self.apply(request_id, plan),
            Effect::PullTest {
                request_id,
                test,
                nodes,
            } => self.pull_test(request_id, &test, nodes),
            Effect::CancelPullTest(request_id) => {
                if let Some(cancel) = self.pull_tests.get(&request_id) {
                    cancel.send_replace(true);
                }
            }
            Effect::ReadNode { request_id, node } => self.read_node(request_id, node),
            Effect::ReadNodeFiles { request_id, reader } => {
                self.read_node_files(request_id, &reader);
            }
            Effect::LoadRbacRules {
                request_id,
                namespace,
            } => self.load_rules(request_id, namespace),
            Effect::AskAboutNodes {
                request_id,
                questions,
            } => self.ask_about_nodes(request_id, questions),
            Effect::ProbeImage { request_id, query } => self.probe_image(request_id, query),
            Effect::CheckCredential { request_id, plan } => {
                self.check_credential(request_id, &plan);
            }
            Effect::Import {
                request_id,
                origin,
                server,
            } => {
                let connection = self.connection.clone();
                self.answer(async move {
                    let answer = import::read(connection, origin, &server).await;
                    Message::Imported(request_id, answer)
                });
            }
            Effect::Save { path, text } => {
                self.answer_from_disk(move || Message::Saved(export_file::export(path, &text)));
            }
            Effect::FetchObject { request_id, object } => {
                let connection = self.connected();
                self.answer(async move {
                    let answer = fetch::document(connection, &object).await;
                    Message::ObjectFetched(request_id, answer.map(Box::new))
                });
            }
            Effect::Reveal { request_id, secret } => {
                let connection = self.connected();
                self.answer(async move {
                    let answer = fetch::values(connection, &secret).await;
                    Message::Revealed(request_id, answer)
                });
            }
            Effect::FollowLog { request_id, source } => {
                self.stop_log();
                let (connection, answers) = (self.connected(), self.answers.clone());
                let task = self.answer(async move {
                    let end = fetch::log(connection, request_id, source, answers).await;
                    Message::LogEnded(request_id, end)
                });
                self.log = Some(task);
            }
            Effect::StopLog => self.stop_log(),
            Effect::Copy(text) => copy(&text),
            Effect::CopyPassword(ClipboardSecret(password)) => copy(password.expose()),
            Effect::Theme(name) => return LoopCommand::Theme(name),
            Effect::Quit => return LoopCommand::Quit,
        }
        LoopCommand::Nothing
    }

    /// Starts a task that ends with a message. The loop may be gone by then: nobody is left to be told.
    fn answer(&self, task: impl Future<Output = Message> + Send + 'static) -> JoinHandle<()> {
        let answers = self.answers.clone();
        tokio::spawn(async move { drop(answers.send(task.await).await) })
    }

    /// The same for what waits for the disk.
    fn answer_from_disk(&self, task: impl FnOnce() -> Message + Send + 'static) {
        let answers = self.answers.clone();
        tokio::task::spawn_blocking(move || drop(answers.blocking_send(task())));
    }

    /// Applies a plan in a task that is not aborted when its request ID is no longer expected.
    fn apply(&self, request_id: RequestId, plan: SharedPlan) {
        let (writer, answers) = (self.writer(), self.answers.clone());
        let active = self.changes.begin_plan(self.context(), plan.clone());
        self.answer(async move {
            let Some(active) = active else {
                let done = cluster_writer::refused_at_end(&plan.0);
                return Message::Applied(request_id, plan, done);
            };
            let tell = |change, outcome: Outcome| {
                active.set_outcome(change, outcome.clone());
                // A screen that is behind sees the next one, and all of them at the end.
                let _ = answers.try_send(Message::ApplyProgress(request_id, change, outcome));
            };
            let done = writer.apply(&plan.0, tell).await;
            active.finish(&done);
            Message::Applied(request_id, plan, done)
        });
    }

    /// One task per node; each deletes its Pod, whether the answer is still wanted or not.
    fn pull_test(&mut self, request_id: RequestId, test: &PullTest, nodes: Vec<Arc<str>>) {
        let (cancel, is_cancelled) = watch::channel(false);
        self.pull_tests.retain(|_, test| !test.is_closed());
        self.pull_tests.insert(request_id, cancel);
        for node in nodes {
            let (writer, quitting) = (self.writer(), self.changes.ending());
            let cancelled = cancelled(is_cancelled.clone());
            let pod = pull_test::test_pod(test, &node);
            let active = self.changes.begin_pod(self.context(), pod.key().clone());
            self.answer(async move {
                let stop = async {
                    tokio::select! {
                        () = quitting => StopReason::Quitting,
                        () = cancelled => StopReason::Cancelled,
                    }
                };
                let outcome = match active {
                    Some(active) => {
                        let outcome = writer.pull(&pod, stop).await;
                        active.finish(outcome.is_deleted);
                        outcome
                    }
                    None => PullTestOutcome {
                        pulled: PullTestResult::Unknown(cluster_writer::QUITTING.to_owned()),
                        is_deleted: true,
                    },
                };
                Message::PullTestAnswered(request_id, node, outcome)
            });
        }
    }

    /// Asks the API server, and the kubelet by way of it.
    fn read_node(&self, request_id: RequestId, node: Arc<str>) {
        let Some(connection) = self.connection.clone() else {
            return;
        };
        self.answer(async move {
            let facts = node_facts::read(&connection, node, Timestamp::now()).await;
            Message::NodeRead(request_id, Box::new(facts))
        });
    }

    /// The task deletes the Pod, whether the answer is still wanted or not.
    fn read_node_files(&self, request_id: RequestId, reader: &NodeFileReader) {
        let (writer, stop) = (self.writer(), self.changes.ending());
        let pod = node_files::reader_pod(reader);
        let active = self.changes.begin_pod(self.context(), pod.key().clone());
        self.answer(async move {
            let outcome = match active {
                Some(active) => {
                    let outcome = writer.read_node_files(&pod, stop).await;
                    active.finish(outcome.is_deleted);
                    outcome
                }
                None => NodeFilesOutcome {
                    read: Err(cluster_writer::QUITTING.to_owned()),
                    is_deleted: true,
                },
            };
            Message::NodeFilesRead(request_id, Box::new(outcome))
        });
    }

    fn load_rules(&self, request_id: RequestId, namespace: Namespace) {
        let connection = self.connected();
        self.answer(async move {
            let rules = match connection {
                Ok(connection) => rbac::rules(&connection, &namespace).await.ok(),
                Err(_) => None,
            };
            Message::RbacLoaded(request_id, rules)
        });
    }

    fn ask_about_nodes(&self, request_id: RequestId, questions: Vec<NodeQuestion>) {
        let connection = self.connected();
        self.answer(async move {
            let answers = match connection {
                Ok(connection) => nodes::answers(&connection, questions).await,
                Err(_) => NodeAnswers::default(),
            };
            Message::NodesAnswered(request_id, Box::new(answers))
        });
    }

    /// Asks the registry about a Pod's image.
    fn probe_image(&self, request_id: RequestId, query: ProbeQuery) {
        let (connection, prober) = (self.connected(), self.source.prober());
        let nodes = self.nodes.clone();
        self.answer(async move {
            // In a box, as it holds more than all the others.
            let answer = Box::pin(registry_probe::probe_pod_image(
                connection, prober, &query, &nodes,
            ))
            .await;
            Message::ProbeDone(request_id, answer.map(Box::new))
        });
    }

    /// Asks the registry whether it takes a login. Where registries are not to be asked, nobody answers,
    /// and the plan says so.
    fn check_credential(&self, request_id: RequestId, plan: &SharedPlan) {
        let (Some(prober), Some(query)) = (self.source.prober(), plan.0.credential_check.clone())
        else {
            return;
        };
        let (connection, nodes) = (self.connection.clone(), self.nodes.clone());
        self.answer(async move {
            let asked = registry_probe::check_credential(connection, &prober, query, &nodes);
            let conclusion = Box::pin(asked).await;
            Message::CredentialChecked(request_id, Box::new(conclusion))
        });
    }

    fn connected(&self) -> Result<Connection, UserError> {
        let connection = self.connection.clone();
        connection.ok_or_else(|| UserError::new("not connected"))
    }

    /// The kubeconfig context of what is connected.
    fn context(&self) -> String {
        let connection = self.connection.as_ref();
        connection.map_or_else(String::new, |connection| connection.identity().context)
    }

    fn writer(&self) -> ClusterWriter {
        ClusterWriter(self.connection.clone().zip(self.permit))
    }

    /// Watches what is looked at: the first scope at once, another one when the selection rests on it.
    fn show_scope(&mut self, scope: &Scope) {
        let pause = if self.watch_plan.is_empty() {
            Duration::ZERO
        } else {
            SCOPE_PAUSE
        };
        self.watch_plan.show(scope);
        if let Some(before) = self.following_scope.take() {
            before.abort();
        }
        let Some(watches) = &self.watches else {
            return;
        };
        let (watched, watch_scope) = (watches.scope(), self.watch_scope());
        self.following_scope = Some(tokio::spawn(async move {
            sleep(pause).await;
            watched.set(watch_scope);
        }));
    }

    fn stop_log(&mut self) {
        if let Some(task) = self.log.take() {
            task.abort();
        }
    }

    /// Drops what is watched, and what was asked to be looked into with it, and connects.
    fn connect(&mut self, request_id: RequestId, context: Option<String>) {
        self.watches = None;
        self.connection = None;
        self.nodes = NodePlatforms::default();
        self.watch_plan = WatchPlan::default();
        if let Some(following) = self.following_scope.take() {
            following.abort();
        }
        self.stop_log();
        if let Some(before) = self.connecting.take() {
            before.abort();
        }
        let connection = self.source.connect(context);
        let (answers, made) = (self.answers.clone(), self.new_connections.clone());
        self.connecting = Some(tokio::spawn(async move {
            match connection.await {
                // The loop may be gone by then: nobody is left to be told.
                Ok(connection) => drop(made.send((request_id, Box::new(connection))).await),
                Err(problem) => drop(
                    answers
                        .send(Message::Connected(request_id, Err(problem)))
                        .await,
                ),
            }
        }));
    }

    /// Starts the watches of a connection.
    pub(super) fn watch(
        &mut self,
        request_id: RequestId,
        connection: &Connection,
    ) -> (Message, mpsc::Receiver<WatchUpdate>) {
        // The scope follows as soon as it is known.
        let nothing = WatchScope::Namespaces(Vec::new());
        let (watches, feed) = Watches::start(connection, nothing, &self.fingerprints);
        self.watches = Some(watches);
        self.connection = Some(connection.clone());
        (
            Message::Connected(request_id, Ok(identity(connection))),
            feed,
        )
    }

    fn watch_scope(&self) -> WatchScope {
        let connection = self.connection.as_ref();
        let home = connection.map(|connection| &connection.namespace);
        self.watch_plan.watch_scope(home)
    }
}

/// Waits until a pull test is cancelled; for ever, where nobody can cancel it any more.
async fn cancelled(mut is_cancelled: watch::Receiver<bool>) {
    if is_cancelled.wait_for(|cancelled| *cancelled).await.is_err() {
        std::future::pending::<()>().await;
    }
}

/// Puts a text on the clipboard; a terminal that knows none ignores it.
fn copy(text: &str) {
    let mut bytes = Zeroizing::new(Vec::new());
    // Into memory, where no write fails.
    let _ = queue!(*bytes, CopyToClipboard::to_clipboard_from(text));
    OUTPUT.send(&bytes);
}

//! Carrying out effects: each becomes a task, and its answer a message with the same ticket.

use std::{
    collections::BTreeSet,
    fs::OpenOptions,
    io::{self, Write},
    sync::Arc,
};

use crossterm::{clipboard::CopyToClipboard, execute};
use tokio::{sync::mpsc, task::JoinHandle};

use super::{
    import,
    nodes::Nodes,
    reading, reveal, settle,
    source::{SharedSource, identity},
};
use crate::{
    app::{
        effect::Effect, look::ThemeName, message::Message, proposal::Planned, reveal::Clip,
        settled::Question, ticket::Ticket,
    },
    cluster::{
        Connection, Feed, Reach, Watches, access,
        apply::{self, WritePermit},
        pull_test,
    },
    domain::{
        credential::FingerprintKey,
        key::Namespace,
        plan::{Done, Outcome},
        probe::{Wanted, judge},
        problem::Problem,
        pull_test::{PullTest, Pulled},
    },
    registry::{Who, local},
};

/// A connection that a task has made and the loop has not yet taken over.
pub(super) type Made = (Ticket, Box<Connection>);

pub(super) struct Effects {
    source: SharedSource,
    answers: mpsc::Sender<Message>,
    made: mpsc::Sender<Made>,
    fingerprints: FingerprintKey,
    connecting: Option<JoinHandle<()>>,
    watches: Option<Watches>,
    /// The log that is followed.
    log: Option<JoinHandle<()>>,
    /// What is watched over, for requests of its user.
    connection: Option<Connection>,
    nodes: Nodes,
    permit: Option<WritePermit>,
    namespaces: BTreeSet<Namespace>,
}

/// What the loop itself must do for an effect.
pub(super) enum Order {
    Nothing,
    /// The watches are dropped: nothing more is to be heard of them.
    Hush,
    Theme(ThemeName),
    Quit,
}

impl Effects {
    pub(super) fn new(
        source: SharedSource,
        answers: mpsc::Sender<Message>,
        namespaces: BTreeSet<Namespace>,
        permit: Option<WritePermit>,
    ) -> (Self, mpsc::Receiver<Made>) {
        let (made, receiver) = mpsc::channel(1);
        let effects = Self {
            source,
            answers,
            made,
            fingerprints: FingerprintKey::default(),
            connecting: None,
            log: None,
            watches: None,
            connection: None,
            nodes: Nodes::default(),
            permit,
            namespaces,
        };
        (effects, receiver)
    }

    pub(super) fn start(&mut self, effect: Effect) -> Order {
        match effect {
            Effect::Connect { ticket, context } => {
                self.connect(ticket, context);
                return Order::Hush;
            }
            Effect::ListContexts { ticket } => self.list_contexts(ticket),
            Effect::Look { namespace, .. } => {
                self.namespaces.insert(namespace);
                if let Some(watches) = &self.watches {
                    watches.set_reach(self.reach());
                }
            }
            Effect::Rehearse { ticket, plan } => self.rehearse(ticket, plan),
            Effect::AskRights { ticket, namespace } => self.ask_rights(ticket, namespace),
            Effect::Settle { ticket, question } => self.settle(ticket, question),
            Effect::Verify { ticket, plan } => self.verify(ticket, &plan),
            Effect::CarryOut { ticket, plan } => self.carry_out(ticket, plan),
            Effect::Import {
                ticket,
                origin,
                server,
            } => {
                let (answers, connection) = (self.answers.clone(), self.connection.clone());
                tokio::spawn(async move {
                    let answer = import::read(connection, origin, &server).await;
                    drop(answers.send(Message::Imported(ticket, answer)).await);
                });
            }
            Effect::Save { path, text } => {
                let answers = self.answers.clone();
                tokio::task::spawn_blocking(move || {
                    drop(answers.blocking_send(Message::Saved(save(path, &text))));
                });
            }
            Effect::PullTest {
                ticket,
                test,
                nodes,
            } => self.pull_test(ticket, &test, nodes),
            Effect::Read { ticket, object } => {
                let (connection, answers) = (self.connection.clone(), self.answers.clone());
                tokio::spawn(reading::document(connection, ticket, object, answers));
            }
            Effect::Reveal { ticket, secret } => {
                let (connection, answers) = (self.connection.clone(), self.answers.clone());
                tokio::spawn(reveal::reveal(connection, ticket, secret, answers));
            }
            Effect::FollowLog { ticket, source } => {
                self.stop_log();
                let (connection, answers) = (self.connection.clone(), self.answers.clone());
                let task = reading::log(connection, ticket, source, answers);
                self.log = Some(tokio::spawn(task));
            }
            Effect::StopLog => self.stop_log(),
            Effect::Copy(text) => {
                // A terminal that knows no clipboard ignores it.
                let _ = execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text));
            }
            Effect::CopyPassword(Clip(password)) => {
                let _ = execute!(
                    io::stdout(),
                    CopyToClipboard::to_clipboard_from(password.expose())
                );
            }
            Effect::Theme(name) => return Order::Theme(name),
            Effect::Quit => return Order::Quit,
        }
        Order::Nothing
    }

    /// One task per node; each deletes its Pod, whether the answer is still wanted or not.
    fn pull_test(&self, ticket: Ticket, test: &PullTest, nodes: Vec<Arc<str>>) {
        for node in nodes {
            let (answers, test) = (self.answers.clone(), test.clone());
            let writer = self.connection.clone().zip(self.permit);
            tokio::spawn(async move {
                let pulled = match writer {
                    Some((connection, permit)) => {
                        pull_test::run(&connection, permit, &test, &node).await
                    }
                    None => Pulled::Unknown("not connected, or read-only".to_owned()),
                };
                drop(answers.send(Message::Pulled(ticket, node, pulled)).await);
            });
        }
    }

    fn stop_log(&mut self) {
        if let Some(task) = self.log.take() {
            task.abort();
        }
    }

    fn rehearse(&self, ticket: Ticket, plan: Planned) {
        let answers = self.answers.clone();
        let writer = self.connection.clone().zip(self.permit);
        tokio::spawn(async move {
            let done = match writer {
                Some((connection, permit)) => apply::rehearse(&connection, permit, &plan.0).await,
                None => nothing_done(&plan),
            };
            drop(answers.send(Message::Rehearsed(ticket, done)).await);
        });
    }

    /// Makes the changes of a plan. Changes that have begun are not aborted when the dashboard goes on:
    /// what becomes of them is told.
    fn carry_out(&self, ticket: Ticket, plan: Planned) {
        let answers = self.answers.clone();
        let writer = self.connection.clone().zip(self.permit);
        tokio::spawn(async move {
            let done = match writer {
                Some((connection, permit)) => {
                    let tell = |change: usize, outcome: &Outcome| {
                        // A screen that is behind sees the next one, and all of them at the end.
                        let message = Message::Progress(ticket, change, outcome.clone());
                        let _ = answers.try_send(message);
                    };
                    apply::carry_out(&connection, permit, &plan.0, tell).await
                }
                None => nothing_done(&plan),
            };
            drop(answers.send(Message::CarriedOut(ticket, plan, done)).await);
        });
    }

    fn ask_rights(&self, ticket: Ticket, namespace: Namespace) {
        let (answers, connection) = (self.answers.clone(), self.connection.clone());
        tokio::spawn(async move {
            let rules = match connection {
                Some(connection) => access::rules(&connection, &namespace).await.ok(),
                None => None,
            };
            drop(answers.send(Message::Rights(ticket, rules)).await);
        });
    }

    /// Asks the registry about a Pod's image.
    fn settle(&self, ticket: Ticket, question: Question) {
        let answers = self.answers.clone();
        let (connection, prober) = (self.connection.clone(), self.source.prober());
        let nodes = self.nodes.clone();
        tokio::spawn(async move {
            let answer = match (connection, prober) {
                (Some(connection), Some(prober)) => {
                    let wanted = nodes.of(&connection).await;
                    settle::ask(&connection, &prober, &question, &wanted).await
                }
                _ => Err(Problem::new("not connected")),
            };
            let message = Message::Settled(ticket, answer.map(Box::new));
            drop(answers.send(message).await);
        });
    }

    /// Asks the registry whether it takes a login. Where registries are not to be asked, nobody answers,
    /// and the plan says so.
    fn verify(&self, ticket: Ticket, plan: &Planned) {
        let (Some(prober), Some(question)) = (self.source.prober(), plan.0.question.clone()) else {
            return;
        };
        let (answers, nodes) = (self.answers.clone(), self.nodes.clone());
        let connection = self.connection.clone();
        tokio::spawn(async move {
            let wanted = match &connection {
                Some(connection) => nodes.of(connection).await,
                None => Wanted::Anything,
            };
            let who = Who::User {
                name: question.login.username,
                password: question.login.password,
            };
            let transcript = prober.probe(&question.image, &who).await;
            let verdict = Box::new(judge(&transcript, &wanted));
            drop(answers.send(Message::Verified(ticket, verdict)).await);
        });
    }

    fn connect(&mut self, ticket: Ticket, context: Option<String>) {
        self.watches = None;
        self.connection = None;
        self.nodes = Nodes::default();
        self.stop_log();
        if let Some(before) = self.connecting.take() {
            before.abort();
        }
        if context.is_some() {
            self.namespaces.clear();
        }
        let connection = self.source.connect(context);
        let (answers, made) = (self.answers.clone(), self.made.clone());
        self.connecting = Some(tokio::spawn(async move {
            match connection.await {
                // The loop may be gone by then: nobody is left to be told.
                Ok(connection) => drop(made.send((ticket, Box::new(connection))).await),
                Err(problem) => drop(answers.send(Message::Connected(ticket, Err(problem))).await),
            }
        }));
    }

    /// Starts the watches of a connection.
    pub(super) fn watch(
        &mut self,
        ticket: Ticket,
        connection: &Connection,
    ) -> (Message, mpsc::Receiver<Feed>) {
        self.namespaces.insert(connection.namespace.clone());
        let (watches, feed) = Watches::start(connection, self.reach(), &self.fingerprints);
        self.watches = Some(watches);
        self.connection = Some(connection.clone());
        (Message::Connected(ticket, Ok(identity(connection))), feed)
    }

    fn reach(&self) -> Reach {
        Reach::Cluster {
            otherwise: self.namespaces.iter().cloned().collect(),
        }
    }

    fn list_contexts(&self, ticket: Ticket) {
        let (source, answers) = (Arc::clone(&self.source), self.answers.clone());
        tokio::task::spawn_blocking(move || {
            let answer = source.contexts();
            drop(answers.blocking_send(Message::Contexts(ticket, answer)));
        });
    }
}

/// Nobody may write, or nobody can.
fn nothing_done(plan: &Planned) -> Vec<Done> {
    let why = || Done::new(Outcome::Failed("not connected, or read-only".to_owned()));
    plan.0.changes.iter().map(|_| why()).collect()
}

/// Writes a new file; what is there is not overwritten.
fn save(path: String, text: &str) -> Result<String, Problem> {
    let place = local::expanded(&path);
    let made = OpenOptions::new().write(true).create_new(true).open(place);
    let written = made.and_then(|mut file| file.write_all(text.as_bytes()));
    match written {
        Ok(()) => Ok(path),
        Err(error) => {
            let problem = Problem::new(format!("cannot write {path}")).because(error.to_string());
            Err(match error.kind() {
                io::ErrorKind::AlreadyExists => problem.next("name a file that does not exist yet"),
                _ => problem,
            })
        }
    }
}

//! Carrying out effects: each becomes a task, and its answer a message with the same ticket.

use std::{collections::BTreeSet, io, sync::Arc};

use crossterm::{clipboard::CopyToClipboard, execute};
use tokio::{sync::mpsc, task::JoinHandle};

use super::source::{SharedSource, identity};
use crate::{
    app::{effect::Effect, message::Message, ticket::Ticket},
    cluster::{Connection, Feed, Reach, Watches},
    domain::{credential::FingerprintKey, key::Namespace},
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
    namespaces: BTreeSet<Namespace>,
}

/// What the loop itself must do for an effect.
pub(super) enum Order {
    Nothing,
    /// The watches are dropped: nothing more is to be heard of them.
    Hush,
    Quit,
}

impl Effects {
    pub(super) fn new(
        source: SharedSource,
        answers: mpsc::Sender<Message>,
        namespaces: BTreeSet<Namespace>,
    ) -> (Self, mpsc::Receiver<Made>) {
        let (made, receiver) = mpsc::channel(1);
        let effects = Self {
            source,
            answers,
            made,
            fingerprints: FingerprintKey::default(),
            connecting: None,
            watches: None,
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
            Effect::Copy(text) => {
                // A terminal that knows no clipboard ignores it.
                let _ = execute!(io::stdout(), CopyToClipboard::to_clipboard_from(text));
            }
            Effect::Quit => return Order::Quit,
        }
        Order::Nothing
    }

    fn connect(&mut self, ticket: Ticket, context: Option<String>) {
        self.watches = None;
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

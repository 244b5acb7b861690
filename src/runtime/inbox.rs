//! The lanes that lead to `update`: keys first, then answers of effects, then what the watches bring.

use std::future::pending;

use crossterm::event::{Event, EventStream};
use futures::StreamExt;
use tokio::sync::mpsc;

use crate::{
    app::{message::Message, ticket::Ticket},
    cluster::Feed,
};

/// Answers of effects: each effect gives one, and few run at once.
const ANSWERS: usize = 64;

/// Keys, clicks and pastes that may wait: a second of a fast typist's, many times over.
const INPUT: usize = 256;

pub(super) enum Arrival {
    Input(Event),
    Answer(Message),
    Feed(Message),
}

pub(super) struct Inbox {
    input: mpsc::Receiver<Event>,
    answers: mpsc::Receiver<Message>,
    sender: mpsc::Sender<Message>,
    feed: Option<(Ticket, mpsc::Receiver<Feed>)>,
}

impl Inbox {
    pub(super) fn new() -> Self {
        let (sender, answers) = mpsc::channel(ANSWERS);
        Self {
            input: read_input(),
            answers,
            sender,
            feed: None,
        }
    }

    /// Where effects put their answers.
    pub(super) fn answers(&self) -> mpsc::Sender<Message> {
        self.sender.clone()
    }

    /// Listens to these watches from now on, and to no others.
    pub(super) fn listen(&mut self, ticket: Ticket, feed: mpsc::Receiver<Feed>) {
        self.feed = Some((ticket, feed));
    }

    pub(super) fn hush(&mut self) {
        self.feed = None;
    }

    /// The next thing that happens; `None` when the terminal is gone.
    pub(super) async fn next(&mut self) -> Option<Arrival> {
        let Self {
            input,
            answers,
            feed,
            ..
        } = self;
        let fed = async {
            match feed {
                Some((ticket, lane)) => match lane.recv().await {
                    Some(feed) => message(*ticket, feed),
                    None => pending().await,
                },
                None => pending().await,
            }
        };
        // Keys come before data when both wait.
        tokio::select! {
            biased;
            event = input.recv() => event.map(Arrival::Input),
            Some(answer) = answers.recv() => Some(Arrival::Answer(answer)),
            feed = fed => Some(Arrival::Feed(feed)),
        }
    }

    /// What is there already, in the same order of precedence.
    pub(super) fn ready(&mut self) -> Option<Arrival> {
        if let Ok(event) = self.input.try_recv() {
            return Some(Arrival::Input(event));
        }
        if let Ok(answer) = self.answers.try_recv() {
            return Some(Arrival::Answer(answer));
        }
        let (ticket, lane) = self.feed.as_mut()?;
        lane.try_recv()
            .ok()
            .map(|feed| Arrival::Feed(message(*ticket, feed)))
    }
}

/// Reads the terminal in a task of its own. crossterm's stream remembers the first waker that it was
/// polled with, so that it must not be polled from several places.
fn read_input() -> mpsc::Receiver<Event> {
    let (sender, receiver) = mpsc::channel(INPUT);
    tokio::spawn(async move {
        let mut events = EventStream::new();
        while let Some(Ok(event)) = events.next().await {
            if sender.send(event).await.is_err() {
                break;
            }
        }
    });
    receiver
}

fn message(ticket: Ticket, feed: Feed) -> Message {
    match feed {
        Feed::Batch(batch) => Message::Batch(ticket, batch),
        Feed::Unreadable(id, unreadable) => Message::Unreadable(ticket, id, unreadable),
        Feed::State(id, state) => Message::Watch(ticket, id, state),
        Feed::Ended(id) => Message::Ended(ticket, id),
    }
}

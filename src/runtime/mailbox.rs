//! The lanes that lead to `update`: keys first, then answers of effects, then what the watches bring.

use std::{future::pending, time::Instant};

use crossterm::event::EventStream;
use futures::StreamExt;
use tokio::{sync::mpsc, time::sleep_until};

use super::terminal_replies::{Heard, LateAnswers};
use crate::{
    app::{message::Message, request_id::Ticket},
    cluster::Feed,
};

/// Answers of effects: each effect gives one, and few run at once.
const ANSWERS: usize = 64;

/// Keys, clicks and pastes that may wait: a second of a fast typist's, many times over.
const INPUT: usize = 256;

pub(super) enum Arrival {
    Input(Heard),
    Answer(Message),
    Feed(Message),
}

pub(super) struct Inbox {
    input: mpsc::Receiver<Heard>,
    answers: mpsc::Receiver<Message>,
    sender: mpsc::Sender<Message>,
    feed: Option<(Ticket, mpsc::Receiver<Feed>)>,
}

impl Inbox {
    /// `late`: what takes late answers of the terminal out of the keys.
    pub(super) fn new(late: LateAnswers) -> Self {
        let (sender, answers) = mpsc::channel(ANSWERS);
        Self {
            input: read_input(late),
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
            heard = input.recv() => heard.map(Arrival::Input),
            Some(answer) = answers.recv() => Some(Arrival::Answer(answer)),
            feed = fed => Some(Arrival::Feed(feed)),
        }
    }

    /// What is there already, in the same order of precedence.
    pub(super) fn ready(&mut self) -> Option<Arrival> {
        if let Ok(heard) = self.input.try_recv() {
            return Some(Arrival::Input(heard));
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
fn read_input(mut late: LateAnswers) -> mpsc::Receiver<Heard> {
    let (sender, receiver) = mpsc::channel(INPUT);
    tokio::spawn(async move {
        let mut events = EventStream::new();
        loop {
            let deadline = late.deadline();
            let expired = async {
                match deadline {
                    Some(at) => sleep_until(at.into()).await,
                    None => pending().await,
                }
            };
            let event = tokio::select! {
                event = events.next() => Some(event),
                () = expired => None,
            };
            let now = Instant::now();
            let heard = match event {
                Some(None | Some(Err(_))) => break,
                Some(Some(Ok(event))) => late.take(event, now),
                None => late.expire(now),
            };
            for heard in heard {
                if sender.send(heard).await.is_err() {
                    return;
                }
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

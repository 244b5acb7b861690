//! Mailbox of the event loop: keys first, then results of effects, then watch updates.

use std::{future::pending, time::Instant};

use crossterm::event::EventStream;
use futures::StreamExt;
use tokio::{sync::mpsc, time::sleep_until};

use super::terminal_replies::{FilteredInput, ReplyFilter};
use crate::{
    app::{message::Message, request_id::RequestId},
    cluster::WatchUpdate,
};

/// Capacity for results of effects: each sends one, and few run at once.
const ANSWERS: usize = 64;

/// Capacity for terminal input: many times what a fast typist enters in a second.
const INPUT: usize = 256;

pub(super) enum Incoming {
    Input(FilteredInput),
    Answer(Message),
    Feed(Message),
}

pub(super) struct Mailbox {
    input: mpsc::Receiver<FilteredInput>,
    answers: mpsc::Receiver<Message>,
    sender: mpsc::Sender<Message>,
    feed: Option<(RequestId, mpsc::Receiver<WatchUpdate>)>,
}

impl Mailbox {
    /// Creates the mailbox; `late` filters late replies of the terminal out of the keys.
    pub(super) fn new(late: ReplyFilter) -> Self {
        let (sender, answers) = mpsc::channel(ANSWERS);
        Self {
            input: read_input(late),
            answers,
            sender,
            feed: None,
        }
    }

    /// The sender for results of effects.
    pub(super) fn answers(&self) -> mpsc::Sender<Message> {
        self.sender.clone()
    }

    /// Replaces the receiver of watch updates.
    pub(super) fn set_feed(&mut self, request_id: RequestId, feed: mpsc::Receiver<WatchUpdate>) {
        self.feed = Some((request_id, feed));
    }

    pub(super) fn stop_feed(&mut self) {
        self.feed = None;
    }

    /// Waits for the next event; `None` if the terminal is gone.
    pub(super) async fn next(&mut self) -> Option<Incoming> {
        let Self {
            input,
            answers,
            feed,
            ..
        } = self;
        let fed = async {
            match feed {
                Some((request_id, lane)) => match lane.recv().await {
                    Some(feed) => message(*request_id, feed),
                    None => pending().await,
                },
                None => pending().await,
            }
        };
        // Keys come before data when both wait.
        tokio::select! {
            biased;
            heard = input.recv() => heard.map(Incoming::Input),
            Some(answer) = answers.recv() => Some(Incoming::Answer(answer)),
            feed = fed => Some(Incoming::Feed(feed)),
        }
    }

    /// Returns the events that have arrived, in the same order.
    pub(super) fn ready(&mut self) -> Option<Incoming> {
        if let Ok(heard) = self.input.try_recv() {
            return Some(Incoming::Input(heard));
        }
        if let Ok(answer) = self.answers.try_recv() {
            return Some(Incoming::Answer(answer));
        }
        let (request_id, lane) = self.feed.as_mut()?;
        lane.try_recv()
            .ok()
            .map(|feed| Incoming::Feed(message(*request_id, feed)))
    }
}

/// Reads the terminal in a task of its own. crossterm's stream remembers the first waker that it was
/// polled with, so that it must not be polled from several places.
fn read_input(mut late: ReplyFilter) -> mpsc::Receiver<FilteredInput> {
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
                Some(Some(Ok(event))) => late.filter(event, now),
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

fn message(request_id: RequestId, feed: WatchUpdate) -> Message {
    match feed {
        WatchUpdate::Batch(batch) => Message::Batch(request_id, batch),
        WatchUpdate::Unreadable(id, unreadable) => Message::Unreadable(request_id, id, unreadable),
        WatchUpdate::State(id, state) => Message::Watch(request_id, id, state),
        WatchUpdate::Ended(id) => Message::WatchEnded(request_id, id),
    }
}

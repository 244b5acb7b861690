//! The line between the product and a server: bytes over TCP, and what can befall them on the way.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinSet,
    time::sleep,
};

/// How the line is at present.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    Open,
    /// Whoever connects is hung up on.
    Closed,
    /// Everything is accepted, and nothing arrives: the peer is gone without a word.
    Silent,
    /// So many bytes towards the product at a time.
    Dripping(usize, Duration),
}

#[derive(Clone, Copy)]
struct State {
    mood: Mood,
    /// Connections with a lower number are broken.
    broken: u64,
    /// Connections with a lower number carry nothing any more.
    dead: u64,
    /// The number of the next connection.
    next: u64,
}

impl State {
    fn carries(&self, number: u64) -> bool {
        self.mood != Mood::Silent && number >= self.dead
    }
}

/// A port on loopback that leads to another one.
pub struct Line {
    pub address: SocketAddr,
    state: Arc<watch::Sender<State>>,
    /// Ends with the line.
    _accepting: JoinSet<()>,
}

impl Line {
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(watch::Sender::new(State {
            mood: Mood::Open,
            broken: 0,
            dead: 0,
            next: 0,
        }));
        let mut accepting = JoinSet::new();
        accepting.spawn(accept(listener, server, Arc::clone(&state)));
        Self {
            address,
            state,
            _accepting: accepting,
        }
    }

    pub fn set(&self, mood: Mood) {
        self.state.send_modify(|state| state.mood = mood);
    }

    /// Number of connections that were ever opened.
    pub fn opened(&self) -> u64 {
        self.state.borrow().next
    }

    /// Breaks what is connected; the next connection is good.
    pub fn cut(&self) {
        self.state.send_modify(|state| state.broken = state.next);
    }

    /// What is connected carries nothing any more and never ends, as where a router has forgotten it;
    /// the next connection is good.
    pub fn forget(&self) {
        self.state.send_modify(|state| state.dead = state.next);
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, state: Arc<watch::Sender<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((product, _)) = listener.accept().await {
        let mut number = 0;
        state.send_modify(|state| {
            number = state.next;
            state.next += 1;
        });
        if state.borrow().mood == Mood::Closed {
            continue;
        }
        let state = state.subscribe();
        connections.spawn(async move {
            if let Ok(server) = TcpStream::connect(server).await {
                join(product, server, number, state).await;
            }
        });
    }
}

async fn join(product: TcpStream, server: TcpStream, number: u64, state: watch::Receiver<State>) {
    let (from_product, to_product) = product.into_split();
    let (from_server, to_server) = server.into_split();
    let mut broken = state.clone();
    let asking = carry(from_product, to_server, number, state.clone(), false);
    let answering = carry(from_server, to_product, number, state, true);
    tokio::select! {
        () = asking => {}
        () = answering => {}
        _ = broken.wait_for(|state| number < state.broken || state.mood == Mood::Closed) => {}
    }
}

async fn carry(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    number: u64,
    mut state: watch::Receiver<State>,
    drips: bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        if state.wait_for(|state| state.carries(number)).await.is_err() {
            return;
        }
        let count = tokio::select! {
            count = from.read(&mut buffer) => count.unwrap_or(0),
            _ = state.changed() => continue,
        };
        if count == 0 {
            return;
        }
        let mut rest = &buffer[..count];
        while !rest.is_empty() {
            let mood = state.borrow().mood;
            let piece = match mood {
                Mood::Dripping(bytes, _) if drips => bytes.min(rest.len()),
                _ => rest.len(),
            };
            if to.write_all(&rest[..piece]).await.is_err() {
                return;
            }
            rest = &rest[piece..];
            if let Mood::Dripping(_, pause) = mood {
                sleep(pause).await;
            }
        }
    }
}

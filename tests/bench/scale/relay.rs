//! A way to the API server that counts what passes on it.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};

pub struct Relay {
    pub port: u16,
    received: Arc<AtomicU64>,
    cut: Arc<Notify>,
    task: tokio::task::JoinHandle<()>,
}

impl Relay {
    pub async fn start(to: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let received = Arc::new(AtomicU64::new(0));
        let counter = Arc::clone(&received);
        let cut = Arc::new(Notify::new());
        let cuts = Arc::clone(&cut);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (counter, cut) = (Arc::clone(&counter), Arc::clone(&cuts));
                tokio::spawn(async move {
                    let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else {
                        return;
                    };
                    let (mut from_client, mut to_client) = client.into_split();
                    let (mut from_server, mut to_server) = server.into_split();
                    let asking = async { tokio::io::copy(&mut from_client, &mut to_server).await };
                    let answering = async {
                        let mut buffer = vec![0; 64 * 1024];
                        loop {
                            let count = from_server.read(&mut buffer).await?;
                            if count == 0 {
                                return std::io::Result::Ok(());
                            }
                            counter.fetch_add(count as u64, Ordering::Relaxed);
                            to_client.write_all(&buffer[..count]).await?;
                        }
                    };
                    tokio::select! { _ = asking => {}, _ = answering => {}, () = cut.notified() => {} }
                });
            }
        });
        Self {
            port,
            received,
            cut,
            task,
        }
    }

    /// Cuts every connection that is open.
    pub fn cut(&self) {
        self.cut.notify_waiters();
    }

    /// Bytes that the server has sent.
    pub fn received(&self) -> u64 {
        self.received.load(Ordering::Relaxed)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

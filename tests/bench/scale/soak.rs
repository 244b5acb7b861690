//! Minutes of changes with a cut connection in each: memory over time, lists, and whether the view ends with as many
//! Pods as the server has.
//!
//! While the connections are cut, Pods are deleted, so that a watch that did not go on from its version would show
//! too many. After a cut a watch resumes, so client-go's rules make no list; a 410 is not provoked here.

use std::{thread, time::Duration};

use kube::Client;

use crate::{
    churn::{Churn, What},
    etcd::Etcd,
    figures::{line, megabytes},
    measure::{Bench, is_live, lists, position},
    relay::Relay,
};

/// Changes of Pods in a second.
const RATE: u32 = 100;

/// Pods that are deleted at each cut.
const DELETED: usize = 20;

impl Bench<'_> {
    pub fn soak(&self, minutes: u32) {
        // Clients are made within a runtime.
        let _inside = self.runtime.enter();
        let relay = self.runtime.block_on(Relay::start(self.server.port));
        let session = self.start(&["-A"], relay.port);
        session.until("the whole", is_live);
        let made = || {
            let client = self.server.client(true).unwrap();
            self.runtime.block_on(lists(&client))
        };
        let before = made();
        println!("  {minutes} min under {RATE} changes of Pods a second:");
        let mut victims = self.filled.pods.iter().rev().filter(|pod| !pod.fails);
        for minute in 1..=minutes {
            let churn = Churn::start(self.runtime, self.server, self.filled, What::Pods, RATE);
            thread::sleep(Duration::from_secs(60));
            // The view can only be compared while nothing changes.
            churn.end(self.runtime);
            relay.cut();
            let victims: Vec<_> = victims.by_ref().take(DELETED).collect();
            self.runtime.block_on(async {
                let mut etcd = Etcd::connect(self.server.etcd_port).await;
                for pod in &victims {
                    etcd.delete(&pod.key).await;
                }
            });
            let served = self
                .runtime
                .block_on(count(&self.server.client(true).unwrap()));
            let resident = megabytes(session.resident() as f64 * 1024.0);
            line(&format!("  resident after {minute} min"), resident);
            session.until("as many Pods as the server has", |screen| {
                is_live(screen) && position(screen).is_some_and(|(_, rows)| rows == served)
            });
            line("  Pods in the view, as on the server", served);
        }
        let after = made();
        line(
            "  lists after the first view (client-go: 0)",
            after - before - u64::from(minutes),
        );
    }
}

/// The number of Pods that the server has.
async fn count(client: &Client) -> u64 {
    let request = http::Request::get("/api/v1/pods?limit=1").body(Vec::new());
    let text = client.request_text(request.unwrap()).await.unwrap();
    let page: serde_json::Value = serde_json::from_str(&text).unwrap();
    let listed = page["items"].as_array().unwrap().len() as u64;
    listed + page["metadata"]["remainingItemCount"].as_u64().unwrap_or(0)
}

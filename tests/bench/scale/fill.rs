//! The load: one object of each kind is made through the API, so that its stored bytes, managedFields
//! and all, are what the server makes of it; the others are copies of those bytes, put into etcd.
//! Fifty thousand Pods with status through the API would take a quarter of an hour of two cores.

use std::{collections::HashMap, time::Instant};

use kube::Client;
use serde_json::{Value, json};

use crate::{etcd::Etcd, server::Server, templates as t};

pub const NAMESPACES: u32 = 50;

/// Pods of one Deployment.
const REPLICAS: u32 = 20;

#[derive(Clone, Copy)]
pub struct Size {
    pub pods: u32,
}

impl Size {
    /// Pods in each namespace.
    pub fn each(self) -> u32 {
        self.pods / NAMESPACES
    }
}

/// One Pod as etcd has it.
pub struct Stored {
    pub key: String,
    pub value: Vec<u8>,
    pub fails: bool,
}

pub struct Filled {
    pub pods: Vec<Stored>,
    pub events: Vec<Stored>,
}

/// Where a copy stands.
struct Place {
    namespace: u32,
    number: u32,
}

type Swap = (Vec<u8>, Vec<u8>);

pub fn namespace(number: u32) -> String {
    format!("scale-{number:03}")
}

fn app(number: u32) -> String {
    format!("app-{number:03}")
}

/// A uid that no other copy has.
fn uid(kind: u32, place: &Place) -> String {
    let mix = (u64::from(kind) << 56 | u64::from(place.namespace) << 32 | u64::from(place.number))
        .wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let hex = format!("{mix:016x}{:016x}", mix.rotate_left(23) ^ 0x5bd1_e995);
    let part = |from: usize, to: usize| &hex[from..to];
    format!(
        "{}-{}-4{}-a{}-{}",
        part(0, 8),
        part(8, 12),
        part(13, 16),
        part(17, 20),
        part(20, 32)
    )
}

struct Fill {
    client: Client,
    etcd: Etcd,
}

pub async fn fill(server: &Server, size: Size) -> Filled {
    let began = Instant::now();
    let mut fill = Fill {
        client: server.client(true).unwrap(),
        etcd: Etcd::connect(server.etcd_port).await,
    };
    let filled = fill.all(size).await;
    println!(
        "\n(filled with {} Pods in {:.0?})",
        size.pods,
        began.elapsed()
    );
    filled
}

impl Fill {
    async fn all(&mut self, size: Size) -> Filled {
        let core = format!("/api/v1/namespaces/{}", t::NAMESPACE);
        let apps = format!("/apis/apps/v1/namespaces/{}", t::NAMESPACE);
        for number in 0..NAMESPACES {
            let object = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace(number)}});
            self.post("/api/v1/namespaces", &object).await;
        }
        self.post(&format!("{core}/serviceaccounts"), &t::account())
            .await;
        self.post(&format!("{core}/secrets"), &t::secret()).await;
        let deployment = self
            .post(&format!("{apps}/deployments"), &t::deployment())
            .await;
        let set = self
            .post(&format!("{apps}/replicasets"), &t::replica_set(&deployment))
            .await;
        let pod = self.post(&format!("{core}/pods"), &t::pod(&set)).await;
        let own = format!("{core}/pods/{}", t::pod_name());
        self.status(&own, &t::running()).await;
        let now = jiff::Timestamp::now()
            .strftime("%Y-%m-%dT%H:%M:%SZ")
            .to_string();
        for reason in t::REASONS {
            let event = t::event(reason, &pod, &now);
            self.post(&format!("{core}/events"), &event).await;
        }

        let uids = [&deployment, &set, &pod].map(|uid| uid.clone().into_bytes());
        let [deployment, set, pod] = &uids;
        let pod_key = format!("/registry/pods/{}/{}", t::NAMESPACE, t::pod_name());
        let runs = self.etcd.get(&pod_key).await;
        self.status(&own, &t::failing()).await;
        let fails = self.etcd.get(&pod_key).await;

        let tenth = (size.each() / 10).max(1);
        let groups = size.each().div_ceil(REPLICAS);
        for (kind, name, count) in [
            ("serviceaccounts", t::ACCOUNT.to_owned(), tenth),
            ("secrets", t::SECRET.to_owned(), tenth),
            ("deployments", t::APP.to_owned(), groups),
            ("replicasets", format!("{}-7d9f4c5b6d", t::APP), groups),
        ] {
            let key = format!("/registry/{kind}/{}/{name}", t::NAMESPACE);
            let value = self.take(&key).await;
            self.copies(&key, &value, count, |place| {
                let mut swaps = shared(place);
                swaps.push((
                    t::SECRET.into(),
                    format!("regcred-{:03}", place.number).into(),
                ));
                swaps.push((
                    t::ACCOUNT.into(),
                    format!("runner-{:03}", place.number).into(),
                ));
                swaps.push((t::APP.into(), app(place.number).into()));
                swaps.push((deployment.clone(), uid(1, place).into()));
                swaps.push((set.clone(), uid(2, place).into()));
                swaps
            })
            .await;
        }
        let failing = size.each() / 20;
        let mut events = Vec::new();
        for reason in t::REASONS {
            let key = format!(
                "/registry/events/{}/{}",
                t::NAMESPACE,
                t::event_name(reason)
            );
            let event = self.take(&key).await;
            let copies = self.copies(&key, &event, failing, |place| {
                of_pod(place, tenth, pod, set)
            });
            events.extend(copies.await);
        }
        self.take(&pod_key).await;
        let first = failing;
        let swaps = |place: &Place| of_pod(place, tenth, pod, set);
        // The first Pods of each namespace are those that fail.
        let failing = self.copies(&pod_key, &fails, failing, swaps).await;
        let running = self
            .copies(&pod_key, &runs, size.each() - first, |place| {
                let place = Place {
                    number: place.number + first,
                    ..*place
                };
                of_pod(&place, tenth, pod, set)
            })
            .await;
        let stored = |fails: bool| move |(key, value)| Stored { key, value, fails };
        Filled {
            events: events.into_iter().map(stored(true)).collect(),
            pods: failing
                .into_iter()
                .map(stored(true))
                .chain(running.into_iter().map(stored(false)))
                .collect(),
        }
    }

    /// The stored bytes of a template, which is taken away.
    async fn take(&mut self, key: &str) -> Vec<u8> {
        let value = self.etcd.get(key).await;
        self.etcd.delete(key).await;
        value
    }

    async fn copies(
        &mut self,
        key: &str,
        value: &[u8],
        each: u32,
        swaps: impl Fn(&Place) -> Vec<Swap>,
    ) -> Vec<(String, Vec<u8>)> {
        let mut all = Vec::new();
        let mut found: HashMap<Vec<u8>, Vec<usize>> = HashMap::new();
        for namespace in 0..NAMESPACES {
            for number in 0..each {
                let (mut key, mut copy) = (key.as_bytes().to_vec(), value.to_vec());
                for (from, to) in swaps(&Place { namespace, number }) {
                    let places = find(&key, &from);
                    replace(&mut key, &places, &to);
                    let places = found
                        .entry(from)
                        .or_insert_with_key(|from| find(value, from));
                    replace(&mut copy, places, &to);
                }
                all.push((String::from_utf8(key).unwrap(), copy));
            }
        }
        for chunk in all.chunks(100) {
            self.etcd.put_all(chunk).await;
        }
        all
    }

    /// Makes the object and gives its uid.
    async fn post(&self, path: &str, object: &Value) -> String {
        let request = http::Request::post(path)
            .header("content-type", "application/json")
            .body(object.to_string().into_bytes())
            .unwrap();
        let made: Value = self.client.request(request).await.unwrap();
        made["metadata"]["uid"].as_str().unwrap().to_owned()
    }

    async fn status(&self, path: &str, status: &Value) {
        let request = http::Request::patch(format!("{path}/status?fieldManager=kubelet"))
            .header("content-type", "application/merge-patch+json")
            .body(json!({"status": status}).to_string().into_bytes())
            .unwrap();
        let _: Value = self.client.request(request).await.unwrap();
    }
}

fn shared(place: &Place) -> Vec<Swap> {
    vec![(t::NAMESPACE.into(), namespace(place.namespace).into())]
}

fn of_pod(place: &Place, secrets: u32, pod: &[u8], set: &[u8]) -> Vec<Swap> {
    let group = place.number / REPLICAS;
    let one = Place {
        namespace: place.namespace,
        number: group,
    };
    let own = uid(0, place);
    let address = format!(
        "10.{:03}.{:03}.{:03}",
        100 + place.namespace,
        100 + place.number / 100,
        100 + place.number % 100
    );
    let id = own.replace('-', "").repeat(2);
    let mut swaps = shared(place);
    swaps.extend([
        (t::POD.into(), format!("x{:07}", place.number).into()),
        (t::APP.into(), app(group).into()),
        (
            t::SECRET.into(),
            format!("regcred-{:03}", group % secrets).into(),
        ),
        (
            t::ACCOUNT.into(),
            format!("runner-{:03}", group % secrets).into(),
        ),
        (t::ADDRESS.into(), address.into()),
        (t::ID.into(), id.into()),
        (set.to_vec(), uid(2, &one).into()),
        (pod.to_vec(), own.into()),
    ]);
    swaps
}

/// Where the text stands.
pub fn find(bytes: &[u8], text: &[u8]) -> Vec<usize> {
    bytes
        .windows(text.len())
        .enumerate()
        .filter(|(_, window)| *window == text)
        .map(|(at, _)| at)
        .collect()
}

/// Puts a text of the same length in the place of another.
pub fn replace(bytes: &mut [u8], places: &[usize], text: &[u8]) {
    for &at in places {
        bytes[at..at + text.len()].copy_from_slice(text);
    }
}

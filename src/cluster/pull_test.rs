//! Making the Pod of a pull test, waiting for the kubelet's verdict, and deleting it: always.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    sync::Arc,
    time::Duration,
};

use http::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::{
    Connection, Trouble,
    apply::WritePermit,
    ask,
    buffer::Buffer,
    paths,
    slim::{self, Interner},
};
use crate::domain::{
    key::Key,
    objects::{Event, Pod},
    pull_test::{self, LIMIT, PullTest, Pulled, verdict},
};

/// Between two looks at the Pod.
const PAUSE: Duration = Duration::from_millis(400);

/// Lets the kubelet of this node pull the image. However it ends, the Pod is deleted: also when the
/// caller loses interest and drops this future, and when nobody knows whether it was made.
pub async fn run(connection: &Connection, _: WritePermit, test: &PullTest, node: &str) -> Pulled {
    let number = RandomState::new().build_hasher().finish();
    let manifest = test.pod(node, number);
    let mut cleaner = Cleaner {
        connection: connection.clone(),
        key: pull_test::key(&test.namespace, &manifest),
        done: false,
    };
    let pods = paths::pods(&test.namespace);
    if let Err(trouble) = send(connection, Method::POST, &pods, &manifest).await {
        cleaner.done = trouble.is_refusal();
        return Pulled::Unknown(format!("the Pod of the test could not be made: {trouble}"));
    }
    let pulled = watch(connection, &cleaner.key).await;
    cleaner.clean().await;
    pulled
}

async fn watch(connection: &Connection, key: &Key<Pod>) -> Pulled {
    let deadline = Instant::now() + Duration::from_secs(u64::from(LIMIT));
    let mut texts = Interner::default();
    while Instant::now() < deadline {
        sleep(PAUSE).await;
        match look(connection, key, &mut texts).await {
            Ok(Some(pulled)) => return pulled,
            Err(Trouble::NotFound(_)) => {
                return Pulled::Unknown("somebody has deleted the Pod of the test".to_owned());
            }
            // A look that failed is followed by the next one; the deadline bounds them all.
            Ok(None) | Err(_) => {}
        }
    }
    Pulled::Unknown(format!("the kubelet has not said anything for {LIMIT} s"))
}

async fn look(
    connection: &Connection,
    key: &Key<Pod>,
    texts: &mut Interner,
) -> Result<Option<Pulled>, Trouble> {
    let name = &key.name;
    let pods = paths::pods(&key.namespace);
    let pods = format!("{pods}?fieldSelector=metadata.name%3D{name}");
    let pods = slim::objects(&slim::Pods, &get(connection, &pods).await?, texts)?;
    let Some(pod) = pods.first() else {
        return Err(Trouble::NotFound(name.to_string()));
    };
    let events = paths::events(&key.namespace);
    let events = format!("{events}?fieldSelector=involvedObject.name%3D{name}");
    // Who may not list events is told what the status says.
    let mut events: Vec<Arc<Event>> = match get(connection, &events).await {
        Ok(bytes) => slim::objects(&slim::Events, &bytes, texts)?,
        Err(_) => Vec::new(),
    };
    events.sort_by_key(|event| event.last);
    Ok(verdict(pod, &events))
}

/// Deletes the Pod when it is dropped, if it has not been deleted before.
struct Cleaner {
    connection: Connection,
    key: Key<Pod>,
    done: bool,
}

impl Cleaner {
    async fn clean(mut self) {
        delete(&self.connection, &self.key).await;
        // Only now: whoever drops this future before has the Pod deleted all the same.
        self.done = true;
    }
}

impl Drop for Cleaner {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let (connection, key) = (self.connection.clone(), self.key.clone());
            runtime.spawn(async move { delete(&connection, &key).await });
        }
    }
}

async fn delete(connection: &Connection, key: &Key<Pod>) {
    let options = json!({ "apiVersion": "v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0 });
    match send(connection, Method::DELETE, &paths::pod(key), &options).await {
        Ok(()) | Err(Trouble::NotFound(_)) => {}
        Err(trouble) => tracing::warn!(%trouble, pod = %key, "a pull test's Pod may be left over"),
    }
}

async fn get(connection: &Connection, path: &str) -> Result<Buffer, Trouble> {
    ask::bytes(
        &connection.client,
        ask::getting(path)?,
        connection.request_limit,
    )
    .await
}

async fn send(
    connection: &Connection,
    method: Method,
    path: &str,
    body: &Value,
) -> Result<(), Trouble> {
    let request = ask::sending(method, path, ask::JSON, body)?;
    let answer = ask::bytes(&connection.client, request, connection.request_limit).await;
    answer.map(drop)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::time::timeout;

    use super::*;
    use crate::{
        cluster::mock,
        domain::key::{Name, Namespace},
    };

    /// The methods that a server was asked with which answers a `POST` so, while a test runs that is given
    /// up after a while.
    async fn asked(post: Option<(u16, String)>) -> Vec<Method> {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let connection = mock::connection(move |method, _| {
            heard.lock().unwrap().push(method.clone());
            match *method {
                Method::POST => post.clone(),
                _ => Some((200, "{}".to_owned())),
            }
        });
        let test = PullTest {
            namespace: Namespace::new("app"),
            image: "r.example/a".into(),
            account: Name::new("default"),
            secrets: Vec::new(),
        };
        let permit = WritePermit::unless(false).unwrap();
        let running = run(&connection, permit, &test, "node");
        let _ = timeout(Duration::from_millis(50), running).await;
        sleep(Duration::from_millis(50)).await;
        let asked = asked.lock().unwrap();
        asked.clone()
    }

    #[tokio::test(start_paused = true)]
    async fn a_pod_of_which_nobody_knows_whether_it_was_made_is_deleted() {
        let made = [Method::POST, Method::DELETE];
        assert_eq!(asked(None).await, made, "given up while it was made");
        assert_eq!(asked(Some((504, String::new()))).await, made);
        assert_eq!(asked(Some((201, "{}".to_owned()))).await, made);
        assert_eq!(asked(Some((403, String::new()))).await, [Method::POST]);
    }
}

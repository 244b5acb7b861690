//! Runs a pull test: creates the Pod, waits for the kubelet's result and deletes the Pod.

use std::{sync::Arc, time::Duration};

use tokio::time::{Instant, sleep};

use super::{
    ApiError, Connection,
    apply::WritePermit,
    buffer::ZeroizingBuffer,
    decode::{self, Interner},
    paths, request,
    short_lived_pod::{PodEnd, ShortLivedPod},
};
use crate::domain::{
    k8s::{
        object_ref::ObjectRef,
        objects::{Event, Pod},
    },
    pull_test::{LIMIT, PullTest, PullTestOutcome, PullTestResult, result},
};

/// Pause between two reads of the Pod.
const PAUSE: Duration = Duration::from_millis(400);

/// Why a pull test is cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StopReason {
    /// The user has cancelled it.
    Cancelled,
    /// The program is ending.
    Quitting,
}

impl StopReason {
    fn message(self) -> &'static str {
        match self {
            Self::Cancelled => "test cancelled",
            Self::Quitting => "test cancelled: pullscope is quitting",
        }
    }
}

/// The Pod that makes the kubelet of this node pull the image.
pub fn test_pod(test: &PullTest, node: &str) -> ShortLivedPod {
    ShortLivedPod::new(&test.namespace, |number| test.pod(node, number))
}

/// Creates the Pod, waits for the kubelet's result, and deletes the Pod.
///
/// The future must be polled to its end: dropped before, it leaves the Pod.
pub async fn run(
    pod: &ShortLivedPod,
    connection: &Connection,
    permit: WritePermit,
    stop: impl Future<Output = StopReason>,
) -> PullTestOutcome {
    let result = watch(connection, pod.key());
    let (end, is_deleted) = pod.run(connection, permit, result, stop).await;
    let pulled = match end {
        PodEnd::Done(pulled) => pulled,
        PodEnd::Stopped(reason) => PullTestResult::Unknown(reason.message().to_owned()),
        PodEnd::NotCreated(error) => {
            PullTestResult::Unknown(format!("cannot create the test Pod: {error}"))
        }
    };
    PullTestOutcome { pulled, is_deleted }
}

async fn watch(connection: &Connection, key: &ObjectRef<Pod>) -> PullTestResult {
    let deadline = Instant::now() + Duration::from_secs(u64::from(LIMIT));
    let mut texts = Interner::default();
    let mut unread = None;
    while Instant::now() < deadline {
        sleep(PAUSE).await;
        match read_result(connection, key, &mut texts).await {
            Ok(Some(pulled)) => return pulled,
            Err(ApiError::NotFound(_)) => {
                return PullTestResult::Unknown(
                    "the test Pod was deleted by someone else".to_owned(),
                );
            }
            Ok(None) => unread = None,
            // A look that failed is followed by the next one; the deadline bounds them all.
            Err(error) => unread = Some(error),
        }
    }
    if let Some(error) = unread {
        return PullTestResult::Unknown(format!("cannot read the test Pod: {error}"));
    }
    PullTestResult::Unknown(format!("no message from the kubelet for {LIMIT} s"))
}

async fn read_result(
    connection: &Connection,
    key: &ObjectRef<Pod>,
    texts: &mut Interner,
) -> Result<Option<PullTestResult>, ApiError> {
    let name = &key.name;
    let pods = paths::pods(&key.namespace);
    let pods = format!("{pods}?fieldSelector=metadata.name%3D{name}");
    let pods = decode::objects(&decode::PodDecoder, &get(connection, &pods).await?, texts)?;
    let Some(pod) = pods.first() else {
        return Err(ApiError::NotFound(name.to_string()));
    };
    let events = paths::events(&key.namespace);
    let events = format!("{events}?fieldSelector=involvedObject.name%3D{name}");
    // Who may not list events is told what the status says.
    let mut events: Vec<Arc<Event>> = match get(connection, &events).await {
        Ok(bytes) => decode::objects(&decode::EventDecoder, &bytes, texts)?,
        Err(_) => Vec::new(),
    };
    events.sort_by_key(|event| event.last);
    Ok(result(pod, &events))
}

async fn get(connection: &Connection, path: &str) -> Result<ZeroizingBuffer, ApiError> {
    request::read_body(
        &connection.client,
        request::get_request(path)?,
        connection.request_limit,
    )
    .await
}

#[cfg(test)]
mod tests {
    use std::{
        future::{pending, ready},
        sync::Mutex,
    };

    use http::Method;

    use super::*;
    use crate::{
        cluster::{mock, short_lived_pod::DELETIONS},
        domain::k8s::object_ref::{Name, Namespace},
    };

    /// An answer of a server: a status and a body, or never any.
    type Answer = Option<(u16, String)>;

    #[expect(clippy::unnecessary_wraps, reason = "a server may also give no answer")]
    fn status(status: u16) -> Answer {
        Some((status, "{}".to_owned()))
    }

    /// The methods that a server was asked with which answers so, and how the test ended.
    async fn run(
        stop: impl Future<Output = StopReason>,
        answer: impl Fn(&Method, usize) -> Answer + Send + Sync + 'static,
    ) -> (Vec<Method>, PullTestOutcome) {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let connection = mock::connection(move |method, _| {
            let mut heard = heard.lock().unwrap();
            let before = heard.iter().filter(|other| *other == method).count();
            heard.push(method.clone());
            answer(method, before)
        });
        let test = PullTest {
            namespace: Namespace::new("app"),
            image: "r.example/a".into(),
            account: Name::new("default"),
            secrets: Vec::new(),
        };
        let permit = WritePermit::unless(false).unwrap();
        let pod = test_pod(&test, "node");
        let tested = super::run(&pod, &connection, permit, stop).await;
        let asked = asked.lock().unwrap();
        (asked.clone(), tested)
    }

    #[tokio::test(start_paused = true)]
    async fn a_pod_of_which_nobody_knows_whether_it_was_created_is_deleted() {
        let made = [Method::POST, Method::DELETE];
        for post in [None, status(504), Some((201, "invalid JSON".to_owned()))] {
            let answers = move |method: &Method, _| match *method {
                Method::POST => post.clone(),
                _ => status(200),
            };
            let (asked, tested) = run(ready(StopReason::Quitting), answers).await;
            assert_eq!((asked.as_slice(), tested.is_deleted), (&made[..], true));
        }
        let (asked, tested) = run(ready(StopReason::Quitting), |_, _| status(403)).await;
        assert_eq!(asked, [Method::POST]);
        assert!(tested.is_deleted, "there is none");
    }

    /// A gateway's 503 and a 408 say nothing of the server behind.
    #[tokio::test(start_paused = true)]
    async fn a_pod_that_a_gateway_may_have_passed_on_is_deleted() {
        for code in [408, 502, 503] {
            let answers = move |method: &Method, before| match (method, before) {
                (&Method::POST, _) => status(code),
                (_, 0) => status(404),
                _ => status(200),
            };
            let (asked, tested) = run(ready(StopReason::Quitting), answers).await;
            assert_eq!(
                asked,
                [Method::POST, Method::DELETE, Method::DELETE],
                "{code}"
            );
            assert!(tested.is_deleted);
        }
    }

    /// The answer was lost, and the server stores the Pod after it was looked for.
    #[tokio::test(start_paused = true)]
    async fn a_pod_that_comes_late_is_deleted() {
        let answers = |method: &Method, before| match (method, before) {
            (&Method::POST, _) => status(504),
            (_, 0) => status(404),
            _ => status(200),
        };
        let (asked, tested) = run(ready(StopReason::Quitting), answers).await;
        assert_eq!(asked, [Method::POST, Method::DELETE, Method::DELETE]);
        assert!(tested.is_deleted);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pod_that_may_still_come_is_not_called_gone() {
        let never_found = |method: &Method, _| match *method {
            Method::POST => status(504),
            _ => status(404),
        };
        let (asked, tested) = run(ready(StopReason::Quitting), never_found).await;
        assert_eq!(asked.len(), 1 + DELETIONS);
        assert!(!tested.is_deleted, "a gateway may still deliver it");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pod_that_cannot_be_read_is_not_the_kubelets_silence() {
        let (_, tested) = run(pending(), |method, _| match *method {
            Method::GET => status(403),
            _ => status(200),
        })
        .await;
        let PullTestResult::Unknown(why) = tested.pulled else {
            panic!("{:?}", tested.pulled)
        };
        assert!(why.contains("cannot read"), "{why}");
    }

    #[tokio::test(start_paused = true)]
    async fn the_user_and_the_end_of_the_program_cut_the_waiting_short() {
        for (reason, words) in [
            (StopReason::Cancelled, "test cancelled"),
            (
                StopReason::Quitting,
                "test cancelled: pullscope is quitting",
            ),
        ] {
            let started = Instant::now();
            let stop = async {
                sleep(Duration::from_secs(3)).await;
                reason
            };
            let (asked, tested) = run(stop, |method, _| match *method {
                Method::GET => None,
                _ => status(200),
            })
            .await;
            assert_eq!(started.elapsed(), Duration::from_secs(3));
            assert_eq!(asked.last(), Some(&Method::DELETE));
            assert!(tested.is_deleted);
            assert_eq!(tested.pulled, PullTestResult::Unknown(words.to_owned()));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_deletion_is_tried_again_and_one_in_vain_is_told() {
        let answers = |good: usize| {
            move |method: &Method, before| match *method {
                Method::DELETE if before < good => status(503),
                Method::GET => status(404),
                _ => status(200),
            }
        };
        let (_, tested) = run(pending(), answers(2)).await;
        assert!(tested.is_deleted);
        let (asked, tested) = run(pending(), answers(usize::MAX)).await;
        assert!(!tested.is_deleted);
        let deletions = asked.iter().filter(|method| **method == Method::DELETE);
        assert_eq!(deletions.count(), DELETIONS);
    }
}

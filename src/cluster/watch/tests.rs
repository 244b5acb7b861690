//! One watch against a scripted server, with the clock in the test's hand.

mod consistency;
mod reflector;

use std::{
    collections::VecDeque,
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use futures::{StreamExt, stream};
use http::{Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody, combinators::UnsyncBoxBody};
use jiff::Timestamp;
use kube::{Client, client::Body};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

use super::{
    WatchScope, WatchUpdate, health::ServerHealth, list_gate::ListGate, supervisor::Supervisor,
};
use crate::{
    cluster::decode::{CronJobs, Decode, ServiceAccountDecoder},
    domain::{
        k8s::{
            object_ref::Namespace,
            objects::{ServiceAccount, WorkloadKind},
        },
        store::{
            unreadable::UnreadableObjects,
            update::{Delta, StoreUpdate},
            watch::{Scope, WatchKind, WatchState},
        },
    },
};

/// The server takes its time before each answer and before each end, so that what it says apart
/// arrives apart.
const PACE: Duration = Duration::from_secs(2);

/// How the scripted server answers one request.
enum Answer {
    Page(String),
    Refused(u16),
    /// An error with this `Status`.
    Status(u16, String),
    /// 429 with so many seconds in `Retry-After`.
    Busy(u64),
    /// Nobody listens.
    NoServer,
    /// A watch: these lines, and then…
    Watch(Vec<String>, Then),
}

#[derive(Clone, Copy)]
enum Then {
    /// … the server closes it in order.
    Close,
    /// … nothing more comes, and nothing ends.
    Hold,
    /// … the connection breaks.
    Break,
    /// … the version is too old.
    Forget,
}

use Answer::{NoServer, Page, Refused};
use Then::{Break, Close, Hold};

/// A server that answers from a list, and by its function from then on.
struct Server {
    script: Mutex<VecDeque<Answer>>,
    then: Box<dyn Fn(&str) -> Answer + Send + Sync>,
    asked: Mutex<Vec<String>>,
    /// Discovery is answered; it knows `batch/v1`, without CronJobs.
    discovery: AtomicBool,
}

type ServerBody = UnsyncBoxBody<Bytes, io::Error>;

impl Server {
    fn answer(&self, request: &Request<Body>) -> io::Result<Response<ServerBody>> {
        let asked = request.uri().to_string();
        if asked == "/version" {
            return Ok(whole(200, r#"{"gitVersion":"v1.0.0"}"#.to_owned()));
        }
        if let Some(answer) = self.discovered(&asked) {
            return Ok(answer);
        }
        let next = self.script.lock().unwrap().pop_front();
        let next = next.unwrap_or_else(|| (self.then)(&asked));
        self.asked.lock().unwrap().push(asked);
        match next {
            Page(json) => Ok(whole(200, json)),
            Refused(code) => Ok(whole(
                code,
                format!(r#"{{"message":"says {code}","code":{code}}}"#),
            )),
            Answer::Status(code, status) => Ok(whole(code, status)),
            Answer::Busy(seconds) => {
                let mut answer = whole(429, r#"{"message":"says 429","code":429}"#.to_owned());
                answer.headers_mut().insert("retry-after", seconds.into());
                Ok(answer)
            }
            NoServer => Err(io::ErrorKind::ConnectionRefused.into()),
            Answer::Watch(lines, then) => Ok(Response::new(watching(lines, then))),
        }
    }
}

impl Server {
    fn discovered(&self, path: &str) -> Option<Response<ServerBody>> {
        let there = self.discovery.load(Ordering::Relaxed);
        let found = match path {
            "/apis" => r#"{"groups":[{"versions":[{"groupVersion":"batch/v1"}]}]}"#,
            "/apis/batch/v1" => r#"{"resources":[{"name":"jobs"}]}"#,
            "/apis/batch/v1beta1" => return Some(whole(404, "404 page not found".to_owned())),
            _ => return None,
        };
        Some(if there {
            whole(200, found.to_owned())
        } else {
            whole(404, "<html>default backend</html>".to_owned())
        })
    }
}

fn whole(code: u16, text: String) -> Response<ServerBody> {
    let body = stream::iter([Ok(Frame::data(Bytes::from(text)))]);
    Response::builder()
        .status(code)
        .body(StreamBody::new(body).boxed_unsync())
        .unwrap()
}

fn watching(lines: Vec<String>, then: Then) -> ServerBody {
    let lines = stream::iter(lines).map(|line| Ok(Frame::data(Bytes::from(line + "\n"))));
    let end = match then {
        Close => stream::once(sleep(PACE))
            .filter_map(async |()| None)
            .boxed(),
        Hold => stream::pending().boxed(),
        Then::Forget => stream::once(sleep(PACE))
            .map(|()| {
                let line = r#"{"type":"ERROR","object":{"code":410,"message":"too old"}}"#;
                Ok(Frame::data(Bytes::from(format!("{line}\n"))))
            })
            .boxed(),
        Break => stream::once(sleep(PACE))
            .map(|()| Err(io::ErrorKind::ConnectionReset.into()))
            .boxed(),
    };
    StreamBody::new(lines.chain(end)).boxed_unsync()
}

/// A running watch and what came out of it.
struct Watched {
    server: Arc<Server>,
    feed: mpsc::Receiver<WatchUpdate>,
    watch_scope: watch::Sender<WatchScope>,
    health: Arc<ServerHealth>,
    _tasks: JoinSet<()>,
}

impl Watched {
    fn accounts(script: impl IntoIterator<Item = Answer>, last: fn() -> Answer) -> Self {
        Self::start(
            WatchKind::ServiceAccounts,
            ServiceAccountDecoder,
            script,
            last,
        )
    }

    fn start<D: Decode>(
        kind: WatchKind,
        decode: D,
        script: impl IntoIterator<Item = Answer>,
        last: fn() -> Answer,
    ) -> Self {
        let watched = Self::answered(kind, decode, move |_| last());
        watched.server.script.lock().unwrap().extend(script);
        watched
    }

    /// A server that answers by this function.
    fn answered<D: Decode>(
        kind: WatchKind,
        decode: D,
        then: impl Fn(&str) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let server = Arc::new(Server {
            script: Mutex::default(),
            then: Box::new(then),
            asked: Mutex::default(),
            discovery: AtomicBool::new(true),
        });
        let answering = Arc::clone(&server);
        let service = tower::service_fn(move |request: Request<Body>| {
            let answer = answering.answer(&request);
            async {
                sleep(PACE).await;
                answer
            }
        });
        let (lane, feed) = mpsc::channel(4);
        let (watch_scope, follow) =
            watch::channel(WatchScope::Namespaces(vec![Namespace::new("app")]));
        let health = Arc::new(ServerHealth::new());
        let supervisor = Supervisor {
            kind,
            decode: Arc::new(decode),
            client: Client::new(service, "app"),
            limit: Duration::from_secs(60),
            updates: lane,
            health: Arc::clone(&health),
            lists: ListGate::new(),
        };
        let mut tasks = JoinSet::new();
        tasks.spawn(supervisor.supervise(follow));
        Self {
            server,
            feed,
            watch_scope,
            health,
            _tasks: tasks,
        }
    }

    /// The next state that is one of these; what comes before it is let go.
    async fn state(&mut self, wanted: impl Fn(&WatchState) -> bool) -> WatchState {
        loop {
            if let WatchUpdate::State(_, state) = self.next().await
                && wanted(&state)
            {
                return state;
            }
        }
    }

    async fn live(&mut self) {
        self.state(|state| *state == WatchState::Live).await;
    }

    async fn stale(&mut self) -> (Timestamp, Arc<str>) {
        match self
            .state(|state| matches!(state, WatchState::Stale { .. }))
            .await
        {
            WatchState::Stale { since, why } => (since, why),
            other => panic!("{other:?}"),
        }
    }

    /// The next batch: whether it is whole, the names that changed, the names that are gone.
    async fn batch(&mut self) -> (bool, Vec<String>, Vec<String>) {
        loop {
            if let WatchUpdate::Batch(StoreUpdate::ServiceAccounts(delta)) = self.next().await {
                return names(&delta);
            }
        }
    }

    /// The next word of what could not be decoded.
    async fn unreadable(&mut self) -> Arc<UnreadableObjects> {
        loop {
            if let WatchUpdate::Unreadable(_, unreadable) = self.next().await {
                return unreadable;
            }
        }
    }

    /// Fails when what is known of the scope is taken back within this time.
    async fn nothing_is_taken_back(&mut self, scope: &Scope, time: Duration) {
        let taken = async {
            loop {
                match self.next().await {
                    WatchUpdate::Batch(StoreUpdate::ServiceAccounts(delta))
                        if delta.scope == *scope && delta.replace && delta.changed.is_empty() =>
                    {
                        return;
                    }
                    WatchUpdate::Ended(id) if id.scope == *scope => return,
                    WatchUpdate::Batch(_)
                    | WatchUpdate::State(..)
                    | WatchUpdate::Unreadable(..)
                    | WatchUpdate::Ended(_) => {}
                }
            }
        };
        assert!(timeout(time, taken).await.is_err(), "it was taken back");
    }

    /// The names in the next whole batch of so many objects.
    async fn batch_of(&mut self, count: usize) -> Vec<String> {
        loop {
            let (replace, names, _) = self.batch().await;
            if replace && names.len() == count {
                return names;
            }
        }
    }

    async fn next(&mut self) -> WatchUpdate {
        let next = timeout(Duration::from_secs(3600), self.feed.recv()).await;
        next.expect("something comes within the hour")
            .expect("the watch runs")
    }

    fn asked(&self) -> Vec<String> {
        self.server.asked.lock().unwrap().clone()
    }
}

fn names(delta: &Delta<ServiceAccount>) -> (bool, Vec<String>, Vec<String>) {
    let mut changed: Vec<String> = delta
        .changed
        .iter()
        .map(|account| account.key.name.to_string())
        .collect();
    changed.sort();
    let gone = delta
        .removed
        .iter()
        .map(|key| key.name.to_string())
        .collect();
    (delta.replace, changed, gone)
}

fn object(name: &str, version: u32) -> String {
    format!(r#"{{"metadata":{{"name":"{name}","namespace":"app","resourceVersion":"{version}"}}}}"#)
}

fn list(version: u32, objects: &[&str]) -> String {
    let items: Vec<String> = objects.iter().map(|name| object(name, version)).collect();
    format!(
        r#"{{"metadata":{{"resourceVersion":"{version}"}},"items":[{}]}}"#,
        items.join(",")
    )
}

/// A page of one object with more to follow.
fn part(name: &str, next: &str) -> Answer {
    Page(list(5, &[name]).replace(
        r#""resourceVersion":"5"},"items""#,
        &format!(r#""resourceVersion":"5","continue":"{next}"}},"items""#),
    ))
}

fn change(kind: &str, name: &str, version: u32) -> String {
    format!(r#"{{"type":"{kind}","object":{}}}"#, object(name, version))
}

fn hold() -> Answer {
    Answer::Watch(Vec::new(), Hold)
}

#[tokio::test(start_paused = true)]
async fn pages_become_one_whole_batch() {
    let mut watched = Watched::accounts([part("a", "c1"), Page(list(5, &["b"]))], hold);
    assert_eq!(
        watched.batch().await,
        (true, vec!["a".into(), "b".into()], vec![])
    );
    watched.live().await;
    let asked = watched.asked();
    assert!(asked[1].contains("continue=c1"), "{asked:?}");
    assert!(
        asked[2].contains("watch=true") && asked[2].contains("resourceVersion=5"),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn of_a_long_list_the_namespace_that_is_looked_at_comes_first() {
    let mut watched = Watched::accounts([], hold);
    watched.watch_scope.send_replace(WatchScope::Cluster {
        fallback: vec![Namespace::new("app")],
    });
    let mut script: VecDeque<Answer> = (0..20)
        .map(|number| part(&format!("a{number}"), &format!("c{number}")))
        .collect();
    // The second page is asked for before the namespace is.
    script.insert(2, Page(list(5, &["mine", "own"])));
    script.push_back(Page(list(5, &["last"])));
    *watched.server.script.lock().unwrap() = script;
    let names = watched.batch_of(2).await;
    assert_eq!(names, ["mine", "own"], "before the list is whole");
    let whole = watched.batch_of(21).await;
    assert!(!whole.contains(&"mine".to_owned()), "{whole:?}");
    let asked = watched.asked();
    assert!(asked[2].starts_with("/api/v1/namespaces/app/"), "{asked:?}");
    assert_eq!(
        asked.iter().filter(|asked| asked.contains("/app/")).count(),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn half_of_a_namespace_is_never_seen() {
    let mut watched = Watched::accounts([], hold);
    watched.watch_scope.send_replace(WatchScope::Cluster {
        fallback: vec![Namespace::new("app")],
    });
    // Two pages of the cluster, the first of the namespace, and no second one.
    let script = [
        part("a", "c"),
        Page(list(5, &["b"])),
        part("mine", "d"),
        Refused(500),
    ];
    *watched.server.script.lock().unwrap() = script.into();
    assert_eq!(watched.batch().await.1, ["a", "b"]);
    assert_eq!(watched.server.script.lock().unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_one_page_is_asked_for_once() {
    let mut watched = Watched::accounts([], hold);
    watched.watch_scope.send_replace(WatchScope::Cluster {
        fallback: vec![Namespace::new("app")],
    });
    *watched.server.script.lock().unwrap() = [Page(list(5, &["a"]))].into();
    watched.batch_of(1).await;
    watched.live().await;
    let lists = watched.asked();
    let lists = lists.iter().filter(|asked| !asked.contains("watch="));
    assert_eq!(lists.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn changes_are_newest_per_object() {
    let lines = vec![
        change("ADDED", "b", 6),
        change("MODIFIED", "b", 7),
        change("ADDED", "c", 8),
        change("DELETED", "c", 9),
    ];
    let watch = Answer::Watch(lines, Hold);
    let mut watched = Watched::accounts([Page(list(5, &["a"])), watch], hold);
    assert_eq!(watched.batch().await.1, ["a"]);
    assert_eq!(
        watched.batch().await,
        (false, vec!["b".into()], vec!["c".into()])
    );
}

#[tokio::test(start_paused = true)]
async fn a_failing_server_is_asked_ever_more_seldom() {
    let mut watched = Watched::accounts([], || Refused(503));
    let began = Instant::now();
    let mut since = None;
    while began.elapsed() < Duration::from_secs(300) {
        let (now, why) = watched.stale().await;
        assert_eq!(&*why, "503: says 503");
        assert_eq!(
            *since.get_or_insert(now),
            now,
            "stale since the first failure"
        );
    }
    let asked = watched.asked().len();
    assert!(
        (8..=20).contains(&asked),
        "{asked} requests in five minutes"
    );
}

#[tokio::test(start_paused = true)]
async fn a_watch_that_ends_in_order_goes_on_where_it_was() {
    let script = [
        Page(list(5, &["a"])),
        Answer::Watch(vec![change("ADDED", "b", 7)], Close),
        Answer::Watch(vec![change("ADDED", "c", 8)], Hold),
    ];
    let mut watched = Watched::accounts(script, hold);
    watched.live().await;
    assert_eq!(watched.batch().await, (false, vec!["b".into()], vec![]));
    assert_eq!(watched.batch().await, (false, vec!["c".into()], vec![]));
    let asked = watched.asked();
    assert_eq!(asked.len(), 3, "no second list: {asked:?}");
    assert!(asked[2].contains("resourceVersion=7"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_bookmark_moves_the_version_on() {
    let bookmark = r#"{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"40"}}}"#;
    let script = [
        Page(list(5, &[])),
        Answer::Watch(vec![bookmark.into()], Close),
    ];
    let mut watched = Watched::accounts(script, || {
        Answer::Watch(vec![change("ADDED", "a", 41)], Hold)
    });
    assert_eq!(watched.batch().await, (true, vec![], vec![]));
    watched.batch().await;
    assert!(
        watched.asked()[2].contains("resourceVersion=40"),
        "{:?}",
        watched.asked()
    );
}

#[tokio::test(start_paused = true)]
async fn a_quiet_kind_is_live_again_without_a_change() {
    let script = [
        Page(list(5, &["a"])),
        Answer::Watch(Vec::new(), Break),
        NoServer,
    ];
    let mut watched = Watched::accounts(script, hold);
    watched.live().await;
    watched.stale().await;
    watched.live().await;
    let asked = watched.asked();
    assert_eq!(asked.len(), 4, "no second list: {asked:?}");
}

#[tokio::test(start_paused = true)]
async fn what_the_server_has_forgotten_is_listed_anew() {
    let gone = r#"{"type":"ERROR","object":{"code":410,"message":"too old resource version"}}"#;
    let script = [
        Page(list(5, &["a", "b"])),
        Answer::Watch(vec![gone.into()], Close),
        Page(list(90, &["b", "c"])),
    ];
    let mut watched = Watched::accounts(script, hold);
    assert_eq!(
        watched.batch().await,
        (true, vec!["a".into(), "b".into()], vec![])
    );
    assert_eq!(
        watched.batch().await,
        (true, vec!["b".into(), "c".into()], vec![])
    );
    watched.live().await;
    assert!(
        watched.asked()[3].contains("resourceVersion=90"),
        "{:?}",
        watched.asked()
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_forgets_at_once_is_listed_ever_more_seldom() {
    let forgets = r#"{"type":"ERROR","object":{"code":410,"message":"too old resource version"}}"#;
    let script = (0..200).flat_map(|_| {
        let watch = Answer::Watch(vec![forgets.to_owned()], Close);
        [Page(list(5, &[])), watch]
    });
    let mut watched = Watched::accounts(script, hold);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(300) {
        watched.next().await;
    }
    let asked = watched.asked();
    let lists = asked.iter().filter(|asked| !asked.contains("watch="));
    let lists = lists.count();
    assert!((5..=25).contains(&lists), "{lists} lists in five minutes");
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_read_spoils_nothing() {
    let odd = r#"{"metadata":{"name":"odd","namespace":"app"},"imagePullSecrets":7}"#;
    let nameless = r#"{"metadata":{"namespace":"app"}}"#;
    let page =
        list(5, &["a", "b"]).replace("\"items\":[", &format!("\"items\":[{odd},{nameless},"));
    let lines = vec![
        format!(
            r#"{{"type":"ADDED","object":{}}}"#,
            odd.replace(r#""app""#, r#""app","resourceVersion":"8""#)
        ),
        change("ADDED", "c", 9),
    ];
    let mut watched = Watched::accounts([Page(page), Answer::Watch(lines, Hold)], hold);
    assert_eq!(
        watched.batch().await,
        (true, vec!["a".into(), "b".into()], vec![])
    );
    let unreadable = watched.unreadable().await;
    assert_eq!(
        unreadable.to_string(),
        "app/odd, 1 unnamed",
        "nothing is left out in silence"
    );
    assert_eq!(watched.batch().await, (false, vec!["c".into()], vec![]));
}

#[tokio::test(start_paused = true)]
async fn an_object_that_can_no_longer_be_read_is_kept_and_told() {
    let odd = |kind: &str, version: u32| {
        format!(
            r#"{{"type":"{kind}","object":{{"metadata":{{"name":"a","namespace":"app","resourceVersion":"{version}"}},"imagePullSecrets":7}}}}"#
        )
    };
    let script = [
        Page(list(5, &["a", "b"])),
        Answer::Watch(vec![odd("MODIFIED", 6)], Close),
        Answer::Watch(vec![change("MODIFIED", "a", 7)], Close),
        Answer::Watch(vec![odd("MODIFIED", 8)], Close),
        Answer::Watch(vec![odd("DELETED", 9)], Hold),
    ];
    let mut watched = Watched::accounts(script, hold);
    assert_eq!(watched.unreadable().await.to_string(), "app/a");
    assert!(
        watched.unreadable().await.is_empty(),
        "it can be read again"
    );
    assert_eq!(watched.unreadable().await.to_string(), "app/a");
    // What is gone is gone, readable or not.
    assert_eq!(watched.batch().await, (false, vec![], vec!["a".into()]));
    assert!(watched.unreadable().await.is_empty());
    let asked = watched.asked();
    assert!(asked[5 - 1].contains("resourceVersion=8"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_silent_server_makes_the_data_as_old_as_the_last_word() {
    let mut watched = Watched::accounts([Page(list(5, &["a"]))], hold);
    watched.live().await;
    // Let the watch be opened before the line goes dead.
    sleep(Duration::from_secs(5)).await;
    let heard = watched.health.last_heard();
    let dead = tower::service_fn(|_: Request<Body>| {
        std::future::pending::<io::Result<Response<ServerBody>>>()
    });
    let dead = Client::new(dead, "app");
    let health = Arc::clone(&watched.health);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move { health.probe_loop(&dead).await });
    let (since, why) = watched.stale().await;
    assert_eq!(since, heard);
    assert!(why.contains("no answer"), "{why}");
}

#[tokio::test(start_paused = true)]
async fn a_refusal_names_the_permission_and_ends_when_rights_are_granted() {
    let script = [Refused(403), Page(list(5, &["a"]))];
    let mut watched = Watched::accounts(script, hold);
    let began = Instant::now();
    let refused = watched
        .state(|state| matches!(state, WatchState::Forbidden { .. }))
        .await;
    let WatchState::Forbidden {
        missing,
        why,
        as_of: None,
    } = refused
    else {
        panic!("{refused:?}");
    };
    assert_eq!(missing.to_string(), "list serviceaccounts in namespace app");
    assert_eq!(&*why, "says 403");
    watched.live().await;
    assert!(
        began.elapsed() >= Duration::from_secs(50),
        "asked too soon: {:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_watch_may_be_refused_where_the_list_is_not() {
    let mut watched = Watched::accounts([Page(list(5, &[])), Refused(403)], hold);
    let refused = watched
        .state(|state| matches!(state, WatchState::Forbidden { .. }))
        .await;
    let WatchState::Forbidden { missing, .. } = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(
        missing.to_string(),
        "watch serviceaccounts in namespace app"
    );
}

#[tokio::test(start_paused = true)]
async fn one_refusal_is_doubted() {
    let script = [
        Page(list(5, &["a"])),
        Answer::Watch(vec![change("ADDED", "b", 6)], Close),
        Refused(403),
    ];
    let mut watched = Watched::accounts(script, hold);
    watched.live().await;
    let began = Instant::now();
    let (_, why) = watched.stale().await;
    assert!(why.contains("403"), "{why}");
    watched.live().await;
    assert!(began.elapsed() < Duration::from_secs(20));
    let asked = watched.asked();
    assert_eq!(asked.len(), 4, "no second list: {asked:?}");
    assert!(asked[3].contains("resourceVersion=6"), "{asked:?}");
    let app = Scope::Namespace(Namespace::new("app"));
    let hour = Duration::from_secs(600);
    watched.nothing_is_taken_back(&app, hour).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_listed_stays_when_it_may_no_longer_be_read() {
    let refusals = (0..4).map(|_| Refused(403));
    let script = [
        Page(list(5, &["a"])),
        Answer::Watch(vec![change("ADDED", "b", 6)], Close),
    ];
    let script = script.into_iter().chain(refusals);
    // Some more, and then it is granted again.
    let script = script.chain([Refused(403), Refused(403), Page(list(9, &["a", "c"]))]);
    let mut watched = Watched::accounts(script, hold);
    let before = Timestamp::now();
    watched.batch_of(1).await;
    let refused = watched
        .state(|state| matches!(state, WatchState::Forbidden { .. }))
        .await;
    let WatchState::Forbidden {
        missing,
        as_of: Some(as_of),
        ..
    } = refused
    else {
        panic!("{refused:?}")
    };
    assert_eq!(
        missing.to_string(),
        "watch serviceaccounts in namespace app"
    );
    assert!(as_of >= before, "as of when it was last permitted");
    let began = Instant::now();
    // Neither is anything taken back before the right returns, nor is each refusal doubted anew, nor does
    // it take a minute.
    let batch = loop {
        match watched.next().await {
            WatchUpdate::State(_, WatchState::Forbidden { .. }) => {}
            WatchUpdate::Batch(StoreUpdate::ServiceAccounts(delta)) => break names(&delta),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(batch, (true, vec!["a".into(), "c".into()], vec![]));
    watched.live().await;
    assert!(
        began.elapsed() < Duration::from_secs(45),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn what_was_listed_of_the_cluster_stays_when_it_may_no_longer_be() {
    let mut watched = Watched::accounts([], hold);
    watched.watch_scope.send_replace(WatchScope::Cluster {
        fallback: vec![Namespace::new("app")],
    });
    let script = [
        Page(list(5, &["a"])),
        Answer::Watch(vec![change("ADDED", "b", 6)], Close),
    ];
    let script = script.into_iter().chain((0..4).map(|_| Refused(403)));
    let script = script.chain([Page(list(9, &["a"]))]);
    *watched.server.script.lock().unwrap() = script.collect();
    let app = Scope::Namespace(Namespace::new("app"));
    let (mut cluster, mut local) = (None, None);
    while cluster.is_none() || local.is_none() {
        match watched.next().await {
            WatchUpdate::State(id, state @ WatchState::Forbidden { .. })
                if id.scope == Scope::Cluster =>
            {
                cluster = Some(state);
            }
            WatchUpdate::State(id, state @ WatchState::Live) if id.scope == app => {
                local = Some(state);
            }
            WatchUpdate::Batch(StoreUpdate::ServiceAccounts(delta)) => {
                assert!(!delta.replace || !delta.changed.is_empty(), "{delta:?}");
            }
            WatchUpdate::Batch(_) | WatchUpdate::State(..) | WatchUpdate::Unreadable(..) => {}
            WatchUpdate::Ended(id) => panic!("{id:?}"),
        }
    }
    let Some(WatchState::Forbidden { missing, as_of, .. }) = cluster else {
        panic!("{cluster:?}")
    };
    assert_eq!(
        missing.to_string(),
        "watch serviceaccounts in all namespaces"
    );
    assert!(as_of.is_some());
    let minute = Duration::from_secs(60);
    watched.nothing_is_taken_back(&Scope::Cluster, minute).await;
}

#[tokio::test(start_paused = true)]
async fn a_404_of_what_every_server_has_is_no_empty_list() {
    let gone = r#"{"type":"ERROR","object":{"code":410,"message":"too old resource version"}}"#;
    let script = [
        Page(list(5, &["a"])),
        Answer::Watch(vec![gone.into()], Close),
    ];
    let mut watched = Watched::accounts(script, || Refused(404));
    assert_eq!(watched.batch().await.1, ["a"]);
    watched
        .state(|state| matches!(state, WatchState::Stale { why, .. } if why.contains("404")))
        .await;
    let app = Scope::Namespace(Namespace::new("app"));
    let hour = Duration::from_secs(600);
    watched.nothing_is_taken_back(&app, hour).await;
}

#[tokio::test(start_paused = true)]
async fn a_404_counts_as_not_served_only_by_discovery() {
    let kind = WatchKind::Workloads(WorkloadKind::CronJob);
    let mut watched = Watched::start(kind, CronJobs::default(), [], || Refused(404));
    watched.server.discovery.store(false, Ordering::Relaxed);
    let (_, why) = watched.stale().await;
    assert!(why.contains("404"), "{why}");
    let live = timeout(Duration::from_secs(300), watched.live()).await;
    assert!(live.is_err(), "an ingress answered, and not the API server");
    watched.server.discovery.store(true, Ordering::Relaxed);
    watched.live().await;
}

#[tokio::test(start_paused = true)]
async fn an_older_api_is_tried_where_the_newer_is_not_served() {
    let kind = WatchKind::Workloads(WorkloadKind::CronJob);
    let script = [Refused(404), Page(list(5, &["nightly"]))];
    let mut watched = Watched::start(kind, CronJobs::default(), script, hold);
    watched.live().await;
    let asked = watched.asked();
    assert!(asked[0].starts_with("/apis/batch/v1/"), "{asked:?}");
    assert!(asked[1].starts_with("/apis/batch/v1beta1/"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_kind_that_is_not_served_at_all_is_empty() {
    let kind = WatchKind::Workloads(WorkloadKind::CronJob);
    let mut watched = Watched::start(kind, CronJobs::default(), [], || Refused(404));
    let delta = loop {
        match watched.next().await {
            WatchUpdate::Batch(StoreUpdate::Workloads(_, delta)) => break delta,
            WatchUpdate::State(_, state) => assert_eq!(state, WatchState::Connecting),
            other => panic!("{other:?}"),
        }
    };
    assert!(delta.replace && delta.changed.is_empty());
    watched.live().await;
    let asked = watched.asked();
    assert!(asked[1].starts_with("/apis/batch/v1beta1/"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn where_the_cluster_may_not_be_listed_the_namespace_is() {
    let mut watched = Watched::accounts([], hold);
    watched.watch_scope.send_replace(WatchScope::Cluster {
        fallback: vec![Namespace::new("app")],
    });
    let script = [Refused(403), Page(list(5, &["a"]))];
    *watched.server.script.lock().unwrap() = script.into_iter().collect();
    while watched.batch().await.1 != ["a"] {}
    watched.live().await;
    let asked = watched.asked();
    assert!(
        asked[0].starts_with("/api/v1/serviceaccounts?"),
        "{asked:?}"
    );
    assert!(
        asked[1].starts_with("/api/v1/namespaces/app/serviceaccounts?"),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn rights_to_list_everywhere_and_not_to_watch_take_nothing_back() {
    let mut watched = Watched::accounts([], hold);
    watched.watch_scope.send_replace(WatchScope::Cluster {
        fallback: vec![Namespace::new("app")],
    });
    // The cluster, then the namespace, then the cluster again after a while.
    let script = [
        Page(list(5, &["a"])),
        Refused(403),
        Page(list(5, &["a"])),
        hold(),
        Page(list(5, &["a"])),
        Refused(403),
    ];
    *watched.server.script.lock().unwrap() = script.into();
    let app = Scope::Namespace(Namespace::new("app"));
    loop {
        if let WatchUpdate::State(id, WatchState::Live) = watched.next().await
            && id.scope == app
        {
            break;
        }
    }
    let ended = async {
        loop {
            if let WatchUpdate::Ended(id) = watched.next().await {
                return id;
            }
        }
    };
    let ended = timeout(Duration::from_secs(100), ended).await;
    assert!(ended.is_err(), "{ended:?}");
    assert_eq!(watched.server.script.lock().unwrap().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refusal_of_the_cluster_stands_beside_what_namespaces_show() {
    let mut watched = Watched::accounts([], || Refused(403));
    let nowhere = Vec::new();
    let watch_scope = |otherwise| WatchScope::Cluster {
        fallback: otherwise,
    };
    watched.watch_scope.send_replace(watch_scope(nowhere));
    let refused = |state: &WatchState| matches!(state, WatchState::Forbidden { as_of: None, .. });
    watched.state(refused).await;
    watched
        .watch_scope
        .send_replace(watch_scope(vec![Namespace::new("app")]));
    // Of the namespace, too, and neither takes the other's place.
    watched.state(refused).await;
    let minute = Duration::from_secs(30);
    watched.nothing_is_taken_back(&Scope::Cluster, minute).await;
    // Only who looks at namespaces alone has no use for it.
    let alone = WatchScope::Namespaces(vec![Namespace::new("app")]);
    watched.watch_scope.send_replace(alone);
    loop {
        if let WatchUpdate::Ended(id) = watched.next().await
            && id.scope == Scope::Cluster
        {
            break;
        }
    }
}

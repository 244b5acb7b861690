//! Whatever order of faults, the view ends equal to the server's objects.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// What befalls one request.
#[derive(Clone, Copy, Debug)]
enum Fault {
    None,
    Status(u16),
    Busy,
    Unreachable,
    /// The version that the request names is forgotten: 410 where it names one.
    Expired,
    /// The same for a continue token, without another to go on with.
    ExpiredWhole,
    /// The body is cut in the middle.
    Cut,
    /// The connection breaks after the answer.
    Broken,
}

/// What happens to the objects before a request is answered: the number of an object, and whether it is there then.
type Change = (u8, bool);

/// A server of ServiceAccounts that pages, watches and forgets as the API server does.
#[derive(Default)]
struct Model {
    version: u32,
    /// The version since which each object is as it is.
    objects: BTreeMap<String, u32>,
    /// What happened, by version: name, and whether it was deleted.
    history: Vec<(u32, String, bool)>,
    /// The objects of a version that was listed.
    moments: BTreeMap<u32, BTreeMap<String, u32>>,
}

impl Model {
    fn new() -> Self {
        let mut model = Self::default();
        for object in 0..6 {
            model.change((object, true));
        }
        model
    }

    fn change(&mut self, (object, is_there): Change) {
        let name = format!("a{object}");
        let is_deleted = !is_there && self.objects.contains_key(&name);
        if !is_there && !is_deleted {
            return;
        }
        self.version += 1;
        if is_deleted {
            self.objects.remove(&name);
        } else {
            self.objects.insert(name.clone(), self.version);
        }
        self.history.push((self.version, name, is_deleted));
    }

    /// A page of two objects after `start`, of a version that was listed.
    fn page(&mut self, version: u32, start: &str) -> String {
        let now = self.objects.clone();
        let moment = self.moments.entry(version).or_insert(now);
        let rest: Vec<_> = moment
            .iter()
            .filter(|(name, _)| name.as_str() > start)
            .collect();
        let items: Vec<_> = rest
            .iter()
            .take(2)
            .map(|(name, at)| object(name, **at))
            .collect();
        let next = match rest.get(1) {
            Some((last, _)) if rest.len() > 2 => format!(r#","continue":"{version}.{last}""#),
            _ => String::new(),
        };
        let items = items.join(",");
        format!(r#"{{"metadata":{{"resourceVersion":"{version}"{next}}},"items":[{items}]}}"#)
    }

    fn list(&mut self, query: &str) -> String {
        let Some(token) = parameter(query, "continue") else {
            if query.contains("limit=") {
                return self.page(self.version, "");
            }
            let items: Vec<_> = self
                .objects
                .iter()
                .map(|(name, at)| object(name, *at))
                .collect();
            let (version, items) = (self.version, items.join(","));
            return format!(
                r#"{{"metadata":{{"resourceVersion":"{version}"}},"items":[{items}]}}"#
            );
        };
        let (version, start) = token.split_once('.').unwrap();
        match version.parse().unwrap() {
            0 => self.page(self.version, start),
            version => self.page(version, start),
        }
    }

    /// The `Status` of an expired continue token: with a token that goes on there, at the version of
    /// then.
    fn expired(query: &str, goes_on: bool) -> String {
        let next = parameter(query, "continue").filter(|_| goes_on);
        let next = next.map_or_else(String::new, |token| {
            let (_, start) = token.split_once('.').unwrap();
            format!(r#""continue":"0.{start}""#)
        });
        format!(r#"{{"metadata":{{{next}}},"message":"expired","code":410}}"#)
    }

    fn changes(&self, query: &str) -> Vec<String> {
        let from: u32 = parameter(query, "resourceVersion")
            .unwrap()
            .parse()
            .unwrap();
        let after = self.history.iter().filter(|(version, ..)| *version > from);
        after
            .map(|(version, name, is_deleted)| {
                let kind = if *is_deleted { "DELETED" } else { "MODIFIED" };
                change(kind, name, *version)
            })
            .collect()
    }

    /// Answers a request to which this happens.
    fn answer(&mut self, query: &str, fault: Fault) -> Answer {
        match fault {
            Fault::Status(code) => return Refused(code),
            Fault::Busy => return Answer::Busy(1),
            Fault::Unreachable => return NoServer,
            Fault::Expired | Fault::ExpiredWhole if query.contains("watch=") => {
                return Refused(410);
            }
            Fault::Expired | Fault::ExpiredWhole => {
                let goes_on = matches!(fault, Fault::Expired);
                // A token of now is not too old.
                let now = format!("{}.", self.version);
                let is_old = parameter(query, "continue")
                    .is_some_and(|token| !token.starts_with("0.") && !token.starts_with(&now));
                if is_old {
                    return Answer::Status(410, Self::expired(query, goes_on));
                }
            }
            Fault::None | Fault::Cut | Fault::Broken => {}
        }
        if query.contains("watch=") {
            let mut lines = self.changes(query);
            return match fault {
                Fault::Cut => {
                    if let Some(last) = lines.last_mut() {
                        last.truncate(20);
                    }
                    Answer::Watch(lines, Break)
                }
                Fault::Broken => Answer::Watch(lines, Break),
                _ => Answer::Watch(lines, Close),
            };
        }
        let mut page = self.list(query);
        if matches!(fault, Fault::Cut) {
            page.truncate(page.len() / 2);
        }
        Page(page)
    }
}

fn parameter<'q>(query: &'q str, name: &str) -> Option<&'q str> {
    let (_, query) = query.split_once('?')?;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn any_fault() -> impl Strategy<Value = Fault> {
    prop_oneof![
        4 => Just(Fault::None),
        2 => proptest::sample::select(vec![500, 503, 504, 401, 403, 400, 422]).prop_map(Fault::Status),
        1 => Just(Fault::Busy),
        1 => Just(Fault::Unreachable),
        2 => Just(Fault::Expired),
        1 => Just(Fault::ExpiredWhole),
        1 => Just(Fault::Cut),
        1 => Just(Fault::Broken),
    ]
}

fn any_step() -> impl Strategy<Value = (Fault, Vec<Change>)> {
    let changes = proptest::collection::vec((0_u8..9, any::<bool>()), 0..3);
    (any_fault(), changes)
}

/// Runs the watch through the steps, one per request, and then until it shows what the server has.
async fn converges(steps: Vec<(Fault, Vec<Change>)>) {
    let model = Arc::new(Mutex::new(Model::new()));
    let (steps, shared) = (Mutex::new(VecDeque::from(steps)), Arc::clone(&model));
    let remaining = Arc::new(AtomicBool::new(true));
    let left = Arc::clone(&remaining);
    let mut watched = Watched::answered(
        WatchKind::ServiceAccounts,
        ServiceAccountDecoder,
        move |query| {
            let mut model = shared.lock().unwrap();
            let (fault, changes) = steps.lock().unwrap().pop_front().unwrap_or_else(|| {
                left.store(false, Ordering::Relaxed);
                (Fault::None, Vec::new())
            });
            for change in changes {
                model.change(change);
            }
            model.answer(query, fault)
        },
    );
    let mut view: BTreeMap<String, u32> = BTreeMap::new();
    let began = Instant::now();
    loop {
        let truth = model.lock().unwrap().objects.clone();
        if !remaining.load(Ordering::Relaxed) && view == truth {
            return;
        }
        assert!(
            began.elapsed() < Duration::from_secs(3 * 3600),
            "in view {view:?}, on the server {truth:?}"
        );
        let Ok(update) = timeout(Duration::from_secs(10), watched.feed.recv()).await else {
            continue;
        };
        let update = update.unwrap();
        if let WatchUpdate::Batch(StoreUpdate::ServiceAccounts(delta)) = update {
            if delta.replace {
                view.clear();
            }
            for account in &delta.changed {
                let version = String::from(account.meta.resource_version);
                view.insert(account.key.name.to_string(), version.parse().unwrap());
            }
            for key in &delta.removed {
                view.remove(&key.name.to_string());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(200) })]

    #[test]
    fn the_view_ends_equal_to_the_server(steps in proptest::collection::vec(any_step(), 0..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .start_paused(true)
            .build()
            .unwrap();
        runtime.block_on(converges(steps));
    }
}

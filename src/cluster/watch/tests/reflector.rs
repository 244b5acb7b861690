//! client-go's rules for lists and watches: what is repeated, what goes on, and what begins anew.

use super::*;

const TOO_OLD: &str =
    r#"{"type":"ERROR","object":{"code":410,"message":"too old resource version"}}"#;

fn is_list(asked: &str) -> bool {
    !asked.contains("watch=")
}

fn lists(asked: &[String]) -> usize {
    asked.iter().filter(|asked| is_list(asked)).count()
}

fn whole(asked: &str) -> bool {
    asked.contains("resourceVersion=5&resourceVersionMatch=NotOlderThan")
        && !asked.contains("limit=")
}

/// 410 for a continue token, with or without one to go on with.
fn expired(next: Option<&str>) -> Answer {
    let next = next.map_or_else(String::new, |next| format!(r#""continue":"{next}""#));
    Answer::Status(
        410,
        format!(r#"{{"metadata":{{{next}}},"message":"too old","reason":"Expired","code":410}}"#),
    )
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_refused_is_requested_again_and_not_the_list() {
    let script = [
        part("a", "c1"),
        Answer::Busy(7),
        part("b", "c2"),
        Page(list(5, &["c"])),
    ];
    let mut watched = Watched::accounts(script, hold);
    let began = Instant::now();
    let (_, why) = watched.stale().await;
    assert_eq!(&*why, "429: says 429");
    let listing = |state: &WatchState| *state == WatchState::Listing { received: 2 };
    watched.state(listing).await;
    assert!(began.elapsed() >= Duration::from_secs(7));
    assert_eq!(watched.batch().await.1, ["a", "b", "c"]);
    watched.live().await;
    let asked = watched.asked();
    assert_eq!(lists(&asked), 4, "{asked:?}");
    assert!(
        asked[1].contains("continue=c1") && asked[1] == asked[2],
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_list_ends_though_each_page_is_refused_once() {
    let refusals = [
        || Answer::Busy(1),
        || Refused(500),
        || Refused(401),
        || NoServer,
        || Page("{\"kind\":".to_owned()),
        || Refused(403),
    ];
    let mut script = vec![part("p0", "c0")];
    for page in 1..12 {
        script.push(refusals[page % refusals.len()]());
        script.push(part(&format!("p{page}"), &format!("c{page}")));
    }
    script.push(Page(list(5, &["last"])));
    let mut watched = Watched::accounts(script, hold);
    watched.batch_of(13).await;
    watched.live().await;
    let asked = watched.asked();
    let firsts = asked
        .iter()
        .filter(|asked| is_list(asked) && !asked.contains("continue="));
    assert_eq!(firsts.count(), 1, "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_page_that_keeps_failing_ends_the_list() {
    let refusals = (0..10).map(|_| Refused(500));
    let script = [part("a", "c1")].into_iter().chain(refusals);
    let script = script.chain([Page(list(6, &["b"]))]);
    let mut watched = Watched::accounts(script, hold);
    assert_eq!(watched.batch().await.1, ["b"]);
    let asked = watched.asked();
    assert_eq!(lists(&asked), 12, "{asked:?}");
    assert!(!asked[11].contains("continue="), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn an_expired_continue_token_goes_on_at_a_later_version() {
    let later = list(9, &["b"]);
    let script = [
        part("a", "c1"),
        expired(Some("c2")),
        Page(later),
        // Of the changes since the first page, some may be forgotten.
        Answer::Watch(vec![TOO_OLD.to_owned()], Close),
        Page(list(12, &["b", "c"])),
    ];
    let mut watched = Watched::accounts(script, hold);
    assert_eq!(watched.batch().await.1, ["a", "b"]);
    assert_eq!(
        watched.batch().await,
        (true, vec!["b".into(), "c".into()], vec![])
    );
    watched.live().await;
    sleep(PACE).await;
    let asked = watched.asked();
    assert!(asked[2].contains("continue=c2"), "{asked:?}");
    assert!(
        asked[3].contains("resourceVersion=5"),
        "of the first page: {asked:?}"
    );
    assert!(whole(&asked[4]), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn without_a_token_to_go_on_with_the_whole_list_is_requested_once() {
    let script = [part("a", "c1"), expired(None), Page(list(9, &["b", "c"]))];
    let mut watched = Watched::accounts(script, hold);
    assert_eq!(
        watched.batch().await,
        (true, vec!["b".into(), "c".into()], vec![]),
        "nothing of the pages"
    );
    watched.live().await;
    let asked = watched.asked();
    assert_eq!(lists(&asked), 3, "{asked:?}");
    assert!(whole(&asked[2]), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_repeats_ends_the_list() {
    let script = [part("a", "c1"), part("b", "c1"), Page(list(6, &["b"]))];
    let mut watched = Watched::accounts(script, hold);
    let (_, why) = watched.stale().await;
    assert!(why.contains("a continue token is repeated"), "{why}");
    assert_eq!(watched.batch().await.1, ["b"]);
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_too_large_is_requested_in_parts() {
    let script = [Page(" ".repeat((64 << 20) + 1)), Page(list(5, &["a"]))];
    let mut watched = Watched::accounts(script, hold);
    assert_eq!(watched.batch().await.1, ["a"]);
    let asked = watched.asked();
    assert!(asked[0].contains("limit=500"), "{asked:?}");
    assert!(asked[1].contains("limit=100"), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn errors_that_say_nothing_of_the_version_list_nothing() {
    for refusal in [
        || Refused(500),
        || Refused(503),
        || Refused(504),
        || Refused(401),
        || Answer::Busy(1),
        || NoServer,
        || Answer::Watch(vec!["<html>".to_owned()], Close),
        || Answer::Watch(Vec::new(), Break),
        || {
            let timeout =
                r#"{"type":"ERROR","object":{"code":500,"message":"etcdserver: timeout"}}"#;
            Answer::Watch(vec![timeout.to_owned()], Close)
        },
    ] {
        let script = [
            Page(list(5, &["a"])),
            Answer::Watch(vec![change("ADDED", "b", 7)], Break),
        ];
        let script = script.into_iter().chain((0..6).map(|_| refusal()));
        let script = script.chain([Answer::Watch(vec![change("ADDED", "c", 8)], Hold)]);
        let mut watched = Watched::accounts(script, hold);
        assert_eq!(watched.batch().await.1, ["a"]);
        assert_eq!(watched.batch().await.1, ["b"]);
        watched.stale().await;
        assert_eq!(watched.batch().await, (false, vec!["c".into()], vec![]));
        watched.live().await;
        let asked = watched.asked();
        assert_eq!(lists(&asked), 1, "{asked:?}");
        assert!(
            asked[2..]
                .iter()
                .all(|asked| asked.contains("resourceVersion=7"))
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_version_that_is_not_the_servers_is_given_up() {
    let refusal = |code: u16, message: &str| {
        Answer::Status(code, format!(r#"{{"message":"{message}","code":{code}}}"#))
    };
    for refused in [
        refusal(504, "Timeout: Too large resource version: 5, current: 3"),
        refusal(400, "invalid resource version"),
        refusal(422, "Invalid"),
        refusal(410, "Gone"),
    ] {
        let script = [Page(list(5, &["a"])), refused, Page(list(3, &["b"]))];
        let mut watched = Watched::accounts(script, hold);
        assert_eq!(watched.batch().await.1, ["a"]);
        assert_eq!(watched.batch().await, (true, vec!["b".into()], vec![]));
        watched.live().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_forgets_after_a_while_is_listed_as_seldom() {
    let script = (0..500).flat_map(|_| {
        let watch = Answer::Watch(Vec::new(), Then::Forget);
        [Page(list(5, &[])), watch]
    });
    let mut watched = Watched::accounts(script, hold);
    let began = Instant::now();
    while began.elapsed() < Duration::from_secs(300) {
        watched.next().await;
    }
    // 0.8, 1.6, 3.2, 6.4, 12.8, 25.6 s, and 30 s from then on.
    let lists = lists(&watched.asked());
    assert!((5..=14).contains(&lists), "{lists} lists in five minutes");
}

#[tokio::test(start_paused = true)]
async fn a_watch_is_requested_for_five_to_ten_minutes() {
    let mut watched = Watched::accounts([Page(list(5, &["a"]))], hold);
    watched.live().await;
    sleep(2 * PACE).await;
    let asked = watched.asked();
    let (_, seconds) = asked[1].split_once("timeoutSeconds=").unwrap();
    let seconds: u32 = seconds.split('&').next().unwrap().parse().unwrap();
    assert!((300..600).contains(&seconds), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_watch_without_bookmarks_is_opened_again_and_stays_live() {
    let mut watched = Watched::accounts([Page(list(5, &["a"])), hold(), hold()], || {
        Answer::Watch(vec![change("ADDED", "b", 6)], Hold)
    });
    assert_eq!(watched.batch().await.1, ["a"]);
    let began = Instant::now();
    loop {
        match watched.next().await {
            WatchUpdate::Batch(_) => break,
            WatchUpdate::State(_, state) => assert_eq!(state, WatchState::Live),
            other => panic!("{other:?}"),
        }
    }
    let minutes = began.elapsed().as_secs() / 60;
    assert!((3..5).contains(&minutes), "{:?}", began.elapsed());
    assert_eq!(lists(&watched.asked()), 1);
}

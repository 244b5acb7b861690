//! What the details say, drawn from the sample cluster.

use crate::{
    app::{effect::Effect, message::Message},
    domain::{
        fixtures::{account, seconds_ago, secret, upserted},
        k8s::objects::{SecretContent, SecretType},
        store::{update::StoreUpdate, watch::SecretWatch},
    },
    ui::tests::Screen,
};

/// The line that begins with this word.
fn line<'a>(text: &'a str, word: &str) -> &'a str {
    let mut lines = text.lines();
    lines.find(|line| line.contains(word)).unwrap_or_default()
}

#[test]
fn the_pull_secrets_of_a_namespace_are_no_tls_certificates() {
    let mut screen = Screen::company();
    let tls = |name| {
        secret(
            "pay",
            name,
            SecretType::Other(Some("kubernetes.io/tls".into())),
            &[],
        )
    };
    screen.batch(StoreUpdate::Secrets(
        SecretWatch::Other,
        upserted(vec![tls("ingress"), tls("opaque")]),
    ));
    let keys = [":", "n", "s", "enter", "N", "g", "down", "d"];
    let text = screen.press(&keys).text(120, 40);
    let secrets = line(&text, "Pull secrets");
    assert!(
        secrets.contains("hub") && !text.contains("ingress"),
        "{text}"
    );
}

#[test]
fn a_log_is_followed_unless_it_is_that_of_the_run_before() {
    for (keys, follows) in [(&["l"][..], true), (&["l", "p"], false)] {
        let mut screen = Screen::company().press(&keys[..keys.len() - 1]);
        let effects = screen.effects_of(keys[keys.len() - 1]);
        let [Effect::FollowLog { request_id, .. }] = effects[..] else {
            panic!("{effects:?}")
        };
        screen.take(Message::Logged(request_id, vec!["one".to_owned()]));
        let text = screen.text(120, 40);
        assert_eq!(text.contains("following"), follows, "{text}");
    }
}

#[test]
fn a_secret_is_judged_alike_in_its_row_and_in_its_details() {
    let keys = [":", "s", "e", "c", "enter", "N", "G"];
    let mut pane = Screen::company().press(&keys);
    let row = pane.text(120, 40);
    assert!(line(&row, "regcred").contains("login rejected"), "{row}");
    let text = pane.press(&["d"]).text(120, 40);
    assert!(line(&text, "Error").contains("login rejected"), "{text}");
}

#[test]
fn a_listed_secret_is_judged_alike_in_its_row_and_in_its_details() {
    let mut screen = Screen::company();
    let mut expired = secret(
        "pay",
        "old",
        SecretType::DockerConfigJson,
        &[("r.example", "bot")],
    );
    let SecretContent::Read(summary) = &mut expired.content else {
        panic!("{expired:?}")
    };
    let mut entry = summary.entries[0].clone();
    entry.expires = Some(seconds_ago(540));
    summary.entries = [entry].into();
    let secrets = upserted(vec![expired]);
    screen.batch(StoreUpdate::Secrets(SecretWatch::DockerConfigJson, secrets));
    let accounts = upserted(vec![account("pay", "aged", &["old"])]);
    screen.batch(StoreUpdate::ServiceAccounts(accounts));
    let mut screen = screen.press(&[":", "s", "a", "enter", "N", "g"]);
    let row = screen.text(160, 40);
    assert!(line(&row, "aged").contains("old expired 9m ago"), "{row}");
    let text = screen.press(&["d"]).text(160, 40);
    let secrets = line(&text, "Pull secrets");
    assert!(secrets.contains("expired 9m ago"), "{text}");
}

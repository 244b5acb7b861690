//! A Secret's values are shown when that was confirmed, for a while, and are then nowhere.

use jiff::{SignedDuration, Timestamp};

use super::{
    tests::{model, press},
    update,
};
use crate::{
    app::{
        effect::Effect, key::Key, message::Message, model::Model, overlay::Overlay, refresh,
        request_id::RequestId, reveal::RevealStage,
    },
    domain::{
        error::UserError,
        fixtures::now,
        registry_auth::docker_config::{self, ConfigFormat, DockerConfig},
    },
};

const CANARY: &str = "dckr_pat_canary";

fn config() -> DockerConfig {
    let text = format!(
        r#"{{"auths":{{"ghcr.io":{{"username":"ci","password":"{CANARY}"}},"quay.io":{{"username":"bot","password":"other"}}}}}}"#
    );
    docker_config::read(ConfigFormat::ConfigJson, text.as_bytes())
}

fn later(seconds: i64) -> Timestamp {
    now() + SignedDuration::from_secs(seconds)
}

fn stage(model: &Model) -> Option<&RevealStage> {
    match model.overlays.last() {
        Some(Overlay::Reveal(reveal)) => Some(&reveal.stage),
        _ => None,
    }
}

/// The Secrets pane after a reveal was confirmed, and the request that it waits for.
fn with_reveal_confirmed() -> (Model, RequestId) {
    let mut model = model();
    assert_eq!(press(&mut model, &["tab", "tab", "x"]), []);
    assert!(matches!(stage(&model), Some(RevealStage::Warning)));
    let effects = press(&mut model, &["enter"]);
    let [Effect::Reveal { request_id, .. }] = effects[..] else {
        panic!("{effects:?}")
    };
    (model, request_id)
}

fn shown() -> Model {
    let (mut model, request_id) = with_reveal_confirmed();
    update(
        &mut model,
        Message::Revealed(request_id, Ok(Some(config()))),
        now(),
    );
    model
}

#[test]
fn nothing_is_fetched_before_it_is_confirmed() {
    let mut model = model();
    for keys in [&["tab", "tab", "x", "esc"], &["d", "x", "esc", "esc"]] {
        assert_eq!(
            press(&mut model, keys)
                .iter()
                .filter(|effect| matches!(effect, Effect::Reveal { .. }))
                .count(),
            0
        );
    }
}

#[test]
fn it_is_hidden_when_its_time_is_over_whatever_lies_above_it() {
    let mut model = shown();
    refresh::refresh(&mut model, refresh::Heights::from_fn(|_| 20), later(1));
    assert_eq!(refresh::next_wakeup(&model, later(1)), Some(later(2)));
    press(&mut model, &["?"]);
    assert_eq!(refresh::next_wakeup(&model, later(28)), Some(later(29)));
    update(&mut model, Message::Tick, later(29));
    model.overlays.pop();
    assert!(matches!(stage(&model), Some(RevealStage::Shown(_))));
    press(&mut model, &["?"]);
    update(&mut model, Message::Tick, later(30));
    model.overlays.pop();
    assert!(matches!(stage(&model), Some(RevealStage::Hidden)));
}

#[test]
fn an_answer_that_nobody_waits_for_any_more_is_dropped() {
    let (mut model, request_id) = with_reveal_confirmed();
    press(&mut model, &["esc"]);
    let answer = Message::Revealed(request_id, Ok(Some(config())));
    update(&mut model, answer, now());
    assert!(model.overlays.is_empty());

    let (mut model, request_id) = with_reveal_confirmed();
    press(&mut model, &["esc", "x"]);
    let answer = Message::Revealed(request_id, Ok(Some(config())));
    update(&mut model, answer, now());
    assert!(matches!(stage(&model), Some(RevealStage::Warning)));
}

#[test]
fn only_the_key_for_it_copies_and_it_copies_the_selected_entry() {
    let mut model = shown();
    let copied = press(&mut model, &["c"]);
    let [Effect::CopyPassword(clip)] = &copied[..] else {
        panic!("{copied:?}")
    };
    assert_eq!(clip.0.expose(), CANARY);
    let said = model.status.clone().unwrap().text;
    assert!(
        said.contains("ghcr.io") && said.contains("clipboard"),
        "{said}"
    );
    let copied = press(&mut model, &["j", "c"]);
    let [Effect::CopyPassword(clip)] = &copied[..] else {
        panic!("{copied:?}")
    };
    assert_eq!(clip.0.expose(), "other");

    update(&mut model, Message::Tick, later(31));
    let copied = update(&mut model, Message::Key(Key::char('c')), later(31));
    assert_eq!(copied, []);
}

#[test]
fn a_refusal_says_which_permission_is_missing() {
    let (mut model, request_id) = with_reveal_confirmed();
    let problem = UserError::new("cannot read Secret shop/regcred")
        .with_help("ask for the permission to get secrets in namespace shop");
    update(
        &mut model,
        Message::Revealed(request_id, Err(problem)),
        now(),
    );
    assert!(matches!(stage(&model), Some(RevealStage::Failed(_))));
    assert_eq!(press(&mut model, &["enter"]), []);
    assert!(model.overlays.is_empty());
}

/// What a log or a panic could print of it.
#[test]
fn a_debug_print_of_any_part_shows_no_value() {
    let message = Message::Revealed(model().connection.request_id, Ok(Some(config())));
    let mut model = shown();
    let effects = press(&mut model, &["c"]);
    let printed = format!(
        "{message:?} {:?} {effects:?} {:?} {:?}",
        model.overlays, model.status, model.session
    );
    assert!(printed.contains("ghcr.io"));
    assert!(
        !printed.contains(CANARY) && !printed.contains("other"),
        "{printed}"
    );
}

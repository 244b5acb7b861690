//! What the details ask for, and when they let go of it.

use super::{
    tests::{model, press, typed},
    *,
};
use crate::{
    app::{
        detail::{Details, Tab},
        fetched_view::{FetchState, LogState},
        scroll::Scroll,
    },
    domain::{
        fixtures::now,
        k8s::{document::YamlDocument, objects::AnyObjectRef},
    },
};

fn details(model: &Model) -> &Details {
    match model.overlays.last() {
        Some(Overlay::Details(details)) => details,
        other => panic!("no details are open: {other:?}"),
    }
}

fn answer(model: &mut Model, message: Message) {
    update(model, message, now());
}

#[test]
fn the_yaml_is_asked_for_once_and_again_when_it_is_wanted() {
    let mut model = model();
    let effects = press(&mut model, &["y"]);
    let [Effect::FetchObject { request_id, object }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert_eq!(*object, details(&model).object);
    assert!(press(&mut model, &["down", "z"]).is_empty());
    let document = YamlDocument::from_object(serde_json::json!({"kind": "Pod"})).unwrap();
    answer(
        &mut model,
        Message::ObjectFetched(*request_id, Ok(Box::new(document))),
    );
    let reading = model.fetched.as_ref().unwrap();
    assert!(matches!(reading.state, FetchState::Loaded { .. }));
    assert!(matches!(
        press(&mut model, &["ctrl-r"])[..],
        [Effect::FetchObject { .. }]
    ));
    press(&mut model, &["esc"]);
    assert!(model.fetched.is_none());
}

#[test]
fn a_log_is_followed_while_it_is_shown() {
    let mut model = model();
    let effects = press(&mut model, &["l"]);
    let [Effect::FollowLog { request_id, source }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(!source.previous);
    answer(
        &mut model,
        Message::Logged(*request_id, vec!["one".into(), "Two".into()]),
    );
    assert_eq!(
        model.log.as_ref().map(|log| log.tail.lines().len()),
        Some(2)
    );
    // As with the YAML, it is read again from its beginning.
    let again = press(&mut model, &["ctrl-r"]);
    let [Effect::FollowLog { request_id, .. }] = &again[..] else {
        panic!("{again:?}");
    };
    assert_eq!(model.log.as_ref().unwrap().tail.lines().len(), 0);
    // The run before is another log; lines of the first one come too late.
    let effects = press(&mut model, &["p"]);
    assert!(matches!(&effects[..], [Effect::FollowLog { source, .. }] if source.previous));
    answer(
        &mut model,
        Message::Logged(*request_id, vec!["late".into()]),
    );
    let log = model.log.as_ref().unwrap();
    assert_eq!(
        (log.tail.lines().len(), &log.state),
        (0, &LogState::Opening)
    );
    assert!(matches!(press(&mut model, &["esc"])[..], [Effect::StopLog]));
    assert!(model.log.is_none());
}

#[test]
fn words_are_looked_for_and_escape_leaves_one_thing_at_a_time() {
    let mut model = model();
    let effects = press(&mut model, &["l"]);
    let [Effect::FollowLog { request_id, .. }] = &effects[..] else {
        panic!("{effects:?}");
    };
    let lines = ["alpha", "beta", "alphabet", "gamma"]
        .map(str::to_owned)
        .to_vec();
    answer(&mut model, Message::Logged(*request_id, lines));
    press(&mut model, &["g", "/", "A", "l", "p", "h", "enter"]);
    assert_eq!(details(&model).scroll, Scroll::FromTop(0));
    press(&mut model, &["n"]);
    assert_eq!(details(&model).scroll, Scroll::FromTop(2));
    press(&mut model, &["n"]);
    assert_eq!(details(&model).scroll, Scroll::FromTop(0), "and round");
    press(&mut model, &["N"]);
    assert_eq!(details(&model).scroll, Scroll::FromTop(2));
    press(&mut model, &["esc"]);
    assert!(details(&model).find.is_none());
    press(&mut model, &["esc"]);
    assert!(model.overlays.is_empty());
}

#[test]
fn each_pane_describes_its_own_kind() {
    let mut model = model();
    let mut kinds = Vec::new();
    for _ in 0..5 {
        press(&mut model, &["down", "d"]);
        kinds.push(details(&model).object.kind());
        press(&mut model, &["esc", "tab"]);
    }
    kinds.sort_unstable();
    kinds.dedup();
    assert!(kinds.len() >= 4, "{kinds:?}");
}

#[test]
fn what_has_no_container_has_no_next_one() {
    let mut model = model();
    press(&mut model, &[":", "s", "e", "c", "enter", "y", "o"]);
    assert_eq!(details(&model).tab, Some(Tab::Yaml));
}

#[test]
fn a_registry_that_is_asked_from_a_rollout_answers_in_the_diagnosis_of_its_pod() {
    let mut model = model();
    press(&mut model, &["g", "R"]);
    assert!(details(&model).object.pod().is_none());
    press(&mut model, &[":"]);
    typed(&mut model, "ask-registry");
    let effects = press(&mut model, &["enter"]);
    assert!(
        matches!(
            &effects[..],
            [Effect::ProbeImage { .. }, Effect::ReadNode { .. }]
        ),
        "{effects:?}"
    );
    assert!(details(&model).object.pod().is_some());
    assert_eq!(details(&model).tab, Some(Tab::Diagnosis));
}

#[test]
fn a_report_holds_the_case_and_no_password() {
    let mut model = model();
    let effects = press(
        &mut model,
        &["g", ":", "r", "e", "p", "o", "r", "t", "enter"],
    );
    let [Effect::Save { path, text }] = &effects[..] else {
        panic!("{effects:?}");
    };
    assert!(path.starts_with("pullscope-shop-checkout-"), "{path}");
    let report: serde_json::Value = serde_json::from_str(text).unwrap();
    assert!(report["case"]["pod"].is_object());
    assert!(
        report["summary"][0]
            .as_str()
            .unwrap()
            .contains("login rejected (401)")
    );
    let secret = &report["case"]["listed"][0];
    assert!(secret.to_string().contains("fingerprint"), "{secret}");
    assert!(!text.contains("password\":"), "{text}");
}

#[test]
fn the_rollout_is_that_of_the_pods_workload() {
    let mut model = model();
    press(&mut model, &["R"]);
    assert!(matches!(details(&model).object, AnyObjectRef::Workload(_)));
    assert_eq!(
        shown(model.inspection.as_ref(), details(&model)),
        Tab::Rollout
    );
    press(&mut model, &["D"]);
    assert_eq!(
        details(&model).tab,
        Some(Tab::Diagnosis),
        "of its worst Pod"
    );
    assert!(details(&model).object.pod().is_some());
}

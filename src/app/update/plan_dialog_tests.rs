//! What the keys of the plan dialog do and say at each stage.

use super::{
    tests::{model, press},
    *,
};
use crate::domain::{
    fixtures::now,
    plan::{ChangeResult, Outcome},
};

/// Proposes a restart and answers its dry run.
fn ready(model: &mut Model) {
    let effects = press(model, &["g", "r"]);
    let [Effect::DryRun { request_id, .. }] = effects[..] else {
        panic!("{effects:?}")
    };
    let done = vec![ChangeResult::new(Outcome::Applied)];
    update(model, Message::DryRunDone(request_id, done), now());
}

fn status(model: &Model) -> &str {
    model.status.as_ref().map_or("", |status| &status.text)
}

#[test]
fn enter_says_what_is_waited_for() {
    let mut dry_running = model();
    press(&mut dry_running, &["g", "r", "enter"]);
    assert_eq!(status(&dry_running), "wait for the dry run");
    let mut model = model();
    ready(&mut model);
    assert!(matches!(
        press(&mut model, &["enter"])[..],
        [Effect::Apply { .. }]
    ));
    assert_eq!(press(&mut model, &["enter"]), []);
    assert_eq!(status(&model), "applying: wait for the result");
}

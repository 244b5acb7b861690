//! What the commands act on: the object that the user looks at, and nothing that nobody has chosen.

use super::{
    tests::{model, press, typed},
    *,
};
use crate::{
    app::panes::Pane,
    domain::{fixtures::key, k8s::objects::AnyObjectRef, plan::FormSpec},
};

fn command(model: &mut Model, line: &str) -> Vec<Effect> {
    press(model, &[":"]);
    typed(model, line);
    press(model, &["enter"])
}

fn spec(model: &Model) -> Option<&FormSpec> {
    match model.overlays.last() {
        Some(Overlay::Form(form)) => Some(&form.spec),
        _ => None,
    }
}

#[test]
fn a_command_for_secrets_asks_for_one_where_none_is_selected() {
    for line in ["rotate", "copy", "delete"] {
        for pane in ["ns", "ev"] {
            let mut model = model();
            command(&mut model, pane);
            press(&mut model, &["g"]);
            assert_eq!(command(&mut model, line), [], "{line} in {pane}");
            assert!(
                spec(&model).is_none(),
                "{line} in {pane}: {:?}",
                spec(&model)
            );
            assert!(model.status.is_some(), "{line} in {pane}");
        }
    }
    for line in ["rotate", "copy"] {
        let mut model = model();
        press(&mut model, &["g"]);
        command(&mut model, line);
        assert!(spec(&model).is_none(), "{line}: {:?}", spec(&model));
    }
    let mut model = model();
    command(&mut model, "ns");
    press(&mut model, &["G"]);
    command(&mut model, "bind");
    assert!(spec(&model).is_none(), "{:?}", spec(&model));
}

#[test]
fn open_details_are_what_a_command_acts_on() {
    let mut model = model();
    model.focus = Pane::Secrets;
    model.panes.secrets.list.select(&key("shop", "regcred"));
    press(&mut model, &["D"]);
    let Some(Overlay::Details(details)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let AnyObjectRef::Pod(pod) = details.object.clone() else {
        panic!("{details:?}")
    };
    let effects = command(&mut model, "delete");
    let [Effect::DryRun { plan, .. }] = &effects[..] else {
        panic!("{effects:?}, {:?}", spec(&model))
    };
    let changes: Vec<String> = plan.0.changes.iter().map(ToString::to_string).collect();
    assert_eq!(changes, [format!("Delete Pod {pod}")]);
}

#[test]
fn the_same_connection_made_again_leaves_all_where_it_is() {
    let mut model = model();
    press(&mut model, &["/"]);
    typed(&mut model, "check");
    press(&mut model, &["enter", "A", "G"]);
    command(&mut model, "sec");
    press(&mut model, &["ctrl-z", "N"]);
    command(&mut model, "ev");
    press(&mut model, &["z"]);
    command(&mut model, "po");
    let arrangement = |model: &Model| {
        let panes = Pane::ALL.map(|pane| {
            let state = model.panes.get(pane);
            (state.query().clone(), state.is_folded())
        });
        (panes, model.focus, model.scope.clone())
    };
    let before = (arrangement(&model), model.location().selected);
    let effects = press(&mut model, &["ctrl-r"]);
    let Some(Effect::Connect { request_id, .. }) = effects.first() else {
        panic!("{effects:?}")
    };
    assert_eq!(
        model.panes.pods.list.rows(),
        [],
        "the rows are of the old one"
    );
    assert_eq!(arrangement(&model), before.0);
    super::tests::fill(&mut model, *request_id);
    let after = (arrangement(&model), model.location().selected);
    assert_eq!(after, before);
}

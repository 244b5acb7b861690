//! What a fix is for: the entry that was refused, and the workload of the selected Pod.

use crate::{
    app::{
        effect::Effect,
        model::Model,
        overlay::Overlay,
        refresh,
        update::tests::{model, press, typed},
    },
    domain::{
        fixtures::{now, secret, upserted, with_passwords},
        k8s::objects::SecretType,
        plan::{AuthEdit, Change, FormSpec},
        registry_auth::credential::FingerprintKey,
        store::{update::StoreUpdate, watch::SecretWatch},
    },
};

fn fold(model: &mut Model, batch: StoreUpdate) {
    model.store.apply(batch, now());
    refresh::refresh(model, refresh::Heights::from_fn(|_| 20), now());
}

/// Two Secrets that share the refused credential, and hold one for another registry in front of it.
fn with_another_entry_in_front(model: &mut Model) {
    let entries = [("other.example", "bob"), ("registry.example", "shop-bot")];
    let keys = FingerprintKey::default();
    let holder = |namespace| {
        let secret = secret(namespace, "regcred", SecretType::DockerConfigJson, &entries);
        with_passwords(&keys, secret, &["bobs", "refused"])
    };
    let secrets = upserted(vec![holder("shop"), holder("pay")]);
    fold(
        model,
        StoreUpdate::Secrets(SecretWatch::DockerConfigJson, secrets),
    );
}

#[test]
fn a_new_token_is_for_the_refused_entry_wherever_it_stands_in_the_secret() {
    let mut model = model();
    with_another_entry_in_front(&mut model);
    press(&mut model, &["g", "ctrl-x"]);
    let Some(Overlay::Form(form)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let FormSpec::Rotate { spreads } = &form.spec else {
        panic!("{:?}", form.spec)
    };
    let of: Vec<_> = spreads
        .iter()
        .map(|spread| (&*spread.username, &*spread.server))
        .collect();
    assert_eq!(of, [("shop-bot", "registry.example")]);
    typed(&mut model, "a-new-token");
    press(&mut model, &["enter"]);
    let effects = press(&mut model, &["enter"]);
    let [Effect::DryRun { plan, .. }, Effect::CheckCredential { .. }] = &effects[..] else {
        panic!("the registry is asked about it: {effects:?}")
    };
    let mut renewed = 0;
    for change in &plan.0.changes {
        if let Change::EditSecret(change) = change {
            let AuthEdit::ReplaceCredentials { servers, .. } = &change.edit else {
                panic!("{change:?}")
            };
            assert_eq!(servers, &["registry.example"], "no other entry");
            renewed += 1;
        }
    }
    assert_eq!(renewed, 2);
}

#[test]
fn a_refused_entry_that_no_other_secret_shares_is_asked_for_alone() {
    let mut model = model();
    let entries = [("other.example", "bob"), ("registry.example", "shop-bot")];
    let keys = FingerprintKey::default();
    let holder = |namespace, password| {
        let secret = secret(namespace, "regcred", SecretType::DockerConfigJson, &entries);
        with_passwords(&keys, secret, &["bobs", password])
    };
    let secrets = upserted(vec![holder("shop", "refused"), holder("pay", "taken")]);
    fold(
        &mut model,
        StoreUpdate::Secrets(SecretWatch::DockerConfigJson, secrets),
    );
    press(&mut model, &["g", "ctrl-x"]);
    let Some(Overlay::Form(form)) = model.overlays.last() else {
        panic!("{:?}", model.overlays)
    };
    let FormSpec::Login {
        server, username, ..
    } = &form.spec
    else {
        panic!("it is bob's that two share: {:?}", form.spec)
    };
    assert_eq!((&**server, &**username), ("registry.example", "shop-bot"));
}

//! Findings of one report that change the list of one ServiceAccount.

use super::{Scene, no_basic_auth};
use crate::domain::diagnostics::{Finding, append_to_shared_accounts};

fn finding(secret: &str) -> Finding {
    let scene = Scene::failed(&no_basic_auth());
    scene.secret(secret, "registry.example").finding()
}

fn first_command(finding: &Finding) -> String {
    finding.filled_fixes()[0].commands[0].clone()
}

#[test]
fn two_secrets_for_one_account_are_both_kept() {
    let (mut one, mut other) = (finding("hub"), finding("regcred"));
    append_to_shared_accounts(&mut [&mut one, &mut other]);
    for (finding, name) in [(&one, "hub"), (&other, "regcred")] {
        let command = first_command(finding);
        let added = format!(r#"(. // []) - [{{"name":"{name}"}}] + [{{"name":"{name}"}}]"#);
        assert!(command.contains(&added), "{command}");
    }
}

#[test]
fn one_secret_for_one_account_is_written_as_a_list() {
    let (mut one, mut other) = (finding("hub"), finding("hub"));
    let before = first_command(&one);
    append_to_shared_accounts(&mut [&mut one, &mut other]);
    assert_eq!(first_command(&one), before);
    assert!(before.contains("patch serviceaccount"), "{before}");
}

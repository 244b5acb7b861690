//! Tests for all fixes: ids, and what commands must not do.

use super::*;
use crate::domain::k8s::objects::WorkloadKind;

#[test]
fn ids_are_told_apart() {
    let mut slugs: Vec<_> = FixId::ALL.iter().map(|fix| fix.slug()).collect();
    slugs.sort_unstable();
    slugs.dedup();
    assert_eq!(slugs.len(), FixId::ALL.len());
}

#[test]
fn what_is_not_known_is_a_word_in_capitals() {
    for fix in FixId::ALL {
        let filled = fix.render(&FixContext::default());
        assert!(
            !filled.steps.is_empty() || !filled.commands.is_empty() || *fix == FixId::ServeTls,
            "{fix} says nothing"
        );
        for line in &filled.commands {
            assert!(!line.contains("-n  "), "{fix}: {line}");
        }
    }
    let attached = FixId::AttachSecret.render(&FixContext::default());
    assert_eq!(
        attached.commands,
        [
            r#"kubectl -n NS get serviceaccount SERVICEACCOUNT -o json | jq '.imagePullSecrets |= ((. // []) - [{"name":"SECRET"}] + [{"name":"SECRET"}])' | kubectl -n NS replace -f -"#,
            "kubectl -n NS rollout restart deployment/NAME",
        ]
    );
}

#[test]
fn names_are_quoted_for_the_shell() {
    let fix_context = FixContext {
        image: Some("a; reboot".into()),
        ..FixContext::default()
    };
    let fix = FixId::PushImage.render(&fix_context);
    assert_eq!(fix.commands, ["docker push 'a; reboot'"]);
}

#[test]
fn the_host_is_asked_at_its_own_port() {
    for (host, command) in [
        (
            "r.example",
            "openssl s_client -tls1_2 -connect r.example:443 </dev/null",
        ),
        (
            "r.example:5000",
            "openssl s_client -tls1_2 -connect r.example:5000 </dev/null",
        ),
        (
            "docker.io",
            "openssl s_client -tls1_2 -connect registry-1.docker.io:443 </dev/null",
        ),
    ] {
        let fix_context = FixContext {
            host: Some(host.into()),
            ..FixContext::default()
        };
        assert_eq!(FixId::AlignTls.render(&fix_context).commands, [command]);
    }
}

#[test]
fn attaching_keeps_what_the_account_lists() {
    let mut fix_context = FixContext {
        namespace: Some("shop".into()),
        service_account: Some("web".into()),
        secret: Some("regcred".into()),
        account_lists: Some(vec!["mirror".into()]),
        ..FixContext::default()
    };
    let command =
        |fix_context: &FixContext| FixId::AttachSecret.render(fix_context).commands[0].clone();
    assert_eq!(
        command(&fix_context),
        r#"kubectl -n shop patch serviceaccount web -p '{"imagePullSecrets":[{"name":"mirror"},{"name":"regcred"}]}'"#
    );
    fix_context.account_lists = None;
    // It may have no list, and it may have one.
    assert_eq!(
        command(&fix_context),
        r#"kubectl -n shop get serviceaccount web -o json | jq '.imagePullSecrets |= ((. // []) - [{"name":"regcred"}] + [{"name":"regcred"}])' | kubectl -n shop replace -f -"#
    );
}

#[test]
fn a_message_alone_attaches_no_secret_that_is_corrected() {
    let commands = FixId::RemoveEntry.render(&FixContext::default()).commands;
    assert_eq!(commands.len(), 1, "{commands:?}");
    assert!(commands[0].contains("get secret SECRET"), "{commands:?}");
}

/// Arguments can be read by every user of the machine: a token is read by the shell and goes on through a pipe,
/// and the shell forgets it.
#[test]
fn no_command_takes_a_token_as_an_argument() {
    for fix in FixId::ALL {
        let lines = fix.render(&FixContext::default()).commands;
        let text = lines.join("\n");
        assert!(!text.contains("--docker-password"), "{text}");
        assert!(!text.contains("$TOKEN"), "{text}");
        assert_eq!(
            text.contains("export TOKEN"),
            text.contains("unset TOKEN"),
            "{text}"
        );
    }
}

/// A command for another kind of owner would be refused, or change an object that is not meant.
#[test]
fn a_fix_names_the_owner_of_its_own_pod() {
    for kind in WorkloadKind::ALL {
        let target = unplanned::tests::target(Some(kind), &[]);
        let fix_context = unplanned::tests::fix_context(target);
        for fix in FixId::ALL {
            let text = fix.render(&fix_context).commands.join("\n");
            assert!(
                !text.contains("/NAME") && !text.contains("POD"),
                "{kind:?} {fix}: {text}"
            );
        }
    }
}

//! The one-sentence summary of a finding.
//!
//! Only text: the diagnosis was made before. Where the object to blame is not known by name, the cause's own
//! words have to do.

use super::{Fact, Finding, RootCause, catalogue};
use crate::domain::{
    diagnostics::{Cause, FixContext},
    registry_auth::keyring::shown_key,
};

/// The summary, in lower case and without a full stop.
pub(super) fn sentence(finding: &Finding) -> String {
    if let Some(fact) = decisive_fact(finding) {
        return fact.to_string();
    }
    if let Some(sentence) = finding.root.and_then(|root| rejected(root, finding)) {
        return sentence;
    }
    let named = match finding.root {
        Some(root) => Some(root)
            .filter(|_| finding.cause != Cause::CauseNotStated)
            .and_then(|root| match root {
                RootCause::SecretNotAttached if pod_list_counts(finding) => {
                    not_listed_by_pod(&finding.fix_context)
                        .or_else(|| named(root, &finding.fix_context))
                }
                root => named(root, &finding.fix_context),
            }),
        None => not_read(finding),
    };
    named.unwrap_or_else(|| general(finding))
}

/// A fact that says it all: that a step of the Pod's start is silent, or what holds it back.
fn decisive_fact(finding: &Finding) -> Option<&Fact> {
    let mut facts = finding.evidence.iter().map(|evidence| &evidence.fact);
    facts.find(|fact| {
        matches!(
            fact,
            Fact::NoScheduler { .. }
                | Fact::KubeletSilent { .. }
                | Fact::CreatingSilent { .. }
                | Fact::SchedulingGates { .. }
                | Fact::PullsAhead { .. }
                | Fact::NodePullQueue { .. }
        )
    })
}

/// A rejected login of which more is known than its Secret: that it is one of several, or how it is written.
fn rejected(root: RootCause, finding: &Finding) -> Option<String> {
    let (host, secret) = (
        finding.fix_context.answering_host()?,
        finding.fix_context.secret.as_deref()?,
    );
    let facts = || finding.evidence.iter().map(|evidence| &evidence.fact);
    let several = facts().find_map(|fact| {
        if let Fact::OneOfSeveralSent { secrets } = fact {
            Some(secrets.join(", "))
        } else {
            None
        }
    });
    if let Some(secrets) = several {
        return if root == RootCause::CredentialRejected {
            Some(format!("{host} rejects the logins in {secrets}"))
        } else if root == RootCause::CredentialLacksAccess {
            Some(format!(
                "{host} denies access to one of the logins in {secrets}"
            ))
        } else {
            None
        };
    }
    let problem = facts().find_map(|fact| {
        if let Fact::AuthProblem {
            secret: of,
            problem,
        } = fact
            && **of == *secret
        {
            Some(problem)
        } else {
            None
        }
    })?;
    (root == RootCause::CredentialRejected)
        .then(|| format!("{host} rejects the login in Secret {secret}: {problem}"))
}

/// What the registry said, where the Secret that would tell why may not be read.
fn not_read(finding: &Finding) -> Option<String> {
    let mut facts = finding.evidence.iter().map(|evidence| &evidence.fact);
    let (fact, hidden) = facts.find_map(|fact| Some((fact, fact.unread_secret()?)))?;
    let why = if matches!(fact, Fact::SecretForbidden { .. }) {
        "cannot be read to check it"
    } else {
        "has not been read"
    };
    let host = finding.fix_context.host.as_deref()?;
    let answers = [
        (Cause::Unauthorized, "rejects the login"),
        (Cause::NoCredentialsSent, "requires a login"),
        (Cause::ForbiddenByPolicy, "denies access"),
    ];
    let (_, answer) = answers.iter().find(|(cause, _)| *cause == finding.cause)?;
    Some(format!("{host} {answer}; Secret {hidden} {why}"))
}

fn general(finding: &Finding) -> String {
    let meaning = match (finding.cause, finding.root) {
        _ if finding.is_crash() => catalogue::CRASHING_SUMMARY.to_owned(),
        (Cause::NotAPullFailure, Some(RootCause::NotScheduled)) => {
            "the Pod has no node yet; the image is not the problem".to_owned()
        }
        (Cause::CauseNotStated, Some(root)) => {
            format!("the original error is gone; likely {}", root.explanation())
        }
        (cause, Some(root)) if RootCause::from_cause(cause) != Some(root) => {
            format!("{}, because {}", cause.text().summary, root.explanation())
        }
        (cause, _) => match &finding.fix_context.fault {
            Some(fault) => fault.summary(),
            None => cause.text().summary.to_owned(),
        },
    };
    match (finding.fix_context.answering_host(), &finding.image) {
        (Some(mirror), _) if finding.fix_context.mirror.is_some() => format!("{mirror}: {meaning}"),
        (_, Some(image)) => format!("{image}: {meaning}"),
        (_, None) => meaning,
    }
}

/// The sentence with the names of what is to blame; `None` where they are not known.
fn named(root: RootCause, fix_context: &FixContext) -> Option<String> {
    let secret = fix_context.secret.as_deref();
    let host = fix_context.host.as_deref();
    Some(match root {
        RootCause::SecretNotAttached => not_attached(fix_context)?,
        RootCause::PodPredatesBinding => format!(
            "the Pod was created before ServiceAccount {} got its pull secret; recreate it",
            fix_context.service_account.as_deref()?
        ),
        RootCause::SecretMissing => format!(
            "Secret {}, listed by the Pod, does not exist in namespace {}",
            secret?,
            fix_context.namespace.as_deref()?
        ),
        RootCause::SecretWrongType => format!(
            "Secret {} has a type that the kubelet does not read",
            secret?
        ),
        RootCause::SecretWrongKey => format!(
            "Secret {} lacks the data key that its type requires",
            secret?
        ),
        RootCause::SecretMalformed => {
            format!("the kubelet cannot use the content of Secret {}", secret?)
        }
        RootCause::SecretEmpty => {
            format!("Secret {} has no entry for any registry", secret?)
        }
        RootCause::EntryForOtherRegistry => match fix_context.current_auth_key.as_deref() {
            Some(entry) => format!(
                "Secret {} is for {}, not for {}",
                secret?,
                shown_key(entry),
                host?
            ),
            None => format!("Secret {} has no entry for {}", secret?, host?),
        },
        RootCause::EntryEmpty => format!(
            "the entry of Secret {} for {} has no credential",
            secret?, host?
        ),
        RootCause::CredentialRejected => {
            let user = fix_context.username.as_deref();
            let user = user.map_or_else(String::new, |user| format!(" (user {user})"));
            let answering = fix_context.answering_host()?;
            format!("{answering} rejects the login in Secret {}{user}", secret?)
        }
        RootCause::CredentialExpired => format!(
            "the credential in Secret {} for {} has expired",
            secret?, host?
        ),
        RootCause::CredentialLacksAccess => format!(
            "the login in Secret {} has no pull permission for {}",
            secret?,
            fix_context.repository.as_deref()?
        ),
        RootCause::IdentityLacksAccess => identity_lacks_access(fix_context)?,
        RootCause::TagMissing => {
            format!(
                "{} does not exist on {}",
                fix_context.image.as_deref()?,
                host?
            )
        }
        RootCause::RepositoryMissing => format!(
            "{} has no repository {}",
            host?,
            fix_context.repository.as_deref()?
        ),
        RootCause::ServiceAccountMissing => format!(
            "ServiceAccount {} does not exist; Pods cannot be created without it",
            fix_context.service_account.as_deref()?
        ),
        RootCause::Moved => format!(
            "{} has moved to {}",
            fix_context.image.as_deref()?,
            fix_context.suggested_image.as_deref()?
        ),
        RootCause::AbuseLimit => format!(
            "{} rejects all requests from this IP address for now (429)",
            host?
        ),
        RootCause::ImageNameInvalid
        | RootCause::PolicyNever
        | RootCause::RegistryDown
        | RootCause::RegistryUnknownHost
        | RootCause::CaUntrusted
        | RootCause::CertificateWrong
        | RootCause::PlainHttp
        | RootCause::RateLimit
        | RootCause::WrongPlatform
        | RootCause::ImageFormat
        | RootCause::ImagePolicy
        | RootCause::NodeProblem
        | RootCause::PullQueued
        | RootCause::PullUnfinished
        | RootCause::NotScheduled
        | RootCause::NotAPull => return None,
    })
}

fn identity_lacks_access(fix_context: &FixContext) -> Option<String> {
    let repository = fix_context.repository.as_deref()?;
    let for_pulls = fix_context.identity.as_ref();
    let for_pulls = for_pulls.filter(|it| it.is_for_pulls());
    Some(
        match for_pulls.zip(fix_context.service_account.as_deref()) {
            Some((identity, account)) => match &identity.subject {
                Some(subject) => format!(
                    "{subject}, the identity of ServiceAccount {account}, has no pull permission for {repository}"
                ),
                None => format!("ServiceAccount {account} has no pull permission for {repository}"),
            },
            None => format!("the node's identity has no pull permission for {repository}"),
        },
    )
}

/// Whether what the ServiceAccount lists is unknown, or of no effect.
fn pod_list_counts(finding: &Finding) -> bool {
    let mut facts = finding.evidence.iter().map(|evidence| &evidence.fact);
    facts.any(|fact| {
        matches!(
            fact,
            Fact::AccountNotRead { .. } | Fact::TemplateOverridesServiceAccount { .. }
        )
    })
}

/// As [`not_attached`], where the Pod's own list is all that is known or counts.
fn not_listed_by_pod(fix_context: &FixContext) -> Option<String> {
    let host = fix_context.host.as_deref()?;
    let secret = fix_context.matching_secret.as_deref()?;
    Some(format!(
        "{host} requires a login; the Pod does not list Secret {secret}, which has one"
    ))
}

fn not_attached(fix_context: &FixContext) -> Option<String> {
    let host = fix_context.host.as_deref()?;
    Some(
        match (&fix_context.matching_secret, &fix_context.service_account) {
            (Some(secret), Some(account)) => format!(
                "{host} requires a login; Secret {secret} has one but is not attached to ServiceAccount {account}"
            ),
            _ => format!("{host} requires a login; no pull secret is attached to the Pod"),
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fix_context() -> FixContext {
        let some = |text: &str| Some(text.to_owned());
        FixContext {
            namespace: some("shop"),
            service_account: some("web"),
            secret: some("hub"),
            host: some("docker.io"),
            image: some("acme/web:1"),
            repository: some("docker.io/acme/web"),
            username: some("acme"),
            ..FixContext::default()
        }
    }

    #[test]
    fn what_is_to_blame_is_named() {
        for (root, sentence) in [
            (
                RootCause::CredentialRejected,
                "docker.io rejects the login in Secret hub (user acme)",
            ),
            (
                RootCause::SecretMissing,
                "Secret hub, listed by the Pod, does not exist in namespace shop",
            ),
            (
                RootCause::SecretNotAttached,
                "docker.io requires a login; no pull secret is attached to the Pod",
            ),
            (
                RootCause::TagMissing,
                "acme/web:1 does not exist on docker.io",
            ),
            (
                RootCause::EntryForOtherRegistry,
                "Secret hub has no entry for docker.io",
            ),
        ] {
            assert_eq!(named(root, &fix_context()).as_deref(), Some(sentence));
        }
    }

    #[test]
    fn nothing_is_named_that_is_not_known() {
        let unknown = FixContext::default();
        for root in [
            RootCause::CredentialRejected,
            RootCause::SecretMissing,
            RootCause::SecretNotAttached,
            RootCause::TagMissing,
            RootCause::PodPredatesBinding,
        ] {
            assert_eq!(named(root, &unknown), None, "{root}");
        }
    }
}

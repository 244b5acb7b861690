//! Explains why a credential that was sent was rejected: it is bad, has ended, may not read the repository,
//! or the attempt was made before it was there.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{
    EvidenceSource, Fact, FindingBuilder, RootCause, missing_credential,
    peer_pulls::{PeerPulls, credentials_for},
    pull_error::PullError,
};
use crate::domain::{
    context::PodContext,
    diagnostics::{Cause, FixId, classify::Confidence},
    k8s::{
        age,
        objects::{Event, Expiry, ExpiryBasis, Secret, SecretContent},
    },
    message::{ParsedMessage, Phrase, PullStep},
    registry_auth::{
        docker_config::{AuthProblem, AuthSummary, ConfigWarning},
        image_ref::ImageRef,
    },
};

/// Records the credential that the finding is about, with the evidence that it was sent.
pub(super) fn set_credential(draft: &mut FindingBuilder, secret: &Secret, entry: &AuthSummary) {
    name_credential(draft, secret, entry);
    draft.add_evidence(sent_fact(secret, entry), EvidenceSource::Secret);
}

/// Records the credential that the finding is about.
pub(super) fn name_credential(draft: &mut FindingBuilder, secret: &Secret, entry: &AuthSummary) {
    draft.secret = Some(secret.key.name.shared());
    draft.current_auth_key = Some(Arc::clone(&entry.server));
    draft.expected_auth_key = Some(entry.server.to_string());
    draft.username.clone_from(&entry.username);
}

pub(super) fn sent_fact(secret: &Secret, entry: &AuthSummary) -> Fact {
    Fact::CredentialSent {
        secret: secret.key.name.shared(),
        key: Arc::clone(&entry.server),
        username: entry.username.clone(),
        kind: entry.kind.label().to_owned(),
    }
}

/// Handles the rejection of this credential, of which the evidence says already that it was sent.
pub(super) fn refine(
    draft: &mut FindingBuilder,
    context: &PodContext,
    told: &PullError<'_>,
    secret: &Arc<Secret>,
    entry: &AuthSummary,
    image: &ImageRef,
) {
    let name = secret.key.name.shared();
    name_credential(draft, secret, entry);
    for problem in entry.problems.iter() {
        let fact = Fact::AuthProblem {
            secret: Arc::clone(&name),
            problem: problem.to_string(),
        };
        draft.add_evidence(fact, EvidenceSource::Secret);
    }
    if let SecretContent::Read(summary) = &secret.content {
        for oddity in summary.warnings.iter() {
            if let ConfigWarning::EqualKeys(keys) = oddity
                && keys.contains(&entry.server)
            {
                let fact = Fact::AuthProblem {
                    secret: Arc::clone(&name),
                    problem: oddity.to_string(),
                };
                draft.add_evidence(fact, EvidenceSource::Secret);
            }
        }
    }
    let by_default = || {
        let is_login = draft.cause == Cause::Unauthorized;
        is_login.then(|| default_expiry_fact(secret, entry, context.now))?
    };
    if let Some(fact) = expiry_fact(secret, entry, context.now).or_else(by_default) {
        let sure = matches!(fact, Fact::Expired { .. }) || draft.cause == Cause::TokenExpired;
        draft.add_evidence(fact, EvidenceSource::Secret);
        draft.conclude(Cause::TokenExpired, RootCause::CredentialExpired);
        if !sure {
            draft.alternatives = vec![Cause::Unauthorized];
        }
        return;
    }
    if is_secret_newer_than_attempt(draft, context, secret, told) {
        return;
    }
    conclude_rejected(draft, context, told, secret, image);
    if draft.root == Some(RootCause::CredentialRejected)
        && entry.problems.iter().copied().any(is_written_wrong)
    {
        // The token may be good: what has to be written anew is the Secret.
        draft.fixes.retain(|fix| *fix != FixId::RecreateSecret);
        draft.fixes.insert(0, FixId::RecreateSecret);
    }
}

/// Whether the entry holds something else than the login that was meant.
fn is_written_wrong(problem: AuthProblem) -> bool {
    match problem {
        AuthProblem::TrailingNewline
        | AuthProblem::SurroundingSpace
        | AuthProblem::PasswordEncoded
        | AuthProblem::AuthDisagrees
        | AuthProblem::EmptyUsername
        | AuthProblem::EmptyPassword => true,
        AuthProblem::Empty
        | AuthProblem::TokenIgnored
        | AuthProblem::EmailAsUsername
        | AuthProblem::RobotNameTruncated => false,
    }
}

/// The kubelet waits 5 min between two attempts at most; a minute more is for the pull itself.
const NEXT_ATTEMPT: i64 = 6 * 60;

/// When the credentials that the Pod lists, and the one attempt that was made so far, may be judged
/// otherwise by the clock alone.
pub(super) fn moments(context: &PodContext) -> impl Iterator<Item = Timestamp> {
    let first = later(context.pod.started, FIRST_ATTEMPT);
    let secrets = context
        .pull_secrets
        .iter()
        .filter_map(|it| it.secret.present());
    let of_secrets = secrets.flat_map(|secret| {
        let ends = secret.entries().iter().filter_map(|entry| {
            let life = || Some(entry.kind.default_lifetime()?.as_secs());
            entry
                .expires
                .or(secret.annotated_expiry)
                .or_else(|| later(secret.written(), life()? + 1))
        });
        ends.chain(later(secret.written(), NEXT_ATTEMPT))
    });
    first.into_iter().chain(of_secrets)
}

fn later(from: Option<Timestamp>, seconds: i64) -> Option<Timestamp> {
    from?.checked_add(SignedDuration::from_secs(seconds)).ok()
}

/// The attempt went without the Secret as it is now, which was written later: the next one will have it.
fn is_secret_newer_than_attempt(
    draft: &mut FindingBuilder,
    context: &PodContext,
    secret: &Secret,
    told: &PullError<'_>,
) -> bool {
    let said_nothing_sent = draft.cause == Cause::PullSecretMissing
        || draft.cause == Cause::NoCredentialsSent && draft.alternatives.is_empty();
    let late = match (secret.written(), last_attempt(context, told)) {
        (Some(written), Some(attempt)) => {
            // Events are dropped while attempts go on, so after this time one must have had it.
            written > attempt && age::seconds_between(written, context.now) < NEXT_ATTEMPT
        }
        _ => false,
    };
    if !late && !said_nothing_sent {
        return false;
    }
    let fact = Fact::SecretNewerThanAttempt {
        secret: secret.key.name.shared(),
    };
    draft.add_evidence(fact, EvidenceSource::Secret);
    // The Secret was there at the attempt: what it held then was sent, and rejected.
    let was_there = last_attempt(context, told)
        .zip(secret.meta.created)
        .is_some_and(|(attempt, created)| created < attempt);
    if was_there && draft.alternatives.contains(&Cause::Unauthorized) {
        let said = std::mem::replace(&mut draft.cause, Cause::Unauthorized);
        draft.rule_out(Cause::Unauthorized);
        if said != Cause::NoCredentialsSent {
            draft.add_alternative(said);
        }
    }
    draft.root = None;
    draft.limit_confidence(Confidence::Likely);
    draft.fixes = vec![FixId::RetryNow];
    true
}

/// When the attempt was that the message tells of. A status has no time of its own, so it is that of the
/// newest event about an attempt; that of a back-off says nothing.
fn last_attempt(context: &PodContext, told: &PullError<'_>) -> Option<Timestamp> {
    let of_attempt = |event: &&Arc<Event>| {
        told.attempt.matches_event(event)
            && (&*event.reason == "Pulling" || event.message.starts_with("Failed to pull image"))
    };
    let newest = || {
        context
            .events
            .iter()
            .filter(of_attempt)
            .filter_map(|it| it.last)
            .max()
    };
    told.observed_at.or_else(newest)
}

/// That the credential's life is over: by its own date, or because a Secret of this age has outlived what
/// credentials of its kind live. Where nothing tells when its data was written, an age is a hint.
pub(super) fn expiry_fact(secret: &Secret, entry: &AuthSummary, now: Timestamp) -> Option<Fact> {
    let name = secret.key.name.shared();
    let Expiry { at, basis } = secret.expiry(entry)?;
    if at > now || basis == ExpiryBasis::MaxLifetime && at == now {
        return None;
    }
    match basis {
        ExpiryBasis::Token => Some(Fact::Expired { secret: name, at }),
        ExpiryBasis::Annotation => Some(Fact::AnnotatedExpiry { secret: name, at }),
        ExpiryBasis::MaxLifetime => likely_expired(secret, entry, now),
    }
}

/// That a login which is refused is older than its issuer lets such logins live, unless another lifetime was chosen.
fn default_expiry_fact(secret: &Secret, entry: &AuthSummary, now: Timestamp) -> Option<Fact> {
    let life = entry.kind.default_lifetime()?;
    let seconds = age::seconds_between(secret.written()?, now);
    let is_open = secret.expiry(entry).is_none();
    (is_open && seconds > life.as_secs()).then(|| likely_expired(secret, entry, now))?
}

fn likely_expired(secret: &Secret, entry: &AuthSummary, now: Timestamp) -> Option<Fact> {
    Some(Fact::LikelyExpired {
        secret: secret.key.name.shared(),
        kind: entry.kind.label().to_owned(),
        hours: age::seconds_between(secret.written()?, now) / 3600,
    })
}

/// The credential was rejected: it is invalid or has no access to the repository.
fn conclude_rejected(
    draft: &mut FindingBuilder,
    context: &PodContext,
    told: &PullError<'_>,
    secret: &Secret,
    image: &ImageRef,
) {
    let message = ParsedMessage::parse(told.text);
    let unclear = draft.cause == Cause::RepositoryMissingOrNoAccess;
    if draft.cause == Cause::TokenExpired {
        draft.conclude(Cause::TokenExpired, RootCause::CredentialExpired);
    } else if draft.cause == Cause::ForbiddenByPolicy {
        let sure = draft.alternatives.is_empty();
        draft.conclude(Cause::ForbiddenByPolicy, RootCause::CredentialLacksAccess);
        if !sure {
            refine_bare_forbidden(draft, context, secret, image);
        }
    } else if unclear || message.has(Phrase::Scope) {
        // A token was given, and this repository is not in it.
        draft.conclude(
            Cause::RepositoryMissingOrNoAccess,
            RootCause::CredentialLacksAccess,
        );
        draft.alternatives = vec![Cause::Unauthorized];
    } else {
        // Where a token is refused, nobody has looked at the repository yet.
        let at_login = message.step() == Some(PullStep::Token)
            || message.any(&[Phrase::OauthToken, Phrase::Bearer, Phrase::BadToken]);
        let sure = draft.alternatives.is_empty()
            || !missing_credential::masks_missing_repository(image)
            || at_login;
        draft.conclude(Cause::Unauthorized, RootCause::CredentialRejected);
        if !sure {
            draft.alternatives = vec![Cause::RepositoryMissingOrNoAccess];
        }
    }
    missing_credential::refine_template_list(draft, context);
    if is_first_attempt(context, told) {
        draft.add_evidence(Fact::FirstAttempt, EvidenceSource::Event);
        draft.limit_confidence(Confidence::Likely);
    }
}

/// A 403 without a stated reason. Registries also answer so to a token that has ended (ECR), unless other
/// Pods show that this credential works.
fn refine_bare_forbidden(
    draft: &mut FindingBuilder,
    context: &PodContext,
    secret: &Secret,
    image: &ImageRef,
) {
    let missing = Cause::RepositoryMissingOrNoAccess;
    let credentials = credentials_for(secret, image);
    if PeerPulls::new(context, image).count_proofs(&credentials) > 0 {
        draft.alternatives = vec![missing];
        return;
    }
    draft.alternatives = vec![Cause::TokenExpired, Cause::Unauthorized, missing];
    draft.fixes = vec![
        FixId::RecreateSecret,
        FixId::GrantAccess,
        FixId::OpenRegistryFirewall,
    ];
}

/// Seconds in which a Pod's first attempt may have been refused by mistake; the second one is made after 10 s.
const FIRST_ATTEMPT: i64 = 30;

/// Whether this was the first attempt: with many Pods starting at once, a registry may refuse one by mistake.
fn is_first_attempt(context: &PodContext, told: &PullError<'_>) -> bool {
    let of_this = |event: &&Arc<Event>| {
        event.message.starts_with("Failed to pull image") && told.attempt.matches_event(event)
    };
    let attempts: u32 = context
        .events
        .iter()
        .filter(of_this)
        .map(|event| event.count)
        .sum();
    let young = context
        .pod
        .started
        .is_some_and(|started| age::seconds_between(started, context.now) < FIRST_ATTEMPT);
    attempts == 1 && young
}

//! Fixes for an immutable Secret: the API server refuses every change of its data.
//!
//! A new Secret with the right login is created and attached instead; the kubelet tries the credentials of all
//! listed Secrets. What deletes the Secret and creates it again is left as it is.

use super::{EvidenceSource, Fact, FindingBuilder, FixId};
use crate::domain::{context::PodContext, k8s::objects::Secret};

/// Puts a new Secret in the place of edits that the server would refuse.
pub(super) fn replace_edits(draft: &mut FindingBuilder, context: &PodContext, secret: &str) {
    let edits = |fix: &FixId| {
        [
            FixId::RecreateSecret,
            FixId::NewToken,
            FixId::CorrectServer,
            FixId::RemoveEntry,
        ]
        .contains(fix)
    };
    let is_immutable = find(context, secret).is_some_and(|secret| secret.immutable);
    if !is_immutable || !draft.fixes.iter().any(edits) {
        return;
    }
    let name = secret.into();
    draft.add_evidence(Fact::SecretImmutable { name }, EvidenceSource::Secret);
    let fixes = draft.fixes.drain(..);
    let mut replaced: Vec<FixId> = Vec::new();
    for fix in fixes {
        let fix = if edits(&fix) {
            FixId::CreateSecret
        } else {
            fix
        };
        if !replaced.contains(&fix) {
            replaced.push(fix);
        }
    }
    draft.fixes = replaced;
}

/// A Secret of the Pod's namespace.
fn find<'a>(context: &'a PodContext, name: &str) -> Option<&'a Secret> {
    let listed = context.pull_secrets.iter();
    let listed = listed.filter_map(|listed| listed.secret.present());
    let mut secrets = listed.chain(&context.unlisted_secrets);
    secrets
        .find(|secret| secret.key.name.as_str() == name)
        .map(|secret| &**secret)
}

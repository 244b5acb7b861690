//! What the API server says of a finding's node when it is asked: what it runs on, and which tokens it may request.
//!
//! The dashboard (`app::node_cache`) and `check` ask and apply them by `NodeKnowledge`.

use std::{collections::BTreeMap, sync::Arc};

use super::{Cause, Evidence, EvidenceSource, Fact, Finding, FixId, MAX_FIXES};
use crate::domain::k8s::distribution::NodeInfo;

/// A question about a node.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NodeQuestion {
    /// What it runs on. Needs `list nodes`.
    Info { node: String },
    /// Whether it may request a token. Needs `create subjectaccessreviews`.
    Token(TokenAudience),
}

/// A token of a ServiceAccount that the kubelet requests for a credential provider (KEP-4412).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TokenAudience {
    pub node: String,
    pub namespace: String,
    pub account: String,
    pub audience: &'static str,
}

/// The answers. A question without one stays open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NodeAnswers {
    info: BTreeMap<String, NodeInfo>,
    tokens: BTreeMap<TokenAudience, bool>,
}

impl NodeAnswers {
    pub fn add_info(&mut self, nodes: BTreeMap<String, NodeInfo>) {
        self.info.extend(nodes);
    }

    pub fn add_token(&mut self, token: TokenAudience, is_allowed: bool) {
        self.tokens.insert(token, is_allowed);
    }

    pub fn extend(&mut self, other: Self) {
        self.info.extend(other.info);
        self.tokens.extend(other.tokens);
    }

    /// Adds to a finding what is known of its node.
    pub(super) fn apply(&self, finding: &mut Finding) {
        let node = finding.fix_context.node.as_ref();
        if let Some(info) = node.and_then(|name| self.info.get(name)) {
            finding.add_node_info(info);
        }
        let tokens = tokens(finding);
        let answers: Vec<Option<bool>> = tokens
            .iter()
            .map(|token| self.tokens.get(token).copied())
            .collect();
        if answers.is_empty() {
            return;
        }
        if answers.contains(&Some(true)) {
            add_fact(finding, &tokens, true);
        } else if !answers.contains(&None) {
            add_fact(finding, &tokens, false);
            finding.fixes.insert(0, FixId::GrantTokenAudience);
            finding.fixes.truncate(MAX_FIXES);
        }
    }
}

fn add_fact(finding: &mut Finding, tokens: &[TokenAudience], is_allowed: bool) {
    let Some(token) = tokens.first() else { return };
    let audiences = tokens.iter().map(|token| token.audience);
    let audiences: Vec<&str> = audiences.collect();
    finding.evidence.push(Evidence {
        fact: Fact::NodeToken {
            node: Arc::from(&*token.node),
            audience: Arc::from(audiences.join(" or ")),
            is_allowed,
        },
        source: EvidenceSource::Rbac,
        observed_at: None,
    });
}

/// What would say more of this finding, or choose its steps. What the node runs on may be known.
pub(super) fn questions(finding: &Finding, is_info_known: bool) -> Vec<NodeQuestion> {
    let mut questions = Vec::new();
    if let Some(node) = &finding.fix_context.node
        && !is_info_known
        && finding.depends_on_node()
    {
        questions.push(NodeQuestion::Info { node: node.clone() });
    }
    questions.extend(tokens(finding).into_iter().map(NodeQuestion::Token));
    questions
}

/// The tokens of which the kubelet needs one, where the ServiceAccount has an identity for pulls and nothing was sent.
///
/// A kubelet without a credential provider requests none.
fn tokens(finding: &Finding) -> Vec<TokenAudience> {
    let mut facts = finding.evidence.iter().map(|it| &it.fact);
    if facts.any(|fact| matches!(fact, Fact::NodeHasNoProvider { .. })) {
        return Vec::new();
    }
    let nothing_sent = matches!(
        finding.cause,
        Cause::CredentialProviderFailure | Cause::NoCredentialsSent
    );
    let fix_context = &finding.fix_context;
    let identity = fix_context.identity.as_ref().filter(|it| it.is_for_pulls());
    let (Some(identity), Some(node), Some(namespace), Some(account), true) = (
        identity,
        &fix_context.node,
        &fix_context.namespace,
        &fix_context.service_account,
        nothing_sent,
    ) else {
        return Vec::new();
    };
    let audiences = identity.provider.audiences().iter();
    audiences
        .map(|audience| TokenAudience {
            node: node.clone(),
            namespace: namespace.clone(),
            account: account.clone(),
            audience,
        })
        .collect()
}

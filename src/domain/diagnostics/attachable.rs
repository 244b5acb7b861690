//! Pull Secrets that match an image and that its Pod does not list, ranked: which is the one to attach.

use std::{cmp::Reverse, sync::Arc};

use jiff::Timestamp;

use super::{
    Fact,
    peer_pulls::{CredentialId, PeerPulls, credentials_for},
    sent_credential,
};
use crate::domain::{
    context::{PeerContainer, PodContext, matching_entries},
    k8s::objects::Secret,
    registry_auth::{
        docker_config::{AuthProblem, AuthSummary},
        image_ref::ImageRef,
    },
};

/// A Secret that matches the image and is not listed.
#[derive(Clone, Debug)]
pub(super) struct Attachable<'a> {
    pub secret: &'a Arc<Secret>,
    /// Its entry that is tried first.
    pub entry: &'a AuthSummary,
    pub standing: Standing<'a>,
}

/// What is known of the credential of a Secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing<'a> {
    /// Other Pods pull from the registry with it, and with no other.
    Works { containers: usize },
    /// Nothing speaks against it.
    Untried,
    /// Older than credentials of its kind live, or written as registries do not take it.
    Doubtful,
    /// Past the date that it states itself.
    Expired,
    /// The registry refused it for this Pod.
    Refused(&'a PeerContainer),
}

impl Attachable<'_> {
    /// What speaks against its credential.
    pub(super) fn objections(&self, now: Timestamp) -> Vec<Fact> {
        let secret = self.secret.key.name.shared();
        match self.standing {
            Standing::Works { .. } | Standing::Untried => Vec::new(),
            Standing::Refused(peer) => vec![Fact::UnlistedRefused {
                secret,
                pod: peer.pod.name.shared(),
            }],
            Standing::Doubtful | Standing::Expired => {
                let expiry = sent_credential::expiry_fact(self.secret, self.entry, now);
                let problems = self.entry.problems.iter().map(|problem| Fact::AuthProblem {
                    secret: Arc::clone(&secret),
                    problem: problem.to_string(),
                });
                expiry.into_iter().chain(problems).collect()
            }
        }
    }
}

impl Standing<'_> {
    /// Whether to attach it is a fix: not of a credential that opens nothing.
    pub(super) fn is_usable(self) -> bool {
        match self {
            Self::Works { .. } | Self::Untried => true,
            Self::Doubtful | Self::Expired | Self::Refused(_) => false,
        }
    }

    /// Whether it is shown to open the registry.
    pub(super) fn is_proven(self) -> bool {
        match self {
            Self::Works { .. } => true,
            Self::Untried | Self::Doubtful | Self::Expired | Self::Refused(_) => false,
        }
    }

    /// The best first: what most containers were pulled with.
    fn rank(self) -> (u8, Reverse<usize>) {
        let (rank, containers) = match self {
            Self::Works { containers } => (0, containers),
            Self::Untried => (1, 0),
            Self::Doubtful => (2, 0),
            Self::Expired => (3, 0),
            Self::Refused(_) => (4, 0),
        };
        (rank, Reverse(containers))
    }
}

/// The Secrets that match the image and are not listed, the one to attach first: by what is known of their
/// credentials, then by how many ServiceAccounts list them.
pub(super) fn attachable<'a>(context: &'a PodContext, image: &ImageRef) -> Vec<Attachable<'a>> {
    let matches: Vec<&Arc<Secret>> = context.unlisted_matches(image).collect();
    let mut ranked = judged(context, image, &matches);
    ranked.sort_by_cached_key(|it| {
        let accounts = context.accounts.iter();
        let lists = accounts.filter(|account| account.pull_secrets.contains(&it.secret.key.name));
        (it.standing.rank(), Reverse(lists.count()))
    });
    ranked
}

/// The Secrets of other namespaces that match the image, the one to copy first.
pub(super) fn copyable_secrets<'a>(
    context: &'a PodContext,
    image: &ImageRef,
) -> Vec<Attachable<'a>> {
    let mut ranked = judged(
        context,
        image,
        &context.elsewhere.iter().collect::<Vec<_>>(),
    );
    ranked.sort_by_key(|it| it.standing.rank());
    ranked
}

/// Those of the Secrets that match the image, in their order, each with what is known of its credential.
fn judged<'a>(
    context: &'a PodContext,
    image: &ImageRef,
    secrets: &[&'a Arc<Secret>],
) -> Vec<Attachable<'a>> {
    if secrets.is_empty() {
        return Vec::new();
    }
    let pulls = PeerPulls::new(context, image);
    secrets
        .iter()
        .filter_map(|secret| {
            let entries = matching_entries(secret, image);
            Some(Attachable {
                entry: entries.first()?,
                standing: standing(context, &pulls, secret, &entries, image),
                secret,
            })
        })
        .collect()
}

fn standing<'a>(
    context: &PodContext,
    pulls: &PeerPulls<'a>,
    secret: &Secret,
    entries: &[&AuthSummary],
    image: &ImageRef,
) -> Standing<'a> {
    let credentials = credentials_for(secret, image);
    let refused = |credential: &CredentialId<'_>| pulls.refusal(*credential);
    let refusals: Vec<_> = credentials.iter().filter_map(refused).collect();
    if let Some(first) = refusals.first()
        && refusals.len() == credentials.len()
    {
        return Standing::Refused(first);
    }
    let containers = pulls.count_proofs(&credentials);
    if containers > 0 {
        return Standing::Works { containers };
    }
    let expiry = |entry: &&AuthSummary| sent_credential::expiry_fact(secret, entry, context.now);
    let facts: Vec<Option<Fact>> = entries.iter().map(expiry).collect();
    if facts
        .iter()
        .all(|it| matches!(it, Some(Fact::Expired { .. })))
    {
        Standing::Expired
    } else if facts.iter().all(Option::is_some) || entries.iter().all(|it| is_odd(it)) {
        Standing::Doubtful
    } else {
        Standing::Untried
    }
}

/// Whether the entry is written in a way that registries refuse, as a rule.
fn is_odd(entry: &AuthSummary) -> bool {
    entry.problems.iter().any(|problem| match problem {
        AuthProblem::Empty
        | AuthProblem::EmptyUsername
        | AuthProblem::EmptyPassword
        | AuthProblem::TrailingNewline
        | AuthProblem::SurroundingSpace
        | AuthProblem::PasswordEncoded
        | AuthProblem::EmailAsUsername
        | AuthProblem::RobotNameTruncated => true,
        // What the kubelet reads beside it may well be right.
        AuthProblem::AuthDisagrees | AuthProblem::TokenIgnored => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        context,
        fixtures::{account, key, now, pod, running, seconds_ago, secret, upserted, waiting},
        k8s::{
            object_ref::Name,
            objects::{Pod, SecretContent, SecretType},
        },
        registry_auth::credential::FingerprintKey,
        store::{
            Store,
            update::StoreUpdate,
            watch::{SecretWatch, WatchCoverage},
        },
    };

    const REFUSED: &str = "unexpected status from HEAD request to https://registry.example/v2/team/app/manifests/1: 401 Unauthorized";
    const DENIED: &str = "pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed";
    const APP: &str = "registry.example/team/app:1";
    const OTHER: &str = "registry.example/team/other:1";

    /// Another Pod: its image, its Secrets, and what the kubelet says of the pull; empty: it runs.
    type Peer = (&'static str, &'static [&'static str], &'static str);

    /// What it is about, the Secrets, the other Pods, and the order.
    type Row = (
        &'static str,
        &'static [&'static str],
        &'static [Peer],
        &'static [&'static str],
    );

    fn peer(at: usize, (image, secrets, error): Peer) -> Pod {
        let state = match error {
            "" => running(),
            error => waiting("ErrImagePull", error),
        };
        let mut pod = pod("shop", &format!("peer-{at}"), state);
        pod.containers[0].image = image.into();
        pod.pull_secrets = secrets.iter().map(|name| Name::new(*name)).collect();
        pod
    }

    /// The Secrets of the namespace, each with a password of its own, and the other Pods.
    fn context(secrets: &[&str], peers: &[Peer], edit: impl Fn(&mut Secret)) -> PodContext {
        let mut store = Store::default();
        let mut web = pod("shop", "web", waiting("ErrImagePull", REFUSED));
        web.pull_secrets = Arc::from([]);
        let others = peers.iter().enumerate().map(|(at, it)| peer(at, *it));
        let pods = others.chain([web]).collect();
        let keys = FingerprintKey::default();
        let made = secrets.iter().map(|name| {
            let entry = &[("registry.example", "bot")];
            let made = secret("shop", name, SecretType::DockerConfigJson, entry);
            let password = if *name == "copy" { "odd" } else { *name };
            let mut made = crate::domain::fixtures::with_passwords(&keys, made, &[password]);
            edit(&mut made);
            made
        });
        let slice = SecretWatch::DockerConfigJson;
        store.apply(StoreUpdate::Secrets(slice, upserted(made.collect())), now());
        let accounts = vec![
            account("shop", "one", &["listed"]),
            account("shop", "two", &["listed"]),
        ];
        store.apply(StoreUpdate::ServiceAccounts(upserted(accounts)), now());
        store.apply(StoreUpdate::Pods(upserted(pods)), now());
        let sight = WatchCoverage::complete();
        context::pod_context(&store, &sight, &key("shop", "web"), now()).unwrap()
    }

    /// The Secrets in their order, each with what is known of it.
    fn ranked(context: &PodContext) -> Vec<String> {
        let image = ImageRef::parse(APP).unwrap();
        let word = |standing: &Standing<'_>| match standing {
            Standing::Works { containers } => format!("works {containers}"),
            Standing::Untried => "untried".to_owned(),
            Standing::Doubtful => "doubtful".to_owned(),
            Standing::Expired => "expired".to_owned(),
            Standing::Refused(peer) => format!("refused {}", peer.pod.name),
        };
        attachable(context, &image)
            .iter()
            .map(|it| format!("{}: {}", it.secret.key.name, word(&it.standing)))
            .collect()
    }

    #[test]
    fn what_works_goes_before_what_was_not_tried_and_that_before_what_was_refused() {
        let table: &[Row] = &[
            (
                "most used first",
                &["a", "b", "c"],
                &[(OTHER, &["b"], ""), (APP, &["c"], ""), (OTHER, &["c"], "")],
                &["c: works 2", "b: works 1", "a: untried"],
            ),
            (
                "of those that nobody tried, what ServiceAccounts list",
                &["a", "listed"],
                &[],
                &["listed: untried", "a: untried"],
            ),
            (
                "refused last",
                &["a", "b"],
                &[(OTHER, &["a"], REFUSED)],
                &["b: untried", "a: refused peer-0"],
            ),
            (
                "the same credential in another Secret is refused as well",
                &["copy", "odd", "z"],
                &[(OTHER, &["odd"], REFUSED)],
                &["z: untried", "copy: refused peer-0", "odd: refused peer-0"],
            ),
            (
                "refused for the image's repository, although it was taken before",
                &["a", "b"],
                &[(APP, &["a"], ""), (APP, &["a"], REFUSED)],
                &["b: untried", "a: refused peer-1"],
            ),
            (
                "refused for another repository, where it works for this one",
                &["a", "b"],
                &[(APP, &["a"], ""), (OTHER, &["a"], REFUSED)],
                &["a: works 1", "b: untried"],
            ),
            (
                "no access to another repository says nothing of the login",
                &["a", "b"],
                &[(OTHER, &["a"], DENIED)],
                &["a: untried", "b: untried"],
            ),
            (
                "which of two it was is not told",
                &["a", "b"],
                &[(APP, &["a", "b"], "")],
                &["a: untried", "b: untried"],
            ),
            (
                "what is pulled without a Secret proves none",
                &["a", "b"],
                &[(APP, &["a"], ""), (APP, &[], "")],
                &["a: untried", "b: untried"],
            ),
            (
                "a Secret that is gone may have opened it",
                &["a"],
                &[(APP, &["a"], ""), (APP, &["gone"], "")],
                &["a: works 1"],
            ),
            (
                "a wrong tag is no refusal",
                &["a"],
                &[(OTHER, &["a"], "registry.example/team/other:1: not found")],
                &["a: untried"],
            ),
        ];
        for (what, secrets, peers, expected) in table {
            assert_eq!(
                ranked(&context(secrets, peers, |_| {})),
                *expected,
                "{what}"
            );
        }
    }

    #[test]
    fn a_secret_that_was_written_since_is_not_refused() {
        let of = |seconds| {
            context(&["a"], &[(APP, &["a"], REFUSED)], |secret| {
                secret.changed = Some(seconds_ago(seconds));
            })
        };
        assert_eq!(ranked(&of(60)), ["a: refused peer-0"]);
        assert_eq!(ranked(&of(-60)), ["a: untried"]);
    }

    #[test]
    fn what_the_secret_says_of_itself_counts_where_no_pod_tells() {
        let edited = |edit: fn(&mut AuthSummary)| {
            let of = context(&["a", "b"], &[], |secret| {
                if let SecretContent::Read(summary) = &mut secret.content
                    && secret.key.name.as_str() == "a"
                {
                    let mut entries = summary.entries.to_vec();
                    edit(&mut entries[0]);
                    summary.entries = entries.into();
                }
            });
            ranked(&of)
        };
        assert_eq!(
            edited(|entry| entry.expires = Some(seconds_ago(9))),
            ["b: untried", "a: expired"]
        );
        assert_eq!(
            edited(|entry| entry.problems = Arc::from([AuthProblem::TrailingNewline])),
            ["b: untried", "a: doubtful"]
        );
        assert_eq!(
            edited(|entry| entry.problems = Arc::from([AuthProblem::AuthDisagrees])),
            ["a: untried", "b: untried"]
        );
    }

    #[test]
    fn only_what_works_or_was_not_tried_is_offered() {
        let context = context(&["a"], &[(APP, &["a"], REFUSED)], |_| {});
        let image = ImageRef::parse(APP).unwrap();
        let refused = attachable(&context, &image).remove(0).standing;
        for (standing, is_usable) in [
            (Standing::Works { containers: 1 }, true),
            (Standing::Untried, true),
            (Standing::Doubtful, false),
            (Standing::Expired, false),
            (refused, false),
        ] {
            assert_eq!(standing.is_usable(), is_usable, "{standing:?}");
        }
    }
}

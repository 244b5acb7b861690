//! Selects the containers of other Pods that are the best evidence about one Pod's images.
//!
//! In a namespace with many Pods on one registry, replicas stand for each other, and what was tried with each
//! list of pull secrets comes before more of the same.

use std::{
    collections::{HashMap, HashSet, hash_map::Entry},
    sync::Arc,
};

use super::{PeerContainer, PeerError};
use crate::domain::{
    k8s::{
        object_ref::{Name, Namespace},
        objects::{Container, ContainerState, Pod, PullPolicy, Secret},
        pod_status::PodHealth,
    },
    registry_auth::image_ref::{HostNamed, ImageRef, image_host},
    store::{Store, watch::Scope},
};

/// Maximum number of peers in a context.
const MAX_PEERS: usize = 64;

/// Maximum number of Pods that are looked at: a context is built for every failing Pod.
const MAX_PODS: usize = 4000;

/// Maximum number of those that cannot pull, where not all are looked at.
const MAX_FAILING: usize = 500;

/// The containers of other Pods of these namespaces with images of the same registries, best evidence first.
pub(super) fn peers(
    store: &Store,
    scopes: &[Scope],
    pod: &Pod,
    images: &[ImageRef],
) -> Vec<PeerContainer> {
    let is_near = |image: &str| {
        images
            .iter()
            .any(|ours| ours.host() == image_host(image) || may_lack_host(ours, image))
    };
    let mut peers: Vec<PeerContainer> = Vec::new();
    let mut places: HashMap<PeerKey<'_>, usize> = HashMap::new();
    for other in examined(store, scopes).filter(|other| other.key != pod.key) {
        for container in other.containers.iter().filter(|it| is_near(&it.image)) {
            let error = error(store, other, container);
            let key = PeerKey {
                namespace: &other.key.namespace,
                image: &container.image,
                policy: container.policy,
                secrets: &other.pull_secrets,
                pulled: container.has_image(),
                is_failing: error.is_some(),
                is_on_the_node: other.node == pod.node,
            };
            match places.entry(key) {
                Entry::Occupied(place) => {
                    if let Some(alike) = peers.get_mut(*place.get()) {
                        add(alike, error);
                    }
                }
                Entry::Vacant(place) => {
                    place.insert(peers.len());
                    peers.push(peer(other, container, error));
                }
            }
        }
    }
    most_telling(peers, images)
}

/// The Pods that are looked at: all of them, or where they are many, those that fail and a sample of the others.
/// Replicas stand beside each other, so that a sample has one of most workloads.
fn examined<'a>(
    store: &'a Store,
    scopes: &'a [Scope],
) -> Box<dyn Iterator<Item = &'a Arc<Pod>> + 'a> {
    let count = scopes.iter().map(|scope| match scope {
        Scope::Cluster => store.pod_count(),
        Scope::Namespace(namespace) => store.tallies().get(namespace).map_or(0, |it| it.pods),
    });
    let stride = count.sum::<usize>().div_ceil(MAX_PODS);
    if stride <= 1 {
        return Box::new(scopes.iter().flat_map(|scope| store.pods(scope)));
    }
    let failing = scopes
        .iter()
        .flat_map(|scope| store.pods_in(PodHealth::PullFailing, scope));
    let all = scopes.iter().flat_map(|scope| store.pods(scope));
    Box::new(failing.take(MAX_FAILING).chain(all.step_by(stride)))
}

/// Whether the image is this one with a registry, which this one does not name.
pub(super) fn may_lack_host(ours: &ImageRef, image: &str) -> bool {
    ours.host_named() == HostNamed::No
        && image.contains(ours.path())
        && ImageRef::parse(image).is_ok_and(|theirs| theirs.path() == ours.path())
}

/// What containers have in common that one of them can stand for.
#[derive(PartialEq, Eq, Hash)]
struct PeerKey<'a> {
    /// Secrets of one name in two namespaces are two.
    namespace: &'a Namespace,
    image: &'a str,
    policy: PullPolicy,
    secrets: &'a [Name<Secret>],
    pulled: bool,
    is_failing: bool,
    is_on_the_node: bool,
}

fn peer(pod: &Pod, container: &Container, error: Option<PeerError>) -> PeerContainer {
    PeerContainer {
        pod: pod.key.clone(),
        node: pod.node.clone(),
        image: Arc::clone(&container.image),
        policy: container.policy,
        secrets: Arc::clone(&pod.pull_secrets),
        pulled: container.has_image(),
        error,
        count: 1,
    }
}

fn error(store: &Store, pod: &Pod, container: &Container) -> Option<PeerError> {
    if !matches!(container.state, ContainerState::Waiting { .. }) {
        return None;
    }
    let mut errors = store.last_errors(&pod.key).iter();
    let error = errors.find(|it| it.container == container.name && it.image == container.image)?;
    Some(PeerError {
        message: Arc::clone(&error.message),
        observed_at: error.observed_at,
    })
}

/// One more that is alike. The newest error counts.
fn add(peer: &mut PeerContainer, error: Option<PeerError>) {
    peer.count += 1;
    let newest = |error: &Option<PeerError>| error.as_ref().map(|error| error.observed_at);
    if newest(&error) > newest(&peer.error) {
        peer.error = error;
    }
}

/// A list of Secrets, whether the image was pulled with it, and whether that failed.
type PullOutcome = (Arc<[Name<Secret>]>, bool, bool);

/// First images of the same repositories, then one of each list of Secrets with each outcome, then the rest.
fn most_telling(mut peers: Vec<PeerContainer>, images: &[ImageRef]) -> Vec<PeerContainer> {
    if peers.len() <= MAX_PEERS {
        return peers;
    }
    let ours: HashSet<String> = images.iter().map(ImageRef::repository).collect();
    let mut seen: HashSet<PullOutcome> = HashSet::new();
    peers.sort_by_cached_key(|peer| {
        let is_ours =
            ImageRef::parse(&peer.image).is_ok_and(|image| ours.contains(&image.repository()));
        let outcome = (Arc::clone(&peer.secrets), peer.pulled, peer.error.is_some());
        let is_news = seen.insert(outcome);
        (!is_ours, !is_news)
    });
    peers.truncate(MAX_PEERS);
    peers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        context,
        fixtures::{key, now, pod, running, upserted, waiting},
        store::{update::StoreUpdate, watch::WatchCoverage},
    };

    fn runs(name: &str, image: &str, secret: &str) -> Pod {
        let mut pod = pod("shop", name, running());
        pod.pull_secrets = Arc::from([Name::new(secret)]);
        pod.containers[0].image = image.into();
        pod
    }

    fn fails(name: &str, image: &str, secret: &str) -> Pod {
        let mut pod = runs(name, image, secret);
        pod.containers[0].state = waiting("ErrImagePull", "401 Unauthorized");
        pod
    }

    fn peers_of_web(others: Vec<Pod>) -> Vec<PeerContainer> {
        let mut store = Store::default();
        let web = pod("shop", "web", waiting("ErrImagePull", "401 Unauthorized"));
        let pods = others.into_iter().chain([web]).collect();
        store.apply(StoreUpdate::Pods(upserted(pods)), now());
        let sight = WatchCoverage::complete();
        let context = context::pod_context(&store, &sight, &key("shop", "web"), now());
        context.unwrap().peers
    }

    #[test]
    fn replicas_stand_for_each_other() {
        let image = "registry.example/team/other:1";
        let mut elsewhere = runs("other-3", image, "regcred");
        elsewhere.node = Some("node-2".into());
        let peers = peers_of_web(vec![
            runs("other-1", image, "regcred"),
            runs("other-2", image, "regcred"),
            elsewhere,
            runs("third-1", image, "another"),
            fails("third-2", image, "another"),
            runs("far", "elsewhere.example/a:1", "regcred"),
        ]);
        let found: Vec<_> = peers
            .iter()
            .map(|it| (it.pod.name.as_str(), it.count, it.error.is_some()))
            .collect();
        assert_eq!(
            found,
            [
                ("other-1", 2, false),
                ("other-3", 1, false),
                ("third-1", 1, false),
                ("third-2", 1, true),
            ]
        );
    }

    /// Of a namespace with very many Pods: one of each workload, and those that fail.
    #[test]
    fn of_very_many_pods_a_sample_is_looked_at() {
        let others = (0..MAX_PODS * 2).map(|at| {
            let image = format!("registry.example/team/app-{}:1", at / 20);
            runs(&format!("a-{at:05}"), &image, "regcred")
        });
        let mut others: Vec<Pod> = others.collect();
        others.push(fails("y", "registry.example/team/odd:1", "another"));
        let peers = peers_of_web(others);
        assert!(peers.iter().any(|it| it.error.is_some()), "{peers:?}");
        let pulled: Vec<_> = peers.iter().filter(|it| it.pulled).collect();
        assert_eq!(pulled.len(), MAX_PEERS - 1);
        assert!(pulled.iter().all(|it| (6..=7).contains(&it.count)));
    }

    #[test]
    fn what_tells_most_is_kept_of_many() {
        let mut others: Vec<Pod> = (0..100)
            .map(|at| {
                let image = format!("registry.example/team/app-{at}:1");
                runs(&format!("a-{at:03}"), &image, "regcred")
            })
            .collect();
        others.push(fails("y", "registry.example/team/odd:1", "another"));
        others.push(runs("z", "registry.example/team/app:0", "regcred"));
        let peers = peers_of_web(others);
        let names: Vec<_> = peers.iter().map(|it| it.pod.name.as_str()).collect();
        assert_eq!(names[..3], ["z", "a-000", "y"]);
        assert_eq!(peers.len(), MAX_PEERS);
    }
}

//! Tests of moved images and misspelled names, across several causes.

use super::{FixId, Scene, check, check_fix, pulling, resolving};
use crate::domain::fixtures::workload_that_runs;

fn of(image: &str, message: &str) -> Scene {
    Scene::failed(&message.replace("registry.example/team/app:1", image)).image(image)
}

#[test]
fn bitnami_images_are_not_found_and_are_found_in_bitnamilegacy() {
    let image = "docker.io/bitnami/redis:7.2";
    let scene = of(image, &resolving(&format!("{image}: not found")));
    check(
        &scene,
        "image-not-found, moved, likely: use-suggested-image, correct-image",
    );
    check_fix(
        &scene,
        FixId::UseSuggestedImage,
        &["kubectl -n shop set image deployment/web app=docker.io/bitnamilegacy/redis:7.2"],
    );
}

#[test]
fn a_registry_that_says_that_it_has_moved_is_believed() {
    let image = "gcr.io/acme/shop:1";
    let stated = "Head \"https://gcr.io/v2/acme/shop/manifests/1\": unknown: Container Registry is deprecated and shutting down, please use the auto migration tool to migrate to Artifact Registry.";
    let expected = "forbidden-by-policy, moved, certain: use-suggested-image, correct-image";
    check(&of(image, &resolving(stated)), expected);
    // containerd's HEAD has no text.
    let bare = "unexpected status from HEAD request to https://gcr.io/v2/acme/shop/manifests/1: 412 Precondition Failed";
    check(
        &of(image, &resolving(bare)),
        &expected.replace("certain", "likely"),
    );
}

#[test]
fn an_image_that_its_registry_still_serves_has_not_moved() {
    let image = "gcr.io/acme/shop:1";
    let scene = of(image, &resolving(&format!("{image}: not found")));
    check(
        &scene,
        "image-not-found, tag-missing, likely: correct-image, push-image",
    );
    let image = "docker.io/bitnami/redis:7.2";
    let no_space = "failed to extract layer: no space left on device";
    check(
        &of(image, &pulling(no_space)),
        "disk-full, node-problem, certain: free-disk",
    );
}

#[test]
fn a_registry_without_an_address_has_moved() {
    let image = "registry.centos.org/centos/centos:7";
    let scene = of(
        image,
        &resolving(
            "failed to do request: Head \"https://registry.centos.org/v2/centos/centos/manifests/7\": dial tcp: lookup registry.centos.org on 10.0.0.2:53: no such host",
        ),
    );
    check(
        &scene,
        "registry-unreachable-dns, moved, likely: use-suggested-image, fix-node-dns",
    );
}

const NO_HOST: &str = "failed to do request: Head \"https://registry.exmple/v2/team/app/manifests/1\": dial tcp: lookup registry.exmple on 10.0.0.2:53: no such host";

#[test]
fn a_host_that_another_workload_spells_right_is_suggested() {
    let image = "registry.exmple/team/app:1";
    let used = workload_that_runs("shop", "other", "registry.example/team/other:3");
    let scene = of(image, &resolving(NO_HOST)).beside(used);
    check(
        &scene,
        "registry-unreachable-dns, registry-unknown-host, certain: use-suggested-image, fix-node-dns",
    );
    check_fix(
        &scene,
        FixId::UseSuggestedImage,
        &["kubectl -n shop set image deployment/web app=registry.example/team/app:1"],
    );
    let facts = scene.facts();
    let fact = "Deployment shop/other runs registry.example/team/other:3, one letter off";
    assert!(facts.contains(&fact.to_owned()), "{facts:?}");
}

#[test]
fn a_host_is_suggested_from_the_pull_secret_of_the_pod() {
    let scene = of("registry.exmple/team/app:1", &resolving(NO_HOST))
        .lists(&["hub"])
        .secret("hub", "registry.example");
    check(
        &scene,
        "registry-unreachable-dns, registry-unknown-host, certain: use-suggested-image, fix-node-dns",
    );
    let facts = scene.facts();
    let fact = "Secret hub is for registry.example, one letter off";
    assert!(facts.contains(&fact.to_owned()), "{facts:?}");
}

#[test]
fn a_secret_of_another_namespace_suggests_nothing() {
    let scene = of("registry.exmple/team/app:1", &resolving(NO_HOST)).secret_in(
        "elsewhere",
        "hub",
        "registry.example",
    );
    check(
        &scene,
        "registry-unreachable-dns, registry-unknown-host, certain: fix-node-dns",
    );
}

#[test]
fn a_repository_of_another_namespace_is_suggested_where_the_own_one_is_not_found() {
    let image = "registry.example/team/recomender:2";
    let used = workload_that_runs("elsewhere", "other", "registry.example/team/recommender:1");
    let scene = of(image, &resolving(&format!("{image}: not found"))).beside(used);
    check(
        &scene,
        "image-not-found, repository-missing, likely: use-suggested-image, correct-image, push-image",
    );
}

#[test]
fn capitals_are_written_small() {
    let scene = Scene::failed("")
        .waits(
            "InvalidImageName",
            "Failed to apply default image tag \"registry.example/Team/App:1\": couldn't parse image name \"registry.example/Team/App:1\": invalid reference format: repository name (Team/App) must be lowercase",
        )
        .image("registry.example/Team/App:1");
    check(
        &scene,
        "invalid-image-name, image-name-invalid, certain: use-suggested-image, correct-image",
    );
    check_fix(
        &scene,
        FixId::UseSuggestedImage,
        &["kubectl -n shop set image deployment/web app=registry.example/team/app:1"],
    );
}

//! Roles of hosts: the registry of the image, a mirror, a token server, a store of blobs, a proxy.

use super::{
    ParsedMessage, Phrase,
    url::{self, PullStep, RequestUrl},
};
use crate::domain::registry_auth::{
    host_port::split_host_port,
    image_ref::DOCKER_HUB,
    registries::{self, RegistryInfo},
};

/// Hosts that serve the manifests of Docker Hub; tokens and blobs have other hosts.
const HUB_HOSTS: &[&str] = &["docker.io", "index.docker.io", "registry-1.docker.io"];

/// Documentation sites that messages link to.
const HELP_SITES: &[&str] = &[
    "www.docker.com",
    "docs.docker.com",
    "hub.docker.com",
    "aka.ms",
    "access.redhat.com",
    "console.developers.google.com",
    "console.cloud.google.com",
    "cloud.google.com",
    "docs.aws.amazon.com",
    "github.com",
    "docs.github.com",
    "kubernetes.io",
    "golang.org",
    "go.dev",
    "learn.microsoft.com",
    "docs.microsoft.com",
    "support.google.com",
];

impl<'a> ParsedMessage<'a> {
    /// The last URL in the text: errors are wrapped from the inside out.
    pub fn url(&self) -> Option<RequestUrl<'a>> {
        self.requested_urls().last()
    }

    fn requested_urls(&self) -> impl DoubleEndedIterator<Item = RequestUrl<'a>> + '_ {
        let urls = self.urls.iter().copied();
        urls.filter(|url| !url.host.is_empty() && !is_help(url))
    }

    /// The registry, as in image references.
    pub fn registry(&self) -> Option<String> {
        if let Some(image) = self.image() {
            return Some(image.host().to_owned());
        }
        self.url().map(|url| url.registry().to_owned())
    }

    /// The requested host, if it is a mirror of the image's registry.
    ///
    /// containerd says so: `?ns=REGISTRY` names who was meant, `pulling from host HOST` who was asked.
    pub(in crate::domain) fn mirror(&self) -> Option<&'a str> {
        if let Some(url) = self.url()
            && let Some(meant) = url.mirrored()
        {
            return (meant.replace("%3A", ":") != url.registry()).then_some(url.host);
        }
        let (asked, image) = self.asked_host.zip(self.image())?;
        let kind = |host: &str| registries::find_by_host(host).map(|preset| preset.id);
        let is_other =
            asked != image.host() && (kind(asked).is_none() || kind(asked) != kind(image.host()));
        is_other.then_some(asked)
    }

    /// The host that was resolved.
    pub(super) fn looked_up(&self) -> Option<&'a str> {
        self.looked_up
    }

    /// The host that was resolved, if it is not the image's: a token server, a blob store, a mirror.
    pub(in crate::domain) fn other_lookup(&self) -> Option<&'a str> {
        let name = self.looked_up?;
        let is_of_image = if let Some(image) = self.image() {
            if image.host() == DOCKER_HUB {
                HUB_HOSTS.contains(&name)
            } else {
                split_host_port(image.host()).0.eq_ignore_ascii_case(name)
            }
        } else if let Some(url) = self.url() {
            !matches!(url.step, PullStep::Token | PullStep::Blob)
        } else {
            let preset = registries::find_by_host(name);
            !preset.is_some_and(RegistryInfo::is_docker_hub) || HUB_HOSTS.contains(&name)
        };
        (!is_of_image).then_some(name)
    }

    /// The host that was asked, if it is a token server or a store of blobs on another host than the image's.
    pub(in crate::domain) fn other_host(&self) -> Option<&'a str> {
        let url = self.url().filter(|_| self.mirror().is_none())?;
        let image = self.image()?;
        let is_step = |step| matches!(step, PullStep::Token | PullStep::Blob);
        let is_helper = is_step(url.step) || self.step().is_some_and(is_step) || url.is_of_store();
        let is_of_image = if image.host() == DOCKER_HUB {
            HUB_HOSTS.contains(&url.host)
        } else {
            image.host().eq_ignore_ascii_case(url.host)
        };
        (is_helper && !is_of_image).then_some(url.host)
    }

    /// The dialled address, or the remote address of a broken connection.
    pub fn remote_addr(&self) -> Option<&'a str> {
        self.addresses.last().copied()
    }

    /// Whether the connection goes to this machine although the registry is elsewhere: a local proxy.
    ///
    /// A registry on the port that the image names is one on this machine, by its hosts file.
    pub(in crate::domain) fn is_remote_loopback(&self) -> bool {
        let port = |host: &'a str| host.rsplit_once(':').map(|(_, port)| port);
        let Some(peer) = self.remote_addr().filter(|peer| url::is_local(peer)) else {
            return false;
        };
        !self.url().is_some_and(|url| {
            url::is_local(url.host) || port(url.host).is_some() && port(url.host) == port(peer)
        })
    }

    pub(super) fn find_registry(&self) -> Option<&'static RegistryInfo> {
        self.registry()
            .as_deref()
            .and_then(registries::find_by_host)
            .or_else(|| {
                self.url()
                    .and_then(|url| registries::find_by_host(url.host))
            })
            .or_else(|| self.mentioned())
    }

    /// A registry known by words that only its messages have.
    fn mentioned(&self) -> Option<&'static RegistryInfo> {
        let hosts = [
            (Phrase::SaysAcr, "acme.azurecr.io"),
            (Phrase::SaysGoogle, "gcr.io"),
            (Phrase::SaysEcr, "1.dkr.ecr.r.amazonaws.com"),
            (Phrase::SaysJfrog, "acme.jfrog.io"),
        ];
        let found = hosts.into_iter().find(|(phrase, _)| self.has(*phrase));
        found.and_then(|(_, host)| registries::find_by_host(host))
    }
}

fn is_help(url: &RequestUrl<'_>) -> bool {
    HELP_SITES.contains(&url.host) && matches!(url.step, PullStep::Other | PullStep::Ping)
}

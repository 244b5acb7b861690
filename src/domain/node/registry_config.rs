//! The mirrors and proxies of a node's container runtime: containerd's `hosts.toml` and `config.toml`, the
//! `registries.conf` of CRI-O, and the environment of their systemd units.
//!
//! Sources: containerd `docs/hosts.md` and `core/remotes/docker/config/hosts.go`; containers/image
//! `docs/containers-registries.conf.5.md` (version 2 of the format).

use toml::de::DeTable;

use super::toml_table::{array_of_tables, flag, parse, table, tables, text, texts};
use crate::domain::registry_auth::image_ref::ImageRef;

/// A file of the node: its lines that concern registries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeFile {
    pub path: String,
    /// `None`: it is there and could not be read.
    pub text: Option<String>,
}

/// Where a runtime pulls from, as its files have it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RegistryConfig {
    /// In the order of the files, and within a file in its own.
    pub hosts: Vec<RegistryHosts>,
    pub proxies: Vec<ProxySetting>,
    /// The directories of `hosts.toml` files that `config.toml` names.
    pub config_paths: Vec<String>,
    /// Files that could not be read or parsed, with the reason.
    pub unread: Vec<(String, String)>,
    pub files: usize,
}

/// The endpoints of one registry, or of all that have none of their own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryHosts {
    pub scope: HostScope,
    /// In the order in which the runtime asks them.
    pub endpoints: Vec<RegistryEndpoint>,
    /// `blocked` in `registries.conf`: the runtime refuses to pull.
    pub is_blocked: bool,
    pub file: String,
}

/// For which images a list of endpoints is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostScope {
    /// containerd: the directory below `certs.d`, with the port as the image has it.
    Host(String),
    /// containerd: `_default`, or `*` of the older form.
    Default,
    /// CRI-O: the beginning of a repository, or `*.DOMAIN`.
    Prefix(String),
}

/// A host that is asked for a registry's images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RegistryEndpoint {
    /// `https://mirror.example`, or `mirror.example/proxy` in `registries.conf`. Without a password.
    pub location: String,
    /// It takes tags; else it serves digests only.
    pub resolves_tags: bool,
    /// The registry's own server, which comes last.
    pub is_server: bool,
}

/// A proxy variable of the runtime's unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxySetting {
    /// `HTTPS_PROXY`.
    pub name: String,
    /// Without a password.
    pub value: String,
    pub file: String,
}

impl RegistryConfig {
    /// Reads the files. What cannot be parsed is kept with the reason, and the rest is read.
    pub fn from_files(files: &[NodeFile]) -> Self {
        let mut config = Self {
            files: files.len(),
            ..Self::default()
        };
        for file in files {
            let path = &file.path;
            let Some(text) = &file.text else {
                let why = "permission denied".to_owned();
                config.unread.push((path.clone(), why));
                continue;
            };
            let read = match FileKind::from_path(path) {
                FileKind::Hosts(scope) => config.add_hosts_toml(scope, path, text),
                FileKind::Containerd => config.add_containerd(path, text),
                FileKind::Registries => config.add_registries_conf(path, text),
                FileKind::Unit => {
                    config.add_proxies(path, text);
                    Ok(())
                }
            };
            if let Err(why) = read {
                config.unread.push((path.clone(), why));
            }
        }
        config
    }

    /// The endpoints that the runtime asks for an image; `None` where no file names its registry.
    ///
    /// containerd looks for `HOST_PORT_`, `HOST:PORT` and `_default`, and takes the first that is there; CRI-O takes
    /// the longest prefix.
    pub fn endpoints(&self, image: &ImageRef) -> Option<&RegistryHosts> {
        let host = image.host();
        let escaped = host
            .rsplit_once(':')
            .map(|(name, port)| format!("{name}_{port}_"));
        let named = |wanted: &str| {
            let is_named =
                |it: &&RegistryHosts| matches!(&it.scope, HostScope::Host(name) if name == wanted);
            self.hosts.iter().find(is_named)
        };
        let prefixed = || {
            let matching = self.hosts.iter().filter_map(|it| match &it.scope {
                HostScope::Prefix(prefix) => Some((prefix_length(prefix, image)?, it)),
                HostScope::Host(_) | HostScope::Default => None,
            });
            // Of equals the last: a drop-in replaces what came before.
            matching.max_by_key(|(length, _)| *length).map(|(_, it)| it)
        };
        let default = || self.hosts.iter().find(|it| it.scope == HostScope::Default);
        let escaped = escaped.and_then(|name| named(&name));
        escaped
            .or_else(|| named(host))
            .or_else(prefixed)
            .or_else(default)
    }

    /// The mirrors that are asked before the registry's own server, for an image with a tag or by a digest.
    pub fn mirrors(&self, image: &ImageRef) -> Vec<&RegistryEndpoint> {
        let endpoints = self
            .endpoints(image)
            .map_or(&[][..], |hosts| &hosts.endpoints);
        let is_asked = |it: &&RegistryEndpoint| {
            !it.is_server && (it.resolves_tags || image.digest().is_some())
        };
        endpoints.iter().filter(is_asked).collect()
    }

    /// Whether `hosts.toml` files were read although no `config.toml` names their directory: then they may be unused.
    pub fn may_ignore_hosts(&self) -> bool {
        let is_of_containerd = |it: &RegistryHosts| it.file.ends_with("/hosts.toml");
        self.config_paths.is_empty() && self.hosts.iter().any(is_of_containerd)
    }

    fn add_hosts_toml(&mut self, scope: HostScope, path: &str, text: &str) -> Result<(), String> {
        let file = parse(text)?;
        let mirrors = tables(&file, "host")
            .into_iter()
            .map(|(url, host)| RegistryEndpoint {
                location: endpoint_location(url),
                resolves_tags: can(host, "resolve"),
                is_server: false,
            });
        let mut endpoints: Vec<RegistryEndpoint> = mirrors.collect();
        let server = self::text(&file, "server").filter(|server| !server.is_empty());
        let server = match (server, &scope) {
            (Some(server), _) => Some(endpoint_location(server)),
            // Without `server` the registry itself is asked.
            (None, HostScope::Host(host)) => Some(endpoint_location(host)),
            (None, HostScope::Default | HostScope::Prefix(_)) => None,
        };
        endpoints.extend(server.map(|location| RegistryEndpoint {
            location,
            resolves_tags: can(&file, "resolve"),
            is_server: true,
        }));
        self.add(scope, endpoints, false, path);
        Ok(())
    }

    /// `config_path`, or the mirrors of the older form, wherever in the plugins' tables they stand.
    fn add_containerd(&mut self, path: &str, text: &str) -> Result<(), String> {
        let file = parse(text)?;
        for (_, plugin) in tables(&file, "plugins") {
            let Some(registry) = table(plugin, "registry") else {
                continue;
            };
            if let Some(paths) = self::text(registry, "config_path") {
                let paths = paths.split(':').filter(|path| !path.is_empty());
                self.config_paths.extend(paths.map(str::to_owned));
            }
            for (host, mirror) in tables(registry, "mirrors") {
                let scope = match host {
                    "*" => HostScope::Default,
                    host => HostScope::Host(host.to_owned()),
                };
                let urls = texts(mirror, "endpoint").unwrap_or_default();
                let endpoints = urls.into_iter().map(|url| RegistryEndpoint {
                    location: endpoint_location(url),
                    resolves_tags: true,
                    is_server: false,
                });
                self.add(scope, endpoints.collect(), false, path);
            }
        }
        Ok(())
    }

    fn add_registries_conf(&mut self, path: &str, text: &str) -> Result<(), String> {
        let file = parse(text)?;
        for registry in array_of_tables(&file, "registry") {
            let location = self::text(registry, "location");
            let Some(prefix) = self::text(registry, "prefix").or(location) else {
                continue;
            };
            let by_digest = flag(registry, "mirror-by-digest-only");
            let mirrors = array_of_tables(registry, "mirror").into_iter();
            let mirrors = mirrors.filter_map(|mirror| {
                let only = self::text(mirror, "pull-from-mirror");
                Some(RegistryEndpoint {
                    location: without_password(self::text(mirror, "location")?),
                    resolves_tags: !by_digest && only != Some("digest-only"),
                    is_server: false,
                })
            });
            let mut endpoints: Vec<RegistryEndpoint> = mirrors.collect();
            endpoints.push(RegistryEndpoint {
                location: without_password(location.unwrap_or(prefix)),
                resolves_tags: true,
                is_server: true,
            });
            let scope = HostScope::Prefix(prefix.to_owned());
            self.add(scope, endpoints, flag(registry, "blocked"), path);
        }
        Ok(())
    }

    fn add(
        &mut self,
        scope: HostScope,
        endpoints: Vec<RegistryEndpoint>,
        is_blocked: bool,
        file: &str,
    ) {
        self.hosts.push(RegistryHosts {
            scope,
            endpoints,
            is_blocked,
            file: file.to_owned(),
        });
    }

    /// `Environment="HTTPS_PROXY=http://proxy:3128" "NO_PROXY=…"` of systemd.
    fn add_proxies(&mut self, path: &str, text: &str) {
        const NAMES: &[&str] = &["HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"];
        let assignments = text.lines().map(str::trim).filter_map(|line| {
            let rest = line.strip_prefix("Environment=")?;
            Some(rest.split(['"', '\'', ' ', '\t']))
        });
        for assignment in assignments.flatten() {
            let Some((name, value)) = assignment.split_once('=') else {
                continue;
            };
            if NAMES.contains(&name.to_ascii_uppercase().as_str()) {
                self.proxies.push(ProxySetting {
                    name: name.to_owned(),
                    value: without_password(value),
                    file: path.to_owned(),
                });
            }
        }
    }
}

/// What a file of the node is, by its path.
enum FileKind {
    Hosts(HostScope),
    Containerd,
    Registries,
    Unit,
}

impl FileKind {
    fn from_path(path: &str) -> Self {
        let mut parts = path.rsplit('/');
        let (name, directory) = (parts.next().unwrap_or_default(), parts.next());
        match (name, directory) {
            ("hosts.toml", Some("_default")) => Self::Hosts(HostScope::Default),
            ("hosts.toml", Some(host)) => Self::Hosts(HostScope::Host(host.to_owned())),
            (_, Some(directory)) if directory.ends_with(".service.d") => Self::Unit,
            (name, _) if name.ends_with(".service") => Self::Unit,
            ("registries.conf", _) | (_, Some("registries.conf.d")) => Self::Registries,
            _ => Self::Containerd,
        }
    }
}

/// Whether a host of `hosts.toml` has this capability; one that names none has all.
fn can(host: &DeTable<'_>, capability: &str) -> bool {
    texts(host, "capabilities").is_none_or(|named| {
        named.is_empty() || named.iter().any(|it| it.eq_ignore_ascii_case(capability))
    })
}

/// containerd takes a host without a scheme for one of HTTPS.
fn endpoint_location(url: &str) -> String {
    let url = without_password(url);
    if url.starts_with("http") {
        url
    } else {
        format!("https://{url}")
    }
}

/// The URL without the user and password before its host.
fn without_password(url: &str) -> String {
    let (scheme, rest) = match url.split_once("://") {
        Some((scheme, rest)) => (format!("{scheme}://"), rest),
        None => (String::new(), url),
    };
    let end = rest.find('/').unwrap_or(rest.len());
    match rest
        .get(..end)
        .and_then(|authority| authority.rsplit_once('@'))
    {
        Some((user, host)) if user != "***" => {
            let path = rest.get(end..).unwrap_or_default();
            format!("{scheme}***@{host}{path}")
        }
        Some(_) | None => url.to_owned(),
    }
}

/// How much of a repository a prefix of `registries.conf` covers; `None` where it does not match.
fn prefix_length(prefix: &str, image: &ImageRef) -> Option<usize> {
    if let Some(domain) = prefix.strip_prefix('*') {
        return (domain.starts_with('.') && image.host().ends_with(domain)).then_some(prefix.len());
    }
    let repository = image.repository();
    let rest = repository.strip_prefix(prefix)?;
    (rest.is_empty() || rest.starts_with('/')).then_some(prefix.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn file(path: &str, text: &str) -> NodeFile {
        NodeFile {
            path: path.to_owned(),
            text: Some(text.to_owned()),
        }
    }

    fn config(files: &[(&str, &str)]) -> RegistryConfig {
        let files: Vec<NodeFile> = files.iter().map(|(path, text)| file(path, text)).collect();
        RegistryConfig::from_files(&files)
    }

    fn hosts_in_order(config: &RegistryConfig, image: &str) -> Vec<String> {
        let image = ImageRef::parse(image).unwrap();
        let hosts = config.endpoints(&image);
        let endpoints = hosts.into_iter().flat_map(|hosts| &hosts.endpoints);
        endpoints.map(|it| it.location.clone()).collect()
    }

    /// The node of the laboratory: a mirror that answers 503 before the registry.
    #[test]
    fn a_mirror_is_asked_before_the_server() {
        let config = config(&[(
            "/etc/containerd/certs.d/mirrored.lab:5000/hosts.toml",
            "server = \"http://localhost:5000\"\n[host.\"http://localhost:5005\"]\ncapabilities = [\"pull\", \"resolve\"]\n",
        )]);
        let both = ["http://localhost:5005", "http://localhost:5000"];
        assert_eq!(
            hosts_in_order(&config, "mirrored.lab:5000/team/app:1"),
            both
        );
        assert_eq!(
            hosts_in_order(&config, "other.lab:5000/team/app:1"),
            [""; 0]
        );
        let image = ImageRef::parse("mirrored.lab:5000/team/app:1").unwrap();
        let mirrors = config.mirrors(&image);
        assert_eq!(mirrors.len(), 1);
        assert_eq!(mirrors[0].location, both[0]);
        assert!(
            config.may_ignore_hosts(),
            "no config.toml names the directory"
        );
    }

    #[test]
    fn hosts_keep_the_order_of_the_file() {
        let text = "[host.\"https://z.example\"]\n[host.\"https://a.example\"]\ncapabilities=[\"pull\"]\n[host.\"https://m.example\".header]\n";
        let config = config(&[("/etc/containerd/certs.d/docker.io/hosts.toml", text)]);
        let expected = [
            "https://z.example",
            "https://a.example",
            "https://m.example",
            "https://docker.io",
        ];
        assert_eq!(hosts_in_order(&config, "nginx"), expected);
        let tagged = ImageRef::parse("nginx").unwrap();
        let mirrors = config.mirrors(&tagged);
        let mirrors: Vec<_> = mirrors.iter().map(|it| it.location.as_str()).collect();
        assert_eq!(
            mirrors,
            ["https://z.example", "https://m.example"],
            "a.example takes no tags"
        );
    }

    #[test]
    fn a_registry_finds_its_directory_as_containerd_does() {
        let default = (
            "/etc/containerd/certs.d/_default/hosts.toml",
            "[host.\"https://all.example\"]",
        );
        let colon = (
            "/etc/containerd/certs.d/r.example:5000/hosts.toml",
            "server = \"colon.example\"",
        );
        let escaped = (
            "/etc/containerd/certs.d/r.example_5000_/hosts.toml",
            "server = \"escaped.example\"",
        );
        for (files, image, expected) in [
            (
                &[default, colon, escaped][..],
                "r.example:5000/a",
                "https://escaped.example",
            ),
            (
                &[default, colon],
                "r.example:5000/a",
                "https://colon.example",
            ),
            (&[default, colon], "r.example/a", "https://all.example"),
        ] {
            assert_eq!(hosts_in_order(&config(files), image), [expected], "{image}");
        }
    }

    #[test]
    fn config_toml_names_the_directories_or_the_mirrors() {
        let new = config(&[(
            "/etc/containerd/config.toml",
            "version = 3\n[plugins.\"io.containerd.cri.v1.images\".registry]\nconfig_path = \"/etc/containerd/certs.d:/etc/docker/certs.d\"\n",
        )]);
        assert_eq!(
            new.config_paths,
            ["/etc/containerd/certs.d", "/etc/docker/certs.d"]
        );
        let old = config(&[(
            "/etc/containerd/config.toml",
            "[plugins.\"io.containerd.grpc.v1.cri\".registry.mirrors.\"docker.io\"]\nendpoint = [\"https://m.example\"]\n",
        )]);
        assert_eq!(hosts_in_order(&old, "nginx"), ["https://m.example"]);
    }

    #[test]
    fn registries_conf_takes_the_longest_prefix() {
        let text = r#"
            unqualified-search-registries = ["docker.io"]
            [[registry]]
            location = "docker.io"
            [[registry.mirror]]
            location = "mirror.example/hub"
            [[registry]]
            prefix = "docker.io/acme"
            location = "docker.io/acme"
            mirror-by-digest-only = true
            [[registry.mirror]]
            location = "digests.example"
            [[registry]]
            prefix = "*.corp.example"
            location = "all.corp.example"
            blocked = true
        "#;
        let config = config(&[("/etc/containers/registries.conf", text)]);
        assert_eq!(
            hosts_in_order(&config, "nginx"),
            ["mirror.example/hub", "docker.io"]
        );
        assert_eq!(
            hosts_in_order(&config, "acme/app:1"),
            ["digests.example", "docker.io/acme"]
        );
        let tagged = ImageRef::parse("acme/app:1").unwrap();
        assert_eq!(
            config.mirrors(&tagged),
            [] as [&RegistryEndpoint; 0],
            "it serves digests only"
        );
        let blocked = ImageRef::parse("a.corp.example/app:1").unwrap();
        assert!(config.endpoints(&blocked).unwrap().is_blocked);
    }

    #[test]
    fn a_unit_names_its_proxies_and_no_password_is_kept() {
        let config = config(&[
            (
                "/etc/systemd/system/containerd.service.d/http-proxy.conf",
                "[Service]\nEnvironment=\"HTTPS_PROXY=http://ci:hunter2@proxy.example:3128\" \"NO_PROXY=10.0.0.0/8,.svc\"\nEnvironment=OTHER=hunter2\n",
            ),
            (
                "/etc/containerd/certs.d/r.example/hosts.toml",
                "server = \"https://u:hunter2@r.example/x\"",
            ),
        ]);
        let proxies = config.proxies.iter();
        let proxies: Vec<_> = proxies
            .map(|it| format!("{}={}", it.name, it.value))
            .collect();
        let expected = [
            "HTTPS_PROXY=http://***@proxy.example:3128",
            "NO_PROXY=10.0.0.0/8,.svc",
        ];
        assert_eq!(proxies, expected);
        assert_eq!(
            hosts_in_order(&config, "r.example/a"),
            ["https://***@r.example/x"]
        );
        assert!(!format!("{config:?}").contains("hunter2"));
    }

    #[test]
    fn what_cannot_be_read_is_said_and_the_rest_is_read() {
        let closed = NodeFile {
            path: "/etc/containerd/config.toml".to_owned(),
            text: None,
        };
        let config = RegistryConfig::from_files(&[
            closed,
            file("/etc/containerd/certs.d/a/hosts.toml", "server = hunter2"),
            file(
                "/etc/containerd/certs.d/b/hosts.toml",
                "server = \"b.example\"",
            ),
        ]);
        let why: Vec<&str> = config.unread.iter().map(|(_, why)| why.as_str()).collect();
        assert_eq!(why, ["permission denied", "not TOML: line 1"]);
        assert_eq!(config.hosts.len(), 1);
    }

    proptest! {
        #[test]
        fn no_file_makes_it_panic(
            path in "/(certs.d/[a-z:_0-9.]{0,12}/hosts.toml|config.toml|registries.conf|x.service.d/y.conf)",
            text in "([\\[\\]a-z._\"=:/@ ,{}#é0-9-]{0,30}\n){0,6}",
        ) {
            let config = RegistryConfig::from_files(&[file(&path, &text)]);
            let image = ImageRef::parse("r.example:5000/a:1").unwrap();
            prop_assert!(config.mirrors(&image).len() <= 64);
        }
    }
}

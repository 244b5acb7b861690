//! Builds scheduled events from a scenario file.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    bootstrap,
    file::{self, EventAction, ScenarioFile, ScenarioTime},
    manifest,
    perform::schedule,
    scheduled_event::{ScenarioAction, ScheduledEvent},
};
use crate::sandbox::{
    admission::ImagePolicy,
    kubelet::{
        provider::{CredentialProvider, ProviderUser},
        state::{NodeSettings, VerificationPolicy},
    },
    object::{self, text},
    registry::{
        Account, Auth, Image, Program, RateLimit, Registry, RegistryHealth, TlsMode, digest,
    },
    resources::{RESOURCES, ResourceKind},
    store::ObjectKey,
    world::World,
};

/// All events of a scenario file in the order of time.
#[derive(Clone)]
pub(super) struct ScenarioPlan {
    steps: ScheduledSteps,
    /// By registry and the place of the account in it.
    expiries: Vec<(String, usize, ScenarioTime)>,
}

impl ScenarioPlan {
    /// Or what in the file cannot be meant.
    pub(super) fn from_file(file: &ScenarioFile) -> Result<Self, String> {
        let mut steps = steps(file)?;
        steps.sort_by_key(|(moment, _)| *moment);
        let mut expiries = Vec::new();
        for registry in &file.registries {
            for (index, login) in registry.logins.iter().enumerate() {
                let expiry = login.expires;
                expiries.extend(expiry.map(|expiry| (registry.name.clone(), index, expiry)));
            }
        }
        Ok(Self { steps, expiries })
    }

    /// A minute before the first step.
    pub(super) fn first_moment(&self, now: Timestamp) -> Timestamp {
        let first = self.steps.first().map_or(0, |(moment, _)| moment.0).min(0);
        at(now, ScenarioTime(first.saturating_sub(60)))
    }

    pub(super) fn schedule(self, world: &mut World, now: Timestamp) {
        for (moment, mut happening) in self.steps {
            if let ScenarioAction::Connect(registry) = &mut happening.action {
                for (name, index, expiry) in &self.expiries {
                    if *name == registry.name
                        && let Some(account) = registry.accounts.get_mut(*index)
                    {
                        account.expires = Some(at(now, *expiry));
                    }
                }
            }
            schedule(world, at(now, moment), happening);
        }
    }
}

fn at(now: Timestamp, moment: ScenarioTime) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(moment.0))
        .unwrap_or(now)
}

/// What heals the file's world; or what in that cannot be meant.
pub(super) fn repair(file: &ScenarioFile) -> Result<Vec<ScheduledEvent>, String> {
    file.fix.iter().map(|what| action(what).map(once)).collect()
}

type ScheduledSteps = Vec<(ScenarioTime, ScheduledEvent)>;

fn once(action: ScenarioAction) -> ScheduledEvent {
    ScheduledEvent {
        action,
        every: None,
        round: 0,
    }
}

fn create(kind: ResourceKind, namespace: &str, object: Value) -> ScheduledEvent {
    once(ScenarioAction::Create {
        kind,
        namespace: namespace.to_owned(),
        object,
    })
}

/// The order within a moment is the order here: namespaces before what is in them, Secrets and
/// ServiceAccounts before Pods.
fn steps(file: &ScenarioFile) -> Result<ScheduledSteps, String> {
    let founded = founded(file);
    let profile = file.kubelet.profile();
    let mut steps: ScheduledSteps = Vec::new();
    for registry in &file.registries {
        let connect = ScenarioAction::Connect(Box::new(self::registry(registry)?));
        steps.push((founded, once(connect)));
    }
    for node in &file.nodes {
        steps.push((
            founded,
            create(ResourceKind::Node, "", manifest::node(node, profile)),
        ));
        for image in &node.preloaded {
            let preload = ScenarioAction::Preload {
                node: node.name.clone(),
                image: image.clone(),
            };
            steps.push((founded, once(preload)));
        }
        let configure = ScenarioAction::Configure {
            node: node.name.clone(),
            settings: NodeSettings {
                verification: verification(node.verification),
                allowlist: node.verification_allowlist.clone(),
                serialize_image_pulls: !node.parallel_pulls,
            },
        };
        steps.push((founded, once(configure)));
    }
    for mirror in &file.mirrors {
        let mirror = ScenarioAction::Mirror {
            registry: mirror.registry.clone(),
            hosts: mirror.hosts.clone(),
        };
        steps.push((founded, once(mirror)));
    }
    for policy in &file.policies {
        let forbid = ScenarioAction::Forbid(ImagePolicy {
            name: policy.name.clone(),
            images: policy.images.clone(),
            message: policy.message.clone(),
        });
        steps.push((founded, once(forbid)));
    }
    for provider in &file.providers {
        let provide = ScenarioAction::Provide(self::provider(provider)?);
        steps.push((founded, once(provide)));
    }
    for namespace in &file.namespaces {
        let object = serde_json::json!({"metadata": {"name": namespace.name}});
        steps.push((namespace.at, create(ResourceKind::Namespace, "", object)));
        if file.operators.contains(&namespace.name) {
            let binding = bootstrap::operators_binding();
            steps.push((
                namespace.at,
                create(ResourceKind::RoleBinding, &namespace.name, binding),
            ));
        }
    }
    for secret in &file.secrets {
        let object = manifest::secret(secret);
        steps.push((
            secret.at,
            create(ResourceKind::Secret, &secret.namespace, object),
        ));
    }
    for account in &file.accounts {
        let object = manifest::account(account);
        let step = create(ResourceKind::ServiceAccount, &account.namespace, object);
        steps.push((account.at, step));
    }
    for workload in &file.workloads {
        let object = manifest::workload(workload)?;
        let kind = manifest::kind(workload);
        steps.push((workload.at, create(kind, &workload.namespace, object)));
    }
    for manifest in &file.manifests {
        for object in documents(&manifest.yaml)? {
            let kind = kind_of(&object).ok_or("a manifest of an unknown kind")?;
            let namespace = object::namespace(&object).to_owned();
            steps.push((manifest.at, create(kind, &namespace, object)));
        }
    }
    for event in &file.happenings {
        let happening = ScheduledEvent {
            action: action(&event.what)?,
            every: event.every.map(|every| every.0),
            round: 0,
        };
        steps.push((event.at, happening));
    }
    Ok(steps)
}

/// The cluster is as old as its oldest namespace.
fn founded(file: &ScenarioFile) -> ScenarioTime {
    let first = file.namespaces.iter().map(|namespace| namespace.at).min();
    first.unwrap_or(ScenarioTime(-60))
}

fn documents(yaml: &str) -> Result<Vec<Value>, String> {
    yaml.split("\n---\n")
        .filter(|text| !text.trim().is_empty())
        .map(|text| serde_saphyr::from_str(text).map_err(|error| error.to_string()))
        .collect()
}

fn registry(file: &file::RegistrySpec) -> Result<Registry, String> {
    let mut registry = Registry::new(&file.name);
    registry.auth = match file.auth {
        file::AuthSpec::None => Auth::None,
        file::AuthSpec::Basic => Auth::Basic,
        file::AuthSpec::Token => Auth::Token {
            realm: file.realm.clone(),
            service: file.service.clone(),
            anonymous: file.anonymous,
        },
    };
    registry.wire = wire(file.wire);
    registry.health = health(file.health);
    registry.token_refusal = file.token_refusal.unwrap_or(registry.token_refusal);
    registry.token_failure = file.token_failure;
    registry.limit = limit(file.limit);
    for login in &file.logins {
        registry.accounts.push(Account {
            user: login.user.clone(),
            password: login.password.clone(),
            pulls: login.pulls.clone(),
            expires: None,
        });
    }
    for entry in &file.images {
        let (path, tags) = entry
            .name
            .split_once(':')
            .ok_or_else(|| format!("image {} has no tag", entry.name))?;
        let program = match (entry.works, entry.crashes) {
            (Some(span), _) => Program::Work(span.0),
            (None, Some(span)) => Program::Crash(span.0),
            (None, None) => Program::Serve,
        };
        for tag in tags.split(',') {
            let image = image(path, tag, &entry.architectures, entry.megabytes, program);
            add_tag(&mut registry, path, tag, entry.public, image);
        }
    }
    Ok(registry)
}

/// A repository gets one more tag.
fn add_tag(registry: &mut Registry, path: &str, tag: &str, public: bool, image: Image) {
    let repository = registry.repositories.entry(path.to_owned()).or_default();
    repository.public |= public;
    repository.tags.insert(tag.to_owned(), image);
}

fn image(
    path: &str,
    tag: &str,
    architectures: &[String],
    megabytes: u64,
    program: Program,
) -> Image {
    Image {
        digest: digest(&format!("{path}:{tag}")),
        architectures: architectures.to_vec(),
        bytes: megabytes.saturating_mul(1_000_000),
        program,
    }
}

fn verification(verification: file::VerificationSpec) -> VerificationPolicy {
    match verification {
        file::VerificationSpec::NeverVerify => VerificationPolicy::NeverVerify,
        file::VerificationSpec::NeverVerifyPreloadedImages => {
            VerificationPolicy::NeverVerifyPreloadedImages
        }
        file::VerificationSpec::NeverVerifyAllowlistedImages => {
            VerificationPolicy::NeverVerifyAllowlistedImages
        }
        file::VerificationSpec::AlwaysVerify => VerificationPolicy::AlwaysVerify,
    }
}

fn provider(file: &file::ProviderSpec) -> Result<CredentialProvider, String> {
    let user = match (&file.user, &file.annotation) {
        (Some(user), None) => ProviderUser::Named(user.clone()),
        (None, Some(annotation)) => ProviderUser::Annotation(annotation.clone()),
        (Some(_), Some(_)) | (None, None) => {
            return Err("a provider has a user or an annotation that names one".to_owned());
        }
    };
    Ok(CredentialProvider {
        images: file.images.clone(),
        user,
        password: file.password.clone(),
    })
}

fn wire(wire: file::TlsSpec) -> TlsMode {
    match wire {
        file::TlsSpec::Tls => TlsMode::Tls,
        file::TlsSpec::UntrustedTls => TlsMode::UntrustedTls,
        file::TlsSpec::PlainHttp => TlsMode::PlainHttp,
    }
}

fn health(health: file::HealthSpec) -> RegistryHealth {
    match health {
        file::HealthSpec::Up => RegistryHealth::Up,
        file::HealthSpec::Refusing => RegistryHealth::Refusing,
        file::HealthSpec::TimingOut => RegistryHealth::TimingOut,
        file::HealthSpec::Silent => RegistryHealth::Silent,
        file::HealthSpec::Failing => RegistryHealth::Failing(503),
        file::HealthSpec::Broken => RegistryHealth::Failing(500),
        file::HealthSpec::BadGateway => RegistryHealth::Failing(502),
        file::HealthSpec::Denying => RegistryHealth::Failing(403),
    }
}

fn limit(limit: file::RateLimitSpec) -> Option<RateLimit> {
    match limit {
        file::RateLimitSpec::None => None,
        file::RateLimitSpec::EveryRequest => Some(RateLimit::EveryRequest),
        file::RateLimitSpec::Abuse => Some(RateLimit::Abuse),
        file::RateLimitSpec::Anonymous => Some(RateLimit::Anonymous),
    }
}

fn action(what: &EventAction) -> Result<ScenarioAction, String> {
    let place = |text: &str| {
        let (namespace, name) = text
            .split_once('/')
            .ok_or_else(|| format!("{text:?} is not namespace/name"))?;
        Ok::<ObjectKey, String>(ObjectKey::new(namespace, name))
    };
    Ok(match what {
        EventAction::Roll { workload, images } => ScenarioAction::Roll {
            workload: place(workload)?,
            images: images.clone(),
        },
        EventAction::Scale { workload, replicas } => ScenarioAction::Scale {
            workload: place(workload)?,
            replicas: replicas.clone(),
        },
        EventAction::Restart { workload } => ScenarioAction::Restart {
            workload: place(workload)?,
        },
        EventAction::Attach { account, secrets } => ScenarioAction::Attach {
            account: place(account)?,
            secrets: manifest::references(secrets),
        },
        EventAction::Annotate {
            account,
            annotations,
        } => ScenarioAction::Annotate {
            account: place(account)?,
            annotations: annotations.clone(),
        },
        EventAction::Push {
            registry,
            image: name,
        } => {
            let (path, tag) = name.split_once(':').ok_or("a pushed image needs a tag")?;
            let amd64 = ["amd64".to_owned()];
            ScenarioAction::Push {
                registry: registry.clone(),
                path: path.to_owned(),
                tag: tag.to_owned(),
                image: image(path, tag, &amd64, 80, Program::Serve),
            }
        }
        EventAction::Health { registry, becomes } => ScenarioAction::Health {
            registry: registry.clone(),
            becomes: becomes.iter().copied().map(health).collect(),
        },
        EventAction::Limit { registry, becomes } => ScenarioAction::Limit {
            registry: registry.clone(),
            becomes: becomes.iter().copied().map(limit).collect(),
        },
        EventAction::Wire { registry, becomes } => ScenarioAction::Wire {
            registry: registry.clone(),
            becomes: becomes.iter().copied().map(wire).collect(),
        },
        EventAction::Resize { workload, cpu } => ScenarioAction::Resize {
            workload: place(workload)?,
            cpu: cpu.clone(),
        },
        EventAction::Renew {
            namespace,
            name,
            server,
            user,
            password,
        } => ScenarioAction::Renew {
            place: ObjectKey::new(namespace.as_str(), name.as_str()),
            secret: manifest::pull_secret(name, server, user, password),
        },
        EventAction::Debug {
            workload,
            container,
            image,
        } => ScenarioAction::Debug {
            workload: place(workload)?,
            container: serde_json::json!({
                "name": container, "image": image, "imagePullPolicy": "Always",
            }),
        },
        EventAction::Delete { kind, object } => ScenarioAction::Delete {
            kind: find_kind(kind).ok_or_else(|| format!("no kind {kind:?}"))?,
            place: place(object)?,
        },
    })
}

/// The kind whose name or plural this is.
fn find_kind(text: &str) -> Option<ResourceKind> {
    RESOURCES
        .iter()
        .find(|row| row.name == text || row.plural == text)
        .map(|row| row.kind)
}

/// The kind of an object by what it says itself.
fn kind_of(object: &Value) -> Option<ResourceKind> {
    ResourceKind::parse(text(object, "/apiVersion"), text(object, "/kind"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_said() {
        let file: ScenarioFile = toml::from_str(
            "title = 't'\nstory = 's'\n[[happening]]\nat = '+1m'\nrestart = { workload = 'web' }",
        )
        .unwrap();
        let wrong = ScenarioPlan::from_file(&file).err();
        assert_eq!(wrong.as_deref(), Some("\"web\" is not namespace/name"));
    }
}

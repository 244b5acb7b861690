//! From a scenario file to happenings at their times: what is there was created once, too.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{
    bootstrap,
    file::{self, File, Moment, What},
    manifest,
    perform::enter,
    scheduled_event::{Action, Happening},
};
use crate::sandbox::{
    admission::ImagePolicy,
    kubelet::{
        provider::{Provider, User},
        state::Verification,
    },
    object::{self, text},
    registry::{Account, Auth, Health, Image, Limit, Program, Registry, Wire, digest_of},
    resources::{Kind, RESOURCES},
    store::Place,
    world::World,
};

/// All that a file makes happen, in the order of its time.
#[derive(Clone)]
pub(super) struct Plan {
    steps: Steps,
    /// By registry and the place of the account in it.
    expiries: Vec<(String, usize, Moment)>,
}

impl Plan {
    /// Or what in the file cannot be meant.
    pub(super) fn of(file: &File) -> Result<Self, String> {
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
        at(now, Moment(first.saturating_sub(60)))
    }

    pub(super) fn enter(self, world: &mut World, now: Timestamp) {
        for (moment, mut happening) in self.steps {
            if let Action::Connect(registry) = &mut happening.action {
                for (name, index, expiry) in &self.expiries {
                    if *name == registry.name
                        && let Some(account) = registry.accounts.get_mut(*index)
                    {
                        account.expires = Some(at(now, *expiry));
                    }
                }
            }
            enter(world, at(now, moment), happening);
        }
    }
}

fn at(now: Timestamp, moment: Moment) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(moment.0))
        .unwrap_or(now)
}

/// What heals the file's world; or what in that cannot be meant.
pub(super) fn repair(file: &File) -> Result<Vec<Happening>, String> {
    file.fix.iter().map(|what| action(what).map(once)).collect()
}

type Steps = Vec<(Moment, Happening)>;

fn once(action: Action) -> Happening {
    Happening {
        action,
        every: None,
        round: 0,
    }
}

fn create(kind: Kind, namespace: &str, object: Value) -> Happening {
    once(Action::Create {
        kind,
        namespace: namespace.to_owned(),
        object,
    })
}

/// The order within a moment is the order here: namespaces before what is in them, Secrets and
/// ServiceAccounts before Pods.
fn steps(file: &File) -> Result<Steps, String> {
    let founded = founded(file);
    let profile = file.kubelet.profile();
    let mut steps: Steps = Vec::new();
    for registry in &file.registries {
        let connect = Action::Connect(Box::new(self::registry(registry)?));
        steps.push((founded, once(connect)));
    }
    for node in &file.nodes {
        steps.push((
            founded,
            create(Kind::Node, "", manifest::node(node, profile)),
        ));
        for image in &node.preloaded {
            let preload = Action::Preload {
                node: node.name.clone(),
                image: image.clone(),
            };
            steps.push((founded, once(preload)));
        }
        let verify = Action::Verify {
            node: node.name.clone(),
            verification: verification(node.verification),
        };
        steps.push((founded, once(verify)));
    }
    for mirror in &file.mirrors {
        let mirror = Action::Mirror {
            registry: mirror.registry.clone(),
            hosts: mirror.hosts.clone(),
        };
        steps.push((founded, once(mirror)));
    }
    for policy in &file.policies {
        let forbid = Action::Forbid(ImagePolicy {
            name: policy.name.clone(),
            images: policy.images.clone(),
            message: policy.message.clone(),
        });
        steps.push((founded, once(forbid)));
    }
    for provider in &file.providers {
        let provide = Action::Provide(self::provider(provider)?);
        steps.push((founded, once(provide)));
    }
    for namespace in &file.namespaces {
        let object = serde_json::json!({"metadata": {"name": namespace.name}});
        steps.push((namespace.at, create(Kind::Namespace, "", object)));
        if file.operators.contains(&namespace.name) {
            let binding = bootstrap::operators_binding();
            steps.push((
                namespace.at,
                create(Kind::RoleBinding, &namespace.name, binding),
            ));
        }
    }
    for secret in &file.secrets {
        let object = manifest::secret(secret);
        steps.push((secret.at, create(Kind::Secret, &secret.namespace, object)));
    }
    for account in &file.accounts {
        let object = manifest::account(account);
        let step = create(Kind::ServiceAccount, &account.namespace, object);
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
        let happening = Happening {
            action: action(&event.what)?,
            every: event.every.map(|every| every.0),
            round: 0,
        };
        steps.push((event.at, happening));
    }
    Ok(steps)
}

/// The cluster is as old as its oldest namespace.
fn founded(file: &File) -> Moment {
    let first = file.namespaces.iter().map(|namespace| namespace.at).min();
    first.unwrap_or(Moment(-60))
}

fn documents(yaml: &str) -> Result<Vec<Value>, String> {
    yaml.split("\n---\n")
        .filter(|text| !text.trim().is_empty())
        .map(|text| serde_saphyr::from_str(text).map_err(|error| error.to_string()))
        .collect()
}

fn registry(file: &file::Registry) -> Result<Registry, String> {
    let mut registry = Registry::new(&file.name);
    registry.auth = match file.auth {
        file::Auth::None => Auth::None,
        file::Auth::Basic => Auth::Basic,
        file::Auth::Token => Auth::Token {
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
            stock(&mut registry, path, tag, entry.public, image);
        }
    }
    Ok(registry)
}

/// A repository gets one more tag.
fn stock(registry: &mut Registry, path: &str, tag: &str, public: bool, image: Image) {
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
        digest: digest_of(&format!("{path}:{tag}")),
        architectures: architectures.to_vec(),
        bytes: megabytes.saturating_mul(1_000_000),
        program,
    }
}

fn verification(verification: file::Verification) -> Verification {
    match verification {
        file::Verification::NeverVerify => Verification::NeverVerify,
        file::Verification::NeverVerifyPreloadedImages => Verification::NeverVerifyPreloadedImages,
        file::Verification::AlwaysVerify => Verification::AlwaysVerify,
    }
}

fn provider(file: &file::Provider) -> Result<Provider, String> {
    let user = match (&file.user, &file.annotation) {
        (Some(user), None) => User::Named(user.clone()),
        (None, Some(annotation)) => User::Annotation(annotation.clone()),
        (Some(_), Some(_)) | (None, None) => {
            return Err("a provider has a user or an annotation that names one".to_owned());
        }
    };
    Ok(Provider {
        images: file.images.clone(),
        user,
        password: file.password.clone(),
    })
}

fn wire(wire: file::Wire) -> Wire {
    match wire {
        file::Wire::Tls => Wire::Tls,
        file::Wire::UntrustedTls => Wire::UntrustedTls,
        file::Wire::PlainHttp => Wire::PlainHttp,
    }
}

fn health(health: file::Health) -> Health {
    match health {
        file::Health::Up => Health::Up,
        file::Health::Refusing => Health::Refusing,
        file::Health::TimingOut => Health::TimingOut,
        file::Health::Silent => Health::Silent,
        file::Health::Failing => Health::Failing(503),
        file::Health::Broken => Health::Failing(500),
        file::Health::BadGateway => Health::Failing(502),
        file::Health::Denying => Health::Failing(403),
    }
}

fn limit(limit: file::Limit) -> Option<Limit> {
    match limit {
        file::Limit::None => None,
        file::Limit::EveryRequest => Some(Limit::EveryRequest),
        file::Limit::Anonymous => Some(Limit::Anonymous),
    }
}

fn action(what: &What) -> Result<Action, String> {
    let place = |text: &str| {
        let (namespace, name) = text
            .split_once('/')
            .ok_or_else(|| format!("{text:?} is not namespace/name"))?;
        Ok::<Place, String>(Place::new(namespace, name))
    };
    Ok(match what {
        What::Roll { workload, images } => Action::Roll {
            workload: place(workload)?,
            images: images.clone(),
        },
        What::Scale { workload, replicas } => Action::Scale {
            workload: place(workload)?,
            replicas: replicas.clone(),
        },
        What::Restart { workload } => Action::Restart {
            workload: place(workload)?,
        },
        What::Attach { account, secrets } => Action::Attach {
            account: place(account)?,
            secrets: manifest::references(secrets),
        },
        What::Push {
            registry,
            image: name,
        } => {
            let (path, tag) = name.split_once(':').ok_or("a pushed image needs a tag")?;
            let amd64 = ["amd64".to_owned()];
            Action::Push {
                registry: registry.clone(),
                path: path.to_owned(),
                tag: tag.to_owned(),
                image: image(path, tag, &amd64, 80, Program::Serve),
            }
        }
        What::Health { registry, becomes } => Action::Health {
            registry: registry.clone(),
            becomes: becomes.iter().copied().map(health).collect(),
        },
        What::Limit { registry, becomes } => Action::Limit {
            registry: registry.clone(),
            becomes: becomes.iter().copied().map(limit).collect(),
        },
        What::Wire { registry, becomes } => Action::Wire {
            registry: registry.clone(),
            becomes: becomes.iter().copied().map(wire).collect(),
        },
        What::Resize { workload, cpu } => Action::Resize {
            workload: place(workload)?,
            cpu: cpu.clone(),
        },
        What::Renew {
            namespace,
            name,
            server,
            user,
            password,
        } => Action::Renew {
            place: Place::new(namespace.as_str(), name.as_str()),
            secret: manifest::pull_secret(name, server, user, password),
        },
        What::Debug {
            workload,
            container,
            image,
        } => Action::Debug {
            workload: place(workload)?,
            container: serde_json::json!({
                "name": container, "image": image, "imagePullPolicy": "Always",
            }),
        },
        What::Delete { kind, object } => Action::Delete {
            kind: kind_named(kind).ok_or_else(|| format!("no kind {kind:?}"))?,
            place: place(object)?,
        },
    })
}

/// The kind whose name or plural this is.
fn kind_named(text: &str) -> Option<Kind> {
    RESOURCES
        .iter()
        .find(|row| row.name == text || row.plural == text)
        .map(|row| row.kind)
}

/// The kind of an object by what it says itself.
fn kind_of(object: &Value) -> Option<Kind> {
    Kind::parse(text(object, "/apiVersion"), text(object, "/kind"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_said() {
        let file: File = toml::from_str(
            "title = 't'\nstory = 's'\n[[happening]]\nat = '+1m'\nrestart = { workload = 'web' }",
        )
        .unwrap();
        let wrong = Plan::of(&file).err();
        assert_eq!(wrong.as_deref(), Some("\"web\" is not namespace/name"));
    }
}

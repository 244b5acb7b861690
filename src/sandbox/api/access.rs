//! Authentication and authorization: RBAC over the Roles and bindings in the store.
//!
//! The built-in users are ordinary RBAC subjects, so that a Role that is granted in the sandbox
//! really grants something.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, header};
use serde_json::Value;

use super::route::RequestTarget;
use crate::sandbox::{
    object::{self, list, text},
    resources::ResourceKind,
    status::{ApiResult, ApiStatus},
    world::World,
};

/// Prefix of the user names of ServiceAccounts.
const ACCOUNT: &str = "system:serviceaccount:";

/// An authenticated user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    pub name: String,
    pub groups: Vec<String>,
}

impl User {
    /// The administrator, who may do everything.
    pub fn admin() -> Self {
        Self::with_group("admin", "system:masters")
    }

    /// The user who may work in the scenario's namespaces, including Secrets.
    pub fn operator() -> Self {
        Self::with_group("operator", "operators")
    }

    /// The user who may read everything except credentials.
    pub fn viewer() -> Self {
        Self::with_group("viewer", "viewers")
    }

    /// The user who may do everything except access Secrets.
    pub fn no_secrets() -> Self {
        Self::with_group("no-secrets", "no-secrets")
    }

    /// The anonymous user, who may do nothing.
    pub fn anonymous() -> Self {
        Self {
            name: "system:anonymous".to_owned(),
            groups: vec!["system:unauthenticated".to_owned()],
        }
    }

    fn with_group(name: &str, group: &str) -> Self {
        Self {
            name: name.to_owned(),
            groups: vec![group.to_owned(), "system:authenticated".to_owned()],
        }
    }

    /// The built-in users; their names are also their bearer tokens.
    pub fn built_in() -> [Self; 4] {
        [
            Self::admin(),
            Self::operator(),
            Self::viewer(),
            Self::no_secrets(),
        ]
    }

    /// The user of a bearer token.
    pub fn from_bearer(headers: &HeaderMap) -> Option<Self> {
        let token = headers
            .get(header::AUTHORIZATION)?
            .to_str()
            .ok()?
            .strip_prefix("Bearer ")?;
        Self::built_in()
            .into_iter()
            .find(|user| user.name == token)
            .or_else(|| Self::from_account_token(token))
    }

    /// The ServiceAccount that a token made by this server names.
    fn from_account_token(token: &str) -> Option<Self> {
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
        let claims: Value = serde_json::from_slice(&claims).ok()?;
        let name = text(&claims, "/sub");
        name.starts_with(ACCOUNT)
            .then(|| Self::with_name(name, Vec::new()))
    }

    /// User name of a ServiceAccount.
    pub fn account_name(namespace: &str, name: &str) -> String {
        format!("{ACCOUNT}{namespace}:{name}")
    }

    /// Anybody, with the groups that the name brings along.
    fn with_name(name: &str, mut groups: Vec<String>) -> Self {
        groups.push("system:authenticated".to_owned());
        if let Some(account) = name.strip_prefix(ACCOUNT) {
            let namespace = account.split(':').next().unwrap_or_default();
            groups.push("system:serviceaccounts".to_owned());
            groups.push(format!("system:serviceaccounts:{namespace}"));
        }
        Self {
            name: name.to_owned(),
            groups,
        }
    }

    /// The user impersonated with `--as`, if this one may impersonate.
    pub fn impersonating(self, headers: &HeaderMap) -> ApiResult<Self> {
        let Some(name) = headers
            .get("impersonate-user")
            .and_then(|it| it.to_str().ok())
        else {
            return Ok(self);
        };
        if !self.is_master() {
            let why = format!(
                "User {:?} cannot impersonate resource \"users\" in API group \"\" at the cluster scope",
                self.name
            );
            return Err(ApiStatus::forbidden_path(format!(
                "users {name:?} is forbidden: {why}"
            )));
        }
        if let Some(built_in) = Self::built_in().into_iter().find(|user| user.name == name) {
            return Ok(built_in);
        }
        let groups: Vec<String> = headers
            .get_all("impersonate-group")
            .iter()
            .filter_map(|group| group.to_str().ok().map(str::to_owned))
            .collect();
        Ok(Self::with_name(name, groups))
    }

    fn is_master(&self) -> bool {
        self.groups.iter().any(|group| group == "system:masters")
    }

    fn is_subject(&self, subject: &Value, binding_namespace: &str) -> bool {
        let name = text(subject, "/name");
        match text(subject, "/kind") {
            "User" => name == self.name,
            "Group" => self.groups.iter().any(|group| group == name),
            "ServiceAccount" => {
                let namespace = match text(subject, "/namespace") {
                    "" => binding_namespace,
                    namespace => namespace,
                };
                self.name == Self::account_name(namespace, name)
            }
            _ => false,
        }
    }
}

/// Attributes of a request for authorization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Attributes {
    pub verb: String,
    pub group: String,
    /// With the subresource, as rules write it: `pods/log`.
    pub resource: String,
    pub namespace: String,
    pub name: String,
}

impl Attributes {
    pub fn new(verb: &str, target: &RequestTarget) -> Self {
        let resource = match target.subresource {
            Some(sub) => format!("{}/{}", target.resource.plural, sub.as_str()),
            None => target.resource.plural.to_owned(),
        };
        // A Namespace is in itself, as far as access goes.
        let namespace = match target.resource.kind {
            ResourceKind::Namespace => target.name.as_deref().unwrap_or_default(),
            _ => target.namespace(),
        };
        Self {
            verb: verb.to_owned(),
            group: target.resource.group.to_owned(),
            resource,
            namespace: namespace.to_owned(),
            name: target.name.clone().unwrap_or_default(),
        }
    }
}

/// The rules of a user in a namespace; for an empty namespace, in the whole cluster.
pub fn rules(world: &World, user: &User, namespace: &str) -> Vec<Value> {
    let mut rules = Vec::new();
    if user.is_master() {
        rules.push(serde_json::json!({"verbs": ["*"], "apiGroups": ["*"], "resources": ["*"]}));
    }
    let cluster = world.store.list(ResourceKind::ClusterRoleBinding, None);
    let local = world.store.list(ResourceKind::RoleBinding, Some(namespace));
    let bindings = cluster.chain(local.filter(|_| !namespace.is_empty()));
    for binding in bindings {
        let within = object::namespace(binding);
        let binds = list(binding, "/subjects")
            .iter()
            .any(|subject| user.is_subject(subject, within));
        if binds && let Some(role) = role(world, binding) {
            rules.extend(list(role, "/rules").iter().cloned());
        }
    }
    rules
}

fn role<'a>(world: &'a World, binding: &Value) -> Option<&'a Value> {
    let name = text(binding, "/roleRef/name");
    let role = match text(binding, "/roleRef/kind") {
        "ClusterRole" => world.store.get(ResourceKind::ClusterRole, "", name),
        _ => world
            .store
            .get(ResourceKind::Role, object::namespace(binding), name),
    };
    role.map(AsRef::as_ref)
}

pub fn is_allowed(world: &World, user: &User, wish: &Attributes) -> bool {
    rules(world, user, &wish.namespace)
        .iter()
        .any(|rule| covers(rule, wish))
}

fn covers(rule: &Value, wish: &Attributes) -> bool {
    let has = |field: &str, wanted: &str| {
        list(rule, field)
            .iter()
            .filter_map(Value::as_str)
            .any(|there| there == "*" || there == wanted)
    };
    let any_with_subresource = wish
        .resource
        .split_once('/')
        .is_some_and(|(_, sub)| has("/resources", &format!("*/{sub}")));
    let names = list(rule, "/resourceNames");
    has("/verbs", &wish.verb)
        && has("/apiGroups", &wish.group)
        && (has("/resources", &wish.resource) || any_with_subresource)
        && (names.is_empty() || names.iter().any(|name| name == wish.name.as_str()))
}

/// Authorizes a request, or returns the server's error.
pub fn authorize(world: &World, user: &User, verb: &str, target: &RequestTarget) -> ApiResult<()> {
    let wish = Attributes::new(verb, target);
    if is_allowed(world, user, &wish) {
        return Ok(());
    }
    let place = if wish.namespace.is_empty() {
        "at the cluster scope".to_owned()
    } else {
        format!("in the namespace {:?}", wish.namespace)
    };
    let why = format!(
        "User {:?} cannot {verb} resource {:?} in API group {:?} {place}",
        user.name, wish.resource, wish.group
    );
    Err(ApiStatus::forbidden(target.resource, &wish.name, &why))
}

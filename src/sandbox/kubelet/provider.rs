//! Credential plugins of the kubelet (`CredentialProviderConfig`): they give logins for images of a
//! registry, to all Pods of the node or by an annotation of the Pod's ServiceAccount (KEP-4412).
//!
//! Nothing in the API tells of them.

use serde_json::Value;

use super::login::{LoginSource, RegistryLogin};
use crate::{
    domain::registry_auth::{credential::Password, image_ref::ImageRef},
    sandbox::{
        object::{self, map, text, uid},
        resources::ResourceKind,
        store::ObjectStore,
    },
};

/// A credential plugin with its login. It has no `Debug`, as it holds a password.
#[derive(Clone)]
pub struct CredentialProvider {
    /// The host, or the start of the repository, of the images that it is asked for.
    pub images: String,
    pub user: ProviderUser,
    pub password: String,
}

/// For whom a plugin returns logins.
#[derive(Clone)]
pub enum ProviderUser {
    Named(String),
    /// The one whom this annotation of the ServiceAccount names, as of a role its name; nobody without it.
    Annotation(String),
}

/// The logins of the plugins for an image, tried after those of Secrets.
pub(super) fn logins(
    providers: &[CredentialProvider],
    store: &ObjectStore,
    pod: &Value,
    image: &ImageRef,
) -> Vec<RegistryLogin> {
    let repository = image.repository();
    let asked = providers.iter().filter(|it| {
        let rest = repository.strip_prefix(it.images.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    });
    asked.filter_map(|it| login(it, store, pod)).collect()
}

fn login(provider: &CredentialProvider, store: &ObjectStore, pod: &Value) -> Option<RegistryLogin> {
    let password = Password::new(provider.password.as_str());
    match &provider.user {
        ProviderUser::Named(user) => Some(RegistryLogin::new(
            user.clone(),
            password,
            LoginSource::Node,
        )),
        ProviderUser::Annotation(name) => {
            let account = text(pod, "/spec/serviceAccountName");
            let account = store.get(
                ResourceKind::ServiceAccount,
                object::namespace(pod),
                account,
            )?;
            let user = map(account, "/metadata/annotations")?.get(name)?.as_str()?;
            let source = LoginSource::Object(uid(account).to_owned());
            // A role's ARN has colons, which no user name of basic authentication may have (RFC 7617).
            let user = user.rsplit('/').next().unwrap_or(user);
            Some(RegistryLogin::new(user.to_owned(), password, source))
        }
    }
}

//! Global flags of the command line, converted for `config`, `cluster` and `app`.

use pullscope::{
    app::model::StartScope,
    cli::GlobalArgs,
    cluster::ConnectOptions,
    config::{self, Flags, LoadedSettings, XdgPaths},
    domain::{error::UserError, k8s::object_ref::Namespace},
};

/// Loads the settings: defaults, file, environment, flags, the last one wins.
pub fn load_settings(global: &GlobalArgs) -> Result<LoadedSettings, UserError> {
    let flags = Flags {
        file: global.config.clone(),
        theme: global.theme.clone(),
        read_only: global.read_only,
        no_state: global.no_state,
    };
    config::load(&flags, &XdgPaths::from_environment())
}

/// Options of the connection to the cluster that the kubeconfig names.
pub fn connect_options(global: &GlobalArgs) -> ConnectOptions {
    ConnectOptions {
        kubeconfig: global.kubeconfig.clone(),
        context: global.context.clone(),
        namespace: global.namespace.clone(),
        impersonate: global.impersonate.clone(),
        impersonate_groups: global.impersonate_groups.clone(),
        request_timeout: global.request_timeout,
    }
}

/// Namespaces that the dashboard shows first.
pub fn start_scope(global: &GlobalArgs) -> StartScope {
    match &global.namespace {
        Some(namespace) => StartScope::Namespace(Namespace::new(namespace.as_str())),
        None if global.all_namespaces => StartScope::All,
        None => StartScope::FromContext,
    }
}

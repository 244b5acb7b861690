//! What the command line says, in the words of the rooms that it is handed to.

use pullscope::{
    app::model::StartScope,
    cli::Global,
    cluster::ConnectOptions,
    config::{self, Flags, LoadedSettings, XdgPaths},
    domain::{error::UserError, k8s::object_ref::Namespace},
};

/// The settings: the file's, the environment's and the flags'.
pub fn settings(global: &Global) -> Result<LoadedSettings, UserError> {
    let flags = Flags {
        file: global.config.clone(),
        theme: global.theme.clone(),
        read_only: global.read_only,
        no_state: global.no_state,
    };
    config::load(&flags, &XdgPaths::from_environment())
}

pub fn connection(global: &Global) -> ConnectOptions {
    ConnectOptions {
        kubeconfig: global.kubeconfig.clone(),
        context: global.context.clone(),
        namespace: global.namespace.clone(),
        impersonate: global.impersonate.clone(),
        impersonate_groups: global.impersonate_groups.clone(),
        request_timeout: global.request_timeout,
    }
}

/// Where the dashboard looks first.
pub fn scope(global: &Global) -> StartScope {
    match &global.namespace {
        Some(namespace) => StartScope::Namespace(Namespace::new(namespace.as_str())),
        None if global.all_namespaces => StartScope::All,
        None => StartScope::FromContext,
    }
}

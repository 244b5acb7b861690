//! Resolves cluster and user from kubeconfig files and flags, before anything is sent.

use std::{env, fs, sync::Arc};

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use kube::{
    Client, Config,
    config::{AuthInfo, KubeConfigOptions, Kubeconfig},
};

use super::{
    certificate,
    connection::Connection,
    error::ConnectError,
    exec::ExecPlugin,
    exec_auth, http_client, kubeconfig,
    options::{ConnectLimits, ConnectOptions},
    proxy,
};
use crate::{cluster::ApiError, domain::k8s::object_ref::Namespace};

/// A cluster and a user, before any request.
pub(super) struct ConnectTarget {
    config: Config,
    context: Option<Arc<str>>,
    cluster: Arc<str>,
    user: Option<Arc<str>>,
}

impl ConnectTarget {
    pub(super) async fn resolve(options: &ConnectOptions) -> Result<Self, ConnectError> {
        let loaded = kubeconfig::load(options.kubeconfig.as_deref())?;
        if !loaded.is_empty() {
            return Self::from_context(loaded.config, options.context.as_deref()).await;
        }
        let in_pod = env::var_os("KUBERNETES_SERVICE_HOST").is_some();
        if options.context.is_some() || options.kubeconfig.is_some() || !in_pod {
            return Err(ConnectError::NoKubeconfig {
                looked_at: loaded.looked_at,
            });
        }
        Self::in_cluster()
    }

    async fn from_context(files: Kubeconfig, wanted: Option<&str>) -> Result<Self, ConnectError> {
        let known = || {
            files
                .contexts
                .iter()
                .map(|context| context.name.clone())
                .collect()
        };
        let name = match wanted.or(files.current_context.as_deref()) {
            Some(name) if !name.is_empty() => name.to_owned(),
            _ => return Err(ConnectError::NoCurrentContext { known: known() }),
        };
        let Some(context) = files
            .contexts
            .iter()
            .find(|context| context.name == name)
            .and_then(|context| context.context.as_ref())
        else {
            return Err(ConnectError::UnknownContext {
                name,
                known: known(),
            });
        };
        let cluster = context.cluster.clone();
        if !files.clusters.iter().any(|known| known.name == cluster) {
            return Err(ConnectError::UnknownCluster {
                context: name,
                cluster,
            });
        }
        let user = context.user.clone().filter(|user| !user.is_empty());
        if let Some(user) = &user
            && !files.auth_infos.iter().any(|known| known.name == *user)
        {
            return Err(ConnectError::UnknownUser {
                context: name,
                user: user.clone(),
            });
        }
        let config = context_config(files, &name).await?;
        Ok(Self {
            config,
            context: Some(name.into()),
            cluster: cluster.into(),
            user: user.map(Into::into),
        })
    }

    fn in_cluster() -> Result<Self, ConnectError> {
        let failed = |why: String| ConnectError::InCluster { why };
        let mut config = Config::incluster().map_err(|error| failed(error.to_string()))?;
        // As client-go does (`http.ProxyFromEnvironment`).
        config.proxy_url = proxy::from_environment(&config.cluster_url)
            .map(|address| address.parse())
            .transpose()
            .map_err(|error| failed(format!("invalid proxy address: {error}")))?;
        Ok(Self {
            config,
            context: None,
            cluster: "in-cluster".into(),
            user: None,
        })
    }

    pub(super) async fn connect(
        self,
        options: &ConnectOptions,
    ) -> Result<Connection, ConnectError> {
        let Self {
            mut config,
            context,
            cluster,
            user,
        } = self;
        if let Some(since) = client_certificate_end(&config.auth_info)
            && since < Timestamp::now()
        {
            return Err(ConnectError::ClientCertificateExpired {
                user: user.as_deref().map(str::to_owned),
                since,
            });
        }
        let limits = ConnectLimits::from_options(options);
        if let Some(name) = &options.impersonate {
            config.auth_info.impersonate = Some(name.clone());
        }
        if !options.impersonate_groups.is_empty() {
            config.auth_info.impersonate_groups = Some(options.impersonate_groups.clone());
        }
        // A server before 1.27 cannot say who we are; then it is whom we asked to be.
        let user = config
            .auth_info
            .impersonate
            .as_deref()
            .map(Into::into)
            .or(user);
        let namespace = options
            .namespace
            .as_deref()
            .unwrap_or(&config.default_namespace);
        let namespace = Namespace::new(namespace);
        let server: Arc<str> = config.cluster_url.to_string().trim_end_matches('/').into();
        config.connect_timeout = Some(limits.connect);
        // Each caller decides for itself when to ask again, and says meanwhile what is wrong.
        config.default_retry = false;
        let client = build_client(config)
            .await
            .map_err(|error| match (error, &context) {
                (ApiError::Transport(why), Some(context)) => ConnectError::BadEntry {
                    context: context.to_string(),
                    why,
                },
                (error, _) => ConnectError::Refused {
                    server: server.to_string(),
                    user: user.as_deref().map(str::to_owned),
                    error: Box::new(error),
                },
            })?;
        let connection = Connection {
            client,
            context,
            cluster,
            server,
            user,
            namespace,
            version: None,
            request_limit: limits.request,
        };
        connection.identify(limits.identify).await
    }
}

async fn context_config(files: Kubeconfig, context: &str) -> Result<Config, ConnectError> {
    let proxy_of_cluster = cluster_proxy(&files, context);
    let options = KubeConfigOptions {
        context: Some(context.to_owned()),
        ..KubeConfigOptions::default()
    };
    let bad = |why: String| ConnectError::BadEntry {
        context: context.to_owned(),
        why,
    };
    let mut config = Config::from_custom_kubeconfig(files, &options)
        .await
        .map_err(|error| bad(error.to_string()))?;
    let address = proxy_of_cluster.or_else(|| proxy::from_environment(&config.cluster_url));
    config.proxy_url = address
        .map(|address| address.parse())
        .transpose()
        .map_err(|error| bad(format!("invalid proxy address: {error}")))?;
    Ok(config)
}

fn cluster_proxy(files: &Kubeconfig, context: &str) -> Option<String> {
    let named = files.contexts.iter().find(|known| known.name == context)?;
    let cluster = &named.context.as_ref()?.cluster;
    let named = files.clusters.iter().find(|known| known.name == *cluster)?;
    named
        .cluster
        .as_ref()?
        .proxy_url
        .clone()
        .filter(|address| !address.is_empty())
}

async fn build_client(mut config: Config) -> Result<Client, ApiError> {
    // The order of client-go: a fixed credential beats the plugin.
    let fixed = config.auth_info.token.is_some()
        || config.auth_info.token_file.is_some()
        || config.auth_info.username.is_some()
        || config.auth_info.auth_provider.is_some();
    match config.auth_info.exec.take() {
        Some(exec) if !fixed => {
            let plugin =
                ExecPlugin::new(exec).map_err(|error| ApiError::Plugin(Box::new(error)))?;
            Ok(exec_auth::client(config, plugin).await?)
        }
        _ => Ok(http_client::build(config)?),
    }
}

fn client_certificate_end(user: &AuthInfo) -> Option<Timestamp> {
    let pem = match (&user.client_certificate_data, &user.client_certificate) {
        (Some(data), _) => BASE64_STANDARD.decode(data).ok()?,
        (None, Some(path)) => fs::read(path).ok()?,
        (None, None) => return None,
    };
    certificate::not_after(&pem)
}

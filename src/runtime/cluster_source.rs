//! Cluster sources: the kubeconfig, or a given cluster.

use std::sync::Arc;

use futures::{FutureExt, future::BoxFuture};

use crate::{
    app::demo_intro::DemoIntro,
    cluster::{ConnectOptions, Connection, connect},
    domain::{
        error::UserError,
        k8s::{
            connection::{ConnectionInfo, KubeContext},
            object_ref::Namespace,
        },
    },
    registry::{ProbeSettings, Prober},
};

/// A source of clusters: connects, and lists contexts.
pub trait ClusterSource: Send + Sync {
    /// Connects to a context; `None`: the one chosen at the start.
    fn connect(&self, context: Option<String>)
    -> BoxFuture<'static, Result<Connection, UserError>>;

    fn contexts(&self) -> Result<Vec<KubeContext>, UserError>;

    /// What asks this cluster's registries; `None` where they are not to be asked.
    fn prober(&self) -> Option<Prober>;

    /// What there is to tell of a cluster that was made up.
    fn demo_intro(&self) -> Option<DemoIntro> {
        None
    }
}

/// The clusters of the kubeconfig.
pub struct Kubeconfig {
    pub options: ConnectOptions,
    /// How its registries are asked.
    pub registries: ProbeSettings,
}

impl ClusterSource for Kubeconfig {
    fn connect(
        &self,
        context: Option<String>,
    ) -> BoxFuture<'static, Result<Connection, UserError>> {
        let mut options = self.options.clone();
        if context.is_some() && context != options.context {
            // `-n` was said of the first context.
            options.namespace = None;
            options.context = context;
        }
        async move {
            if options.context.as_deref() == Some(IN_CLUSTER) && has_no_contexts(&options) {
                options.context = None;
            }
            Connection::open(&options).await.map_err(UserError::from)
        }
        .boxed()
    }

    fn contexts(&self) -> Result<Vec<KubeContext>, UserError> {
        connect::contexts(self.options.kubeconfig.as_deref()).map_err(UserError::from)
    }

    fn prober(&self) -> Option<Prober> {
        Prober::new(self.registries.clone()).ok()
    }
}

/// A single given cluster.
pub struct FixedCluster {
    pub connection: Connection,
    /// What asks its registries. Whoever has their names on the machine's network is somebody else.
    pub prober: Prober,
    pub demo_intro: DemoIntro,
}

impl ClusterSource for FixedCluster {
    fn connect(&self, _: Option<String>) -> BoxFuture<'static, Result<Connection, UserError>> {
        let connection = self.connection.clone();
        async move { Ok(connection) }.boxed()
    }

    fn contexts(&self) -> Result<Vec<KubeContext>, UserError> {
        let identity = identity(&self.connection);
        Ok(vec![KubeContext {
            name: identity.context,
            cluster: identity.cluster,
            user: identity.user,
            namespace: None,
            current: true,
        }])
    }

    fn prober(&self) -> Option<Prober> {
        Some(self.prober.clone())
    }

    fn demo_intro(&self) -> Option<DemoIntro> {
        Some(self.demo_intro.clone())
    }
}

/// The namespace `default`, which kubectl uses if none is named; the dashboard then shows all.
const UNNAMED: &str = "default";

/// Name in place of a context inside a Pod without a kubeconfig.
const IN_CLUSTER: &str = "in-cluster";

fn has_no_contexts(options: &ConnectOptions) -> bool {
    connect::contexts(options.kubeconfig.as_deref()).is_ok_and(|contexts| contexts.is_empty())
}

/// Cluster and user, as displayed.
pub(super) fn identity(connection: &Connection) -> ConnectionInfo {
    let identity = connection.identity();
    let chosen = |namespace: &Namespace| namespace.as_str() != UNNAMED;
    ConnectionInfo {
        namespace: identity.namespace.filter(chosen),
        ..identity
    }
}

pub type SharedSource = Arc<dyn ClusterSource>;

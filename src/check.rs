//! `pullscope check`: on the cluster that the kubeconfig names, or on the simulated one.

use std::{io, process::ExitCode};

use pullscope::{
    cli::{Demo, Global},
    cluster::{ConnectOptions, Connection, WatchScope},
    domain::{error::UserError, k8s::object_ref::Namespace},
    headless::check::{self, Args},
    registry::{ProbeSettings, Prober},
    runtime::resolved_settings,
};

use crate::{answer, asked, demo};

pub async fn run(args: &Args, global: &Global) -> color_eyre::Result<ExitCode> {
    let asking = resolved_settings::registries(&asked::settings(global)?.settings)?;
    let named = global.namespace.as_deref().unwrap_or_default();
    let named: Vec<&str> = named.split(',').filter(|name| !name.is_empty()).collect();
    let (connection, prober) = if global.demo {
        let (sandbox, user, story) = demo::simulated(&Demo::default().scenario, global)?;
        let given = demo::given(&sandbox, user, story).await?;
        (given.connection, args.probe.then_some(given.prober))
    } else {
        let prober = args.probe.then(|| prober(asking)).transpose()?;
        let options = ConnectOptions {
            namespace: named.first().map(|name| (*name).to_owned()),
            ..asked::connection(global)
        };
        let connection = Connection::open(&options).await.map_err(UserError::from)?;
        (connection, prober)
    };
    let reach = if global.all_namespaces {
        WatchScope::Cluster {
            fallback: Vec::new(),
        }
    } else if named.is_empty() {
        WatchScope::Namespaces(vec![connection.namespace.clone()])
    } else {
        WatchScope::Namespaces(named.into_iter().map(Namespace::new).collect())
    };
    let (prober, console) = (prober.as_ref(), answer::console());
    let exit = check::run(args, &connection, reach, prober, console, io::stdout()).await?;
    answer::exit(Ok(exit))
}

fn prober(asking: ProbeSettings) -> Result<Prober, UserError> {
    let refused = |why: String| UserError::new("cannot test registries").with_cause(why);
    Prober::new(asking).map_err(|error| refused(error.to_string()))
}

//! `pullscope check`: on the cluster that the kubeconfig names, or on the simulated one.

use std::{io, process::ExitCode};

use pullscope::{
    cli::{DemoArgs, GlobalArgs},
    cluster::{ConnectOptions, Connection, WatchScope},
    domain::{error::UserError, k8s::object_ref::Namespace},
    headless::{
        self,
        check::{self, Args},
    },
    runtime::resolved_settings,
};

use super::{args, demo, output};

pub async fn run(args: &Args, global: &GlobalArgs) -> color_eyre::Result<ExitCode> {
    let registry_settings = resolved_settings::registries(&args::load_settings(global)?.settings)?;
    let listed = global.namespace.as_deref().unwrap_or_default();
    let namespaces: Vec<&str> = listed.split(',').filter(|name| !name.is_empty()).collect();
    let (connection, prober) = if global.demo {
        let (sandbox, user, story) = demo::start(&DemoArgs::default().scenario, global)?;
        let demo = demo::connect(&sandbox, user, story).await?;
        (demo.connection, args.probe.then_some(demo.prober))
    } else {
        let prober = args
            .probe
            .then(|| headless::prober(registry_settings))
            .transpose()?;
        let options = ConnectOptions {
            namespace: namespaces.first().map(|name| (*name).to_owned()),
            ..args::connect_options(global)
        };
        let connection = Connection::open(&options).await.map_err(UserError::from)?;
        (connection, prober)
    };
    let reach = if global.all_namespaces {
        WatchScope::Cluster {
            fallback: Vec::new(),
        }
    } else if namespaces.is_empty() {
        WatchScope::Namespaces(vec![connection.namespace.clone()])
    } else {
        WatchScope::Namespaces(namespaces.into_iter().map(Namespace::new).collect())
    };
    let (prober, console) = (prober.as_ref(), output::console());
    let exit = check::run(args, &connection, reach, prober, console, io::stdout()).await?;
    Ok(ExitCode::from(exit.code()))
}

//! `pullscope demo`: the dashboard on a simulated cluster, in this process: no port, no file, no network.
//! Or the cluster served, for kubectl and a second pullscope.

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use jiff::Timestamp;
use pullscope::{
    app::demo_intro::DemoIntro,
    cli::{Demo, Global},
    cluster::Connection,
    domain::{error::UserError, k8s::object_ref::Namespace},
    registry::Prober,
    runtime::cluster_source::FixedCluster,
    sandbox::{Pace, Sandbox, Scenario, User, serve},
};
use tokio::net::TcpListener;

use crate::{answer, asked, dashboard, demo_network::Registries};

/// Where a client of the demo looks when nobody names a namespace.
const UNNAMED: &str = "default";

pub async fn run(args: &Demo, global: &Global) -> color_eyre::Result<ExitCode> {
    if args.list {
        let worlds: Vec<String> = Scenario::list().iter().map(listed).collect();
        return answer::print(worlds.join("\n").as_bytes());
    }
    let settings = asked::settings(global)?.settings;
    let (sandbox, user, story) = simulated(&args.scenario, global)?;
    if let Some(address) = args.serve {
        return serve(sandbox, address).await;
    }
    let given = given(&sandbox, user, story).await?;
    // What is remembered of clusters has no use here, and the demo begins the same each time.
    dashboard::run(Arc::new(given), global, &settings, None).await
}

/// A world's name, and what there is to find in it.
fn listed(scenario: &Scenario) -> String {
    let story = scenario.story.trim().lines();
    let story: String = story
        .map(|line| format!("    {line}").trim_end().to_owned() + "\n")
        .collect();
    format!("{:20} {}\n{story}", scenario.name, scenario.title)
}

/// A world that runs by itself, and the user who looks at it.
pub fn simulated(scenario: &str, global: &Global) -> Result<(Sandbox, User, DemoIntro), UserError> {
    let scenario = Scenario::named(scenario).map_err(|error| UserError::new(error.to_string()))?;
    let user = match &global.impersonate {
        None => User::admin(),
        Some(name) => {
            let mut users = User::built_in().into_iter();
            let found = users.find(|user| user.name == *name);
            found.ok_or_else(|| unknown_user(name))?
        }
    };
    let sandbox = Sandbox::start(&scenario, Timestamp::now(), Pace::Live);
    sandbox.spawn_event_loop();
    let story = DemoIntro {
        title: scenario.title.clone(),
        text: scenario.story.clone(),
    };
    Ok((sandbox, user, story))
}

fn unknown_user(name: &str) -> UserError {
    let users = User::built_in().map(|user| user.name);
    UserError::new(format!("unknown demo user {name:?}"))
        .with_help(format!("use --as with one of: {}", users.join(", ")))
}

/// The way to a simulated cluster and to its registries.
pub async fn given(
    sandbox: &Sandbox,
    user: User,
    story: DemoIntro,
) -> Result<FixedCluster, UserError> {
    let prober = Prober::with_network(Arc::new(Registries(sandbox.registries())));
    let client = kube::Client::new(sandbox.service(user), UNNAMED);
    let namespace = Namespace::new(UNNAMED);
    let connection = Connection::from_client(client, "demo", namespace).await?;
    Ok(FixedCluster {
        connection,
        prober,
        demo_intro: story,
    })
}

/// Serves the simulated cluster until the program is interrupted.
async fn serve(sandbox: Sandbox, address: SocketAddr) -> color_eyre::Result<ExitCode> {
    if !address.ip().is_loopback() {
        let problem = UserError::new(format!("cannot serve the demo on {address}"))
            .with_cause("anyone who can reach it has full access")
            .with_help("use a loopback address, such as 127.0.0.1:8001");
        return Err(problem.into());
    }
    let listener = TcpListener::bind(address).await.map_err(|error| {
        UserError::new(format!("cannot listen on {address}")).with_cause(error.to_string())
    })?;
    let config = serve::kubeconfig(listener.local_addr()?);
    answer::print(format!("{config:#}\n").as_bytes())?;
    eprintln!("serving until ctrl-c; save the kubeconfig above and pass it with --kubeconfig");
    serve::serve(sandbox, listener).await;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_and_the_sandbox_begin_with_the_same_world() {
        assert_eq!(Demo::default().scenario, Scenario::DEFAULT);
    }
}

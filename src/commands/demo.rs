//! `pullscope demo`: the dashboard on a simulated cluster in this process, without port, file or network.
//!
//! `--serve` serves that cluster for kubectl and for a second pullscope.

use std::{net::SocketAddr, process::ExitCode, sync::Arc};

use jiff::Timestamp;
use pullscope::{
    app::demo_intro::DemoIntro,
    cli::{DemoArgs, GlobalArgs},
    cluster::Connection,
    domain::{error::UserError, k8s::object_ref::Namespace, suggest::did_you_mean},
    registry::Prober,
    runtime::cluster_source::FixedCluster,
    sandbox::{Pace, Sandbox, Scenario, User, serve},
};
use tokio::net::TcpListener;

use super::{args, dashboard, demo_registries::DemoNetwork, output};

/// Namespace of a client that names none.
const DEFAULT_NAMESPACE: &str = "default";

pub async fn run(args: &DemoArgs, global: &GlobalArgs) -> color_eyre::Result<ExitCode> {
    if args.list {
        let scenarios: Vec<String> = Scenario::list().iter().map(description).collect();
        return output::print(scenarios.join("\n").as_bytes());
    }
    let settings = args::load_settings(global)?.settings;
    let (sandbox, user, story) = start(&args.scenario, global)?;
    if let Some(address) = args.serve {
        return serve(sandbox, address).await;
    }
    let source = connect(&sandbox, user, story).await?;
    // Without a state file: the demo begins the same each time.
    dashboard::run(Arc::new(source), global, &settings, None).await
}

/// Name, title and story of a scenario, for `--list`.
fn description(scenario: &Scenario) -> String {
    let story = scenario.story.trim().lines();
    let story: String = story
        .map(|line| format!("    {line}").trim_end().to_owned() + "\n")
        .collect();
    format!("{:20} {}\n{story}", scenario.name, scenario.title)
}

/// Starts a scenario, and finds the user of `--as`.
pub fn start(scenario: &str, global: &GlobalArgs) -> Result<(Sandbox, User, DemoIntro), UserError> {
    let scenario = Scenario::named(scenario).map_err(|error| {
        let near = did_you_mean(scenario, Scenario::names());
        let help = near.map(|near| format!("did you mean {near}? "));
        UserError::new(error.to_string()).with_help(format!(
            "{}pullscope demo --list lists the scenarios",
            help.unwrap_or_default()
        ))
    })?;
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

/// Connects to a simulated cluster and to its registries.
pub async fn connect(
    sandbox: &Sandbox,
    user: User,
    story: DemoIntro,
) -> Result<FixedCluster, UserError> {
    let prober = Prober::with_network(Arc::new(DemoNetwork(sandbox.registries())));
    let client = kube::Client::new(sandbox.service(user), DEFAULT_NAMESPACE);
    let namespace = Namespace::new(DEFAULT_NAMESPACE);
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
    output::print(format!("{config:#}\n").as_bytes())?;
    eprintln!("serving until ctrl-c; save the kubeconfig above and pass it with --kubeconfig");
    serve::serve(sandbox, listener).await;
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistyped_scenario_is_named_with_the_nearest() {
        let error = start("misssing-tag", &GlobalArgs::default()).err();
        assert_eq!(
            error.map(|error| error.to_string()).as_deref(),
            Some(
                "unknown scenario \"misssing-tag\"\n  next: did you mean missing-tag? \
             pullscope demo --list lists the scenarios"
            )
        );
    }

    #[test]
    fn the_command_line_and_the_sandbox_have_the_same_default_scenario() {
        assert_eq!(DemoArgs::default().scenario, Scenario::DEFAULT);
    }
}

//! Table of contents: parse, connect, hand over.

mod demo;

use std::{
    env,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
};

use demo::Registries;
use jiff::Timestamp;
use pullscope::{
    app::model::StartScope,
    cli::{self, Cli, Command, Demo, Global},
    cluster::{ConnectOptions, Connection, Reach, apply::WritePermit},
    domain::{key::Namespace, problem::Problem},
    headless::{Exit, check, explain, match_image, rbac, verify},
    registry::Prober,
    runtime::{
        self, Announce, Ending, Start, log,
        source::{Given, Kubeconfig, SharedSource},
        terminal,
    },
    sandbox::{Pace, Sandbox, Scenario, User, serve},
    ui::theme::Theme,
};
use tokio::net::TcpListener;

/// A run that could not be begun.
const COULD_NOT_RUN: u8 = 2;

fn main() -> color_eyre::Result<ExitCode> {
    let cli = Cli::read(env::args_os().collect());
    color_eyre::install()?;
    terminal::install_panic_hook();
    // kube and the registry probe share one TLS provider; without a choice here, a second user of
    // rustls makes the first handshake panic.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(dispatch(cli));
    // A connection that still waits for a dead server must not hold up the shell prompt.
    runtime.shutdown_background();
    outcome
}

async fn dispatch(cli: Cli) -> color_eyre::Result<ExitCode> {
    match cli.command {
        None if cli.global.demo => demo(&Demo::default(), &cli.global).await,
        None => kubernetes(&cli.global).await,
        Some(Command::Demo(args)) => demo(&args, &cli.global).await,
        Some(Command::Check(args)) => Ok(match check(&args, &cli.global).await {
            Ok(exit) => ExitCode::from(exit.code()),
            Err(problem) => refuse(&problem),
        }),
        Some(Command::Explain(args)) => exit(explain::run(&args, io::stdin().lock(), io::stdout())),
        Some(Command::Match(args)) => {
            exit(match_image::run(&args, io::stdin().lock(), io::stdout()))
        }
        Some(Command::Rbac(args)) => exit(rbac::run(
            &args,
            cli.global.namespace.as_deref(),
            io::stdout(),
        )),
        Some(Command::Completions { shell }) => print(&cli::completions(shell)),
        Some(Command::Man { command }) => manual(command.as_deref()),
        Some(Command::Verify(args)) => {
            let options = connect_options(&cli.global);
            exit(verify::run(&args, &options, io::stdin(), io::stdout()).await)
        }
    }
}

fn manual(command: Option<&str>) -> color_eyre::Result<ExitCode> {
    if let Some(page) = cli::manual(command) {
        return print(&page?);
    }
    let problem = Problem::new(format!("there is no command {}", command.unwrap_or("")));
    Ok(refuse(&problem.next("pullscope --help names them")))
}

/// Prints what was made; a reader that has seen enough is no error.
fn print(text: &[u8]) -> color_eyre::Result<ExitCode> {
    match io::stdout().write_all(text) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}

fn exit(outcome: io::Result<Exit>) -> color_eyre::Result<ExitCode> {
    Ok(ExitCode::from(outcome?.code()))
}

async fn check(args: &check::Args, global: &Global) -> Result<Exit, Problem> {
    let named = global.namespace.as_deref().unwrap_or_default();
    let named: Vec<&str> = named.split(',').filter(|name| !name.is_empty()).collect();
    let options = ConnectOptions {
        namespace: named.first().map(|name| (*name).to_owned()),
        ..connect_options(global)
    };
    let connection = Connection::open(&options).await.map_err(Problem::from)?;
    let reach = if global.all_namespaces {
        Reach::Cluster {
            otherwise: Vec::new(),
        }
    } else if named.is_empty() {
        Reach::Namespaces(vec![connection.namespace.clone()])
    } else {
        Reach::Namespaces(named.into_iter().map(Namespace::new).collect())
    };
    check::run(args, &connection, reach, io::stdout()).await
}

/// The dashboard on the cluster that the kubeconfig names.
async fn kubernetes(global: &Global) -> color_eyre::Result<ExitCode> {
    let source = Arc::new(Kubeconfig {
        options: connect_options(global),
    });
    dashboard(source, start_scope(global), global).await
}

/// The dashboard on a simulated cluster, in this process: no port, no file, no network.
async fn demo(args: &Demo, global: &Global) -> color_eyre::Result<ExitCode> {
    if args.list {
        for scenario in Scenario::list() {
            println!("{:20} {}", scenario.name, scenario.title);
        }
        return Ok(ExitCode::SUCCESS);
    }
    let scenario = match Scenario::named(&args.scenario) {
        Ok(scenario) => scenario,
        Err(error) => return Ok(refuse(&Problem::new(error.to_string()))),
    };
    let user = match &global.impersonate {
        None => User::admin(),
        Some(name) => match User::built_in().into_iter().find(|user| user.name == *name) {
            Some(user) => user,
            None => return Ok(refuse(&unknown_user(name))),
        },
    };
    let sandbox = Sandbox::start(&scenario, Timestamp::now(), Pace::Live { speed: 1.0 });
    sandbox.keep();
    if let Some(address) = args.serve {
        return serve(sandbox, address).await;
    }
    let prober = Prober::over(Arc::new(Registries(sandbox.registries())));
    let client = kube::Client::new(sandbox.service(user), UNNAMED);
    let namespace = Namespace::new(UNNAMED);
    let connection = match Connection::from_client(client, "demo", namespace).await {
        Ok(connection) => connection,
        Err(error) => return Ok(refuse(&Problem::from(error))),
    };
    dashboard(
        Arc::new(Given { connection, prober }),
        start_scope(global),
        global,
    )
    .await
}

/// Serves the simulated cluster until the program is interrupted.
async fn serve(sandbox: Sandbox, address: SocketAddr) -> color_eyre::Result<ExitCode> {
    if !address.ip().is_loopback() {
        let problem = Problem::new(format!("the demo is not served on {address}"))
            .because("whoever reaches it may do anything in it")
            .next("use an address of this machine, such as 127.0.0.1:8001");
        return Ok(refuse(&problem));
    }
    let listener = match TcpListener::bind(address).await {
        Ok(listener) => listener,
        Err(error) => {
            let problem = Problem::new(format!("cannot listen on {address}"));
            return Ok(refuse(&problem.because(error.to_string())));
        }
    };
    let config = serve::kubeconfig(listener.local_addr()?);
    println!("{config:#}");
    eprintln!("serving until ctrl-c; save what is printed above and name it with --kubeconfig");
    serve::serve(sandbox, listener).await?;
    Ok(ExitCode::SUCCESS)
}

fn unknown_user(name: &str) -> Problem {
    let users = User::built_in().map(|user| user.name);
    Problem::new(format!("the demo has no user {name:?}"))
        .next(format!("--as one of: {}", users.join(", ")))
}

/// Where a client of the demo looks when nobody names a namespace.
const UNNAMED: &str = "default";

async fn dashboard(
    source: SharedSource,
    scope: StartScope,
    global: &Global,
) -> color_eyre::Result<ExitCode> {
    if let Err(problem) = terminal::check(env::var("TERM").ok().as_deref()) {
        return Ok(refuse(&problem));
    }
    if let Some(path) = log_path()
        && let Err(error) = log::start(&path, &global.log_level)
    {
        eprintln!("pullscope: no log: {}: {error}", path.display());
    }
    let connection = match source.connect(None).await {
        Ok(connection) => connection,
        Err(problem) => return Ok(refuse(&problem)),
    };
    let start = Start {
        source,
        connection,
        scope,
        theme: theme(),
        permit: WritePermit::unless(global.read_only),
        announce: Announce::default(),
    };
    Ok(match ended(runtime::run(start).await)? {
        Ending::Quit => ExitCode::SUCCESS,
        Ending::Signal(status) => ExitCode::from(status),
    })
}

/// A terminal that goes away while it is drawn to has ended the program, and not in error.
fn ended(outcome: io::Result<Ending>) -> io::Result<Ending> {
    match outcome {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Ending::Quit),
        outcome => outcome,
    }
}

fn refuse(problem: &Problem) -> ExitCode {
    eprintln!("pullscope: {problem}");
    ExitCode::from(COULD_NOT_RUN)
}

fn connect_options(global: &Global) -> ConnectOptions {
    ConnectOptions {
        kubeconfig: global.kubeconfig.clone(),
        context: global.context.clone(),
        namespace: global.namespace.clone(),
        impersonate: global.impersonate.clone(),
        impersonate_groups: global.impersonate_groups.clone(),
        request_timeout: global.request_timeout,
    }
}

fn start_scope(global: &Global) -> StartScope {
    match &global.namespace {
        Some(namespace) => StartScope::Namespace(Namespace::new(namespace.as_str())),
        None if global.all_namespaces => StartScope::All,
        None => StartScope::FromContext,
    }
}

fn theme() -> Theme {
    let no_colour = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if no_colour {
        Theme::plain()
    } else {
        Theme::colours()
    }
}

/// `$XDG_STATE_HOME/pullscope/pullscope.log`, as the base directory specification has it.
fn log_path() -> Option<PathBuf> {
    let state = env::var_os("XDG_STATE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| env::home_dir().map(|home| home.join(".local/state")))?;
    Some(state.join("pullscope/pullscope.log"))
}

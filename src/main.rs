//! Table of contents: parse, connect, hand over.

mod demo;

use std::{
    env,
    io::{self, IsTerminal, Write},
    net::SocketAddr,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use demo::Registries;
use jiff::Timestamp;
use pullscope::{
    app::{model::StartScope, preferences::Preferences, rebind::Row},
    cli::{self, Cli, Command, Demo, Global},
    cluster::{ConnectOptions, Connection, Reach, apply::WritePermit},
    config::{self, Flags, Loaded, Places, Settings},
    domain::{key::Namespace, problem::Problem},
    headless::{
        Exit, check,
        config::{self as listing, Config, Entry},
        console::Console,
        doctor::{self, Line},
        explain, match_image, rbac, verify,
    },
    registry::Prober,
    runtime::{
        self, Ending, Signals, Start, StateFile,
        capabilities::Capabilities,
        log,
        source::{Given, Kubeconfig, SharedSource},
        terminal, wishes,
    },
    sandbox::{Pace, Sandbox, Scenario, User, serve},
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
        // One decodes while another waits for the network; the loop has the main thread. A thread for
        // each of many cores would only keep memory of its own.
        .worker_threads(2)
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(dispatch(cli));
    // Tasks are dropped, so that what they started ends with them; a thread that still waits for a name
    // server must not hold up the shell prompt.
    runtime.shutdown_timeout(Duration::from_millis(200));
    outcome
}

async fn dispatch(cli: Cli) -> color_eyre::Result<ExitCode> {
    let loaded = match (load(&cli.global), &cli.command) {
        (Ok(loaded), _) => loaded,
        // What is asked about the configuration must be answered for one that is broken, too.
        (Err(_), Some(Command::Config(Config::Sample))) => Loaded::default(),
        (Err(problem), Some(Command::Doctor(args))) => {
            let broken = Line::problem("configuration", &problem);
            return diagnose(args, &cli.global, &Settings::default(), broken).await;
        }
        (Err(problem), _) => return Ok(refuse(&problem)),
    };
    let settings = &loaded.settings;
    match cli.command {
        None if cli.global.demo => demo(&Demo::default(), &cli.global, settings).await,
        None => kubernetes(&cli.global, settings).await,
        Some(Command::Demo(args)) => demo(&args, &cli.global, settings).await,
        Some(Command::Doctor(args)) => {
            let file = loaded.file.as_ref();
            let file = file.map_or("no file".to_owned(), |file| file.display().to_string());
            let line = match all_known(settings) {
                Ok(_) => Line::ok("configuration", file),
                Err(problem) => Line::problem("configuration", &problem),
            };
            diagnose(&args, &cli.global, settings, line).await
        }
        Some(Command::Config(asked)) => configuration(&asked, &loaded),
        Some(Command::Check(args)) => Ok(match check(&args, &cli.global, settings).await {
            Ok(exit) => ExitCode::from(exit.code()),
            Err(problem) => refuse(&problem),
        }),
        Some(Command::Explain(args)) => {
            let stdin = io::stdin().lock();
            exit(explain::run(&args, stdin, console(), io::stdout()))
        }
        Some(Command::Match(args)) => {
            let options = connect_options(&cli.global);
            let (stdin, stdout) = (io::stdin(), io::stdout());
            exit(match_image::run(&args, &options, stdin, console(), stdout).await)
        }
        Some(Command::Rbac(args)) => exit(rbac::run(
            &args,
            cli.global.namespace.as_deref(),
            io::stdout(),
        )),
        Some(Command::Completions { shell }) => print(&cli::completions(shell)),
        Some(Command::Complete { words }) => print(cli::proposals(&words).as_bytes()),
        Some(Command::Man { command }) => manual(command.as_deref()),
        Some(Command::Verify(args)) => {
            let options = connect_options(&cli.global);
            let asking = match wishes::registries(settings) {
                Ok(asking) => asking,
                Err(problem) => return Ok(refuse(&problem)),
            };
            let (stdin, stdout) = (io::stdin(), io::stdout());
            let asked = verify::run(&args, &options, asking, stdin, console(), stdout);
            // Most runs do without, and need not carry its state about.
            exit(Box::pin(asked).await)
        }
    }
}

fn load(global: &Global) -> Result<Loaded, Problem> {
    let flags = Flags {
        file: global.config.clone(),
        theme: global.theme.clone(),
        read_only: global.read_only,
        no_state: global.no_state,
    };
    config::load(&flags, &Places::from_environment())
}

/// What is known of this machine, and then the cluster.
async fn diagnose(
    args: &doctor::Args,
    global: &Global,
    settings: &Settings,
    configuration: Line,
) -> color_eyre::Result<ExitCode> {
    let log = Places::from_environment().log_file();
    let log = log.map_or("none: no home directory".to_owned(), |path| {
        path.display().to_string()
    });
    let version = format!(
        "{} on {} {}",
        env!("CARGO_PKG_VERSION"),
        env::consts::OS,
        env::consts::ARCH
    );
    let terminal = match terminal::check(env::var("TERM").ok().as_deref()) {
        Ok(()) => Line::ok("terminal", Capabilities::from_environment().to_string()),
        // A report is often written to a file.
        Err(problem) => Line::problem("terminal", &problem).but_no_failure(),
    };
    let known = vec![
        Line::ok("pullscope", version),
        configuration,
        Line::ok("log", log),
        terminal,
    ];
    let connection = Connection::open(&connect_options(global)).await;
    let connection = connection.map_err(Problem::from);
    let namespace = match (&connection, global.all_namespaces) {
        (Ok(connection), false) => Some(connection.namespace.clone()),
        _ => None,
    };
    let asking = wishes::registries(settings).unwrap_or_default();
    let (console, stdout) = (console(), io::stdout());
    exit(doctor::run(args, known, connection, namespace, asking, console, stdout).await)
}

fn configuration(asked: &Config, loaded: &Loaded) -> color_eyre::Result<ExitCode> {
    let settings = &loaded.settings;
    if matches!(asked, Config::Sample) {
        return print(config::SAMPLE.as_bytes());
    }
    let preferences = match all_known(settings) {
        Ok(preferences) => preferences,
        Err(problem) => return Ok(refuse(&problem)),
    };
    let entries: Vec<Entry> = match asked {
        Config::Keys => preferences.keymap.rows().iter().map(action).collect(),
        Config::Show | Config::Sample => {
            let rows = settings.rows().into_iter();
            rows.map(|row| Entry {
                name: row.name,
                value: row.value,
                about: row.origin.to_string(),
            })
            .collect()
        }
    };
    exit(listing::list(&entries, io::stdout()))
}

/// Resolves every setting, so that a wrong one is found before anything is begun.
fn all_known(settings: &Settings) -> Result<Preferences, Problem> {
    wishes::look(settings, Capabilities::from_environment())?;
    wishes::announce(settings)?;
    wishes::registries(settings)?;
    wishes::preferences(settings)
}

fn action(row: &Row) -> Entry {
    let keys: Vec<String> = row.keys.iter().map(ToString::to_string).collect();
    Entry {
        name: row.binding.action.name().to_owned(),
        value: keys.join(" "),
        about: format!("{}: {}", row.binding.context.title(), row.binding.help),
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

/// Who reads the results.
fn console() -> Console {
    let is_set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    let term = env::var_os("TERM");
    // Consoles of Windows set no TERM.
    let dumb = term.map_or(cfg!(unix), |term| term == "dumb");
    Console {
        colours: io::stdout().is_terminal() && !is_set("NO_COLOR") && !dumb,
        ascii: !Capabilities::from_environment().unicode,
        progress: io::stderr().is_terminal() && !dumb,
    }
}

fn exit(outcome: io::Result<Exit>) -> color_eyre::Result<ExitCode> {
    Ok(ExitCode::from(outcome?.code()))
}

async fn check(args: &check::Args, global: &Global, settings: &Settings) -> Result<Exit, Problem> {
    let asking = wishes::registries(settings)?;
    let named = global.namespace.as_deref().unwrap_or_default();
    let named: Vec<&str> = named.split(',').filter(|name| !name.is_empty()).collect();
    let (connection, prober) = if global.demo {
        let (sandbox, user) = simulated(Scenario::DEFAULT, global)?;
        let given = given(&sandbox, user).await?;
        (given.connection, args.probe.then_some(given.prober))
    } else {
        let prober = args.probe.then(|| Prober::new(asking)).transpose();
        let prober = prober
            .map_err(|error| Problem::new("cannot ask registries").because(error.to_string()))?;
        let options = ConnectOptions {
            namespace: named.first().map(|name| (*name).to_owned()),
            ..connect_options(global)
        };
        let connection = Connection::open(&options).await.map_err(Problem::from)?;
        (connection, prober)
    };
    let reach = if global.all_namespaces {
        Reach::Cluster {
            otherwise: Vec::new(),
        }
    } else if named.is_empty() {
        Reach::Namespaces(vec![connection.namespace.clone()])
    } else {
        Reach::Namespaces(named.into_iter().map(Namespace::new).collect())
    };
    let prober = prober.as_ref();
    check::run(args, &connection, reach, prober, console(), io::stdout()).await
}

/// The dashboard on the cluster that the kubeconfig names.
async fn kubernetes(global: &Global, settings: &Settings) -> color_eyre::Result<ExitCode> {
    let registries = match wishes::registries(settings) {
        Ok(registries) => registries,
        Err(problem) => return Ok(refuse(&problem)),
    };
    let source = Arc::new(Kubeconfig {
        options: connect_options(global),
        registries,
    });
    let places = Places::from_environment();
    let remembers = settings.remember.value;
    let state = places.state_file().filter(|_| remembers);
    dashboard(source, global, settings, state.map(StateFile::new)).await
}

/// The dashboard on a simulated cluster, in this process: no port, no file, no network.
async fn demo(args: &Demo, global: &Global, settings: &Settings) -> color_eyre::Result<ExitCode> {
    if args.list {
        let lines = Scenario::list().into_iter();
        let lines: Vec<String> = lines
            .map(|scenario| format!("{:20} {}\n", scenario.name, scenario.title))
            .collect();
        return print(lines.concat().as_bytes());
    }
    let (sandbox, user) = match simulated(&args.scenario, global) {
        Ok(simulated) => simulated,
        Err(problem) => return Ok(refuse(&problem)),
    };
    if let Some(address) = args.serve {
        return serve(sandbox, address).await;
    }
    let given = match given(&sandbox, user).await {
        Ok(given) => given,
        Err(problem) => return Ok(refuse(&problem)),
    };
    // What is remembered of clusters has no use here, and the demo begins the same each time.
    dashboard(Arc::new(given), global, settings, None).await
}

/// A world that runs by itself, and the user who looks at it.
fn simulated(scenario: &str, global: &Global) -> Result<(Sandbox, User), Problem> {
    let scenario = Scenario::named(scenario).map_err(|error| Problem::new(error.to_string()))?;
    let user = match &global.impersonate {
        None => User::admin(),
        Some(name) => {
            let mut users = User::built_in().into_iter();
            let found = users.find(|user| user.name == *name);
            found.ok_or_else(|| unknown_user(name))?
        }
    };
    let sandbox = Sandbox::start(&scenario, Timestamp::now(), Pace::Live);
    sandbox.keep();
    Ok((sandbox, user))
}

/// The way to a simulated cluster and to its registries.
async fn given(sandbox: &Sandbox, user: User) -> Result<Given, Problem> {
    let prober = Prober::over(Arc::new(Registries(sandbox.registries())));
    let client = kube::Client::new(sandbox.service(user), UNNAMED);
    let namespace = Namespace::new(UNNAMED);
    let connection = Connection::from_client(client, "demo", namespace).await?;
    Ok(Given { connection, prober })
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
    print(format!("{config:#}\n").as_bytes())?;
    eprintln!("serving until ctrl-c; save what is printed above and name it with --kubeconfig");
    serve::serve(sandbox, listener).await;
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
    global: &Global,
    settings: &Settings,
    state: Option<StateFile>,
) -> color_eyre::Result<ExitCode> {
    if let Err(problem) = terminal::check(env::var("TERM").ok().as_deref()) {
        return Ok(refuse(&problem));
    }
    let wished = all_known(settings).and_then(|preferences| {
        let look = wishes::look(settings, Capabilities::from_environment())?;
        Ok((preferences, look, wishes::announce(settings)?))
    });
    let (preferences, look, announce) = match wished {
        Ok(wished) => wished,
        Err(problem) => return Ok(refuse(&problem)),
    };
    if let Some(path) = Places::from_environment().log_file()
        && let Err(error) = log::start(&path, &global.log_level)
    {
        eprintln!("pullscope: no log: {}: {error}", path.display());
    }
    // From here on: a plugin that asks its questions is ended with us, and no signal is lost between now
    // and the moment the terminal is taken.
    let mut signals = Signals::new()?;
    let connection = tokio::select! {
        status = signals.until_end() => return Ok(ExitCode::from(status)),
        connection = source.connect(None) => connection,
    };
    let connection = match connection {
        Ok(connection) => connection,
        Err(problem) => return Ok(refuse(&problem)),
    };
    let start = Start {
        source,
        connection,
        scope: start_scope(global),
        look,
        preferences,
        state,
        permit: WritePermit::unless(settings.read_only.value),
        announce,
    };
    Ok(match ended(runtime::run(start, signals).await)? {
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

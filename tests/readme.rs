//! The README and the documents in `assets/docs` are true as far as a test can tell: their examples run, their
//! lists are those of the program, their links lead somewhere, and the README stays short.
//!
//! Exit statuses are held, what is printed is not. The cluster is the demo, served on loopback; kubectl is
//! the one of `KUBEBUILDER_ASSETS` or of the path. What would ask a registry on the network asks a proxy on
//! loopback that is not there. Of `cargo` lines it is held that there is what they name.
//! `UPDATE_README=1 cargo test --test readme` writes the lists and the badges.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

use std::{
    collections::BTreeSet,
    env,
    fmt::Write,
    fs,
    io::Read,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
};

use pullscope::app::{
    command_palette,
    keymap::{BINDINGS, Context},
};

#[path = "readme/badges.rs"]
mod badges;
#[path = "readme/causes.rs"]
mod causes;
#[path = "readme/links.rs"]
mod links;

const PROGRAM: &str = env!("CARGO_BIN_EXE_pullscope");

/// Whoever wants to know whether to try it reads no more.
const LONGEST_README: usize = 11 * 1024;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A document, named from the top of the repository.
struct Document {
    name: String,
    text: String,
}

impl Document {
    fn read(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            text: fs::read_to_string(root().join(name)).unwrap(),
        }
    }

    fn path(&self) -> PathBuf {
        root().join(&self.name)
    }
}

/// What is written for users.
fn documents() -> Vec<Document> {
    let mut names: Vec<String> = fs::read_dir(root().join("assets/docs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| Path::new(name).extension().is_some_and(|it| it == "md"))
        .map(|name| format!("assets/docs/{name}"))
        .collect();
    names.sort();
    names.insert(0, "README.md".to_owned());
    names.iter().map(|name| Document::read(name)).collect()
}

/// The commands of the shell blocks without their comments, and those that a pipeline's file runs.
fn examples() -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for document in documents() {
        let mut language = "";
        for line in document.text.lines() {
            if let Some(fence) = line.strip_prefix("```") {
                language = fence;
                continue;
            }
            let line = line.split("  #").next().unwrap().trim();
            let command = match language {
                "sh" => line,
                "yaml" => match line.trim_start_matches("- ").trim_start_matches("run: ") {
                    command if command.starts_with("pullscope ") => command,
                    _ => continue,
                },
                _ => continue,
            };
            if !command.is_empty() && !lines.iter().any(|it| it == command) {
                lines.push(command.to_owned());
            }
        }
    }
    lines
}

/// The demo as a cluster, in a folder with the files that the examples speak of.
struct Stage {
    demo: Child,
    folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut demo = Command::new(PROGRAM)
            .args(["demo", "--serve"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stage = |name: &str, text: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        stage("kubeconfig", &kubeconfig(&mut demo));
        let login = r#"{"auths":{"ghcr.io":{"auth":"bWU6dG9rZW4="}}}"#;
        stage(".docker/config.json", login);
        let secret = format!(
            "kind: Secret\nmetadata: {{name: regcred}}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: '{login}'\n"
        );
        stage("secret.yaml", &secret);
        stage("team.toml", "theme = \"light\"\n");
        let applied =
            "kind: ConfigMap\napiVersion: v1\nmetadata: {name: settings, namespace: shop}\n";
        stage("deploy/settings.yaml", applied);
        let message = r#"Failed to pull image \"r.example/a:1\": 429 Too Many Requests"#;
        stage(
            "messages.jsonl",
            &format!("{{\"message\": \"{message}\"}}\n"),
        );
        let bin = folder.path().join("bin");
        fs::create_dir(&bin).unwrap();
        #[cfg(unix)]
        for name in ["pullscope", "kubectl-pullscope"] {
            std::os::unix::fs::symlink(PROGRAM, bin.join(name)).unwrap();
        }
        fs::create_dir_all(folder.path().join(".local/bin")).unwrap();
        #[cfg(unix)]
        if let Some(assets) = env::var_os("KUBEBUILDER_ASSETS") {
            let kubectl = Path::new(&assets).join("kubectl");
            if kubectl.exists() {
                std::os::unix::fs::symlink(kubectl, bin.join("kubectl")).unwrap();
            }
        }
        Self { demo, folder }
    }

    fn has_kubectl(&self) -> bool {
        self.run("command -v kubectl").0 == 0
    }

    /// The exit status and what was written.
    fn run(&self, line: &str) -> (i32, String) {
        let inherited = env::var("PATH").unwrap_or_default();
        let bin = self.folder.path().join("bin");
        let output = Command::new("sh")
            .args(["-c", line])
            .current_dir(self.folder.path())
            .env_clear()
            .env("HOME", self.folder.path())
            .env("KUBECONFIG", self.folder.path().join("kubeconfig"))
            .env("PATH", format!("{}:{inherited}", bin.display()))
            .env("ALL_PROXY", NOBODY)
            .env("NO_PROXY", "127.0.0.1")
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        (output.status.code().unwrap_or(-1), text)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.demo.kill());
        drop(self.demo.wait());
    }
}

/// The document that the program prints before it serves.
fn kubeconfig(demo: &mut Child) -> String {
    let mut stdout = demo.stdout.take().unwrap();
    let mut text = Vec::new();
    let mut byte = [0];
    loop {
        assert_eq!(stdout.read(&mut byte).unwrap(), 1, "the demo has ended");
        text.push(byte[0]);
        if byte[0] == b'}' && serde_json::from_slice::<serde_json::Value>(&text).is_ok() {
            return String::from_utf8(text).unwrap();
        }
    }
}

/// A proxy that is not there: nothing leaves this machine.
const NOBODY: &str = "http://127.0.0.1:9";

/// An example as it is run: for a while where it would run for ever, on what is there.
fn on_stage(example: &str) -> String {
    // The registries of the demo are on no network: only the program that has them can ask.
    let line = if example.contains("--demo") {
        example.to_owned()
    } else {
        example.replace(" --probe", "")
    };
    let pod = "-n shop $(kubectl get pods -n shop -o name | head -n 1)";
    line.replace("--wait 2m", "--wait 2s")
        .replace("pod web-1", pod)
        .replace(
            "kubectl get events -A --watch",
            "timeout 3 kubectl get events -A --watch",
        )
}

/// The statuses that an example may end with: the demo has something to find, and messages that are no
/// pull failures.
fn fine(line: &str) -> &'static [i32] {
    if is_dashboard(line) || line.contains("pullscope verify") {
        // There is no terminal; or no proxy, so that it cannot be told.
        &[2]
    } else if line.contains("kubectl ") && line.contains("| pullscope explain") {
        &[0, 1]
    } else if line.contains("pullscope check") || line.starts_with("pullscope doctor") {
        &[1]
    } else {
        &[0]
    }
}

/// Whether a line opens the dashboard, which wants a terminal.
fn is_dashboard(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("pullscope") else {
        return false;
    };
    let words: Vec<&str> = rest.split_whitespace().collect();
    match words.first() {
        None => true,
        Some(&"demo") => !words.contains(&"--list"),
        Some(first) => {
            let commands = [
                "check",
                "explain",
                "match",
                "verify",
                "rbac",
                "config",
                "doctor",
                "completions",
                "man",
            ];
            first.starts_with('-') && !words.iter().any(|it| commands.contains(it))
        }
    }
}

/// Whether cargo knows what a line asks it for.
fn cargo_knows(line: &str) -> bool {
    let root = root();
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    let target = |flag: &str| {
        let at = words.iter().position(|word| *word == flag)?;
        words.get(at + 1).copied()
    };
    let is_there = |name: &str, folder: &str| {
        manifest.contains(&format!("name = \"{name}\""))
            || root.join(folder).join(format!("{name}.rs")).exists()
            || root.join(folder).join(name).join("main.rs").exists()
    };
    let commands = ["run", "test", "bench", "install", "doc"];
    commands.contains(&words[1])
        && target("--bench").is_none_or(|name| is_there(name, "tests/bench"))
        && target("--test").is_none_or(|name| is_there(name, "tests"))
}

/// A line without the variables that it sets for its command.
fn without_variables(line: &str) -> &str {
    match line.split_once(' ') {
        Some((first, rest)) if first.contains('=') && !first.starts_with('-') => {
            without_variables(rest)
        }
        _ => line,
    }
}

#[cfg(unix)]
#[test]
fn the_examples_run() {
    let stage = Stage::new();
    let kubectl = stage.has_kubectl();
    let mut run = 0;
    for example in examples() {
        let command = without_variables(&example);
        if command.starts_with("cargo ") {
            assert!(cargo_knows(command), "{example}");
            continue;
        }
        if command.starts_with(".ci/") {
            assert!(root().join(command).exists(), "{example}");
            continue;
        }
        if example.contains("kubectl ") && !kubectl {
            eprintln!("SKIPPED: {example}: no kubectl (set KUBEBUILDER_ASSETS)");
            continue;
        }
        let line = on_stage(&example);
        let (status, text) = stage.run(&line);
        assert!(
            fine(&line).contains(&status),
            "{line}: status {status}\n{text}"
        );
        if is_dashboard(&line) {
            assert!(text.contains("terminal"), "{line}\n{text}");
        }
        if line.starts_with("pullscope verify") && line.contains(" -o ") {
            let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(answer["verdict"], "unknown", "{line}\n{text}");
        }
        run += 1;
    }
    assert!(run > 20, "{run} examples");
}

/// Replaces what stands between the marks of a section.
fn with_section(text: &str, name: &str, content: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: "), format!("<!-- /{name} -->"));
    let (head, rest) = text.split_once(&begin).unwrap();
    let (mark, rest) = rest.split_once('\n').unwrap();
    let (_, tail) = rest.split_once(&end).unwrap();
    format!("{head}{begin}{mark}\n{content}{end}{tail}")
}

fn keys() -> String {
    let mut contexts: Vec<Context> = Vec::new();
    for binding in BINDINGS {
        if !contexts.contains(&binding.context) {
            contexts.push(binding.context);
        }
    }
    let mut text = String::new();
    for context in contexts {
        let _ = write!(
            text,
            "\n## {}\n\n| key | does |\n| --- | --- |\n",
            context.title()
        );
        for binding in BINDINGS.iter().filter(|it| it.context == context) {
            let keys: Vec<String> = binding.on.iter().map(|key| format!("`{key}`")).collect();
            let _ = writeln!(text, "| {} | {} |", keys.join(" "), binding.help);
        }
    }
    text.push('\n');
    text
}

/// The commands behind `:`.
fn typed_commands() -> String {
    let mut text = "\n| command | does |\n| --- | --- |\n".to_owned();
    for (names, help) in command_palette::commands() {
        let names: Vec<String> = names.iter().map(|name| format!("`:{name}`")).collect();
        let _ = writeln!(text, "| {} | {help} |", names.join(" "));
    }
    text.push('\n');
    text
}

/// Commands of k9s that are named because there is nothing behind them.
const OF_K9S: &[&str] = &["deploy"];

#[test]
fn the_typed_commands_that_are_named_exist() {
    let known: BTreeSet<&str> = command_palette::commands()
        .flat_map(|(names, _)| names)
        .chain(OF_K9S)
        .copied()
        .collect();
    let mut count = 0;
    for document in documents() {
        for piece in document.text.split("`:").skip(1) {
            let name = piece.split(['`', ' ']).next().unwrap();
            assert!(
                name.is_empty() || known.contains(name),
                "{}: :{name}",
                document.name
            );
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

fn help(command: &[&str]) -> String {
    let output = Command::new(PROGRAM)
        .args(command)
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = help.trim_end().lines().map(str::trim_end).collect();
    lines.join("\n")
}

/// The commands that a help text lists.
fn commands_of(help: &str) -> Vec<&str> {
    help.lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect()
}

/// The lines of a section of a manual page, as they are read.
fn man_section(command: Option<&str>, section: &str) -> Vec<String> {
    let output = Command::new(PROGRAM)
        .arg("man")
        .args(command)
        .env_clear()
        .output()
        .unwrap();
    let page = String::from_utf8(output.stdout).unwrap();
    let plain = |line: &str| {
        let line = line.replace("\\fB", "").replace("\\fR", "");
        line.replace("\\-", "-").replace("\\*(Aq", "'")
    };
    page.lines()
        .skip_while(|line| !(line.starts_with(".SH") && line.contains(section)))
        .skip(1)
        .take_while(|line| !line.starts_with(".SH"))
        .filter(|line| !line.starts_with('.'))
        .map(plain)
        .collect()
}

/// What the manual pages show has been run, and their exit statuses are those of the documents.
#[test]
fn the_manual_pages_say_what_the_documents_say() {
    let examples = examples();
    let texts: String = documents().into_iter().map(|it| it.text).collect();
    let top = help(&[]);
    let pages = commands_of(&top).into_iter().map(Some).chain([None]);
    let mut count = 0;
    for page in pages {
        for example in man_section(page, "EXAMPLES").iter().step_by(2) {
            assert!(examples.contains(example), "{page:?}: {example}");
            count += 1;
        }
        let statuses = man_section(page, "EXIT STATUS");
        for status in statuses.chunks(2) {
            let row = format!("| {} | {} |", status[0], status[1]);
            let row = row.replace("--wait", "`--wait`");
            assert!(texts.contains(&row), "{page:?}: {row}");
            count += 1;
        }
    }
    assert!(count > 20, "{count}");
}

/// The help of the program and of each of its commands.
fn commands() -> String {
    let top = help(&[]);
    let mut text = format!("\n```text\n{top}\n```\n");
    let names = commands_of(&top);
    assert!(names.len() > 7, "{names:?}");
    for name in names {
        let _ = write!(
            text,
            "\n## pullscope {name}\n\n```text\n{}\n```\n",
            help(&[name])
        );
    }
    text.push('\n');
    text
}

fn settings() -> String {
    let sample = fs::read_to_string(root().join("assets/config.toml")).unwrap();
    format!("\n```toml\n{}\n```\n\n", sample.trim_end())
}

#[test]
fn the_lists_are_those_of_the_program() {
    for (name, section, content) in [
        ("assets/docs/keys.md", "keys", keys()),
        ("assets/docs/keys.md", "typed", typed_commands()),
        ("assets/docs/commands.md", "commands", commands()),
        ("assets/docs/settings.md", "settings", settings()),
        ("assets/docs/causes.md", "causes", causes::list()),
    ] {
        let document = Document::read(name);
        let current = with_section(&document.text, section, &content);
        if env::var_os("UPDATE_README").is_some() {
            fs::write(document.path(), &current).unwrap();
        } else {
            assert!(
                current == document.text,
                "{name}: UPDATE_README=1 cargo test --test readme"
            );
        }
    }
}

#[test]
fn the_readme_is_short() {
    let long = Document::read("README.md").text.len();
    assert!(long <= LONGEST_README, "{long} bytes");
}

#[test]
fn the_readme_leads_to_every_document() {
    let mut documents = documents().into_iter();
    let readme = documents.next().unwrap();
    for document in documents {
        let link = format!("]({})", document.name);
        assert!(readme.text.contains(&link), "{}", document.name);
    }
}

#[test]
fn every_file_that_is_named_is_there() {
    let mut count = 0;
    for document in documents() {
        let words = document
            .text
            .split(['`', '(', ')', ' ', '\n', '"', '<', '>']);
        let named: BTreeSet<&str> = words
            .filter(|word| {
                ["assets/", "src/", "tests/", ".ci/", ".github/"]
                    .iter()
                    .any(|it| word.starts_with(it))
            })
            .map(|word| word.trim_end_matches([',', '.', ';', ':']))
            .map(|word| word.split('#').next().unwrap())
            .filter(|word| !word.contains('*'))
            .collect();
        count += named.len();
        for name in named {
            assert!(root().join(name).exists(), "{}: {name}", document.name);
        }
    }
    assert!(count > 20, "{count} files");
}

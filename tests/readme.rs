//! The README's examples run, and its lists of keys and commands are those of the program.
//!
//! Exit statuses are held, what is printed is not. The cluster is the demo, served on loopback; kubectl is
//! the one of `KUBEBUILDER_ASSETS` or of the path. What would ask a registry on the network asks a proxy on
//! loopback that is not there. Of `cargo` lines it is held that there is what they name.
//! `UPDATE_README=1 cargo test --test readme` writes the lists.
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

use pullscope::app::keymap::{BINDINGS, Context};

const PROGRAM: &str = env!("CARGO_BIN_EXE_pullscope");

fn path() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")
}

fn readme() -> String {
    fs::read_to_string(path()).unwrap()
}

/// The lines of the shell blocks, without their comments.
fn examples() -> Vec<String> {
    let readme = readme();
    let mut lines = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        if line.starts_with("```") {
            inside = line == "```sh";
        } else if inside {
            let line = line.split("  #").next().unwrap().trim();
            lines.push(line.to_owned());
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
        std::os::unix::fs::symlink(PROGRAM, bin.join("pullscope")).unwrap();
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
    if line.starts_with("pullscope verify") {
        // It could not be told: there is no proxy.
        &[2]
    } else if line.contains("kubectl ") && line.ends_with("| pullscope explain") {
        &[0, 1]
    } else if line.contains("pullscope check") || line.starts_with("pullscope doctor") {
        &[1]
    } else {
        &[0]
    }
}

/// Whether cargo knows what a line asks it for.
fn cargo_knows(line: &str) -> bool {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manifest = fs::read_to_string(root.join("Cargo.toml")).unwrap();
    let words: Vec<&str> = line.split_whitespace().collect();
    let target = |flag: &str| {
        let at = words.iter().position(|word| *word == flag)?;
        words.get(at + 1).copied()
    };
    let is_there = |name: &str, folder: &str| {
        manifest.contains(&format!("name = \"{name}\""))
            || root.join(folder).join(format!("{name}.rs")).exists()
    };
    let commands = ["run", "test", "bench", "install", "doc"];
    commands.contains(&words[1])
        && target("--bench").is_none_or(|name| is_there(name, "tests/bench"))
        && target("--test").is_none_or(|name| is_there(name, "tests"))
}

#[cfg(unix)]
#[test]
fn the_examples_run() {
    let stage = Stage::new();
    let kubectl = stage.has_kubectl();
    let mut run = 0;
    for example in examples() {
        if example.starts_with("cargo ") {
            assert!(cargo_knows(&example), "{example}");
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
        if line.starts_with("pullscope verify") && line.contains(" -o ") {
            let answer: serde_json::Value = serde_json::from_str(&text).unwrap();
            assert_eq!(answer["verdict"], "unknown", "{line}\n{text}");
        }
        run += 1;
    }
    assert!(run > 12, "{run} examples");
}

/// Replaces what stands between the marks of a section.
fn with_section(readme: &str, name: &str, text: &str) -> String {
    let (begin, end) = (format!("<!-- {name}: "), format!("<!-- /{name} -->"));
    let (head, rest) = readme.split_once(&begin).unwrap();
    let (mark, rest) = rest.split_once('\n').unwrap();
    let (_, tail) = rest.split_once(&end).unwrap();
    format!("{head}{begin}{mark}\n{text}{end}{tail}")
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
            "\n**{}**\n\n| key | does |\n| --- | --- |\n",
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

fn commands() -> String {
    let output = Command::new(PROGRAM)
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    format!("\n```text\n{}\n```\n\n", help.trim_end())
}

#[test]
fn its_lists_are_those_of_the_program() {
    let readme = readme();
    let current = with_section(&readme, "keys", &keys());
    let current = with_section(&current, "commands", &commands());
    if env::var_os("UPDATE_README").is_some() {
        fs::write(path(), &current).unwrap();
    } else {
        assert!(
            current == readme,
            "UPDATE_README=1 cargo test --test readme"
        );
    }
}

#[test]
fn every_file_that_it_names_is_there() {
    let readme = readme();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let words = readme.split(['`', '(', ')', ' ', '\n']);
    let named: BTreeSet<&str> = words
        .filter(|word| {
            ["assets/", "src/", "tests/", ".ci/"]
                .iter()
                .any(|it| word.starts_with(it))
        })
        .map(|word| word.trim_end_matches([',', '.', ';', ':']))
        .collect();
    assert!(named.len() > 3, "{named:?}");
    for name in named {
        assert!(root.join(name).exists(), "{name}");
    }
}

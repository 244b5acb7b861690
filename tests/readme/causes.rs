//! The list of causes: for each, a message that states it, and what `pullscope explain` answers.

use std::{
    collections::BTreeMap,
    fmt::Write as _,
    fs,
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use crate::{PROGRAM, root};

/// A message of `tests/messages.txt` and what it is taken for.
struct Example {
    message: String,
    /// The text settles the cause.
    is_settled: bool,
    answer: Value,
}

fn examples() -> Vec<Example> {
    let text = fs::read_to_string(root().join("tests/messages.txt")).unwrap();
    let rows: Vec<(&str, String)> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once('\t'))
        .map(|(causes, message)| (causes, message.replace("\\n", "\n")))
        .collect();
    let answers = explain(rows.iter().map(|(_, message)| message.as_str()));
    assert_eq!(answers.len(), rows.len());
    let example = |((causes, message), answer): ((&str, String), Value)| Example {
        message,
        is_settled: !causes.contains('|'),
        answer,
    };
    rows.into_iter().zip(answers).map(example).collect()
}

/// What the program answers to each message.
fn explain<'a>(messages: impl Iterator<Item = &'a str>) -> Vec<Value> {
    let mut input = String::new();
    for message in messages {
        let _ = writeln!(input, "{}", json!({ "message": message }));
    }
    let mut child = Command::new(PROGRAM)
        .args(["explain", "-o", "json"])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let writing = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().unwrap();
    writing.join().unwrap().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let answer = |line: &str| serde_json::from_str(line).unwrap();
    lines.lines().map(answer).collect()
}

/// A heading for each cause that messages state, in the order of its name.
pub fn list() -> String {
    let mut by_cause: BTreeMap<String, Vec<Example>> = BTreeMap::new();
    for example in examples() {
        let cause = example.answer["cause"].as_str().unwrap().to_owned();
        by_cause.entry(cause).or_default().push(example);
    }
    by_cause.remove("unknown");
    let mut text = String::new();
    for (cause, examples) in &by_cause {
        // The shortest message is read fastest, and one that settles the cause shows it best.
        let best = examples
            .iter()
            .min_by_key(|it| (!it.is_settled, it.message.len()))
            .unwrap();
        let _ = write!(
            text,
            "\n## {cause}\n\n```text\n{}\n```\n\n*{}*: {}\n",
            best.message,
            best.answer["confidence"].as_str().unwrap(),
            best.answer["summary"].as_str().unwrap(),
        );
        let fixes: Vec<&Value> = best.answer["fixes"].as_array().unwrap().iter().collect();
        if !fixes.is_empty() {
            text.push('\n');
        }
        for fix in fixes {
            let _ = writeln!(text, "- {}", fix["title"].as_str().unwrap());
        }
        let others: Vec<&str> = best.answer["alternatives"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        if !others.is_empty() {
            let _ = writeln!(text, "\nIt can also be: {}.", others.join(", "));
        }
    }
    assert!(by_cause.len() > 25, "{}", by_cause.len());
    text.push('\n');
    text
}
